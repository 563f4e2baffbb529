"""The outbox: bounded, in order, with a keepalive, and it ends."""

from __future__ import annotations

import asyncio

import pytest

from crdt_server.core.limits import Limits
from crdt_server.protocol.close_codes import CloseCode
from crdt_server.runtime.outbox import Outbox
from tests.conditions import until


class Wire:
    """The sending half of a socket, which takes frames while it is open."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.closed: tuple[int, str | None] | None = None
        self.is_open = asyncio.Event()
        self.is_open.set()

    async def send_bytes(self, data: bytes) -> None:
        await self.is_open.wait()
        self.frames.append(data)

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        await self.is_open.wait()
        self.closed = (code, reason)


async def test_frames_are_sent_in_order_before_the_close() -> None:
    outbox, wire = Outbox(Limits(), lambda: b"k"), Wire()
    for frame in (b"a", b"b", b"c"):
        outbox.send(frame)
    outbox.close(CloseCode.SERVICE_RESTART, "bye")
    outbox.close(CloseCode.INTERNAL_ERROR, "too late")
    outbox.send(b"dropped")
    await outbox.pump(wire)
    assert wire.frames == [b"a", b"b", b"c"]
    assert wire.closed == (1012, "bye")
    assert outbox.waiting_bytes == 0


async def test_silence_is_filled_with_keepalives() -> None:
    outbox, wire = Outbox(Limits(keepalive_s=0.01), lambda: b"keep"), Wire()
    pump = asyncio.create_task(outbox.pump(wire))
    await until(lambda: wire.frames == [b"keep"] * 2)
    outbox.close(CloseCode.NORMAL, "done")
    await pump


async def test_a_client_that_does_not_read_is_bounded_and_closed() -> None:
    outbox, wire = Outbox(Limits(outbox_bytes_max=100), lambda: b"k"), Wire()
    wire.is_open.clear()
    pump = asyncio.create_task(outbox.pump(wire))
    for _ in range(20):
        outbox.send(b"x" * 10)
        await asyncio.sleep(0)
        assert outbox.waiting_bytes <= 110, "the bound, and the largest frame"
    assert outbox.closing is not None
    assert outbox.closing[0] is CloseCode.SLOW_CONSUMER
    wire.is_open.set()
    await pump
    assert wire.closed is not None
    assert wire.closed[0] == 4508


@pytest.mark.parametrize("frames", [[b"x" * 1000], [b"edit", b"x" * 1000, b"edit"], [b"x" * 1000, b"edit"]])
async def test_one_frame_may_be_larger_than_the_bound_wherever_it_comes(frames: list[bytes]) -> None:
    """A document larger than the bound can be joined while others write."""
    outbox, wire = Outbox(Limits(outbox_bytes_max=10), lambda: b"k"), Wire()
    for frame in frames:
        outbox.send(frame)
    outbox.close(CloseCode.NORMAL, "done")
    await outbox.pump(wire)
    assert wire.frames == frames


async def test_a_frame_that_cannot_be_sent_ends_the_pump() -> None:
    outbox, wire = Outbox(Limits(send_timeout_s=0.01), lambda: b"k"), Wire()
    wire.is_open.clear()
    outbox.send(b"x")
    with pytest.raises(TimeoutError):
        await outbox.pump(wire)
