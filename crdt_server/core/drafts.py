"""The records of a room turn in the making: one per author, in an order in which each is ready.

An author's updates of a turn become one record, unless one of them builds on another author's newer
record: then the author gets a second record behind that. Whoever replays the log never meets an update
before what it builds on.
"""

from __future__ import annotations

from collections.abc import Iterator

from crdt_server.protocol.update import Update

from .joining import join
from .session import Session, Unsettled


class Draft:
    """One author's updates of a turn, in order, and the messages that are settled once it is stored."""

    __slots__ = ("_encoded", "index", "parts", "session", "settles")

    def __init__(self, index: int, session: Session) -> None:
        self.index = index
        self.session = session
        self.parts: list[Update] = []
        self.settles: list[Unsettled] = []
        self._encoded: bytes | None = None

    def encode(self) -> bytes:
        """Return them as one update; nothing is added after that. Raises `MergeError`."""
        if self._encoded is None:
            self._encoded = join(self.parts)
        return self._encoded


class Drafts:
    """The drafts of one turn."""

    __slots__ = ("_came", "_drafts", "_latest", "_made_by")

    def __init__(self) -> None:
        self._drafts: list[Draft] = []
        self._latest: dict[Session, Draft] = {}
        self._made_by: dict[int, int] = {}
        self._came: set[int] = set()

    def __len__(self) -> int:
        return len(self._drafts)

    def __iter__(self) -> Iterator[Draft]:
        return iter(self._drafts)

    def add(self, session: Session, fresh: Update) -> Draft:
        """Put an update into its author's draft; return that."""
        draft = self._latest.get(session)
        if draft is None or self._builds_on_later(fresh, draft.index):
            draft = Draft(len(self._drafts), session)
            self._latest[session] = draft
            self._drafts.append(draft)
        draft.parts.append(fresh)
        for section in fresh.sections:
            self._made_by[section.client] = draft.index
            self._came.add(section.client)
        return draft

    def _builds_on_later(self, fresh: Update, index: int) -> bool:
        """Whether an update builds on what a draft behind `index` brings."""
        if index == len(self._drafts) - 1:
            return False
        return any(self._made_by.get(client, -1) > index for client in fresh.builds_on)

    def came(self) -> set[int]:
        """Return the clients whose operations came since the last call."""
        came, self._came = self._came, set()
        return came

    def encode(self, but: Session | None = None) -> bytes:
        """Return all drafts as one update, but those of one session. Raises `MergeError`."""
        if but is None and len(self._drafts) == 1:
            return self._drafts[0].encode()
        return join([part for draft in self._drafts if draft.session is not but for part in draft.parts])
