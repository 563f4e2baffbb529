"""What came to the whole crowd, counted room by room."""

from __future__ import annotations

from dataclasses import dataclass

from .crowd import Crowd
from .dialect import GREETINGS
from .ledger import Counts, Ledger
from .presence import PresenceLedger, Presences


@dataclass(slots=True)
class Tally:
    """What came to the crowd: edits and cursors."""

    edits: Counts
    cursors: Presences

    @classmethod
    def of(cls, crowd: Crowd, ended_ns: int) -> Tally:
        """Count what came until now; the typing ended at `ended_ns`."""
        tally = cls(Counts(), Presences())
        for room in crowd.rooms:
            ledger = Ledger(room.sent, room.dialect, tally.edits)
            for number, client in enumerate(room.clients):
                ledger.count(number, client.arrivals, uncounted=GREETINGS)
            if room.moves:
                presence = PresenceLedger(room.moves, len(room.clients), room.dialect, tally.cursors)
                for number, client in enumerate(room.clients):
                    presence.count(number, client.arrivals, ended_ns)
        return tally

    def is_complete(self, *, is_relay: bool) -> bool:
        """Whether all is there that can be; a relay acknowledges nothing."""
        edits = self.edits
        is_acknowledged = is_relay or edits.acknowledged == edits.sent
        return edits.lost == 0 and is_acknowledged and self.cursors.missing == 0
