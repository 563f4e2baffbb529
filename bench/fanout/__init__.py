"""Fan-out: one room on a real server, many connections, some of which type."""
