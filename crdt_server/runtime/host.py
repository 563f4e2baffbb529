"""A room's host: it loads the room, gives it its turns, stores what it makes and squashes its log.

The room decides, the host does. There is no await between reading the room's state and changing it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

import structlog

from crdt_server.core.content import Content
from crdt_server.core.known import DeleteSet, Known
from crdt_server.core.limits import Limits
from crdt_server.core.merge import MergeError
from crdt_server.core.room import Question, Room
from crdt_server.core.session import Session
from crdt_server.protocol.close_codes import CloseCode
from crdt_server.protocol.errors import ProtocolError
from crdt_server.protocol.messages import ClientMessage
from persistence.port import Append, DocumentErased, Store, StoredDocument, StoreError

from .errors import DocumentGone, DocumentUnavailable, EngineFull
from .journal import Journal, Outcome
from .metrics import Metrics
from .pace import Pace
from .squash import SquashRefused
from .worker import Worker

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Services:
    """What all hosts of an engine share."""

    store: Store
    journal: Journal
    worker: Worker
    answerer: Worker
    """A worker for what clients wait for: a long squash must not hold that up."""
    limits: Limits
    metrics: Metrics


class Host:
    """One open document. Made and dropped by the engine; `holds` counts those who are using it."""

    def __init__(self, name: str, services: Services, idle: Callable[[Host], None]) -> None:
        """`idle` is called whenever the host may have become one that nobody needs."""
        self.name = name
        self.holds = 0
        self.loading: asyncio.Task[None] | None = None
        self.room: Room | None = None
        self.is_broken = False
        self._store = services.store
        self._journal = services.journal
        self._worker = services.worker
        self._answerer = services.answerer
        self._limits = services.limits
        self._metrics = services.metrics
        self._idle = idle
        self._epoch = 0
        self._snapshot_position: int | None = None
        self._positions: deque[int] = deque()
        self._pace = Pace(services.limits)
        self._turn: asyncio.Handle | None = None
        self._presence: asyncio.TimerHandle | None = None
        self._presence_at = 0.0
        self._answering: set[asyncio.Task[None]] = set()
        self._has_commit = False
        self._durable = 0
        self._squashing: asyncio.Task[None] | None = None
        self._squash_timer: asyncio.TimerHandle | None = None
        self._squash_refused_at = 0
        self._squash_again_at = 0.0

    @property
    def may_go(self) -> bool:
        """Whether nobody uses it and everything that it received is stored."""
        if self.room is None:
            return self.holds == 0 and (self.loading is None or self.loading.done())
        settled = self.is_broken or self.room.is_durable
        return self.holds == 0 and settled and self._squashing is None

    async def load(self) -> None:
        """Read the document. Raises `DocumentGone` or `DocumentUnavailable`; nothing is ever written here."""
        try:
            async with asyncio.timeout(self._limits.store_timeout_s):
                stored = await self._store.load(self.name)
            content = await self._content(stored)
        except DocumentErased as error:
            self._metrics.loads.labels("erased").inc()
            raise DocumentGone(str(error)) from error
        except (StoreError, TimeoutError, MergeError, ProtocolError, SquashRefused) as error:
            self._metrics.loads.labels("failed").inc()
            _log.error("document.load_failed", document=self.name, error=str(error) or "timed out")
            raise DocumentUnavailable(f"document {self.name!r} cannot be loaded") from error
        self._metrics.loads.labels("loaded").inc()
        snapshot = stored.snapshot
        self._epoch = stored.epoch
        self._snapshot_position = None if snapshot is None else snapshot.position
        self._positions = deque(record.position for record in stored.records)
        self.room = Room(self.name, content, self._limits)
        self._squash_where_long()  # what it was left with; what comes now gathers first
        self._squash_again_at = time.monotonic() + self._limits.compact_pause_s

    async def _content(self, stored: StoredDocument) -> Content:
        """Make a room's content of what is stored. What is large is read by a worker."""
        snapshot = None if stored.snapshot is None else stored.snapshot.state
        updates = [record.update for record in stored.records]
        size = sum(map(len, updates)) + (0 if snapshot is None else len(snapshot))
        if size < self._limits.heavy_bytes_min:
            return Content(snapshot, updates, limits=self._limits)
        survey = await self._answerer.survey(snapshot, updates)
        known = Known(survey.vector, DeleteSet(survey.deletions))
        found = None
        if snapshot is not None and survey.snapshot is not None:
            found = replace(survey.snapshot, state=snapshot)
        return Content(found, updates, known=known, limits=self._limits)

    def check_space(self) -> None:
        """Raise `EngineFull` where no more sessions may join, `DocumentUnavailable` where the room broke."""
        if self.is_broken:
            raise DocumentUnavailable(f"document {self.name!r} must be loaded again")
        if len(self._open_room().sessions) >= self._limits.room_sessions_max:
            raise EngineFull(f"document {self.name!r} has {self._limits.room_sessions_max} sessions already")

    def join(self, session: Session) -> None:
        """Let a session into the room. Raises as `check_space`."""
        self.check_space()
        self._open_room().join(session)
        self._metrics.sessions.inc()

    def leave(self, session: Session) -> None:
        """Let a session go."""
        room = self._open_room()
        if session in room.sessions:
            self._metrics.sessions.dec()
        room.leave(session)
        self._schedule()

    def catch_up(self, session: Session) -> None:
        """Tell a session that takes more again what it missed."""
        if self.is_broken:
            return
        try:
            self._open_room().catch_up(session)
        except MergeError as error:
            self._break(error)
            return
        self._have_answered()
        self._schedule()

    def receive(self, session: Session, message: ClientMessage) -> None:
        """Give the room a message. Raises `ProtocolError`: close the session with its code."""
        self._metrics.count_message(type(message))
        room = self._open_room()
        if self.is_broken or session not in room.sessions:
            return
        before = room.inbox_bytes
        try:
            room.receive(session, message)
        except MergeError as error:
            self._break(error)
            return
        self._journal.announce(room.inbox_bytes - before)
        self._have_answered()
        self._schedule()

    def _schedule(self) -> None:
        """Have the room take its turn when it is due, and tell presence, with that or alone."""
        room = self._open_room()
        if self.is_broken or self._turn is not None:
            return
        if room.has_work:
            self._turn = self._pace.next(self._take_turn)
            return
        wait_s = room.presence_wait_s(time.monotonic())
        if wait_s is None:
            return
        due = self._pace.presence_due(wait_s)
        if self._presence is not None:
            if self._presence_at <= due:
                return
            self._presence.cancel()  # news came that need not wait as long
        self._presence_at = due
        self._presence = asyncio.get_running_loop().call_later(due - time.monotonic(), self._tell_presence)

    def _tell_presence(self) -> None:
        self._presence = None
        began = time.monotonic()
        if not self.is_broken and self._open_room().tell_presence(began):
            self._pace.took(began)
        self._schedule()

    def _take_turn(self) -> None:
        self._turn = None
        if self._has_commit:
            self._committed()  # what was stored meanwhile is acknowledged in the same write
        room = self._open_room()
        announced = room.inbox_bytes
        if self.is_broken:
            self._journal.announce(-announced)  # nobody will store it
            return
        began = time.monotonic()
        try:
            records = room.turn()
            for record in records:
                self._journal.append(
                    Append(self.name, self._epoch, record.author, record.update),
                    partial(self._stored, record.sequence),
                )
        except Exception as error:  # noqa: BLE001 - a turn cut in half has learned what it will not store
            self._break(error)
            return
        finally:
            self._journal.announce(-announced)
        if room.tell_presence(began) or records:
            self._pace.took(began)
        self._metrics.records.inc(len(records))
        self._schedule()
        if self.may_go:
            self._idle(self)  # nothing came of it, and whoever sent it may be gone

    def _stored(self, sequence: int, outcome: Outcome) -> None:
        """Learn what became of a record; the room is told once for all records of a commit."""
        if isinstance(outcome, DocumentErased):
            self.is_broken = True
            self.close(CloseCode.DOCUMENT_ERASED, "the document was erased")
            self._idle(self)
        elif not self.is_broken:
            self._positions.append(outcome)
            self._durable = sequence
            if not self._has_commit:
                self._has_commit = True
                if self._turn is None:
                    asyncio.get_running_loop().call_soon(self._committed)

    def _committed(self) -> None:
        if self.is_broken or not self._has_commit:
            return
        self._has_commit = False
        try:
            self._open_room().committed(self._durable)
        except Exception as error:  # noqa: BLE001 - what was not sent now would never be
            self._break(error)
            return
        self._squash_where_long()
        if self.may_go:
            self._idle(self)

    def close(self, code: CloseCode, reason: str) -> None:
        """Close every session of the room."""
        if self.room is not None:
            self.room.close(code, reason)

    def finish(self) -> None:
        """Take the turn that is due, now."""
        if self._turn is not None:
            self._turn.cancel()
            self._take_turn()

    def dropped(self) -> None:
        """Learn that nobody will come any more: what waited for its time is not done."""
        for timer in (self._presence, self._squash_timer):
            if timer is not None:
                timer.cancel()

    async def stop(self) -> None:
        """End what runs in the background."""
        self.dropped()
        tasks = [task for task in (self.loading, self._squashing, *self._answering) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _open_room(self) -> Room:
        if self.room is None:
            raise RuntimeError(f"document {self.name!r} is not loaded")
        return self.room

    def _break(self, error: Exception) -> None:
        """Give the room up: what is stored is good, what is in memory is not to be trusted."""
        _log.error("room.broken", document=self.name, exc_info=error)
        self.is_broken = True
        self.close(CloseCode.DOCUMENT_UNAVAILABLE, "the document must be loaded again")
        if self._squashing is not None:
            self._squashing.cancel()
        self._idle(self)

    # Answers that are computed elsewhere.

    def _have_answered(self) -> None:
        for question in self._open_room().questions.values():
            if not question.is_taken:
                question.is_taken = True
                task = asyncio.create_task(self._answer(question), name=f"answer {self.name}")
                self._answering.add(task)
                task.add_done_callback(self._answering.discard)

    async def _answer(self, question: Question) -> None:
        base: bytes | None
        try:
            base = await self._answerer.difference(question.snapshot, question.state_vector)
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits for the answer
            _log.warning("answer.refused", document=self.name, error=str(error))
            base = None
        if self.is_broken:
            return
        try:
            self._open_room().answered(question, base)
        except MergeError as error:
            self._break(error)
            return
        self._have_answered()

    # Squashing.

    def _squash_where_long(self) -> None:
        room = self._open_room()
        count = len(self._positions)
        is_long = count - self._squash_refused_at >= self._limits.compact_records_min or (
            room.content.tail_bytes >= self._limits.compact_bytes_min and self._squash_refused_at == 0
        )
        if not is_long or count == 0 or self._squashing is not None:
            return
        if (pause_s := self._squash_again_at - time.monotonic()) > 0:
            if self._squash_timer is None:
                loop = asyncio.get_running_loop()
                self._squash_timer = loop.call_later(pause_s, self._squash_after_pause)
            return
        self._squash_again_at = time.monotonic() + self._limits.compact_pause_s
        self._squashing = asyncio.create_task(self._squash(room, count), name=f"squash {self.name}")
        self._squashing.add_done_callback(self._squashed)

    def _squash_after_pause(self) -> None:
        self._squash_timer = None
        if not self.is_broken:
            self._squash_where_long()

    async def _squash(self, room: Room, count: int) -> None:
        """Replace the first `count` records by a snapshot, once it is verified and stored."""
        snapshot, updates = room.content.to_squash(count)
        positions = list(islice(self._positions, count))
        try:
            squashed = await self._worker.squash(snapshot, updates)
            # Without a time-out: nobody waits for it, and whether it is in must be known.
            stored = await self._store.replace(
                self.name,
                self._epoch,
                base=self._snapshot_position,
                positions=positions,
                state=squashed.state,
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, the document goes on
            # It goes on from its log; another attempt comes when as much has arrived again.
            self._squash_refused_at = count
            self._metrics.squashes.labels("refused").inc()
            unexpected = None if isinstance(error, (SquashRefused, StoreError)) else error
            _log.warning(
                "squash.refused", document=self.name, records=count, error=str(error), exc_info=unexpected
            )
            return
        self._squash_refused_at = 0
        self._snapshot_position = stored.position
        for _ in range(count):
            self._positions.popleft()
        room.squashed(squashed, count)
        self._metrics.squashes.labels("done").inc()
        _log.info("squash.done", document=self.name, records=count, bytes=len(squashed.state))

    def _squashed(self, task: asyncio.Task[None]) -> None:
        self._squashing = None
        if self.may_go:
            self._idle(self)
        elif not task.cancelled() and not self.is_broken:
            self._squash_where_long()  # the log grew meanwhile
