"""A room: an open document with its sessions. It decides; the runtime stores, sends and waits.

The way of an edit: `receive` checks it and puts it into the inbox; `turn`, called soon after, takes the
inbox apart, sends everybody what is new at once, and returns the records to store; `committed` tells the
room that they are stored, and only then their authors get their acknowledgement.

Each session has a position in the log. A turn takes those who are at the end to the new end; who cannot take
more at the moment stays where it is, and gets in one piece what it missed when `catch_up` is called. So
nothing waits for a slow reader but what it asked for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from crdt_server.protocol.close_codes import CloseCode
from crdt_server.protocol.errors import InvalidUpdate, TooMuchWaiting, WriteForbidden
from crdt_server.protocol.messages import (
    Acknowledgement,
    Awareness,
    ClientMessage,
    QueryAwareness,
    ServerMessage,
    SyncStep1,
    SyncStep2,
    SyncUpdate,
)
from crdt_server.protocol.update import EMPTY_UPDATE, Update, vet

from .awareness import Roster
from .bulletin import Notice
from .content import Content
from .drafts import Draft, Drafts
from .limits import Limits
from .merge import MergeError, merge, state_vector_of
from .readiness import sift
from .session import Session, Shared, Unsettled
from .squashed import Squashed
from .waiting import Arrival, Waiting


class NewRecord:
    """What a turn wants stored: one author's new edits. `sequence` counts a room's records from 1."""

    __slots__ = ("author", "sequence", "update")

    def __init__(self, sequence: int, author: str, update: bytes) -> None:
        self.sequence = sequence
        self.author = author
        self.update = update


@dataclass(slots=True, eq=False)
class Question:
    """What somebody with a state vector lacks of a snapshot, to be computed where it keeps nobody waiting."""

    state_vector: bytes
    snapshot: bytes
    sessions: dict[Session, None] = field(default_factory=dict)
    is_taken: bool = False


_LATE_S = 0.5
"""Pause between two parts of what a session missed of others' presence."""


class Room:
    """One open document. Synchronous; for what a peer sends only `receive` may fail."""

    def __init__(self, name: str, content: Content, limits: Limits) -> None:
        self.name = name
        self.content = content
        self.sessions: dict[Session, None] = {}
        """In the order in which they came."""
        self.questions: dict[bytes, Question] = {}
        """By state vector: somebody has to compute their answers and call `answered`."""
        self.admitted = 0
        """Sequence of the newest record that a turn made."""
        self.durable = 0
        """Sequence up to which records are stored. Two counters, not a flag: an edit during a save counts."""
        self._limits = limits
        self._roster = Roster(limits)
        self._inbox: list[Arrival] = []
        self.inbox_bytes = 0
        """Bytes of edits that were received since the last turn."""
        self._waiting = Waiting(limits)
        self._echoes: deque[tuple[int, Session, bytes]] = deque()
        self._owed: set[Session] = set()
        self._is_late = False

    @property
    def has_work(self) -> bool:
        """Whether there is something to do at once: `turn`, then `tell_presence`."""
        return bool(self._inbox) or (self._roster.bulletin.has_removals and bool(self.sessions))

    @property
    def is_durable(self) -> bool:
        """Whether everything that was received and can be stored is stored."""
        return not self._inbox and self.durable == self.admitted

    def join(self, session: Session) -> None:
        """Let a session in: ask what it has (unless it is asked with each answer), tell it who is here."""
        self.sessions[session] = None
        session.position = self.content.end
        session.presence_position = self._roster.bulletin.told
        if session.grant.can_write and not session.asks_back:
            session.deliver(SyncStep1(self.content.known.encoded_vector()))
        everyone = self._roster.bulletin.everyone()
        if everyone:
            session.deliver(Awareness(everyone))

    def leave(self, session: Session) -> None:
        """Let a session go; its presence goes with the next turn, what it sent in full stays."""
        if session not in self.sessions:
            return
        del self.sessions[session]
        self._waiting.forget(session)
        self._owed.discard(session)
        self._roster.leave(session)

    def receive(self, session: Session, message: ClientMessage) -> None:
        """Take one message. Raises `ProtocolError`: then the session must be closed with its code.

        Raises `MergeError` where a document's bytes cannot be read.
        """
        match message:
            case SyncUpdate():
                self._receive_edit(session, vet(message.update))
            case SyncStep2():
                session.asked_for_missing = False
                self._receive_edit(session, vet(message.update), is_answer=True)
            case SyncStep1():
                if session.asks_back:
                    session.deliver(SyncStep1(self.content.known.encoded_vector()))
                self._answer(session, message.state_vector)
            case Awareness():
                self._roster.hear(session, message.entries)
            case QueryAwareness():
                session.deliver(Awareness(self._roster.bulletin.everyone()))
            case _:
                pass  # a type that this server does not know

    def turn(self) -> list[NewRecord]:
        """Work off the inbox: broadcast what is new, return what must be stored, in this order.

        Raises `MergeError`: then the room cannot go on and must be closed; nothing of the turn is stored.
        """
        arrivals, self._inbox = self._inbox, []
        self.inbox_bytes = 0
        drafts = Drafts()
        while arrivals:
            for arrival in arrivals:
                self._admit(arrival, drafts)
            arrivals = self._waiting.wake(drafts.came(), self.content.known.vector) if self._waiting else []
        end = self.content.end
        records = [self._record(draft, draft.encode()) for draft in drafts]
        self._broadcast(end)
        self._acknowledge()  # what only repeated known things may be settled already
        return records

    def committed(self, sequence: int) -> None:
        """Learn that all records up to `sequence` are stored; acknowledge them."""
        self.durable = max(self.durable, sequence)
        self._acknowledge()

    def tell(self, message: ServerMessage) -> None:
        """Send everybody the same."""
        shared = Shared(message)
        for session in list(self.sessions):  # who cannot take it leaves
            session.post(shared)

    def catch_up(self, session: Session) -> None:
        """Tell a session that takes more again what it missed. Raises `MergeError`."""
        if session not in self.sessions or not session.takes_more():
            return
        self._forward_presence(session)
        if session.asked is not None:
            return
        if session.floor is not None:
            base = self.content.base(session.floor)
            if base is None:
                self._ask(session, session.floor)
                return
            session.post(base)
            base.trim()
            session.position, session.floor = self.content.first, None
        self._forward(session)

    def answered(self, question: Question, base: bytes | None) -> None:
        """Take what a question's sessions lack of its snapshot; None where that could not be found out.

        Raises `MergeError`.
        """
        del self.questions[question.state_vector]
        if question.snapshot is not self.content.snapshot:
            base = None  # asking again and again would leave them waiting for ever
        self.content.keep_base(question.state_vector, base)
        for session in question.sessions:
            if session in self.sessions:
                self._go_on(session, question.state_vector)

    def squashed(self, snapshot: Squashed, count: int) -> None:
        """Put a snapshot in the place of the first `count` records of the tail, and of the one before."""
        behind = [session for session in self.sessions if session.position < self.content.first + count]
        if behind:
            floor = self.content.floor
            for session in behind:
                if session.floor is None:
                    session.floor = floor
        self.content.squashed(snapshot, count)

    def presence_wait_s(self, now: float) -> float | None:
        """Return in how many seconds `tell_presence` has something to do; None if nothing is to come.

        `now` is any clock's time in seconds, always the same clock's.
        """
        if not self.sessions:
            return None
        wait_s = self._roster.bulletin.wait_s(now)
        return wait_s if not self._is_late else min(_LATE_S, _LATE_S if wait_s is None else wait_s)

    def tell_presence(self, now: float) -> bool:
        """Tell everybody who takes more the news of who is here; whether there was any."""
        bulletin = self._roster.bulletin
        before = bulletin.told
        batch = bulletin.tell(now)
        if not batch and not self._is_late:
            return False
        self._is_late = False
        news = Shared(_awareness(batch))
        owners = {notice.owner for notice in batch}
        author = owners.pop() if len(owners) == 1 else None
        for session in list(self.sessions):
            if not session.takes_more():
                continue
            if session.presence_position != before:
                self._forward_presence(session)
                continue
            if session is not author and batch:
                session.post(news)
            session.presence_position = bulletin.told
        return True

    def close(self, code: CloseCode, reason: str) -> None:
        """Close every session."""
        for session in list(self.sessions):
            session.close(code, reason)

    def _receive_edit(self, session: Session, update: Update, *, is_answer: bool = False) -> None:
        if not session.grant.can_write and not (is_answer and self._knows(update)):
            raise WriteForbidden("this session may read only")
        if update.has_values:
            # pycrdt reads values in its own way, and all else as it is checked already.
            try:
                state_vector_of(update.data)
            except MergeError as error:
                raise InvalidUpdate("an update cannot be decoded") from error
        if len(session.unsettled) >= self._limits.unsettled_messages_max:
            raise TooMuchWaiting("too many messages wait for their acknowledgement")
        session.received += 1
        unsettled = Unsettled(session.received)
        session.unsettled.append(unsettled)
        self._owed.add(session)
        self._inbox.append(Arrival(session, update, unsettled, is_answer))
        self.inbox_bytes += len(update.data)

    def _knows(self, update: Update) -> bool:
        sifted = sift(update, self.content.known)
        return sifted.fresh is None and sifted.waiting is None

    def _admit(self, arrival: Arrival, drafts: Drafts) -> None:
        """Take one update in as far as it is ready."""
        if arrival.is_answer and not arrival.missing:
            # New, not woken. It repeats what waited, so what waited is settled with it.
            for repeated in self._waiting.forget(arrival.session):
                arrival.unsettled.repeat(repeated.unsettled)
        sifted = sift(arrival.update, self.content.known)
        fresh = sifted.fresh
        if fresh is not None:
            self.content.learn(fresh)
            draft = drafts.add(arrival.session, fresh)
        if sifted.waiting is None:
            if arrival.update.data == EMPTY_UPDATE:
                # Nothing to store: a newcomer is saved whatever the store does.
                arrival.unsettled.settle_with(0)
            elif fresh is arrival.update and not arrival.missing:
                draft.settles.append(arrival.unsettled)
            else:
                # Known in part or whole, maybe from another author's record of this very turn: settled
                # when all that is known by now is stored.
                arrival.unsettled.settle_with(self.admitted + len(drafts))
        if sifted.waiting is not None and arrival.session in self.sessions:
            arrival.update, arrival.missing = sifted.waiting, sifted.missing
            self._hold_back(arrival)

    def _hold_back(self, arrival: Arrival) -> None:
        session = arrival.session
        try:
            self._waiting.add(arrival)
        except TooMuchWaiting as error:
            session.close(error.close_code, str(error))
            return
        if not arrival.is_answer and not session.asked_for_missing:
            session.asked_for_missing = True
            session.deliver(SyncStep1(self.content.known.encoded_vector()))

    def _record(self, draft: Draft, update: bytes) -> NewRecord:
        self.admitted += 1
        self.content.append(update, draft.session.number)
        for unsettled in draft.settles:
            unsettled.settle_with(self.admitted)
        if draft.session.echoes:
            self._echoes.append((self.admitted, draft.session, update))
        return NewRecord(self.admitted, draft.session.grant.user, update)

    def _broadcast(self, before: int) -> None:
        """Take those who are at position `before` to the end, as far as they take more."""
        if before == self.content.end:
            return
        for session in list(self.sessions):  # who cannot take it leaves
            if session.position == before and session.asked is None and session.takes_more():
                self._forward(session)

    def _forward(self, session: Session) -> None:
        for shared in self.content.since(session.position, session):
            session.post(shared)
        session.position = self.content.end

    def _forward_presence(self, session: Session) -> None:
        missed, session.presence_position = self._roster.bulletin.missed(session.presence_position)
        if missed:
            session.deliver(_awareness(missed))
        self._is_late |= session.presence_position != self._roster.bulletin.told

    def _answer(self, session: Session, state_vector: bytes) -> None:
        answer = self.content.answer(state_vector, session)
        if answer is None:
            session.asked = state_vector
            self._ask(session, state_vector)
            return
        for shared in answer:
            session.post(shared)
            shared.trim()
        session.position = self.content.end
        session.asked = session.floor = None

    def _ask(self, session: Session, state_vector: bytes) -> None:
        question = self.questions.get(state_vector)
        if question is None:
            snapshot = self.content.snapshot
            if len(self.questions) >= self._limits.room_questions_max:
                self.content.keep_base(state_vector, None)
                self._go_on(session, state_vector)
                return
            question = self.questions[state_vector] = Question(state_vector, snapshot)
        question.sessions[session] = None

    def _go_on(self, session: Session, state_vector: bytes) -> None:
        """Do for a session what had to wait for the base of a state vector."""
        if session.asked == state_vector:
            self._answer(session, state_vector)
        else:
            self.catch_up(session)

    def _acknowledge(self) -> None:
        """Tell authors what is stored by now, with their own edit where that is what they wait for."""
        if not self._owed and not self._echoes:
            return
        own: dict[Session, list[bytes]] = {}
        while self._echoes and self._echoes[0][0] <= self.durable:
            _, session, update = self._echoes.popleft()
            own.setdefault(session, []).append(update)
        for session in list(self._owed):
            newly = session.settle(self.durable)
            if newly or session in own:
                update = merge(own[session]) if session in own else EMPTY_UPDATE
                session.deliver(Acknowledgement(update, session.acknowledged, newly))
            if not session.unsettled:
                self._owed.discard(session)


def _awareness(notices: Sequence[Notice]) -> Awareness:
    return Awareness(tuple([notice.presence for notice in notices]))
