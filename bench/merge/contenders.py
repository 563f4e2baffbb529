"""Who is timed on the merge path: ours, the room around it, and pycrdt's Doc.

A contender prepares, works under the stopwatch, and hands back what it made, to be checked. A Doc does
less than our path: it does not check what it is given, and knows no authors.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

import pycrdt

from bench.digest import WrongAnswer
from bench.edits import opened
from bench.stopwatch import Stopwatch
from crdt_server.core.content import Content
from crdt_server.core.limits import DEFAULTS
from crdt_server.core.room import Room
from crdt_server.core.session import FramedSession
from crdt_server.protocol import ywebsocket
from crdt_server.protocol.lib0 import read_var_bytes, write_var_bytes
from crdt_server.protocol.update import decode_state_vector

from .path import PATH_1, PATHS, STEPS
from .transport import ListTransport
from .work import Contender, Made, Work


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


def doc_merged(work: Work, watch: Stopwatch, *, updates_per_turn: int) -> Made:
    """pycrdt's Doc with an observer, several updates merged, then applied."""
    doc = _doc(work)
    with _observed(doc) as news, watch:
        for start in range(0, len(work.updates), updates_per_turn):
            doc.apply_update(pycrdt.merge_updates(*work.updates[start : start + updates_per_turn]))
    return _made_by(doc, news)


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


ROOM: Final = "whole room, 1 a turn"
DOC: Final = "Doc"
DOC_OBSERVED: Final = "Doc, observed"

CONTENDERS: Final[dict[str, Contender]] = {
    **PATHS,
    **STEPS,
    ROOM: partial(room, updates_per_turn=1),
    "whole room, 10 a turn": partial(room, updates_per_turn=10),
    "whole room, 100 a turn": partial(room, updates_per_turn=100),
    DOC: doc_plain,
    DOC_OBSERVED: doc_observed,
    "Doc, observed, 10 at once": partial(doc_transactions, updates_per_turn=10),
    "Doc, observed, 100 at once": partial(doc_transactions, updates_per_turn=100),
    "Doc, observed, 10 merged": partial(doc_merged, updates_per_turn=10),
    "Doc, observed, 100 merged": partial(doc_merged, updates_per_turn=100),
}

GROWING: Final[dict[str, Contender]] = {name: CONTENDERS[name] for name in (PATH_1, ROOM, DOC, DOC_OBSERVED)}
"""Whose cost per keystroke is compared between an empty document, an old one and a large one."""
