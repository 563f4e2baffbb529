"""Whatever sessions send, a room's books agree; and what a Doc makes of it behind the check."""

from __future__ import annotations

from collections.abc import Sequence

import pycrdt

from crdt_server.core.content import Content
from crdt_server.core.known import Known
from crdt_server.core.limits import Limits
from crdt_server.core.merge import merge
from crdt_server.core.readiness import sift
from crdt_server.core.room import NewRecord, Room
from crdt_server.core.session import FramedSession
from crdt_server.protocol import ywebsocket
from crdt_server.protocol.close_codes import CloseCode
from crdt_server.protocol.errors import ProtocolError
from crdt_server.protocol.messages import SyncStep1, SyncStep2, SyncUpdate
from crdt_server.protocol.update import encode_state_vector
from crdt_server.runtime.squash import SquashRefused, squash

from .case import Case, is_panic
from .model import deletions_of, normalised
from .outputs import check_output

LIMITS = Limits()


class Wire:
    """A transport that keeps what it is given."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.closed: CloseCode | None = None

    def takes_more(self) -> bool:
        return True

    def send(self, frame: bytes) -> None:
        self.frames.append(frame)

    def close(self, code: CloseCode, reason: str) -> None:  # noqa: ARG002
        self.closed = code


def check_room(case: Case, updates: Sequence[bytes]) -> tuple[Room, list[NewRecord]]:
    """Several sessions send these updates; only `receive` may refuse, and the room's books agree."""
    rng = case.rng
    room = Room("fuzz", Content(), LIMITS)
    sessions = [_join(room) for _ in range(3)]
    records: list[NewRecord] = []
    for data in updates:
        at = rng.randrange(len(sessions))
        message = SyncStep2(data) if rng.random() < 0.3 else SyncUpdate(data)
        try:
            room.receive(sessions[at][0], message)
        except ProtocolError as error:
            case.count(f"the room refuses: {error}")
            room.leave(sessions[at][0])
            sessions[at] = _join(room)
        if rng.random() < 0.6:
            records += room.turn()
        if rng.random() < 0.3:
            room.receive(sessions[at][0], SyncStep1(_asked(case, room)))
        if rng.random() < 0.5:
            room.committed(rng.randint(room.durable, room.admitted))
    records += room.turn()
    room.committed(room.admitted)
    _check_books(case, room, records)
    return room, records


def _join(room: Room) -> tuple[FramedSession, Wire]:
    wire = Wire()
    session = FramedSession(ywebsocket, wire)
    room.join(session)
    return session, wire


def _asked(case: Case, room: Room) -> bytes:
    known = room.content.known.vector
    return encode_state_vector(
        {client: clock - case.rng.randrange(2) for client, clock in known.items() if case.rng.random() < 0.6}
    )


def _check_books(case: Case, room: Room, records: list[NewRecord]) -> None:
    full = room.content.full()
    check_output(case, "full", full)
    of_full = Known.of_update(full)
    case.expect(of_full.vector == room.content.known.vector, "full() has another state vector than known")
    case.expect(of_full.deletions == room.content.known.deletions, "full() has other deletions than known")
    replayed = Known()
    for record in records:
        vetted = check_output(case, "a record", record.update)
        if vetted is None:
            return
        sifted = sift(vetted, replayed)
        case.expect(sifted.waiting is None, "a record is not ready when it is replayed")
        if sifted.fresh is not None:
            replayed.grow(sifted.fresh.clocks, sifted.fresh.deletions)
    case.expect(replayed.vector == of_full.vector, "the records replay to another state vector")
    answer = room.content.answer(room.content.known.encoded_vector(), _join(room)[0])
    case.expect(answer is not None, "a small document is answered at once")
    updates = [part.message.update for part in answer or ()]
    case.expect(
        deletions_of(merge(updates)) == _flattened(room.content.known), "an answer has other deletions"
    )


def _flattened(known: Known) -> dict[int, list[tuple[int, int]]]:
    return normalised([(client, start, end) for client, pairs in known.deletions for start, end in pairs])


def check_document(case: Case, room: Room) -> None:
    """A Doc behind the check: allowed to fail in a worker, but counted."""
    full = room.content.full()
    if full == b"\x00\x00":
        return
    case.phase("doc", [full])
    case.count("documents")
    document: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc()
    try:
        document.apply_update(full)
        state = document.get_update()
        pycrdt.Doc().apply_update(state)
    except BaseException as error:
        if not isinstance(error, Exception) and not is_panic(error):
            raise
        case.count(f"document fails: {type(error).__name__}: {str(error)[:80]}")
        case.sample("document fails", full, 20)


def check_squash(case: Case, room: Room, records: list[NewRecord]) -> None:
    """A snapshot that passed its comparison keeps the room's books right."""
    if not records:
        return
    case.phase("squash", [record.update for record in records])
    count = case.rng.randint(1, len(records))
    try:
        snapshot = squash(None, [record.update for record in records[:count]])
    except SquashRefused as error:
        case.count(f"squash refused: {str(error)[:100]}")
        return
    case.count("squashed")
    case.phase("squashed")
    room.squashed(snapshot, count)
    full = room.content.full()
    check_output(case, "full after a squash", full)
    of_full = Known.of_update(full)
    case.expect(of_full.vector == room.content.known.vector, "a squash changes the state vector")
    case.expect(
        of_full.deletions == room.content.known.deletions, "after a squash full() has other deletions"
    )
