"""The Hocuspocus dialect: captured bytes, round trips, and documented outcomes for everything else."""

from __future__ import annotations

import contextlib
import gc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crdt_server.protocol import hocuspocus, ywebsocket
from crdt_server.protocol.errors import MalformedMessage, ProtocolError
from crdt_server.protocol.hocuspocus import Authenticate, Framing, Leave
from crdt_server.protocol.lib0 import write_var_string, write_var_uint
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
from crdt_server.protocol.presence import Presence
from tests.updates import prefixes

ADDRESS = b"\x03doc"


def read(frame: bytes) -> tuple[bytes, object]:
    address, pos = hocuspocus.read_address(frame, bytes_max=100)
    return address, hocuspocus.decode(frame, pos, awareness_entries_max=100)


CAPTURED: dict[str, tuple[str, object]] = {
    "Auth of 4.x": ("0200 03746f6b 05342e382e30", Authenticate("tok", "4.8.0")),
    "Auth of 2.x and 3.x": ("0200 03746f6b", Authenticate("tok", None)),
    "Auth of a version to come": ("0200 03746f6b 05392e302e30 ff", Authenticate("tok", "9.0.0")),
    "Step1": ("0000 0100", SyncStep1(b"\x00")),
    "Step2": ("0001 020000", SyncStep2(b"\x00\x00")),
    "Update": ("0002 020000", SyncUpdate(b"\x00\x00")),
    "Awareness": ("01 0a 01 b960 00 05 226162 6322", Awareness((Presence(12345, 0, b'"abc"'),))),
    "QueryAwareness": ("03", QueryAwareness()),
    "Stateless": ("05 026869", Stateless("hi")),
    "Close": ("07", Leave()),
    "SyncReply": ("04 00", Unknown(4)),
    "Ping": ("09", Unknown(9)),
    "Pong": ("0a", Unknown(10)),
}


@pytest.mark.parametrize("what", CAPTURED)
def test_frames_of_clients_are_read(what: str) -> None:
    payload, message = CAPTURED[what]
    assert read(ADDRESS + bytes.fromhex(payload)) == (b"doc", message)


SAID: dict[str, tuple[Any, list[str]]] = {
    "Step1": (SyncStep1(b"\x00"), ["0000 0100"]),
    "Step2": (SyncStep2(b"\x00\x00"), ["0001 020000"]),
    "Update": (SyncUpdate(b"\x00\x00"), ["0002 020000"]),
    "Awareness": (Awareness(()), ["01 01 00"]),
    "one SyncStatus for each message": (Acknowledgement(b"\x00\x00", 7, 2), ["0801", "0801"]),
    "no SyncStatus for none": (Acknowledgement(b"\x00\x00", 7, 0), []),
    "Stateless": (Stateless("hi"), ["05 026869"]),
}


@pytest.mark.parametrize("what", SAID)
def test_messages_are_written_behind_the_address(what: str) -> None:
    message, payloads = SAID[what]
    frames = tuple(ADDRESS + bytes.fromhex(payload) for payload in payloads)
    assert Framing.of(b"doc").encode(message) == frames


def test_what_only_a_socket_says_has_the_captured_bytes() -> None:
    frame = Framing.of(b"doc").frame
    assert frame(hocuspocus.READ_WRITE) == bytes.fromhex("03646f63 02 02 0a") + b"read-write"
    assert frame(hocuspocus.READ_ONLY) == bytes.fromhex("03646f63 02 02 08") + b"readonly"
    assert frame(hocuspocus.TOKEN_REQUEST) == bytes.fromhex("03646f63 02 00")
    assert frame(hocuspocus.permission_denied("no")) == bytes.fromhex("03646f63 02 01 02 6e6f")
    assert frame(hocuspocus.closed("no")) == bytes.fromhex("03646f63 07 02 6e6f")
    assert frame(hocuspocus.SAVED) == bytes.fromhex("03646f63 08 01")
    assert frame(hocuspocus.REJECTED) == bytes.fromhex("03646f63 08 00")
    assert frame(hocuspocus.KEEPALIVE) == bytes.fromhex("03646f63 01 01 00")


def test_a_session_id_is_part_of_the_address_and_not_of_the_document() -> None:
    address, message = read(write_var_string("doc\0s1") + b"\x03")
    assert (address, message) == (b"doc\0s1", QueryAwareness())
    assert hocuspocus.document_of(address) == "doc"
    assert hocuspocus.document_of(b"doc") == "doc"
    assert hocuspocus.document_of(b"doc\0a\0b") == "doc"


@pytest.mark.parametrize("frame", ["", "03646f", "80", "8000", "ff" * 9, "65" + "61" * 101])
def test_an_address_that_cannot_be_read_is_malformed(frame: str) -> None:
    with pytest.raises(MalformedMessage):
        hocuspocus.read_address(bytes.fromhex(frame), bytes_max=100)


def test_an_address_that_is_no_text_is_malformed() -> None:
    with pytest.raises(MalformedMessage):
        hocuspocus.document_of(b"\xff")


@pytest.mark.parametrize(
    "payload",
    [
        "",  # no type
        "80",
        "02",  # an Auth of no kind
        "0201 026e6f",  # an Auth that only servers send
        "0200",  # no token
        "0200 05746f6b",
        "0200 02fffe",  # a token that is no text
        "0200 03746f6b 0534",  # a version cut
        "05",
        "05 02ff",
        "06 026869",  # clients do not broadcast
        "0003 020000",
        "0002 020000 00",
        "01 0100 00",
    ],
)
def test_broken_payloads_are_malformed(payload: str) -> None:
    with pytest.raises(MalformedMessage):
        read(ADDRESS + bytes.fromhex(payload))


@given(st.binary(max_size=60))
def test_any_bytes_give_a_message_or_a_documented_error(frame: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        read(frame)


@given(st.text(max_size=20), st.text(max_size=20), st.none() | st.text(max_size=10))
def test_every_auth_is_read_as_it_was_written(address: str, token: str, version: str | None) -> None:
    frame = write_var_string(address) + b"\x02\x00" + write_var_string(token)
    if version is not None:
        frame += write_var_string(version)
    assert read(frame) == (address.encode(), Authenticate(token, version))


@given(st.binary(max_size=30), st.sampled_from([SyncStep1, SyncStep2, SyncUpdate]))
def test_what_yjs_says_is_as_in_the_other_dialect(payload: bytes, kind: Any) -> None:
    (frame,) = Framing.of(b"doc").encode(kind(payload))
    assert frame == ADDRESS + ywebsocket.encode(kind(payload))[0]
    assert read(frame) == (b"doc", kind(payload))


def test_a_frame_cut_anywhere_is_malformed() -> None:
    frame = ADDRESS + bytes.fromhex("0200 03746f6b")
    for cut in prefixes(frame):
        with pytest.raises(MalformedMessage):
            read(cut)


@pytest.mark.parametrize("kind", [8, 11, 100, 2**40])
def test_unknown_types_are_read_as_such(kind: int) -> None:
    assert read(ADDRESS + write_var_uint(kind) + b"whatever")[1] == Unknown(kind)


def test_sessions_of_an_address_share_one_framing_while_anybody_has_it() -> None:
    one = Framing.of(b"shared")
    assert Framing.of(b"shared") is one
    assert Framing.of(b"other") is not one
    del one
    gc.collect()
    assert b"shared" not in hocuspocus._framings
