"""Slow readers: hundreds of clients that never read, beside others in the same room who type and read."""
