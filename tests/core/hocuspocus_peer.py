"""A Hocuspocus client in bytes, and a socket whose transport is a list."""

from __future__ import annotations

from dataclasses import dataclass

from crdt_server.core.hocuspocus import Decide, Event, HocuspocusConnection, Left, Place, Take
from crdt_server.core.limits import DEFAULTS, Limits
from crdt_server.core.session import FramedSession, Grant
from crdt_server.protocol.close_codes import CloseCode
from crdt_server.protocol.lib0 import read_var_string, write_var_bytes, write_var_string
from crdt_server.protocol.messages import ClientMessage, Stateless

SAVED, REJECTED = "saved", "rejected"
_SAID = {
    b"\x08\x01": SAVED,
    b"\x08\x00": REJECTED,
    b"\x02\x00": "token?",
    b"\x01\x01\x00": "keepalive",
    b"\x02\x02\x0aread-write": "read-write",
    b"\x02\x02\x08readonly": "readonly",
}
_WITH_REASON = {b"\x02\x01": "denied", b"\x07": "closed"}


def auth(address: str, token: str = "tok", version: str | None = None) -> bytes:
    said = write_var_string(address) + b"\x02\x00" + write_var_string(token)
    return said if version is None else said + write_var_string(version)


def step1(address: str) -> bytes:
    return write_var_string(address) + b"\x00\x00\x01\x00"


def step2(address: str, data: bytes = b"\x00\x00") -> bytes:
    return write_var_string(address) + b"\x00\x01" + write_var_bytes(data)


def update(address: str, data: bytes = b"\x00\x00") -> bytes:
    return write_var_string(address) + b"\x00\x02" + write_var_bytes(data)


def close(address: str) -> bytes:
    return write_var_string(address) + b"\x07"


def stateless(address: str, payload: str) -> bytes:
    return write_var_string(address) + b"\x05" + write_var_string(payload)


def spoken(frame: bytes) -> tuple[str, str]:
    """(address, what was said), for what a socket itself says."""
    address, pos = read_var_string(frame, 0)
    payload = frame[pos:]
    for head, word in _WITH_REASON.items():
        if payload.startswith(head) and payload not in _SAID:
            return address, f"{word}: {read_var_string(payload, len(head))[0]}"
    return address, _SAID[payload]


@dataclass
class Socket:
    """A connection at a clock that the test turns."""

    limits: Limits = DEFAULTS

    def __post_init__(self) -> None:
        self.now = 100.0
        self.frames: list[bytes] = []
        self.closed: CloseCode | None = None
        self.connection = HocuspocusConnection(self, self.limits, opened_at=self.now)

    def takes_more(self) -> bool:
        return True

    def send(self, frame: bytes) -> None:
        assert self.closed is None
        self.frames.append(frame)

    def close(self, code: CloseCode, reason: str) -> None:
        assert reason
        assert self.closed is None
        self.closed = code

    def receive(self, frame: bytes) -> Event | None:
        return self.connection.receive(frame, self.now)

    def said(self) -> list[tuple[str, str]]:
        """What was said since the last call."""
        frames, self.frames = self.frames, []
        return [spoken(frame) for frame in frames]

    def decide(self, frame: bytes) -> Place:
        """Receive a frame that asks for a decision; the document it is about."""
        event = self.receive(frame)
        assert isinstance(event, Decide)
        return event.place

    def opened(
        self, address: str, *, can_write: bool = True, version: str | None = None
    ) -> tuple[Place, FramedSession]:
        """A document that was let in."""
        place = self.decide(auth(address, version=version))
        session = self.admit(place, can_write=can_write)
        assert self.waited(place) == []
        self.said()
        return place, session

    def admit(self, place: Place, *, can_write: bool = True) -> FramedSession:
        """Let a document in; its session."""
        session = FramedSession(place.framing, self, Grant(can_write=can_write))
        self.connection.admit(place, session)
        return session

    def waited(self, place: Place) -> list[ClientMessage | Stateless]:
        """What waited for a document to be let in."""
        messages = []
        while (event := self.connection.replay(place)) is not None:
            messages.append(event.message)
        return messages

    def taken(self, frame: bytes) -> ClientMessage | Stateless:
        """Receive a frame that is for the room; its message."""
        event = self.receive(frame)
        assert isinstance(event, Take)
        return event.message

    def left(self, frame: bytes) -> FramedSession | None:
        """Receive a frame that ends a document; its session."""
        event = self.receive(frame)
        assert isinstance(event, Left)
        return event.session
