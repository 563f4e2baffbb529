"""Our merge path: its steps, and the whole of it from updates to records and a broadcast's frame."""

from __future__ import annotations

from functools import partial
from typing import Final

from bench.stopwatch import Stopwatch
from crdt_server.core.drafts import Drafts
from crdt_server.core.joining import join
from crdt_server.core.known import Known
from crdt_server.core.merge import state_vector_of
from crdt_server.core.readiness import sift
from crdt_server.core.session import FramedSession
from crdt_server.protocol import ywebsocket
from crdt_server.protocol.lib0 import read_var_bytes
from crdt_server.protocol.messages import SyncUpdate
from crdt_server.protocol.update import Update, vet

from .transport import ListTransport
from .work import Contender, Made, Work

_PREPARED_AT_ONCE = 10_000
"""Vetted updates held in memory: all 259,778 would be 250 MB, and slow down what is measured."""


def vet_only(work: Work, watch: Stopwatch) -> Made:
    """The structural check, and pycrdt's opinion where there are values to read."""
    with watch:
        for data in work.updates:
            if vet(data).has_values:
                state_vector_of(data)
    known = known_of(work)
    vetted = [vet(data) for data in work.updates]
    vector = known.vector | {section.client: section.end for update in vetted for section in update.sections}
    return Made({"vetted": [update.data for update in vetted]}, vector)


def trim_only(work: Work, watch: Stopwatch) -> Made:
    """What of a vetted update is ready and new, and learning it."""
    known = known_of(work)
    taken: list[bytes] = []
    for start in range(0, len(work.updates), _PREPARED_AT_ONCE):
        vetted = [vet(data) for data in work.updates[start : start + _PREPARED_AT_ONCE]]
        with watch:
            for update in vetted:
                fresh = sift(update, known).fresh
                if fresh is not None:
                    known.learn(fresh)
                    taken.append(fresh.data)
    return Made({"fresh": taken}, known.vector)


def join_only(work: Work, watch: Stopwatch, *, updates_per_turn: int) -> Made:
    """The bytes of a broadcast, of updates that are ready and new."""
    known = known_of(work)
    frames: list[bytes] = []
    for start in range(0, len(work.updates), _PREPARED_AT_ONCE):
        fresh = [_taken(data, known) for data in work.updates[start : start + _PREPARED_AT_ONCE]]
        with watch:
            for first in range(0, len(fresh), updates_per_turn):
                frames += ywebsocket.encode(SyncUpdate(join(fresh[first : first + updates_per_turn])))
    return Made({"broadcast": _heard(frames)}, known.vector)


def path(work: Work, watch: Stopwatch, *, updates_per_turn: int) -> Made:
    """All of it: vetted, made ready, trimmed, learned; the author's record and the broadcast's frame."""
    known = known_of(work)
    author = FramedSession(ywebsocket, ListTransport())
    updates = work.updates
    log: list[bytes] = []
    frames: list[bytes] = []
    with watch:
        for start in range(0, len(updates), updates_per_turn):
            drafts = Drafts()
            for data in updates[start : start + updates_per_turn]:
                drafts.add(author, _taken(data, known))
            log += [draft.encode() for draft in drafts]
            frames += ywebsocket.encode(SyncUpdate(drafts.encode()))
    return Made({"broadcast": _heard(frames), "log": log}, known.vector)


def _taken(data: bytes, known: Known) -> Update:
    update = vet(data)
    if update.has_values:
        state_vector_of(data)
    fresh = sift(update, known).fresh
    assert fresh is not None, "each of these updates brings something"
    known.learn(fresh)
    return fresh


def _heard(frames: list[bytes]) -> list[bytes]:
    return [read_var_bytes(frame, 2)[0] for frame in frames]


def known_of(work: Work) -> Known:
    """Return what is known of the document that is typed into."""
    return Known() if work.base is None else Known.of_update(work.base)


PATH_1: Final = "merge path, 1 a turn"
PATH_10: Final = "merge path, 10 a turn"
PATH_100: Final = "merge path, 100 a turn"

PATHS: Final[dict[str, Contender]] = {
    PATH_1: partial(path, updates_per_turn=1),
    PATH_10: partial(path, updates_per_turn=10),
    PATH_100: partial(path, updates_per_turn=100),
}

STEPS: Final[dict[str, Contender]] = {
    "  vet": vet_only,
    "  ready, trim and learn": trim_only,
    "  broadcast bytes, 1 a turn": partial(join_only, updates_per_turn=1),
    "  broadcast bytes, 10 a turn": partial(join_only, updates_per_turn=10),
}
