"""Many rooms with few clients each, as most documents have."""
