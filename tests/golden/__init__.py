"""Bytes of the real lib0, y-protocols and Yjs; generate.mjs says what the files hold."""
