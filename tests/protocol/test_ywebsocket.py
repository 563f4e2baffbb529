"""The y-websocket dialect: npm's bytes, round trips, and documented outcomes for everything else."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdt_server.protocol import ywebsocket
from crdt_server.protocol.errors import MalformedMessage, MessageTooBig, ProtocolError
from crdt_server.protocol.lib0 import write_var_uint
from crdt_server.protocol.messages import (
    Acknowledgement,
    Awareness,
    QueryAwareness,
    Stateless,
    SyncStep1,
    SyncStep2,
    SyncUpdate,
    Unknown,
)
from crdt_server.protocol.presence import Presence, decode_awareness, encode_awareness
from tests.golden_files import golden
from tests.updates import prefixes

GOLDEN = golden("messages")
FRAMES = [entry for entry in GOLDEN["messages"] if entry["kind"] != "permissionDenied"]


def decode(frame: bytes) -> object:
    return ywebsocket.decode(frame, awareness_entries_max=100)


def presences(entries: list[dict[str, Any]]) -> tuple[Presence, ...]:
    return tuple(Presence(e["client"], e["clock"], e["state"].encode()) for e in entries)


def expected(entry: dict[str, Any]) -> object:
    match entry["kind"]:
        case "step1":
            return SyncStep1(bytes.fromhex(entry["stateVector"]))
        case "step2":
            return SyncStep2(bytes.fromhex(entry["update"]))
        case "update":
            return SyncUpdate(bytes.fromhex(entry["update"]))
        case "awareness":
            return Awareness(presences(entry["entries"]))
        case _:
            return QueryAwareness()


@pytest.mark.parametrize("entry", FRAMES, ids=lambda entry: f"{entry['kind']} {entry['hex'][:12]}")
def test_frames_of_npm_are_read_and_written(entry: dict[str, Any]) -> None:
    frame = bytes.fromhex(entry["hex"])
    message = decode(frame)
    assert message == expected(entry)
    if isinstance(message, (SyncStep1, SyncStep2, SyncUpdate, Awareness)):
        assert ywebsocket.encode(message) == (frame,)


@pytest.mark.parametrize("entry", GOLDEN["awarenessUpdates"], ids=lambda entry: entry["hex"][:20])
def test_awareness_of_npm_is_read_and_written(entry: dict[str, Any]) -> None:
    data = bytes.fromhex(entry["hex"])
    entries = decode_awareness(data, entries_max=100)
    assert tuple(entries) == presences(entry["entries"])
    assert encode_awareness(entries) == data


def test_an_acknowledgement_is_an_update_with_a_number_behind() -> None:
    stored = Acknowledgement(b"\x00\x00", messages=300, newly=2)
    assert ywebsocket.encode(stored) == (bytes.fromhex("0002020000ac02"),)


def test_it_has_no_words_for_stateless_messages() -> None:
    assert ywebsocket.encode(Stateless("hello")) == ()


@given(st.binary(max_size=60))
def test_any_bytes_give_a_message_or_a_documented_error(frame: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        decode(frame)


@pytest.mark.parametrize("kind", [2, 4, 7, 100, 2**40])
def test_unknown_types_are_read_as_such(kind: int) -> None:
    assert decode(write_var_uint(kind) + b"whatever") == Unknown(kind)


@pytest.mark.parametrize(
    "frame", ["", "00", "0003020000", "0002020000ff", "0002050000", "010100ff", "0300", "80"]
)
def test_broken_frames_are_malformed(frame: str) -> None:
    with pytest.raises(MalformedMessage):
        decode(bytes.fromhex(frame))


def test_awareness_cut_anywhere_is_malformed() -> None:
    for cut in prefixes(encode_awareness([Presence(2**40, 300, b'{"a":1}'), Presence(1, 1, b"null")])):
        with pytest.raises(MalformedMessage):
            decode_awareness(cut, entries_max=100)


def test_awareness_that_lies_is_malformed() -> None:
    with pytest.raises(MalformedMessage, match="announces"):
        decode_awareness(bytes.fromhex("ffffffff0f"), entries_max=2**32)
    with pytest.raises(MalformedMessage, match="follows"):
        decode_awareness(b"\x00\x00", entries_max=5)


def test_awareness_about_too_many_is_too_big() -> None:
    data = encode_awareness([Presence(client, 1, b"{}") for client in range(6)])
    with pytest.raises(MessageTooBig):
        decode_awareness(data, entries_max=5)


def test_the_keepalive_is_awareness_about_nobody() -> None:
    assert decode(ywebsocket.KEEPALIVE) == Awareness(())
