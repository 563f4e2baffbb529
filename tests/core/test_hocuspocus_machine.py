"""A Hocuspocus socket in any order of events: each edit is answered once, nothing opens without an Auth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from crdt_server.core.hocuspocus import Decide, Event, Left, Place, Take
from crdt_server.core.limits import Limits
from crdt_server.core.session import FramedSession
from crdt_server.protocol.close_codes import CloseCode
from crdt_server.protocol.errors import InvalidUpdate, WriteForbidden
from crdt_server.protocol.messages import Acknowledgement, SyncStep2, SyncUpdate
from tests.core.hocuspocus_peer import REJECTED, SAVED, Socket, auth, close, stateless, step1, step2, update

NAMES = st.sampled_from(["a", "b", "a\0s1", "a\0s2"])
LIMITS = Limits(pending_documents_max=10, pending_frames_max=200)
COME_BACK = [CloseCode.DOCUMENT_UNAVAILABLE, CloseCode.TOO_MUCH_WAITING]


class HocuspocusMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.socket = Socket(LIMITS)
        self.asked: dict[Place, None] = {}
        self.open: dict[Place, FramedSession] = {}
        self.owed: Counter[str] = Counter()
        self.may_open: set[str] = set()

    # What a client does.

    @rule(name=NAMES, version=st.sampled_from([None, "4.8.0"]))
    def send_auth(self, name: str, version: str | None) -> None:
        self.may_open.add(name)
        self.happen(self.socket.receive(auth(name, version=version)))

    @rule(name=NAMES, is_answer=st.booleans())
    def send_edit(self, name: str, is_answer: bool) -> None:
        if self.socket.closed is None:
            self.owed[name] += 1
        self.happen(self.socket.receive(step2(name) if is_answer else update(name)))

    @rule(name=NAMES)
    def send_step1(self, name: str) -> None:
        event = self.socket.receive(step1(name))
        if isinstance(event, Decide):
            self.may_open.add(name)  # a provider that never sends an Auth
        self.happen(event)

    @rule(name=NAMES)
    def send_stateless(self, name: str) -> None:
        self.happen(self.socket.receive(stateless(name, "hi")))

    @rule(name=NAMES)
    def send_close(self, name: str) -> None:
        self.listen()
        self.happen(self.socket.receive(close(name)))
        self.owed[name] = 0  # it does not want to know any more
        self.may_open.discard(name)

    @rule(name=NAMES)
    def send_nonsense_to_an_open_document(self, name: str) -> None:
        if any(place.address.decode() == name for place in self.open):
            self.happen(self.socket.receive(bytes([len(name)]) + name.encode() + b"\x05\xff"))

    # What the server does.

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def admit(self, data: st.DataObject) -> None:
        place = self.pick(data, self.asked)
        del self.asked[place]
        if not self.socket.connection.is_waiting(place) or place in self.open:
            return  # it was closed meanwhile, or this is a new token
        assert place.address.decode() in self.may_open
        self.open[place] = self.socket.admit(place)
        self.replay(place)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), count=st.integers(1, 3))
    def replay_some(self, data: st.DataObject, count: int) -> None:
        self.replay(self.pick(data, self.open), count)

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def deny(self, data: st.DataObject) -> None:
        place = self.pick(data, self.asked)
        del self.asked[place]
        self.socket.connection.deny(place, "no")
        self.forget(place)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), code=st.sampled_from([*COME_BACK, CloseCode.DOCUMENT_ERASED]))
    def end(self, data: st.DataObject, code: CloseCode) -> None:
        place = self.pick(data, self.open)
        self.socket.connection.end(place, code, "it ends")
        self.forget(place)

    @precondition(lambda self: self.open and self.socket.closed is None)
    @rule(data=st.data(), share=st.floats(0, 1))
    def store(self, data: st.DataObject, share: float) -> None:
        session = self.open[self.pick(data, self.open)]
        newly = round((session.received - session.acknowledged) * share)
        session.acknowledged += newly
        session.deliver(Acknowledgement(b"\x00\x00", session.acknowledged, newly))

    @rule(seconds=st.sampled_from([1, 30, 61]))
    def time_passes(self, seconds: int) -> None:
        self.socket.now += seconds
        if self.socket.closed is None:
            assert self.socket.connection.expire(self.socket.now) > 0

    # What is true all the time.

    @invariant()
    def answers_are_owed(self) -> None:
        self.listen()
        assert all(owed >= 0 for owed in self.owed.values()), "an edit was answered twice"

    def teardown(self) -> None:
        if self.socket.closed is not None:
            return  # nobody is there to be answered
        for place in list(self.open):
            self.replay(place, LIMITS.pending_frames_max)
        for session in self.open.values():
            newly = session.received - session.acknowledged
            session.deliver(Acknowledgement(b"\x00\x00", session.received, newly))
        for place in list(self.socket.connection._pending.values()):
            self.socket.connection.deny(place, "no")
        self.listen()
        assert +self.owed == Counter(), "an edit was never answered"
        assert self.socket.connection._pending_bytes == self.socket.connection._pending_frames == 0

    def replay(self, place: Place, count: int = 2) -> None:
        """Hand over some of what waited."""
        for _ in range(count):
            self.happen(self.socket.connection.replay(place))

    def happen(self, event: Event | None) -> None:
        match event:
            case Decide():
                self.asked[event.place] = None
            case Left():
                assert self.open.pop(event.place, None) is event.session
                self.asked.pop(event.place, None)
                self.may_open.discard(event.place.address.decode())
            case Take():
                assert self.open[event.place] is event.session
                if isinstance(event.message, (SyncStep2, SyncUpdate)):
                    self.take_edit(event)
            case None:
                pass

    def take_edit(self, event: Take) -> None:
        """As a room does: it counts what it takes, and now and then refuses."""
        total = event.session.received
        if total % 5 == 4:
            refused = InvalidUpdate("poison") if total % 10 == 9 else WriteForbidden("not now")
            event.session.received += isinstance(refused, WriteForbidden)
            event.session.acknowledged += isinstance(refused, WriteForbidden)
            if self.socket.connection.fail(event.place, refused, is_edit=True):
                self.forget(event.place)
        else:
            event.session.received += 1

    def forget(self, place: Place) -> None:
        self.open.pop(place, None)
        if not any(known.address == place.address for known in self.asked):
            self.may_open.discard(place.address.decode())

    def listen(self) -> None:
        for address, said in self.socket.said():
            if said in (SAVED, REJECTED):
                self.owed[address] -= 1

    @staticmethod
    def pick(data: st.DataObject, places: Iterable[Place]) -> Place:
        return data.draw(st.sampled_from(list(places)))


HocuspocusMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestHocuspocus = HocuspocusMachine.TestCase
