"""Recorded editing sessions, replayed through the real server by real clients."""
