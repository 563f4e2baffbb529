"""The wire, sans I/O: lib0 codec, messages, dialects, the structural check of updates, close codes, errors.

Standard library only. Nothing here waits, and every decoder takes its limits as arguments.
"""
