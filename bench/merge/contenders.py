"""Who is timed on the merge path: a room and its parts, and pycrdt's Doc.

A contender prepares, works under the stopwatch, and hands back what it made, to be checked. A Doc does
less than a room: it neither checks what it is given, nor encodes frames, nor keeps a log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import pycrdt

from bench.digest import WrongAnswer
from bench.edits import opened
from bench.stopwatch import Stopwatch
from crdt_server.core.content import Content
from crdt_server.core.known import Known
from crdt_server.core.limits import DEFAULTS
from crdt_server.core.readiness import sift
from crdt_server.core.room import Room
from crdt_server.core.session import FramedSession
from crdt_server.protocol import ywebsocket
from crdt_server.protocol.close_codes import CloseCode
from crdt_server.protocol.lib0 import read_var_bytes, write_var_bytes
from crdt_server.protocol.update import decode_state_vector, vet

_PREPARED_AT_ONCE = 10_000
"""Vetted updates held in memory: all 259,778 would be 250 MB, and slow down what is measured."""


@dataclass(frozen=True, slots=True)
class Work:
    """Updates, one per edit, for a document that has `base` already (None: nothing)."""

    base: bytes | None
    updates: list[bytes]


@dataclass(frozen=True, slots=True)
class Made:
    """What a contender made of its work.

    `streams` are sequences of updates that must each bring the base to the final document, by name;
    `vector` is the state vector that it ended with.
    """

    streams: dict[str, list[bytes]]
    vector: dict[int, int]


Contender = Callable[[Work, Stopwatch], Made]


def vet_only(work: Work, watch: Stopwatch) -> Made:
    """The structural check alone."""
    with watch:
        for update in work.updates:
            vet(update)
    known = _known(work)
    vetted = [vet(update) for update in work.updates]
    vector = known.vector | {section.client: section.end for update in vetted for section in update.sections}
    return Made({"vetted": [update.data for update in vetted]}, vector)


def sift_only(work: Work, watch: Stopwatch) -> Made:
    """What of a vetted update is new, and learning it."""
    known = _known(work)
    fresh_updates: list[bytes] = []
    for start in range(0, len(work.updates), _PREPARED_AT_ONCE):
        vetted = [vet(update) for update in work.updates[start : start + _PREPARED_AT_ONCE]]
        with watch:
            for update in vetted:
                fresh = sift(update, known).fresh
                if fresh is not None:
                    known.grow(fresh.clocks, fresh.deletions)
                    fresh_updates.append(fresh.data)
    return Made({"fresh": fresh_updates}, known.vector)


class ListTransport:
    """A connection that keeps what it was sent."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.send = self.frames.append

    def takes_more(self) -> bool:
        """It always does."""
        return True

    def close(self, code: CloseCode, reason: str) -> None:
        """A room that closes an honest session gives a wrong answer."""
        raise WrongAnswer(f"a session was closed: {code.name}, {reason}")


def room(work: Work, watch: Stopwatch, *, updates_per_turn: int) -> Made:
    """A whole room: from the writer's frame to the listener's, the record, and the acknowledgement.

    Storing takes no time here. One session writes, another listens.
    """
    hosted = Room("bench", Content(work.base), DEFAULTS)
    author, audience = ListTransport(), ListTransport()
    writer, listener = FramedSession(ywebsocket, author), FramedSession(ywebsocket, audience)
    hosted.join(writer)
    hosted.join(listener)
    audience.frames.clear()
    frames = [b"\x00\x02" + write_var_bytes(update) for update in work.updates]
    log: list[bytes] = []
    entries_max = DEFAULTS.awareness_entries_max
    with watch:
        for start in range(0, len(frames), updates_per_turn):
            for frame in frames[start : start + updates_per_turn]:
                hosted.receive(writer, ywebsocket.decode(frame, awareness_entries_max=entries_max))
            for record in hosted.turn():
                log.append(record.update)
                hosted.committed(record.sequence)
    if writer.acknowledged != len(frames):
        raise WrongAnswer(f"{writer.acknowledged} of {len(frames)} updates were acknowledged")
    heard = [read_var_bytes(frame, 2)[0] for frame in audience.frames]
    return Made({"listener": heard, "log": log}, hosted.content.known.vector)


def doc_plain(work: Work, watch: Stopwatch) -> Made:
    """pycrdt's Doc, one update at a time; nobody learns what was new."""
    doc = _doc(work)
    with watch:
        for update in work.updates:
            doc.apply_update(update)
    return _made_by(doc, [doc.get_update()])


def doc_observed(work: Work, watch: Stopwatch) -> Made:
    """pycrdt's Doc with an observer, which gets what was new: what a server needs to relay it."""
    doc = _doc(work)
    with _observed(doc) as news, watch:
        for update in work.updates:
            doc.apply_update(update)
    return _made_by(doc, news)


def doc_transactions(work: Work, watch: Stopwatch, *, updates_per_turn: int) -> Made:
    """pycrdt's Doc with an observer, several updates in one transaction."""
    doc = _doc(work)
    with _observed(doc) as news, watch:
        for start in range(0, len(work.updates), updates_per_turn):
            with doc.transaction():
                for update in work.updates[start : start + updates_per_turn]:
                    doc.apply_update(update)
    return _made_by(doc, news)


def _known(work: Work) -> Known:
    return Known() if work.base is None else Known.of_update(work.base)


def _doc(work: Work) -> pycrdt.Doc[pycrdt.Text]:
    return opened([] if work.base is None else [work.base])


@contextmanager
def _observed(doc: pycrdt.Doc[pycrdt.Text]) -> Iterator[list[bytes]]:
    news: list[bytes] = []
    subscription = doc.observe(lambda event: news.append(event.update))
    try:
        yield news
    finally:
        doc.unobserve(subscription)


def _made_by(doc: pycrdt.Doc[pycrdt.Text], stream: list[bytes]) -> Made:
    return Made({"document": stream}, decode_state_vector(doc.get_state()))


ROOM: Final = "room, 1 a turn"
DOC_OBSERVED: Final = "Doc, observed"
DOC: Final = "Doc"

CONTENDERS: Final[dict[str, Contender]] = {
    "vet": vet_only,
    "sift and grow": sift_only,
    ROOM: partial(room, updates_per_turn=1),
    "room, 100 a turn": partial(room, updates_per_turn=100),
    DOC: doc_plain,
    DOC_OBSERVED: doc_observed,
    "Doc, observed, 100 a turn": partial(doc_transactions, updates_per_turn=100),
}

GROWING: Final[dict[str, Contender]] = {
    name: CONTENDERS[name] for name in ("vet", "sift and grow", ROOM, DOC, DOC_OBSERVED)
}
"""Whose cost per keystroke is compared between an empty document and an old one."""
