"""Where documents are kept: bytes and names, never documents. Imports nothing of crdt_server."""
