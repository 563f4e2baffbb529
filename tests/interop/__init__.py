"""Real Node clients, and what the Python side needs to drive them."""
