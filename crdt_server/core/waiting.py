"""Updates that wait for what they build on, per session and bounded."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush

from crdt_server.protocol.errors import TooMuchWaiting
from crdt_server.protocol.update import Update

from .limits import Limits
from .readiness import Dependency
from .session import Session, Unsettled


class Arrival:
    """A vetted update on its way into the document.

    `is_answer` is set for a Step2: it repeats all that its session has and the room lacked when it asked.
    `missing` is filled while it waits. `number` is its place among all that waited.
    """

    __slots__ = ("is_answer", "missing", "number", "session", "unsettled", "update")

    def __init__(self, session: Session, update: Update, unsettled: Unsettled, is_answer: bool) -> None:
        self.session = session
        self.update = update
        self.unsettled = unsettled
        self.is_answer = is_answer
        self.missing: frozenset[Dependency] = frozenset()
        self.number = 0


class Waiting:
    """Arrivals that are not ready. Nothing here is stored or acknowledged; their sender still has it.

    Of each client that an arrival lacks something of, the first missing clock is in a heap: looking for who
    may be ready costs what is found, not what waits.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._sessions: dict[Session, dict[int, Arrival]] = {}
        self._bytes: dict[Session, int] = {}
        self._alarms: dict[int, list[tuple[int, int, Arrival]]] = {}
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._sessions)

    def add(self, arrival: Arrival) -> None:
        """Hold an arrival back. Raises `TooMuchWaiting`; then nothing of its session is held any more."""
        session = arrival.session
        self._count += 1
        arrival.number = self._count
        arrivals = self._sessions.setdefault(session, {})
        arrivals[arrival.number] = arrival
        size = self._bytes.get(session, 0) + len(arrival.update.data)
        self._bytes[session] = size
        if len(arrivals) > self._limits.waiting_updates_max or size > self._limits.waiting_bytes_max:
            self.forget(session)
            raise TooMuchWaiting("too many updates wait for what they build on")
        first_missing = dict(sorted(arrival.missing, reverse=True))
        for client, clock in first_missing.items():
            heappush(self._alarms.setdefault(client, []), (clock, arrival.number, arrival))

    def forget(self, session: Session) -> list[Arrival]:
        """Let go of what waits for a session; return it."""
        self._bytes.pop(session, None)
        forgotten = list(self._sessions.pop(session, {}).values())
        if forgotten:
            self._clear_alarms()
        return forgotten

    def wake(self, clients: Iterable[int], vector: dict[int, int]) -> list[Arrival]:
        """Take out what may be ready now that operations of `clients` came, in order of arrival."""
        awake: list[Arrival] = []
        for client in clients:
            alarms = self._alarms.get(client, [])
            while alarms and alarms[0][0] < vector[client]:
                arrival = heappop(alarms)[2]
                if self._release(arrival):
                    awake.append(arrival)
            if not alarms:
                self._alarms.pop(client, None)
        return sorted(awake, key=lambda arrival: arrival.number)

    def _release(self, arrival: Arrival) -> bool:
        """Take an arrival out; False where it was forgotten, or woken by another client already."""
        arrivals = self._sessions.get(arrival.session, {})
        if arrivals.pop(arrival.number, None) is None:
            return False
        self._bytes[arrival.session] -= len(arrival.update.data)
        if not arrivals:
            self._sessions.pop(arrival.session)
            self._bytes.pop(arrival.session)
        return True

    def _clear_alarms(self) -> None:
        """Drop the alarms of those who do not wait any more, once they are most of them."""
        waiting = sum(map(len, self._sessions.values()))
        if sum(map(len, self._alarms.values())) <= _ALARMS_PER_ARRIVAL * waiting:
            return
        waits = {number for arrivals in self._sessions.values() for number in arrivals}
        kept = {
            client: sorted(alarm for alarm in alarms if alarm[1] in waits)  # sorted, it is a heap again
            for client, alarms in self._alarms.items()
        }
        self._alarms = {client: alarms for client, alarms in kept.items() if alarms}


_ALARMS_PER_ARRIVAL = 4
