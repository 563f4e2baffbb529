"""Who is present in a room. A client id belongs to the session that speaks for it.

y-websocket clients repeat everybody's presence, so entries about others are normal and are ignored. A
session's first message names its own client: that claims the id even from another session of the same
user, because after a broken network the client is back before its old socket is noticed to be dead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crdt_server.protocol.errors import MessageTooBig
from crdt_server.protocol.presence import GONE, Presence
from crdt_server.protocol.values import check_json

from .limits import Limits
from .session import Session


@dataclass(slots=True)
class _Owned:
    owner: Session
    presence: Presence


class Roster:
    """The latest presence per client id, with its owner."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._clients: dict[int, _Owned] = {}
        self._own: dict[Session, set[int]] = {}

    def __len__(self) -> int:
        return len(self._clients)

    def everyone(self) -> tuple[Presence, ...]:
        """Return the presence of all clients."""
        return tuple(owned.presence for owned in self._clients.values())

    def hear(self, session: Session, entries: Sequence[Presence]) -> tuple[Presence, ...]:
        """Take what a session says; return what is news to the others.

        Raises `InvalidUpdate` (its own state is not JSON), `MessageTooBig` (its own state is too large, or
        it speaks for too many clients).
        """
        may_claim = len(entries) == 1 and session not in self._own
        self._own.setdefault(session, set())
        return tuple([entry for entry in entries if self._accept(session, entry, may_claim=may_claim)])

    def leave(self, session: Session) -> tuple[Presence, ...]:
        """Forget a session; return the removal of every client it spoke for."""
        # On equal clocks `null` wins at every receiver, and the client itself can go on with the next.
        return tuple(
            Presence(client, self._clients.pop(client).presence.clock, GONE)
            for client in self._own.pop(session, ())
        )

    def _accept(self, session: Session, entry: Presence, *, may_claim: bool) -> bool:
        owned = self._clients.get(entry.client)
        if entry.state == GONE:
            if owned is None or owned.owner is not session or entry.clock < owned.presence.clock:
                return False
            del self._clients[entry.client]
            self._own[session].discard(entry.client)
            return True
        if owned is not None and not _supersedes(session, entry, owned, may_claim=may_claim):
            return False
        self._check(session, entry)
        if owned is not None:
            self._own[owned.owner].discard(entry.client)
        self._own[session].add(entry.client)
        self._clients[entry.client] = _Owned(session, entry)
        return True

    def _check(self, session: Session, entry: Presence) -> None:
        if len(entry.state) > self._limits.awareness_state_bytes_max:
            raise MessageTooBig("a presence is too large")
        own = self._own[session]
        if entry.client not in own and len(own) >= self._limits.awareness_clients_per_session_max:
            raise MessageTooBig("a session speaks for too many clients")
        check_json(entry.state)


def _supersedes(session: Session, entry: Presence, owned: _Owned, *, may_claim: bool) -> bool:
    if owned.owner is session:
        return entry.clock > owned.presence.clock
    return may_claim and owned.owner.grant.user == session.grant.user and entry.clock >= owned.presence.clock
