"""A room's host: what is due is told when it is due, and nobody waits for ever for an answer."""

from __future__ import annotations

import pytest

from crdt_server.core.limits import Limits
from crdt_server.protocol.messages import Awareness, SyncStep1, SyncUpdate
from crdt_server.protocol.presence import Presence
from crdt_server.runtime.engine import Engine
from crdt_server.runtime.worker import Worker
from persistence.memory import MemoryStore
from persistence.port import Append
from tests.conditions import until
from tests.core.peers import Peer
from tests.updates import Author, insert, text_of

HEAVY = Limits(heavy_bytes_min=1)


async def test_a_movement_does_not_wait_for_a_renewal_that_is_due_later() -> None:
    async with Engine("memory:") as engine:
        host = await engine.enter("a")
        one, two, three = Peer("1"), Peer("2"), Peer("3")
        for peer in (one, two, three):
            host.join(peer)
        host.receive(one, Awareness((Presence(1, 1, b"{}"),)))
        await until(three.presences)
        host.receive(one, Awareness((Presence(1, 2, b"{}"),)))  # it only renews, and is told in 20 s
        host.receive(two, Awareness((Presence(2, 1, b'"here"'),)))
        await until(lambda: Presence(2, 1, b'"here"') in three.presences())
        for peer in (one, two, three):
            host.leave(peer)
        engine.leave(host)


async def test_a_worker_that_cannot_start_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asked gets the whole snapshot."""

    def fail(*_: object) -> None:
        raise OSError("too many open files")

    store = MemoryStore()
    author = Author(1)
    update = author.type("hello")
    async with Engine(store, limits=HEAVY) as engine:
        await store.append([Append("a", 0, "", update)])
        stored = await store.load("a")
        positions = [record.position for record in stored.records]
        await store.replace("a", 0, base=None, positions=positions, state=author.doc.get_update())
        host = await engine.enter("a")
        monkeypatch.setattr(Worker, "_schedule", fail)
        peer = Peer()
        host.join(peer)
        peer.take()
        host.receive(peer, SyncStep1(b"\x01\x01\x02"))
        assert peer.frames == []
        await until(lambda: peer.frames)
        assert text_of(peer.updates()[0][0]) == "hello"
        host.leave(peer)
        engine.leave(host)


async def test_what_nobody_will_store_does_not_fill_the_journal(engine: Engine) -> None:
    """A room breaks between an edit and the turn that would have taken it."""
    host = await engine.enter("a")
    peer = Peer()
    host.join(peer)
    host.receive(peer, SyncUpdate(insert(1, 0, "a")))
    host.is_broken = True
    assert engine._journal._announced_bytes > 0
    await until(lambda: host._turn is None)
    assert engine._journal._announced_bytes == 0
    host.leave(peer)
    engine.leave(host)
