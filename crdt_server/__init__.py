"""Collaboration engine for Yjs documents."""
