"""The outbox: bounded, in order, with a keepalive, and it ends."""

from __future__ import annotations

import asyncio

import pytest

from crdt_server.core.limits import Limits
from crdt_server.protocol.close_codes import CloseCode
from crdt_server.runtime.outbox import Outbox
from crdt_server.runtime.turnstile import Turnstile
from tests.conditions import until


class Wire:
    """What faces the network: it takes frames, and is full while the test says so."""

    def __init__(self) -> None:
        self.writes: list[list[bytes]] = []
        self.is_full = False
        self.backlog = 0

    @property
    def frames(self) -> list[bytes]:
        return [frame for write in self.writes for frame in write]

    def write(self, frames: list[bytes]) -> bool:
        self.writes.append(frames)
        return not self.is_full


def opened(limits: Limits | None = None, keepalive: bytes = b"k") -> tuple[Outbox, Wire]:
    outbox, wire = Outbox(limits or Limits(), Turnstile(), lambda: keepalive, lambda: None), Wire()
    outbox.open(wire)
    return outbox, wire


async def test_what_is_sent_in_one_turn_is_one_write() -> None:
    outbox, wire = opened()
    for frame in (b"a", b"b", b"c"):
        outbox.send(frame)
    assert outbox.waiting_bytes == 3
    await until(lambda: wire.writes == [[b"a", b"b", b"c"]])
    assert outbox.waiting_bytes == 0
    outbox.send(b"d")
    await until(lambda: wire.writes[1:] == [[b"d"]])
    outbox.stop()


async def test_what_was_queued_before_it_opens_is_sent_then() -> None:
    outbox, wire = Outbox(Limits(), Turnstile(), lambda: b"k", lambda: None), Wire()
    outbox.send(b"a")
    outbox.open(wire)
    assert wire.frames == [b"a"]
    outbox.stop()


async def test_frames_are_sent_in_order_before_the_close() -> None:
    outbox, wire = opened()
    outbox.send(b"a")
    outbox.send(b"b")
    outbox.close(CloseCode.SERVICE_RESTART, "bye")
    outbox.close(CloseCode.INTERNAL_ERROR, "too late")
    outbox.send(b"dropped")
    await outbox.done()
    assert wire.frames == [b"a", b"b"]
    assert outbox.closing == (CloseCode.SERVICE_RESTART, "bye")
    outbox.stop()


async def test_it_may_be_closed_before_it_opens() -> None:
    outbox, wire = Outbox(Limits(), Turnstile(), lambda: b"k", lambda: None), Wire()
    outbox.send(b"a")
    outbox.close(CloseCode.TRY_AGAIN_LATER, "full")
    outbox.open(wire)
    await outbox.done()
    assert wire.frames == [b"a"]
    outbox.stop()


async def test_an_idle_outbox_is_done_when_it_is_closed() -> None:
    outbox, _ = opened()
    outbox.close(CloseCode.NORMAL, "done")
    await outbox.done()
    outbox.stop()


async def test_a_full_wire_gets_nothing_more_until_it_is_drained() -> None:
    outbox, wire = opened()
    wire.is_full = True
    outbox.send(b"a")
    await until(lambda: wire.frames == [b"a"])
    outbox.send(b"b")
    outbox.close(CloseCode.NORMAL, "done")
    outbox.send(b"dropped")
    assert wire.frames == [b"a"]
    wire.is_full = False
    outbox.drained()
    await outbox.done()
    assert wire.frames == [b"a", b"b"]
    outbox.stop()


async def test_silence_is_filled_with_keepalives() -> None:
    outbox, wire = opened(Limits(keepalive_s=0.01), b"keep")
    await until(lambda: wire.frames == [b"keep"] * 2)
    outbox.stop()


async def test_a_client_that_does_not_read_is_bounded_and_closed() -> None:
    outbox, wire = opened(Limits(outbox_bytes_max=100, outbox_soft_bytes_max=50))
    wire.is_full = True
    for _ in range(20):
        outbox.send(b"x" * 10)
        await asyncio.sleep(0)
        assert outbox.waiting_bytes <= 110, "the bound, and the largest frame"
    assert outbox.closing is not None
    assert outbox.closing[0] is CloseCode.SLOW_CONSUMER
    assert outbox.waiting_bytes == 0
    outbox.drained()
    await outbox.done()
    assert not outbox.gave_up, "it can be told"
    outbox.stop()


@pytest.mark.parametrize("frames", [[b"x" * 1000], [b"edit", b"x" * 1000, b"edit"], [b"x" * 1000, b"edit"]])
async def test_one_frame_may_be_larger_than_the_bound_wherever_it_comes(frames: list[bytes]) -> None:
    """A document larger than the bound can be joined while others write."""
    outbox, wire = opened(Limits(outbox_bytes_max=10, outbox_soft_bytes_max=10))
    for frame in frames:
        outbox.send(frame)
    outbox.close(CloseCode.NORMAL, "done")
    await outbox.done()
    assert wire.frames == frames
    outbox.stop()


async def test_who_takes_nothing_in_time_is_given_up() -> None:
    outbox, wire = opened(Limits(send_timeout_s=0.01))
    wire.is_full = True
    outbox.send(b"x")
    outbox.send(b"y")
    await outbox.done()
    assert outbox.gave_up
    assert outbox.closing == (CloseCode.SLOW_CONSUMER, "nothing was read in time")
    outbox.stop()


class Trickle(Wire):
    """A full wire from which the kernel takes a byte between any two looks, until it takes no more."""

    looks = 0

    @property
    def backlog(self) -> int:
        self.looks += 1
        return max(0, 10 - self.looks)

    @backlog.setter
    def backlog(self, _: int) -> None:
        pass


async def test_who_takes_a_little_all_the_time_is_waited_for() -> None:
    outbox, wire = Outbox(Limits(send_timeout_s=0.001), Turnstile(), lambda: b"k", lambda: None), Trickle()
    wire.is_full = True
    outbox.send(b"x")
    outbox.open(wire)
    await outbox.done()
    assert outbox.gave_up
    assert wire.looks > 10
    outbox.stop()


async def test_who_does_not_read_is_asked_for_nothing_more_until_it_does() -> None:
    outbox, wire = opened(Limits(outbox_bytes_max=100, outbox_soft_bytes_max=50))
    wire.is_full = True
    outbox.send(b"x" * 10)
    await until(lambda: wire.frames)
    assert not outbox.is_full
    outbox.send(b"x" * 60)
    assert outbox.is_full
    waiting = asyncio.create_task(outbox.has_room())
    await asyncio.sleep(0)
    assert not waiting.done()
    outbox.drained()
    await waiting
    assert not outbox.is_full
    outbox.stop()


async def test_a_thousand_documents_are_written_a_few_in_a_turn() -> None:
    """Others have their turn in between."""
    turnstile = Turnstile()
    document = b"x" * 1024 * 1024
    wires = [Wire() for _ in range(40)]
    outboxes = [Outbox(Limits(), turnstile, lambda: b"k", lambda: None) for _ in wires]
    for outbox, wire in zip(outboxes, wires, strict=True):
        outbox.open(wire)
        outbox.send(document)
        outbox.send(b"behind it")
    written: list[int] = []
    while sum(written) < len(wires):
        before = sum(written)
        await asyncio.sleep(0)
        written.append(sum(bool(wire.writes) for wire in wires) - before)
    assert max(written) <= 5
    assert all(wire.writes == [[document, b"behind it"]] for wire in wires), "in one write each"
    outboxes[0].send(b"small")
    await until(lambda: wires[0].writes[1:] == [[b"small"]])
    for outbox in outboxes:
        outbox.stop()


def two_with_a_document_each() -> tuple[list[Outbox], list[Wire]]:
    """Two outboxes of one loop, each with more than passes in a turn."""
    turnstile, wires = Turnstile(), [Wire(), Wire()]
    outboxes = [Outbox(Limits(), turnstile, lambda: b"k", lambda: None) for _ in wires]
    for outbox, wire in zip(outboxes, wires, strict=True):
        outbox.open(wire)
        outbox.send(b"x" * 5 * 1024 * 1024)
    return outboxes, wires


async def test_who_is_gone_while_it_waits_is_not_written_to() -> None:
    outboxes, wires = two_with_a_document_each()
    await asyncio.sleep(0)  # the first one's is written, the other's waits for the next turn
    outboxes[1].stop()
    outboxes[0].send(b"y" * 5 * 1024 * 1024)
    await until(lambda: len(wires[0].writes) == 2)
    assert wires[1].writes == []
    outboxes[0].stop()


async def test_a_close_waits_for_what_waits_for_its_turn() -> None:
    outboxes, wires = two_with_a_document_each()
    await asyncio.sleep(0)  # the first one's is written, the other's waits for the next turn
    outboxes[1].close(CloseCode.NORMAL, "done")
    await outboxes[1].done()
    assert len(wires[1].writes) == 1
    for outbox in outboxes:
        outbox.stop()


async def test_news_are_taken_again_once_what_waited_is_written() -> None:
    resumed: list[int] = []
    outbox, wire = Outbox(Limits(), Turnstile(), lambda: b"k", lambda: resumed.append(1)), Wire()
    assert not outbox.takes_more(), "it is not open"
    outbox.open(wire)
    assert resumed == [1]
    assert outbox.takes_more()
    outbox.send(b"x" * (Limits().outbox_soft_bytes_max + 1))
    assert not outbox.takes_more()
    await until(lambda: resumed == [1, 1])
    wire.is_full = True
    outbox.send(b"y")
    await until(lambda: len(wire.writes) == 2)
    assert not outbox.takes_more()
    wire.is_full = False
    outbox.drained()
    assert resumed == [1, 1, 1]
    outbox.stop()
