"""Idle connections: what ten thousand open documents cost a server while nobody types."""
