"""Updates that wait for what they build on, per session and bounded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from crdt_server.protocol.errors import TooMuchWaiting
from crdt_server.protocol.update import Update

from .limits import Limits
from .readiness import Dependency
from .session import Session, Unsettled


@dataclass(slots=True)
class Arrival:
    """A vetted update on its way into the document.

    `is_answer` is set for a Step2: it repeats all that its session has and the room lacked when it asked.
    `missing` is filled while it waits, and `first_missing`: of each client the first operation of those.
    """

    session: Session
    update: Update
    unsettled: Unsettled
    is_answer: bool = False
    missing: frozenset[Dependency] = frozenset()
    first_missing: dict[int, int] = field(default_factory=dict)


class Waiting:
    """Arrivals that are not ready. Nothing here is stored or acknowledged; their sender still has it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._sessions: dict[Session, list[Arrival]] = {}
        self._bytes: dict[Session, int] = {}

    def add(self, arrival: Arrival) -> None:
        """Hold an arrival back. Raises `TooMuchWaiting`; then nothing of its session is held any more."""
        session = arrival.session
        arrival.first_missing = dict(sorted(arrival.missing, reverse=True))
        arrivals = self._sessions.setdefault(session, [])
        arrivals.append(arrival)
        size = self._bytes.get(session, 0) + len(arrival.update.data)
        self._bytes[session] = size
        if len(arrivals) > self._limits.waiting_updates_max or size > self._limits.waiting_bytes_max:
            self.forget(session)
            raise TooMuchWaiting("too many updates wait for what they build on")

    def forget(self, session: Session) -> list[Arrival]:
        """Let go of what waits for a session; return it."""
        self._bytes.pop(session, None)
        return self._sessions.pop(session, [])

    def wake(self, clients: Iterable[int], vector: dict[int, int]) -> list[Arrival]:
        """Take out what may be ready now that operations of `clients` came, in order of arrival."""
        if not self._sessions:
            return []
        came = set(clients)
        awake: list[Arrival] = []
        for session, arrivals in list(self._sessions.items()):
            asleep: list[Arrival] = []
            for arrival in arrivals:
                (awake if _may_be_ready(arrival, came, vector) else asleep).append(arrival)
            self.forget(session)
            if asleep:
                self._sessions[session] = asleep
                self._bytes[session] = sum(len(arrival.update.data) for arrival in asleep)
        return awake


def _may_be_ready(arrival: Arrival, came: set[int], vector: dict[int, int]) -> bool:
    """Whether something it lacked is known now; looks at the clients that came, not at all that it lacks."""
    first = arrival.first_missing
    few, many = (came, first) if len(came) < len(first) else (first, came)
    return any(client in many and first[client] < vector[client] for client in few)
