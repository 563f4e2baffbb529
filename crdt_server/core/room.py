"""A room: an open document with its sessions. It decides; the runtime stores, sends and waits.

The way of an edit: `receive` checks it and puts it into the inbox; `turn`, called soon after, takes the
inbox apart, sends everybody what is new at once, and returns the records to store; `committed` tells the
room that they are stored, and only then their authors get their acknowledgement.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

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
from crdt_server.protocol.presence import Presence
from crdt_server.protocol.update import EMPTY_UPDATE, Update, vet

from .awareness import Roster
from .content import Content
from .drafts import Draft, Drafts
from .limits import Limits
from .merge import MergeError, merge, state_vector_of
from .readiness import sift
from .session import Frames, Session, Unsettled
from .waiting import Arrival, Waiting


@dataclass(frozen=True, slots=True)
class NewRecord:
    """What a turn wants stored: one author's new edits. `sequence` counts a room's records from 1."""

    sequence: int
    author: str
    update: bytes


class Room:
    """One open document. Synchronous; for what a peer sends only `receive` may fail."""

    def __init__(self, name: str, content: Content, limits: Limits) -> None:
        self.name = name
        self.content = content
        self.sessions: set[Session] = set()
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

    @property
    def has_work(self) -> bool:
        """Whether `turn` has anything to do."""
        return bool(self._inbox)

    @property
    def is_durable(self) -> bool:
        """Whether everything that was received and can be stored is stored."""
        return not self._inbox and self.durable == self.admitted

    def join(self, session: Session) -> None:
        """Let a session in: ask what it has (unless it is asked with each answer), tell it who is here."""
        self.sessions.add(session)
        if session.grant.can_write and not session.asks_back:
            session.deliver(SyncStep1(self.content.known.encoded_vector()))
        everyone = self._roster.everyone()
        if everyone:
            session.deliver(Awareness(everyone))

    def leave(self, session: Session) -> None:
        """Let a session go; its presence goes at once, what it sent in full stays."""
        if session not in self.sessions:
            return
        self.sessions.discard(session)
        self._waiting.forget(session)
        self._owed.discard(session)
        self._tell_presence(self._roster.leave(session))

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
                session.deliver(SyncStep2(self.content.answer(message.state_vector)))
            case Awareness():
                self._tell_presence(self._roster.hear(session, message.entries), but=session)
            case QueryAwareness():
                session.deliver(Awareness(self._roster.everyone()))
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
            came: set[int] = set()
            for arrival in arrivals:
                came |= self._admit(arrival, drafts)
            arrivals = self._waiting.wake(came, self.content.known.vector)
        updates = [merge(draft.updates) for draft in drafts]
        records = [self._record(draft, update) for draft, update in zip(drafts, updates, strict=True)]
        self._broadcast([draft.session for draft in drafts], updates)
        self._acknowledge()  # what only repeated known things may be settled already
        return records

    def committed(self, sequence: int) -> None:
        """Learn that all records up to `sequence` are stored; acknowledge them."""
        self.durable = max(self.durable, sequence)
        self._acknowledge()

    def tell(self, message: ServerMessage, but: Session | None = None) -> None:
        """Send everybody the same."""
        frames: Frames = {}
        for session in self.sessions:
            if session is not but:
                session.deliver(message, frames)

    def close(self, code: CloseCode, reason: str) -> None:
        """Close every session."""
        for session in list(self.sessions):
            session.close(code, reason)

    def _receive_edit(self, session: Session, update: Update, *, is_answer: bool = False) -> None:
        if not session.grant.can_write and not (is_answer and self._knows(update)):
            raise WriteForbidden("this session may read only")
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

    def _admit(self, arrival: Arrival, drafts: Drafts) -> set[int]:
        """Take one update in as far as it is ready; return the clients it brought operations of."""
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
            elif fresh is not None and fresh.data is arrival.update.data and not arrival.missing:
                draft.settles.append(arrival.unsettled)
            else:
                # Known in part or whole, maybe from another author's record of this very turn: settled
                # when all that is known by now is stored.
                arrival.unsettled.settle_with(self.admitted + len(drafts))
        if sifted.waiting is not None and arrival.session in self.sessions:
            arrival.update, arrival.missing = sifted.waiting, sifted.missing
            self._hold_back(arrival)
        return set(fresh.clocks) if fresh is not None else set()

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
        self.content.append(update)
        for unsettled in draft.settles:
            unsettled.settle_with(self.admitted)
        if draft.session.echoes:
            self._echoes.append((self.admitted, draft.session, update))
        return NewRecord(self.admitted, draft.session.grant.user, update)

    def _broadcast(self, authors: list[Session], updates: list[bytes]) -> None:
        """Send what is new, to each in one frame; that of those who wrote nothing is encoded once."""
        if not authors:
            return
        writing = set(authors)
        everything = SyncUpdate(merge(updates))
        frames: Frames = {}
        for session in self.sessions - writing:
            session.deliver(everything, frames)
        if len(writing) == 1:
            return
        # An author gets all but its own in one frame too: its own edit is what it takes for stored.
        for author in writing & self.sessions:
            others = [data for other, data in zip(authors, updates, strict=True) if other is not author]
            author.deliver(SyncUpdate(merge(others)))

    def _acknowledge(self) -> None:
        """Tell authors what is stored by now, with their own edit where that is what they wait for."""
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

    def _tell_presence(self, news: Iterable[Presence], but: Session | None = None) -> None:
        entries = tuple(news)
        if entries:
            self.tell(Awareness(entries), but)
