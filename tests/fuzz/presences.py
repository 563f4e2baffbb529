"""Whatever sessions say of who is present, a room refuses it or keeps one state per client."""

from __future__ import annotations

from crdt_server.core.content import Content
from crdt_server.core.room import Room
from crdt_server.core.session import FramedSession, Grant
from crdt_server.protocol import ywebsocket
from crdt_server.protocol.errors import ProtocolError
from crdt_server.protocol.messages import Awareness, QueryAwareness
from crdt_server.protocol.presence import GONE, Presence, encode_awareness
from crdt_server.protocol.ywebsocket import decode

from .case import Case
from .rooms import LIMITS, Wire
from .seeds import Seeds
from .values import json_text

_CLIENTS = (0, 1, 2, 3, 2**32, 2**53 - 1)
_CLOCKS = (0, 1, 1, 2, 3, 2**32 - 1, 2**53 - 1)


def check_presences(case: Case, seeds: Seeds) -> None:
    """A few sessions of two users talk, leave and come back."""
    rng = case.rng
    room = Room("fuzz", Content(), LIMITS)
    sessions = [_join(room, user) for user in ("a", "a", "b")]
    for _ in range(rng.randint(1, 15)):
        at = rng.randrange(len(sessions))
        session, wire = sessions[at]
        entries = tuple(_entry(case) for _ in range(rng.choice((0, 1, 1, 1, 2, 5))))
        case.phase("presence", [encode_awareness(entries)])
        try:
            room.receive(session, Awareness(entries) if rng.random() < 0.9 else QueryAwareness())
            case.count("presences accepted")
        except ProtocolError:
            case.count("presences refused")
            room.leave(session)
            sessions[at] = _join(room, session.grant.user)
        room.tell_presence(rng.random() * 100)
        _check_frames(case, wire)
    for session, _ in sessions:
        room.leave(session)
    case.expect(len(room._roster) == 0, "somebody is present after all left")


def _join(room: Room, user: str) -> tuple[FramedSession, Wire]:
    wire = Wire()
    session = FramedSession(ywebsocket, wire, Grant(user))
    room.join(session)
    return session, wire


def _entry(case: Case) -> Presence:
    rng = case.rng
    state = GONE if rng.random() < 0.3 else b"{}" if rng.random() < 0.6 else json_text(rng)
    return Presence(rng.choice(_CLIENTS), rng.choice(_CLOCKS), state)


def _check_frames(case: Case, wire: Wire) -> None:
    for frame in wire.frames:
        message = decode(frame, awareness_entries_max=10_000)
        if isinstance(message, Awareness):
            clients = [entry.client for entry in message.entries]
            case.count("presences sent", len(clients))
    wire.frames.clear()
