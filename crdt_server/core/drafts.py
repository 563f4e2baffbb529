"""The records of a room turn in the making: one per author, in an order in which each is ready.

An author's updates of a turn become one record, unless one of them builds on another author's newer
record: then the author gets a second record behind that. Whoever replays the log never meets an update
before what it builds on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .readiness import Fresh
from .session import Session, Unsettled


@dataclass(slots=True)
class Draft:
    """One author's updates of a turn, in order, and the messages that are settled once it is stored."""

    index: int
    session: Session
    updates: list[bytes] = field(default_factory=list)
    settles: list[Unsettled] = field(default_factory=list)


class Drafts:
    """The drafts of one turn."""

    def __init__(self) -> None:
        self._drafts: list[Draft] = []
        self._latest: dict[Session, Draft] = {}
        self._made_by: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._drafts)

    def __iter__(self) -> Iterator[Draft]:
        return iter(self._drafts)

    def add(self, session: Session, fresh: Fresh) -> Draft:
        """Put an update into its author's draft; return that."""
        draft = self._latest.get(session)
        needed = max((self._made_by.get(client, -1) for client in fresh.builds_on), default=-1)
        if draft is None or needed > draft.index:
            draft = self._latest[session] = Draft(len(self._drafts), session)
            self._drafts.append(draft)
        draft.updates.append(fresh.data)
        for client in fresh.clocks:
            self._made_by[client] = draft.index
        return draft
