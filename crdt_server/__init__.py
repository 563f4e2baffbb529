"""Collaboration engine for Yjs documents: self-hosted, durable, in Python.

`Engine` hosts documents; `create_app` puts the web around it.
"""

from crdt_server import compiled as compiled  # first: it decides where the others come from
from crdt_server.app import create_app
from crdt_server.core.limits import Limits
from crdt_server.core.session import Grant
from crdt_server.runtime.document import Document
from crdt_server.runtime.engine import Engine
from crdt_server.web.stateless import StatelessMessage

__all__ = ["Document", "Engine", "Grant", "Limits", "StatelessMessage", "create_app"]
