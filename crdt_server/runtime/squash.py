"""What runs in a worker process: the only place of the server where pycrdt Docs are made.

Squashing makes one snapshot of a snapshot and the records after it. The result is loaded again and
compared with the log before anybody may drop a record: pycrdt has states that it writes and cannot read,
and an update that a Doc silently leaves out.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pycrdt

from crdt_server.core.known import Known
from crdt_server.core.merge import merge
from crdt_server.core.readiness import sift
from crdt_server.core.squashed import Squashed
from crdt_server.protocol.errors import InvalidUpdate
from crdt_server.protocol.update import STRING, vet

from .parcel import unpack

STACK_BYTES = 512 * 1024 * 1024
"""Nested types are dropped recursively; 8 MiB end at about 50,000 levels, this at more than 400,000."""

_CHUNK_UPDATES = 50
_TRANSACTION_CHUNKS = 10


class SquashRefused(Exception):
    """The squashed state does not say what the log says. The log stays as it is."""


def prepare(niceness: int) -> None:
    """Make a fresh process ready: an interrupt from the terminal is for its parent to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(niceness)


def squash_parcels(snapshot: bytes | None, parcels: Sequence[bytes]) -> Squashed:
    """Do what `squash` does with updates that were packed."""
    return squash(snapshot, unpack(parcels))


def survey_parcels(snapshot: bytes | None, parcels: Sequence[bytes]) -> Survey:
    """Do what `survey` does with updates that were packed."""
    return survey(snapshot, unpack(parcels))


def squash(snapshot: bytes | None, updates: Sequence[bytes]) -> Squashed:
    """Return the state of a document as one squashed update, verified against the log's own merge.

    Raises `SquashRefused`; may also end the process, which its caller survives.
    """
    result: list[Squashed | BaseException] = []

    def work() -> None:
        try:
            result.append(_squash(snapshot, updates))
        except BaseException as error:  # noqa: BLE001 - a Rust panic is a BaseException; it is passed on
            result.append(error)

    threading.stack_size(STACK_BYTES if sys.maxsize > 2**32 else 0)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if isinstance(result[0], Squashed):
        return result[0]
    raise SquashRefused(f"{type(result[0]).__name__}: {result[0]}") from result[0]


@dataclass(frozen=True, slots=True)
class Survey:
    """What a stored document holds: its snapshot, but for the bytes, and what is known of the whole log."""

    snapshot: Squashed | None
    vector: dict[int, int]
    deletions: list[tuple[int, int, int]]


def survey(snapshot: bytes | None, updates: Sequence[bytes]) -> Survey:
    """Find out what is to be known of a log. Raises `MergeError` or `ProtocolError`."""
    known = Known.of_update(merge([*([] if snapshot is None else [snapshot]), merge(updates)]))
    found = None if snapshot is None else replace(Squashed.of(snapshot), state=b"")
    return Survey(found, known.vector, list(known.deletions.spans()))


def _squash(snapshot: bytes | None, updates: Sequence[bytes]) -> Squashed:
    chunks = [
        merge(updates[start : start + _CHUNK_UPDATES]) for start in range(0, len(updates), _CHUNK_UPDATES)
    ]
    if snapshot is not None:
        chunks.insert(0, snapshot)
    state = _load(chunks).get_update()
    return Squashed.of(state, _compare(_known(chunks), state))


def _load(chunks: Sequence[bytes]) -> pycrdt.Doc[pycrdt.Text]:
    """Apply a log in order, in transactions of bounded size: larger ones cost the square of their size."""
    document: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc()
    for start in range(0, len(chunks), _TRANSACTION_CHUNKS):
        with document.transaction():
            for chunk in chunks[start : start + _TRANSACTION_CHUNKS]:
                document.apply_update(chunk)
    return document


def _known(chunks: Sequence[bytes]) -> Known:
    """Return what is known of a log, without asking any document.

    Each chunk is ready after those before it, as a room admitted them. Where one is not, all are merged.
    """
    known = Known()
    for chunk in chunks:
        try:
            sifted = sift(vet(chunk), known)
        except InvalidUpdate:  # merged, it shows what its parts did not: a parent that is no shared type
            break
        if sifted.waiting is not None:
            break
        if sifted.fresh is not None:
            known.learn(sifted.fresh)
    else:
        return known
    return Known.of_update(merge(chunks))


def _compare(expected: Known, state: bytes) -> list[tuple[int, int, int]]:
    """Return what the state deletes beyond the log: what lost a conflict over a key, no update says so."""
    got = Known.of_update(state)
    if expected.vector != got.vector:
        raise SquashRefused("the squashed state has another state vector than the log")
    if any(got.deletions.missing(*span) for span in expected.deletions.spans()):
        raise SquashRefused("the squashed state lacks a deletion of the log")
    if _shape(_load([state]).get_update()) != _shape(state):
        raise SquashRefused("the squashed state changes when it is loaded")
    return [
        (client, *gap)
        for client, start, end in got.deletions.spans()
        for gap in expected.deletions.missing(client, start, end)
    ]


def _shape(state: bytes) -> object:
    """What two encodings of one state have in common: all but the order of keys inside values."""
    read = vet(state)
    sections = [(part.client, part.clocks, part.kinds, part.offsets) for part in read.sections]
    texts = [
        state[start:end]
        for part in read.sections
        for kind, start, end in zip(part.kinds, part.offsets, [*part.offsets[1:], part.tail], strict=True)
        if kind == STRING
    ]
    return sections, texts, read.deletions
