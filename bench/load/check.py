"""Whether the answer is right: what every client holds, and what a newcomer gets, is what was written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from bench.digest import Digest
from bench.edits import opened

from .crowd import Crowd, Room
from .ledger import updates_in
from .tally import Tally

_NEWCOMERS_MAX = 50
"""Rooms that get one; it is a join more for the server each time."""


async def check(crowd: Crowd, tally: Tally) -> tuple[Digest, list[str]]:
    """Return the digest of what was written in all rooms, and what is wrong; the crowd leaves."""
    problems: list[str] = []
    digests = _Digests()
    written: list[Digest] = []
    for number, room in enumerate(crowd.rooms):
        expected = digests.of(sent.update for sent in room.sent)
        written.append(expected)
        async for who, got in _documents(crowd, room, digests, has_newcomer=number < _NEWCOMERS_MAX):
            if got != expected:
                problems.append(f"{room.name}: {who} holds {got}; written was {expected}")
    faults = {
        "deliveries lost": tally.edits.lost,
        "deliveries duplicated": tally.edits.duplicated,
        "edits not acknowledged": 0 if crowd.is_relay else tally.edits.sent - tally.edits.acknowledged,
        "last cursors missing": tally.cursors.missing,
        "connections lost": crowd.connections_lost,
    }
    crowd.leave()
    return Digest.of_all(written), [f"{count} {fault}" for fault, count in faults.items() if count] + problems


async def _documents(
    crowd: Crowd, room: Room, digests: _Digests, *, has_newcomer: bool
) -> AsyncIterator[tuple[str, Digest]]:
    for number, client in enumerate(room.clients):
        own = [sent.update for sent in room.sent if sent.author == number]
        yield f"client {number}", digests.of([*own, *updates_in(room.dialect, client.arrivals)])
    if has_newcomer and not crowd.is_relay:
        newcomer = await crowd.newcomer(room)
        yield "a newcomer", digests.of(updates_in(room.dialect, newcomer.arrivals))
        newcomer.close()


class _Digests:
    """Digests of documents; those who got the same in the same order hold the same, and are read once."""

    def __init__(self) -> None:
        self._known: dict[int, Digest] = {}

    def of(self, updates: Iterable[bytes]) -> Digest:
        took = tuple(updates)
        key = hash(took)
        if key not in self._known:
            self._known[key] = Digest.of_document(opened(took))
        return self._known[key]
