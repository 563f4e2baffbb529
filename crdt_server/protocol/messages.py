"""What clients and server say to each other, whatever the dialect.

`Update.acknowledged` is this server's addition: see `crdt_server.protocol.ywebsocket`.
"""

from __future__ import annotations

from dataclasses import dataclass

from .presence import Presence


@dataclass(frozen=True, slots=True)
class SyncStep1:
    """ "This is what I have": an encoded state vector. Answered with `SyncStep2`."""

    state_vector: bytes


@dataclass(frozen=True, slots=True)
class SyncStep2:
    """ "This is what you lack": the update that answers a `SyncStep1`."""

    update: bytes


@dataclass(frozen=True, slots=True)
class SyncUpdate:
    """An edit. From the server to its author: with the number of the author's messages now durable."""

    update: bytes
    acknowledged: int | None = None


@dataclass(frozen=True, slots=True)
class Awareness:
    """Who is here, or that somebody left."""

    entries: tuple[Presence, ...]


@dataclass(frozen=True, slots=True)
class QueryAwareness:
    """ "Tell me who is here"."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A message of a type that this server does not know; harmless, counted."""

    type: int


ClientMessage = SyncStep1 | SyncStep2 | SyncUpdate | Awareness | QueryAwareness | Unknown
ServerMessage = SyncStep1 | SyncStep2 | SyncUpdate | Awareness
