"""A session: one document on one connection, with what its user may do."""

from __future__ import annotations

import itertools
import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from mypy_extensions import mypyc_attr

from crdt_server.protocol.close_codes import CloseCode
from crdt_server.protocol.messages import ServerMessage


@dataclass(frozen=True, slots=True)
class Grant:
    """What an authenticator lets somebody do.

    `user` is a stable id for audit, empty where unknown; `expires_at` is Unix time in seconds. Raises
    ValueError where `user` is not Unicode text (it is stored with each edit) or `expires_at` is not finite.
    """

    user: str = ""
    can_write: bool = True
    expires_at: float | None = None

    def __post_init__(self) -> None:
        self.user.encode()
        if self.expires_at is not None and not math.isfinite(self.expires_at):
            raise ValueError("expires_at is a finite number")


class Dialect(Protocol):
    """How messages become frames. Sessions that share a dialect object share the encoded bytes."""

    @property
    def echoes(self) -> bool:
        """Whether an acknowledgement carries the author's own updates back."""
        ...

    @property
    def asks_back(self) -> bool:
        """Whether each Step1, also a reader's, is answered by ours too; else who joins to write gets one."""
        ...

    def encode(self, message: ServerMessage) -> tuple[bytes, ...]:
        """Write the frames that say it, which may be none."""
        ...


class Transport(Protocol):
    """Where frames go. No call waits or fails; a list will do."""

    def takes_more(self) -> bool:
        """Whether news may be queued. Where not, the room is told when they may: `Room.catch_up`."""
        ...

    def send(self, frame: bytes) -> None:
        """Queue a frame."""
        ...

    def close(self, code: CloseCode, reason: str) -> None:
        """Send what is queued where possible, then close."""
        ...


Frames = dict[Dialect, tuple[bytes, ...]]
"""One message, as encoded for each dialect so far."""


Said_co = TypeVar("Said_co", bound=ServerMessage, covariant=True)


_FRAMES_KEPT = 2


class Shared(Generic[Said_co]):
    """A message for many sessions, encoded once for each dialect."""

    __slots__ = ("frames", "message")

    def __init__(self, message: Said_co) -> None:
        self.message = message
        self.frames: Frames = {}

    def trim(self) -> None:
        """Keep the bytes for few dialects only, where this is kept: each Hocuspocus address is one."""
        while len(self.frames) > _FRAMES_KEPT:
            del self.frames[next(iter(self.frames))]


class Unsettled:
    """A session's message that is not acknowledged yet.

    `sequence` is the room's record that settles it once stored; None while it waits to be admitted.
    `repeats` are messages that waited and that this one repeats: what settles it settles them.
    """

    __slots__ = ("number", "repeats", "sequence")

    def __init__(self, number: int) -> None:
        self.number = number
        self.sequence: int | None = None
        self.repeats: Sequence[Unsettled] = ()

    def repeat(self, earlier: Unsettled) -> None:
        """Take over a message that need not wait any more."""
        self.repeats = [*self.repeats, earlier, *earlier.repeats]
        earlier.repeats = ()

    def settle_with(self, sequence: int) -> None:
        """Learn which record settles it."""
        self.sequence = sequence
        for earlier in self.repeats:
            earlier.sequence = sequence


_numbers = itertools.count(1)


@mypyc_attr(allow_interpreted_subclasses=True)
class Session(ABC):
    """One document on one connection.

    `received` counts its Step2 and Update messages, `acknowledged` how many of them are durable.
    `unsettled` are the others, in order.

    `position` is up to where in the room's log it was told everything, `presence_position` the same for
    presence. `floor` is a state vector that it has, where its position is in the log no more; `asked` the
    one of its own whose answer is still computed. `number` is unique in the process.
    """

    echoes = False
    """Whether its acknowledgements carry its own updates back."""
    asks_back = False
    """Whether each Step1 of its is answered by one of ours too; else it gets one when it joins to write."""

    def __init__(self, grant: Grant | None = None) -> None:
        self.grant = grant if grant is not None else Grant()
        self.received = 0
        self.acknowledged = 0
        self.asked_for_missing = False
        self.unsettled: deque[Unsettled] = deque()
        self.number = next(_numbers)
        self.position = 0
        self.presence_position = 0
        self.floor: bytes | None = None
        self.asked: bytes | None = None

    @abstractmethod
    def takes_more(self) -> bool:
        """Whether news may be delivered; if not, `Room.catch_up` is called when they may."""

    def post(self, shared: Shared[ServerMessage]) -> None:
        """Deliver a message that others get too."""
        self.deliver(shared.message, shared.frames)

    @abstractmethod
    def deliver(self, message: ServerMessage, frames: Frames | None = None) -> None:
        """Send a message. `frames` keeps what was encoded of it for other sessions."""

    @abstractmethod
    def close(self, code: CloseCode, reason: str) -> None:
        """End the session from the server's side."""

    def settle(self, durable: int) -> int:
        """Learn that the log is durable up to sequence `durable`; by how much `acknowledged` grew."""
        before = self.acknowledged
        while self.unsettled:
            first = self.unsettled[0]
            if first.sequence is None or first.sequence > durable:
                break
            self.acknowledged = first.number
            self.unsettled.popleft()
        return self.acknowledged - before


@mypyc_attr(allow_interpreted_subclasses=True)
class FramedSession(Session):
    """A session over a connection: messages become frames of a dialect and go to a transport."""

    def __init__(self, dialect: Dialect, transport: Transport, grant: Grant | None = None) -> None:
        super().__init__(grant)
        self.echoes = dialect.echoes
        self.asks_back = dialect.asks_back
        self._dialect = dialect
        self._transport = transport

    def takes_more(self) -> bool:
        return self._transport.takes_more()

    def deliver(self, message: ServerMessage, frames: Frames | None = None) -> None:
        if frames is None:
            encoded = self._dialect.encode(message)
        elif (known := frames.get(self._dialect)) is not None:
            encoded = known
        else:
            encoded = frames[self._dialect] = self._dialect.encode(message)
        for frame in encoded:
            self._transport.send(frame)

    def close(self, code: CloseCode, reason: str) -> None:
        self._transport.close(code, reason)
