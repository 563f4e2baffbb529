"""A TCP user timeout of 2 s, for tests that would wait 20 s."""

from crdt_server import server

server.TCP_USER_TIMEOUT_MS = 2_000
