"""How a client comes into a document: it connects, says what it has, and waits for what it lacks."""

from __future__ import annotations

import asyncio

from bench.load.dialect import Dialect
from crdt_server.protocol.lib0 import write_var_bytes
from crdt_server.protocol.update import encode_state_vector

from .client import Client
from .frames import Shared

_STEP1 = b"\x00\x00"
_STEP1_OF_NOTHING = _STEP1 + b"\x01\x00"
_TIMEOUT_S = 60.0
_POLL_S = 0.01


async def joined(
    url: str, dialect: Dialect, shared: Shared, *, receive_buffer_bytes: int | None = None
) -> Client:
    """Return a client that is in the document and heard an answer; a relay gives none.

    Raises OSError, TimeoutError or `Refused`.
    """
    client = Client(dialect.url(url), shared)
    async with asyncio.timeout(_TIMEOUT_S):
        await client.open(receive_buffer_bytes=receive_buffer_bytes)
        for frame in dialect.greeting:
            client.send(frame)
        seen = 0
        while not dialect.is_relay:
            for _, payload in client.arrivals[seen:]:
                seen += 1
                if dialect.hear(bytes(payload)).update is not None:
                    return client
            if client.ended is not None:
                raise ConnectionResetError(f"the server hung up with {client.ended}")
            await asyncio.sleep(_POLL_S)
    return client


def greeting(dialect: Dialect, vector: dict[int, int]) -> list[bytes]:
    """Return the frames that open a document for somebody who has `vector` and nothing that others lack."""
    step1 = _STEP1 + write_var_bytes(encode_state_vector(vector))
    return [
        frame[: -len(_STEP1_OF_NOTHING)] + step1 if frame.endswith(_STEP1_OF_NOTHING) else frame
        for frame in dialect.greeting
    ]
