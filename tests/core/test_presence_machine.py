"""Presence under any sequence of comings, movements, renewals, pauses and goings equals a plain model."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from crdt_server.core.limits import Limits
from crdt_server.protocol.messages import Awareness
from crdt_server.protocol.presence import GONE, Presence
from tests.core.peers import Desk, Peer

whoever = st.integers(0, 3)


class Person:
    """A client: what it shows, and what it sees of others by the rules of y-protocols."""

    def __init__(self, client: int) -> None:
        self.client = client
        self.clock = 0
        self.state: bytes | None = None
        self.peer: Peer | None = None
        self.sees: dict[int, bytes] = {}
        self._clocks: dict[int, int] = {}

    def come(self, room: Desk) -> None:
        self.peer = Peer(str(self.client))
        self.sees, self._clocks = {}, {}
        room.room.join(self.peer)

    def read(self) -> None:
        assert self.peer is not None
        for entry in self.peer.presences():
            clock = self._clocks.get(entry.client, 0)
            is_removal = entry.state == GONE and entry.client in self.sees
            if clock < entry.clock or (clock == entry.clock and is_removal):
                self._clocks[entry.client] = entry.clock
                if entry.state == GONE:
                    self.sees.pop(entry.client, None)
                else:
                    self.sees[entry.client] = entry.state


class Presences(RuleBasedStateMachine):
    """The model is what each person shows at the moment."""

    limits = Limits(presence_bytes_per_s_max=100)

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(limits=self.limits)
        self.people = [Person(client) for client in range(1, 5)]

    def say(self, person: Person, state: bytes) -> None:
        person.clock += 1
        assert person.peer is not None
        entry = Presence(person.client, person.clock, state)
        self.desk.room.receive(person.peer, Awareness((entry,)))

    @rule(who=whoever, letter=st.sampled_from("ab"))
    def come_or_move(self, who: int, letter: str) -> None:
        person = self.people[who]
        if person.peer is None:
            person.come(self.desk)
        person.state = b'"%s"' % letter.encode()
        self.say(person, person.state)

    @rule(who=whoever)
    def renew(self, who: int) -> None:
        person = self.people[who]
        if person.state is not None and person.peer is not None:
            self.say(person, person.state)

    @rule(who=whoever)
    def hide(self, who: int) -> None:
        person = self.people[who]
        if person.state is not None and person.peer is not None:
            person.state = None
            self.say(person, GONE)

    @rule(who=whoever)
    def go(self, who: int) -> None:
        person = self.people[who]
        if person.peer is not None:
            self.desk.room.leave(person.peer)
            person.peer = person.state = None

    @rule(who=whoever)
    def stop_reading(self, who: int) -> None:
        peer = self.people[who].peer
        if peer is not None:
            peer.is_reading = False

    @rule(who=whoever)
    def read_again(self, who: int) -> None:
        peer = self.people[who].peer
        if peer is not None:
            peer.is_reading = True
            self.desk.room.catch_up(peer)

    @rule(seconds=st.floats(0, 30))
    def wait(self, seconds: float) -> None:
        self.desk.now += seconds
        self.desk.turn()

    @rule()
    def turn(self) -> None:
        wait_s = self.desk.room.presence_wait_s(self.desk.now)
        if wait_s == 0.0:
            self.desk.turn()

    def teardown(self) -> None:
        """At rest everybody sees of the others what they show."""
        for who in range(4):
            self.read_again(who)
        while (wait_s := self.desk.room.presence_wait_s(self.desk.now)) is not None:
            self.desk.now += wait_s
            self.desk.turn()
        shown = {person.client: person.state for person in self.people if person.state is not None}
        for person in self.people:
            if person.peer is not None:
                person.read()
                others = {client: state for client, state in person.sees.items() if client != person.client}
                assert others == {c: state for c, state in shown.items() if c != person.client}
        assert {entry.client: entry.state for entry in self.desk.room._roster.bulletin.everyone()} == shown


Presences.TestCase.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
TestPresences = Presences.TestCase
