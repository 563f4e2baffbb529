"""Frames on the wire: the bytes that RFC 6455 wants."""

from __future__ import annotations

import pytest
from websockets.frames import Frame, Opcode

from crdt_server.web.wire import head


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
def test_a_head_is_what_a_whole_library_writes(size: int) -> None:
    payload = bytes(size)
    assert head(size) + payload == Frame(Opcode.BINARY, payload).serialize(mask=False)
