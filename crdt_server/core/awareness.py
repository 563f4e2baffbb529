"""Who is present in a room. A client id belongs to the session that speaks for it.

y-websocket clients repeat everybody's presence, so entries about others are normal and are ignored. A
session's first message names its own client: that claims the id even from another session of the same
user, because after a broken network the client is back before its old socket is noticed to be dead.
"""

from __future__ import annotations

from collections.abc import Sequence

from crdt_server.protocol.errors import MessageTooBig
from crdt_server.protocol.presence import GONE, Presence
from crdt_server.protocol.values import check_json

from .bulletin import Bulletin, Notice
from .limits import Limits
from .session import Session


class Roster:
    """Decides what is heard of whom; the bulletin has what came of it."""

    def __init__(self, limits: Limits) -> None:
        self.bulletin = Bulletin(limits)
        self._limits = limits
        self._own: dict[Session, set[int]] = {}

    def __len__(self) -> int:
        return len(self.bulletin)

    def hear(self, session: Session, entries: Sequence[Presence]) -> None:
        """Take what a session says.

        Raises `InvalidUpdate` (its own state is not JSON), `MessageTooBig` (its own state is too large, or
        it speaks for too many clients).
        """
        may_claim = len(entries) == 1 and session not in self._own
        self._own.setdefault(session, set())
        for entry in entries:
            self._hear(session, entry, may_claim=may_claim)

    def leave(self, session: Session) -> None:
        """Forget a session, and with it every client that it spoke for."""
        for client in self._own.pop(session, ()):
            # On equal clocks `null` wins at every receiver, and the client itself can go on with the next.
            self.bulletin.remove(client)

    def _hear(self, session: Session, entry: Presence, *, may_claim: bool) -> None:
        known = self.bulletin.get(entry.client)
        if entry.state == GONE:
            if known is not None and known.owner is session and entry.clock >= known.presence.clock:
                self._own[session].discard(entry.client)
                self.bulletin.remove(entry.client, clock=entry.clock)
            return
        if known is not None and not _supersedes(session, entry, known, may_claim=may_claim):
            return
        self._check(session, entry)
        if known is not None:
            self._own[known.owner].discard(entry.client)
        self._own[session].add(entry.client)
        self.bulletin.put(entry, session)

    def _check(self, session: Session, entry: Presence) -> None:
        if len(entry.state) > self._limits.awareness_state_bytes_max:
            raise MessageTooBig("a presence is too large")
        own = self._own[session]
        if entry.client not in own and len(own) >= self._limits.awareness_clients_per_session_max:
            raise MessageTooBig("a session speaks for too many clients")
        check_json(entry.state)


def _supersedes(session: Session, entry: Presence, known: Notice, *, may_claim: bool) -> bool:
    if known.owner is session:
        return entry.clock > known.presence.clock
    return may_claim and known.owner.grant.user == session.grant.user and entry.clock >= known.presence.clock
