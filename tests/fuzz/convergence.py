"""Honest clients over bad networks: at rest a room has what the clients have, and has told them so."""

from __future__ import annotations

from collections.abc import Sequence

import pycrdt

from crdt_server.core.content import Content
from crdt_server.core.known import Known
from crdt_server.core.merge import difference, merge
from crdt_server.core.room import NewRecord, Room
from crdt_server.core.session import FramedSession
from crdt_server.protocol import ywebsocket
from crdt_server.protocol.errors import ProtocolError
from crdt_server.protocol.lib0 import read_var_bytes, read_var_uint
from crdt_server.protocol.messages import SyncStep1, SyncStep2, SyncUpdate
from crdt_server.protocol.update import encode_state_vector, vet
from crdt_server.runtime.squash import SquashRefused, squash
from tests.interop.content import content_in_pycrdt

from .case import Case, Finding
from .clients import pycrdt_document
from .model import deleted_operations, minus, operations
from .outputs import check_output
from .rooms import LIMITS, Wire
from .seeds import Document, Seeds


class Peer:
    """A client that made some of the updates: what it has, what it sent, what it was told."""

    def __init__(self, room: Room, updates: list[bytes]) -> None:
        self.own = updates
        self.has = list(updates)
        self.acknowledged = 0
        self.connect(room)

    def connect(self, room: Room) -> None:
        """Come, or come back, on a new connection."""
        self.wire = Wire()
        self.session = FramedSession(ywebsocket, self.wire)
        self.sent = self.acknowledged = 0
        room.join(self.session)
        room.receive(self.session, SyncStep1(_state_vector(self.has)))

    def send(self, room: Room, update: bytes, *, is_answer: bool = False) -> None:
        self.sent += 1
        room.receive(self.session, SyncStep2(update) if is_answer else SyncUpdate(update))

    def read(self, room: Room, *, answers: bool) -> None:
        """Take what came; answer the room's questions if the network lets it."""
        frames, self.wire.frames = self.wire.frames, []
        for frame in frames:
            if frame[:1] != b"\x00":
                continue
            payload, pos = read_var_bytes(frame, 2)
            if frame[1] == 0:
                if answers:
                    self.send(room, difference(merge(self.own), payload), is_answer=True)
                continue
            self.has.append(payload)
            if pos < len(frame):
                self.acknowledged, pos = read_var_uint(frame, pos)
        if len(self.has) > 50:
            self.has = [merge(self.has)]


def _state_vector(updates: list[bytes]) -> bytes:
    """What a client that got these would say it has: up to its first hole."""
    ranges = operations(vet(merge(updates)))
    return encode_state_vector({client: found[0][1] for client, found in ranges.items() if found[0][0] == 0})


def check_yjs_clients(case: Case, seeds: Seeds) -> None:
    """One of Yjs' documents."""
    document = case.rng.choice(seeds.documents)
    check_convergence(case, document)


def check_pycrdt_clients(case: Case, seeds: Seeds) -> None:
    """A document that pycrdt clients make now; every byte they write must be accepted."""
    case.phase("pycrdt clients", [])
    check_convergence(case, pycrdt_document(case.rng))


def check_convergence(case: Case, document: Document) -> None:
    case.phase("honest", document.updates)
    for update in [*document.updates, document.state]:
        try:
            vet(update)
        except ProtocolError as error:
            raise Finding(f"an honest update is refused: {error}", [update]) from error
        case.count("honest updates")
    case.phase("network")
    trial = Trial(case, document)
    trial.storm()
    trial.rest()
    trial.check()


class Trial:
    """One document, some peers, one room after another."""

    def __init__(self, case: Case, document: Document) -> None:
        self.case, self.rng, self.document = case, case.rng, document
        self.room = Room("fuzz", Content(), LIMITS)
        self.snapshot: bytes | None = None
        self.records: list[bytes] = []
        self.pending: list[NewRecord] = []
        owners = self.rng.randint(3, 5)
        shares: list[list[bytes]] = [[] for _ in range(owners)]
        for update in document.updates:
            sections = vet(update).sections
            owner = (
                sections[0].client % owners
                if sections and self.rng.random() < 0.9
                else self.rng.randrange(owners)
            )
            shares[owner].append(update)
        self.peers = [Peer(self.room, share) for share in shares]

    def storm(self) -> None:
        """Send with loss, repetition, batches, in any order; lose a connection or the server now and then."""
        rng = self.rng
        loss = rng.choice((0.0, 0.1, 0.5))
        queue = [(peer, update) for peer in self.peers for update in self._batched(peer.own)]
        queue += [each for each in queue if rng.random() < 0.15]
        if rng.random() < 0.7:
            rng.shuffle(queue)
        for peer, update in queue:
            if rng.random() >= loss:
                peer.send(self.room, update)
            if rng.random() < 0.4:
                self._turn()
            roll = rng.random()
            if roll < 0.03:
                self.room.leave(peer.session)
                peer.connect(self.room)
            elif roll < 0.05:
                self._restart()
            elif roll < 0.1:
                self._squash()
            if rng.random() < 0.3:
                peer.read(self.room, answers=rng.random() < 0.5)

    def rest(self) -> None:
        """Deliver everything at least once, by sending it again or by answering a question."""
        rng = self.rng
        for peer in rng.sample(self.peers, len(self.peers)):
            if rng.random() < 0.5:
                for update in rng.sample(peer.own, len(peer.own)):
                    peer.send(self.room, update)
            else:
                self.room.leave(peer.session)
                peer.connect(self.room)
                peer.read(self.room, answers=True)
                peer.send(self.room, merge(peer.own))
            if rng.random() < 0.5:
                self._turn()
        self._turn()
        self._store(len(self.pending))
        for peer in self.peers:
            peer.read(self.room, answers=False)
        self._turn()

    def check(self) -> None:
        case, room, document = self.case, self.room, self.document
        full = room.content.full()
        vetted = check_output(case, "full", full)
        case.expect(room.content.known.vector == document.vector, "the state vector is not the clients'")
        of_full = Known.of_update(full)
        case.expect(of_full.vector == room.content.known.vector, "full() has another state vector than known")
        case.expect(
            of_full.deletions == room.content.known.deletions, "full() has other deletions than known"
        )
        case.expect(vetted is not None, "full() has a parent that is no shared type")
        if vetted is not None:
            lost = minus(deleted_operations(vet(merge(document.updates))), deleted_operations(vetted))
            case.expect(not lost, "a deletion is lost")
        case.phase("doc")
        case.expect(content_in_pycrdt(full) == document.content, "the content is not the clients'")
        case.phase("peers")
        for peer in self.peers:
            session = peer.session
            case.expect(peer.wire.closed is None, f"an honest client is closed: {peer.wire.closed}")
            case.expect(session.received == peer.sent, "a message is not counted")
            case.expect(session.acknowledged == session.received, "a message is not acknowledged at rest")
            case.expect(not session.unsettled, "a session is unsettled at rest")
            case.expect(peer.acknowledged == peer.sent, "a client was not told that it is saved")
            self._check_peer(merge(peer.has))
        self._check_squashed()

    def _check_peer(self, has: bytes) -> None:
        known = Known.of_update(has)
        self.case.expect(known.vector == self.room.content.known.vector, "a client lacks operations at rest")
        self.case.expect(
            content_in_pycrdt(has) == self.document.content, "a client's content differs at rest"
        )

    def _check_squashed(self) -> None:
        snapshot = self._squash()
        if snapshot is None:
            return
        self.case.expect(content_in_pycrdt(snapshot) == self.document.content, "a squash changes the content")
        full = self.room.content.full()
        known = self.room.content.known
        self.case.expect(Known.of_update(full).vector == known.vector, "a squash changes the state vector")
        deletions = Known.of_update(full).deletions
        self.case.expect(deletions == known.deletions, "after a squash full() has other deletions")

    def _batched(self, updates: Sequence[bytes]) -> list[bytes]:
        batches: list[bytes] = []
        rest = list(updates)
        while rest:
            size = self.rng.choice((1, 1, 1, 2, 5))
            picked, rest = rest[:size], rest[size:]
            if self.rng.random() < 0.2:
                picked = picked[::2]  # leaves holes; the others are sent at rest
            batches.append(pycrdt.merge_updates(*picked) if len(picked) > 1 else picked[0])
        return batches

    def _turn(self) -> None:
        self.pending += self.room.turn()
        if self.pending and self.rng.random() < 0.7:
            self._store(self.rng.randint(1, len(self.pending)))

    def _store(self, count: int) -> None:
        stored, self.pending = self.pending[:count], self.pending[count:]
        self.records += [record.update for record in stored]
        if stored:
            self.room.committed(stored[-1].sequence)

    def _restart(self) -> None:
        """The server is killed: what is not stored is lost, all come back."""
        self.case.count("restarts")
        self.pending = []
        self.room = Room("fuzz", Content(self.snapshot, self.records), LIMITS)
        for peer in self.peers:
            peer.wire.frames.clear()
            peer.connect(self.room)

    def _squash(self) -> bytes | None:
        """Squash what is stored, as the server does while it runs."""
        snapshot, updates = self.room.content.to_squash(len(self.records))
        if not updates:
            return None
        try:
            squashed = squash(snapshot, updates)
        except SquashRefused as error:
            self.case.count(f"honest squash refused: {error}")
            self.case.sample("honest squash refused", merge(updates), 5)
            return None
        self.case.count("honest squashes")
        self.room.squashed(squashed, len(updates))
        self.snapshot, self.records = squashed.state, []
        return squashed.state
