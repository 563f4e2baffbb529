"""The application as any ASGI server runs it."""

from crdt_server import create_app

app = create_app("memory:", demo=False)
