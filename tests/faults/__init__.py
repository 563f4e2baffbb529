"""Faults against real server processes: kill -9, SIGTERM, a store that fails, damage, deaf clients."""
