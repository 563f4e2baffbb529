"""Comparison: the fan-out scenario against other servers, in turns, with one load client for all."""
