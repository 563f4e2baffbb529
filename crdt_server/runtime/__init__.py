"""What waits: the engine, its rooms' hosts, the journal, outboxes, the worker. asyncio lives here."""
