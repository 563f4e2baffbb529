"""What clients and rooms say to each other, whatever the dialect.

What is made for every edit has an `__init__` of its own: that of a frozen dataclass takes longer than to read
the edit.
"""

from __future__ import annotations

from dataclasses import dataclass

from .presence import Presence


@dataclass(init=False, slots=True)
class SyncStep1:
    """ "This is what I have": an encoded state vector. Answered with `SyncStep2`."""

    state_vector: bytes

    def __init__(self, state_vector: bytes) -> None:
        self.state_vector = state_vector


@dataclass(init=False, slots=True)
class SyncStep2:
    """ "This is what you lack": the update that answers a `SyncStep1`."""

    update: bytes

    def __init__(self, update: bytes) -> None:
        self.update = update


@dataclass(init=False, slots=True)
class SyncUpdate:
    """An edit."""

    update: bytes

    def __init__(self, update: bytes) -> None:
        self.update = update


@dataclass(init=False, slots=True)
class Acknowledgement:
    """ "The first `messages` of your Step2 and Update messages are durable", `newly` of them since the last.

    `update` is what was new in those, for sessions that get an echo, else the empty update.
    """

    update: bytes
    messages: int
    newly: int

    def __init__(self, update: bytes, messages: int, newly: int) -> None:
        self.update = update
        self.messages = messages
        self.newly = newly


@dataclass(frozen=True, slots=True)
class Awareness:
    """Who is here, or that somebody left."""

    entries: tuple[Presence, ...]


@dataclass(frozen=True, slots=True)
class QueryAwareness:
    """ "Tell me who is here"."""


@dataclass(frozen=True, slots=True)
class Stateless:
    """Something between programs, which is no part of the document and is not stored."""

    payload: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A message of a type that this server does not know; harmless, counted."""

    type: int


ClientMessage = SyncStep1 | SyncStep2 | SyncUpdate | Awareness | QueryAwareness | Unknown
ServerMessage = SyncStep1 | SyncStep2 | SyncUpdate | Acknowledgement | Awareness | Stateless
