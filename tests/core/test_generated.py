"""Random Yjs documents through a room, in any order, doubled and batched: a newcomer gets what Yjs has."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from crdt_server.core.content import Content
from crdt_server.core.merge import merge
from crdt_server.runtime.squash import squash
from tests.core.peers import Desk
from tests.interop.content import content_in_pycrdt
from tests.interop.generated import GeneratedDocument, generate_documents, load_in_yjs

DOCUMENTS = 60
ORDERS = 3


@pytest.fixture(scope="module")
def documents() -> list[GeneratedDocument]:
    return generate_documents(1, DOCUMENTS)


def batches(updates: Sequence[bytes], choose: random.Random) -> list[bytes]:
    """The updates shuffled, some twice, some merged into one message."""
    shuffled = [*updates, *choose.sample(updates, len(updates) // 4)]
    choose.shuffle(shuffled)
    messages = []
    while shuffled:
        count = choose.choice([1, 1, 1, 2, 5])
        messages.append(merge(shuffled[:count]))
        del shuffled[:count]
    return messages


def through_a_room(document: GeneratedDocument, choose: random.Random) -> Desk:
    desk = Desk()
    senders = [desk.join() for _ in range(3)]
    for message in batches(document.updates, choose):
        desk.edit(choose.choice(senders), message)
    desk.store()
    for sender in senders:
        assert not sender.unsettled, "at rest everything is acknowledged"
        assert sender.acknowledged == sender.received
    assert desk.room.content.known.vector == document.state_vector
    return desk


def assert_equal_to_yjs(documents: Sequence[GeneratedDocument], states: Sequence[bytes]) -> None:
    loaded = load_in_yjs(states)
    for document, state, in_yjs in zip(documents, states, loaded, strict=True):
        assert not in_yjs.pending, f"seed {document.seed}"
        assert in_yjs.state_vector == document.state_vector, f"seed {document.seed}"
        assert in_yjs.content == document.content, f"seed {document.seed}"
        assert content_in_pycrdt(state) == document.content, f"seed {document.seed}"


@pytest.mark.parametrize("order", range(ORDERS))
def test_a_newcomer_gets_what_yjs_has_before_and_after_a_snapshot(
    documents: list[GeneratedDocument], order: int
) -> None:
    before, after, reloaded = [], [], []
    for document in documents:
        desk = through_a_room(document, random.Random(document.seed * 10 + order))
        content = desk.room.content
        before.append(desk.newcomer())
        count = random.Random(document.seed).randint(1, content.tail_count)
        desk.room.squashed(squash(*content.to_squash(count)), count)
        after.append(desk.newcomer())
        snapshot, tail = content.to_squash(content.tail_count)
        again = Desk(Content(snapshot, tail))
        assert again.room.content.known.vector == document.state_vector
        reloaded.append(squash(again.newcomer(), []).state)
    assert_equal_to_yjs(documents, before)
    assert_equal_to_yjs(documents, after)
    assert_equal_to_yjs(documents, reloaded)
