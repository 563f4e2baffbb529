"""Sessions whose transport is a list: a whole room is tested without a socket."""

from __future__ import annotations

from crdt_server.core.content import Content
from crdt_server.core.limits import DEFAULTS, Limits
from crdt_server.core.merge import merge
from crdt_server.core.room import NewRecord, Room
from crdt_server.core.session import FramedSession, Grant, Session
from crdt_server.protocol import ywebsocket
from crdt_server.protocol.close_codes import CloseCode
from crdt_server.protocol.lib0 import read_var_bytes, read_var_uint
from crdt_server.protocol.messages import SyncStep1, SyncStep2, SyncUpdate
from crdt_server.protocol.presence import Presence, decode_awareness
from crdt_server.protocol.update import EMPTY_UPDATE


class Peer(FramedSession):
    """A session, what was sent to it, and how it was closed."""

    def __init__(self, user: str = "", *, can_write: bool = True) -> None:
        self.frames: list[bytes] = []
        self.is_reading = True
        self.closed: CloseCode | None = None
        super().__init__(ywebsocket, self, Grant(user, can_write=can_write))

    def takes_more(self) -> bool:
        return self.is_reading

    def send(self, frame: bytes) -> None:
        self.frames.append(frame)

    def close(self, code: CloseCode, reason: str) -> None:
        assert reason
        self.closed = code

    def take(self) -> list[bytes]:
        """Return the frames since the last call."""
        frames, self.frames = self.frames, []
        return frames

    def updates(self) -> list[tuple[bytes, int | None]]:
        """Take the frames; return the updates among them with their acknowledgement."""
        taken = []
        for frame in self.take():
            if frame[:2] == b"\x00\x02":
                data, pos = read_var_bytes(frame, 2)
                number = read_var_uint(frame, pos)[0] if pos < len(frame) else None
                taken.append((data, number))
        return taken

    def acknowledgements(self) -> list[int]:
        """Take the frames; return the numbers among them."""
        return [number for _, number in self.updates() if number is not None]

    def presences(self) -> list[Presence]:
        """Take the frames; return the awareness entries among them."""
        heard: list[Presence] = []
        for frame in self.take():
            if frame[:1] == b"\x01":
                heard += decode_awareness(read_var_bytes(frame, 1)[0], entries_max=10_000)
        return heard


class Desk:
    """A room, and a log that is as durable as the test says."""

    def __init__(self, content: Content | None = None, limits: Limits = DEFAULTS) -> None:
        self.room = Room("desk", content if content is not None else Content(limits=limits), limits)
        self.log: list[NewRecord] = []
        self.now = 0.0

    def join(self, user: str = "", *, can_write: bool = True) -> Peer:
        """A peer that joined and answered the room's question, having nothing."""
        peer = Peer(user, can_write=can_write)
        self.room.join(peer)
        return peer

    def edit(self, peer: Session, *updates: bytes) -> None:
        """Send updates and let the room take its turn."""
        for update in updates:
            self.room.receive(peer, SyncUpdate(update))
        self.turn()

    def turn(self) -> list[NewRecord]:
        """One turn; the records go to the log, and news of presence to everybody."""
        records = self.room.turn()
        self.log += records
        self.room.tell_presence(self.now)
        return records

    def store(self, count: int | None = None) -> None:
        """Make the log durable up to `count` records (all)."""
        self.room.committed(len(self.log) if count is None else count)

    def newcomer(self) -> bytes:
        """What somebody gets who has nothing."""
        peer = self.join()
        peer.take()
        self.room.receive(peer, SyncStep1(b"\x00"))
        frames = peer.take()
        assert [frame[1] for frame in frames] == [2] * (len(frames) - 1) + [1], "Updates, then the Step2"
        self.room.leave(peer)
        return merge([read_var_bytes(frame, 2)[0] for frame in frames])


def answer_nothing(room: Room, peer: Peer) -> None:
    """What a client without content answers to the room's first question."""
    room.receive(peer, SyncStep2(EMPTY_UPDATE))
