"""Rooms and what they decide. Synchronous: nothing here waits, imports asyncio or touches a socket."""
