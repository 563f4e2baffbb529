"""A room under any sequence of joins, leaves, edits, losses, repeats, commits and squashes."""

from __future__ import annotations

import pycrdt
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from crdt_server.core.content import Content
from crdt_server.core.known import Known
from crdt_server.core.limits import Limits
from crdt_server.core.merge import difference, merge
from crdt_server.protocol.lib0 import read_var_bytes
from crdt_server.protocol.messages import SyncStep1, SyncStep2, SyncUpdate
from crdt_server.protocol.update import decode_state_vector, vet
from crdt_server.runtime.squash import squash
from tests.core.peers import Desk, Peer
from tests.updates import Author, text_of

whoever = st.integers(0, 2)
fates = st.sampled_from(["sent", "turn", "doubled", "lost"])


class Client:
    """An honest client: a document, and a session while it is connected."""

    def __init__(self, client: int) -> None:
        self.author = Author(client)
        self.peer: Peer | None = None
        self.sent: list[bytes] = []
        self.acknowledged: list[bytes] = []


class Rooms(RuleBasedStateMachine):
    """The model: every client's own document, and which of its edits were acknowledged."""

    limits = Limits()

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(limits=self.limits)
        self.stored = 0
        self.before: list[bytes] = []
        self.population = [Client(number) for number in range(1, 4)]
        for number in range(3):
            self.connect(number)

    @rule(who=whoever)
    def connect(self, who: int) -> None:
        client = self.population[who]
        if client.peer is None:
            client.peer = Peer()
            self.desk.room.join(client.peer)
            self.desk.room.receive(client.peer, SyncStep1(client.author.doc.get_state()))
            client.sent = []

    @rule(who=whoever)
    def disconnect(self, who: int) -> None:
        client = self.population[who]
        if client.peer is not None:
            self.desk.room.leave(client.peer)
            client.peer = None

    @rule(who=whoever, letter=st.sampled_from("abc-"), where=st.integers(0, 99), fate=fates)
    def edit(self, who: int, letter: str, where: int, fate: str) -> None:
        """Write a letter, or with `-` erase one. A lost edit leaves a hole that the next ones build on."""
        client = self.population[who]
        length = len(client.author.text)
        if letter == "-" and length:
            update = client.author.erase(where % length, where % length + 1)
        else:
            update = client.author.type(letter, where % (length + 1))
        if client.peer is None or fate == "lost":
            return
        for _ in range(2 if fate == "doubled" else 1):
            self.desk.room.receive(client.peer, SyncUpdate(update))
            client.sent.append(update)
        if fate == "turn":
            self.desk.turn()

    @rule(who=whoever)
    def stop_reading(self, who: int) -> None:
        """Its transport takes no news: edits of others go on without it."""
        peer = self.population[who].peer
        if peer is not None:
            peer.is_reading = False

    @rule(who=whoever)
    def read_again(self, who: int) -> None:
        peer = self.population[who].peer
        if peer is not None:
            peer.is_reading = True
            self.desk.room.catch_up(peer)

    @rule()
    def answer(self) -> None:
        """Somebody computed what is not computed in the room."""
        for question in list(self.desk.room.questions.values()):
            self.desk.room.answered(question, difference(question.snapshot, question.state_vector))

    @rule()
    def everybody_reads(self) -> None:
        self.desk.turn()
        for client in self.population:
            self.read(client)

    def read(self, client: Client) -> None:
        """Take what the room sent, and answer its questions, as y-websocket does."""
        if client.peer is None:
            return
        for frame in client.peer.take():
            if frame[0] != 0:
                continue
            payload, pos = read_var_bytes(frame, 2)
            if frame[1] == 0:
                answer = client.author.doc.get_update(payload)
                self.desk.room.receive(client.peer, SyncStep2(answer))
                client.sent.append(answer)
            else:
                client.author.hear([payload])
                if pos < len(frame):
                    client.acknowledged = client.sent[: frame[pos]]
                    assert frame[pos] <= len(client.sent)

    @rule()
    def commit(self) -> None:
        self.stored = len(self.desk.log)
        self.desk.room.committed(self.stored)

    @rule()
    def squash(self) -> None:
        content = self.desk.room.content
        if content.tail_count:
            self.desk.room.squashed(squash(*content.to_squash(content.tail_count)), content.tail_count)

    @rule()
    def crash(self) -> None:
        """Everything but what is stored is lost."""
        self.before = self.durable_log()
        self.desk, self.stored = Desk(Content(None, self.before, limits=self.limits), self.limits), 0
        for client in self.population:
            client.peer, client.acknowledged = None, []

    def durable_log(self) -> list[bytes]:
        return self.before + [record.update for record in self.desk.log[: self.stored]]

    @invariant()
    def what_is_acknowledged_is_stored(self) -> None:
        stored = Known.of_update(merge(self.durable_log()))
        for client in self.population:
            for update in map(vet, client.acknowledged):
                assert all(stored.vector.get(part.client, 0) >= part.end for part in update.sections)
                assert not any(stored.deletions.missing(*span) for span in update.deletions)

    @invariant()
    def what_a_newcomer_gets_is_what_the_room_knows(self) -> None:
        content = self.desk.room.content
        assert Known.of_update(content.full()).vector == content.known.vector

    @invariant()
    def the_log_is_replayed_in_order(self) -> None:
        """pycrdt drops what comes before what it builds on: the log must never make it."""
        snapshot, tail = self.desk.room.content.to_squash(10**6)
        document: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc()
        for update in [*([snapshot] if snapshot else []), *tail]:
            document.apply_update(update)
        assert decode_state_vector(document.get_state()) == self.desk.room.content.known.vector

    def teardown(self) -> None:
        """At rest all are equal and everything is acknowledged."""
        self.at_rest_all_who_stayed_are_equal()
        for who in range(3):
            self.disconnect(who)
            self.connect(who)
        for _ in range(4):
            self.answer()
            self.everybody_reads()
            self.commit()
        texts = {str(client.author.text) for client in self.population}
        assert texts == {text_of(self.desk.newcomer())}
        for client in self.population:
            assert client.peer is not None
            assert client.peer.acknowledged == client.peer.received

    def at_rest_all_who_stayed_are_equal(self) -> None:
        """Whoever did not read for a while ends as who always did: it lacks nothing that the room knows."""
        for who in range(3):
            self.read_again(who)
        for _ in range(4):
            self.answer()
            self.everybody_reads()
        known = self.desk.room.content.known.vector
        for client in self.population:
            if client.peer is not None:
                has = decode_state_vector(client.author.doc.get_state())
                assert all(has.get(other, 0) >= clock for other, clock in known.items())


class HeavyRooms(Rooms):
    """The same where every snapshot is too large to be merged or compared in the room."""

    limits = Limits(heavy_bytes_min=1, room_questions_max=1)


Rooms.TestCase.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)
TestRooms = Rooms.TestCase
HeavyRooms.TestCase.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)
TestHeavyRooms = HeavyRooms.TestCase
