"""What of a room's presence is told, when, and to whom.

News wait in line, one place for each client however often it moves meanwhile, and what is told is its
latest state. Everybody who keeps up is told the same batch, as many bytes as `presence_bytes_per_s_max` has
left by then: in a room of ten every movement goes out at once, in a room of a thousand each one's turn comes
every few seconds. Removals go before everything and wait for nothing. Who did not keep up is told later what
it missed, which is remembered by position.

Clients renew their presence every 15 s, and forget that of others after 30 s without news of it. A renewal
is no news until `presence_renewal_s` after the last: then those that are due, or soon will be, go together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crdt_server.protocol.presence import GONE, Presence

from .limits import Limits
from .session import Session

_BURST_S, _BATCH_S = 0.5, 0.125
"""Unused bytes are kept for the former time; once they are used up, a batch gathers for the latter."""

_RENEWED_TOGETHER_S = 4.0
_GONE_MAX = 1_000
"""Removals that are remembered, for who did not keep up and for who comes back; clients find out about older
ones after 30 s."""

_ENTRY_BYTES = 14
"""Of an entry besides its state, about."""


@dataclass(slots=True, eq=False)
class Notice:
    """A client's latest presence. `position` counts what was told (0: this was not).

    `told_at` is when receivers last learned something from it, which was at `told_clock`: they take a clock
    that is not higher for old news.
    """

    presence: Presence
    owner: Session
    position: int = 0
    told_at: float = -math.inf
    told_clock: int = -1

    @property
    def size(self) -> int:
        """Bytes of it in a frame, about."""
        return len(self.presence.state) + _ENTRY_BYTES


class Bulletin:
    """The presence of a room's clients, in the order in which it was told."""

    def __init__(self, limits: Limits) -> None:
        self.told = 0
        """The position of the newest notice that was told."""
        self._rate = limits.presence_bytes_per_s_max
        self._renewal_s = limits.presence_renewal_s
        self._left = self._rate * _BURST_S
        self._at = 0.0
        self._removals: dict[int, Notice] = {}
        self._due: dict[int, Notice] = {}
        self._news: dict[int, Notice] = {}
        self._old: dict[int, Notice] = {}
        self._gone: dict[int, Notice] = {}
        self._renewed: dict[int, Notice] = {}
        self._renewal_at = 0.0

    def __len__(self) -> int:
        return len(self._due) + len(self._news) + len(self._old)

    @property
    def has_removals(self) -> bool:
        """Whether something has to be told at once."""
        return bool(self._removals)

    def get(self, client: int) -> Notice | None:
        """Return what is known of a client that is present."""
        return self._news.get(client) or self._due.get(client) or self._old.get(client)

    def everyone(self) -> tuple[Presence, ...]:
        """Return the latest presence of all clients."""
        lines = (self._old, self._due, self._news)
        return tuple([notice.presence for notices in lines for notice in notices.values()])

    def put(self, presence: Presence, owner: Session) -> None:
        """Take a client's presence, newer than what is known of it; its state may be the same."""
        client = presence.client
        notice = self._news.get(client) or self._due.get(client)
        if notice is not None:  # it keeps its place
            notice.presence, notice.owner = presence, owner
            return
        notice = self._old.get(client)
        if notice is None:
            self._news[client] = Notice(presence, owner, told_clock=self._clock_of_removal(presence))
            return
        is_renewal = notice.presence.state == presence.state and notice.owner is owner
        notice.presence, notice.owner = presence, owner
        if is_renewal:
            self._renew(client, notice)
        else:
            self._renewed.pop(client, None)
            self._news[client] = self._old.pop(client)

    def _clock_of_removal(self, presence: Presence) -> int:
        """Return what receivers take for the clock of a client that comes back; -1 where they know none."""
        clock = -1
        for removals in (self._removals, self._gone):
            gone = removals.get(presence.client)
            if gone is not None:
                clock = max(clock, gone.presence.clock)
                if gone.presence.clock < presence.clock:
                    del removals[presence.client]  # what is told of it now says more
        return clock

    def remove(self, client: int, *, clock: int | None = None) -> None:
        """Learn that a client is gone, as of `clock` (None: that of its presence)."""
        notice = self._news.pop(client, None) or self._due.pop(client, None) or self._old.pop(client)
        self._renewed.pop(client, None)
        notice.presence = Presence(client, notice.presence.clock if clock is None else clock, GONE)
        self._removals[client] = notice

    def wait_s(self, now: float) -> float | None:
        """Return in how many seconds there is something to tell; None if not before there is more news."""
        if self._removals:
            return 0.0
        waits = [max(self._renewal_at - now, 0.0)] if self._renewed else []
        if self._due or self._news:
            left = self._left_at(now)
            waits.append(0.0 if left > 0 else _BATCH_S - left / self._rate)
        return min(waits, default=None)

    def tell(self, now: float) -> Sequence[Notice]:
        """Return what everybody who is at `told` is to be told now, and count it as told."""
        if self._renewed and now >= self._renewal_at:
            self._take_renewals(now)
        self._left, self._at = self._left_at(now), now
        batch = list(self._removals.values())
        for client, notice in self._removals.items():
            self._gone.pop(client, None)
            self._gone[client] = notice
        self._removals = {}
        self._left -= sum(notice.size for notice in batch)
        for line in (
            self._due,
            self._news,
        ):  # who only renewed is forgotten if it waits as long as the others
            while line and self._left > 0:
                client = next(iter(line))
                notice = self._old[client] = line.pop(client)
                batch.append(notice)
                self._left -= notice.size
        for notice in batch:
            self.told += 1
            notice.position = self.told
            if notice.presence.clock > notice.told_clock:
                notice.told_at, notice.told_clock = now, notice.presence.clock
        while len(self._gone) > _GONE_MAX:
            del self._gone[next(iter(self._gone))]
        return batch

    def missed(self, position: int) -> tuple[Sequence[Notice], int]:
        """Return what was told after `position` and still is so, oldest first, within a burst of bytes.

        And the position that it leads to: `told`, if it is all.
        """
        missed = [*_told_after(self._gone, position), *_told_after(self._old, position)]
        missed.sort(key=lambda notice: notice.position)
        left = self._rate * _BURST_S
        for index, notice in enumerate(missed[:-1], start=1):
            left -= notice.size
            if left <= 0:
                return missed[:index], notice.position
        return missed, self.told

    def _left_at(self, now: float) -> float:
        return min(self._left + (now - self._at) * self._rate, self._rate * _BURST_S)

    def _renew(self, client: int, notice: Notice) -> None:
        due = notice.told_at + self._renewal_s
        self._renewal_at = min(self._renewal_at, due) if self._renewed else due
        self._renewed[client] = notice

    def _take_renewals(self, now: float) -> None:
        """Make news of the renewals that are due, or soon will be."""
        until = now + _RENEWED_TOGETHER_S - self._renewal_s
        for client, notice in list(self._renewed.items()):
            if notice.told_at <= until:
                del self._renewed[client]
                self._due[client] = self._old.pop(client)
        self._renewal_at = min((n.told_at for n in self._renewed.values()), default=0.0) + self._renewal_s


def _told_after(notices: dict[int, Notice], position: int) -> Iterator[Notice]:
    for notice in reversed(notices.values()):
        if notice.position <= position:
            return
        yield notice
