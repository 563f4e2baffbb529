"""The laws of the merge path, on random documents that Yjs made.

Any split, order, repetition and batching of its updates gives what Yjs has; the broadcasts, applied in
order, are always the state; and what waits behind a gap is neither lost nor told.
"""

from __future__ import annotations

import random

import pytest

from crdt_server.core.known import Known
from crdt_server.core.merge import difference, merge, state_vector_of
from crdt_server.core.readiness import sift
from crdt_server.protocol.messages import SyncUpdate
from crdt_server.protocol.update import Update, vet
from tests.core.peers import Desk
from tests.interop.content import content_in_pycrdt
from tests.interop.generated import GeneratedDocument, generate_documents, load_in_yjs

DOCUMENTS = 30
ORDERS = 2


@pytest.fixture(scope="module")
def documents() -> list[GeneratedDocument]:
    return generate_documents(2, DOCUMENTS)


def messages(document: GeneratedDocument, choose: random.Random) -> list[bytes]:
    """The updates in other pieces, in any order: some twice, some merged, some cut where another began."""
    pieces = list(document.updates)
    for end in range(1, len(pieces) + 1):
        if choose.random() < 0.3:
            whole = merge(document.updates[:end])
            have = state_vector_of(merge(document.updates[: choose.randrange(end)]))
            pieces.append(difference(whole, have))
    choose.shuffle(pieces)
    said = []
    while pieces:
        count = choose.choice([1, 1, 2, 4])
        said.append(merge(pieces[:count]))
        del pieces[:count]
    return said


def usable(said: list[bytes]) -> Known:
    """What can be known after these messages: all that is ready, tried again until nothing more is."""
    known, waiting = Known(), [vet(message) for message in said]
    while True:
        held: list[Update] = []
        came = False
        for update in waiting:
            sifted = sift(update, known)
            if sifted.fresh is not None:
                known.learn(sifted.fresh)
                came = True
            if sifted.waiting is not None:
                held.append(sifted.waiting)
        if not came:
            return known
        waiting = held


def told(document: GeneratedDocument, choose: random.Random) -> list[bytes]:
    """What a listener is told of a document whose updates come in pieces; checked after every turn."""
    desk = Desk()
    senders, listener = [desk.join() for _ in range(3)], desk.join()
    listener.take()
    known = desk.room.content.known
    heard, said, broadcasts = Known(), [], []
    rest = messages(document, choose)
    while rest:
        turn = rest[: choose.choice([1, 1, 3, 10])]
        del rest[: len(turn)]
        for message in turn:
            desk.room.receive(choose.choice(senders), SyncUpdate(message))
        desk.turn()
        said += turn
        for update, _ in listener.updates():
            sifted = sift(vet(update), heard)
            assert sifted.waiting is None, "what is told can be used at once"
            assert sifted.fresh is not None, "what is told is new"
            heard.learn(sifted.fresh)
            broadcasts.append(update)
        possible = usable(said)
        assert heard.vector == known.vector == possible.vector
        assert heard.deletions == known.deletions == possible.deletions
    return broadcasts


@pytest.mark.parametrize("order", range(ORDERS))
def test_the_broadcasts_are_the_state_and_end_as_yjs_does(
    documents: list[GeneratedDocument], order: int
) -> None:
    heard = [merge(told(document, random.Random(document.seed * 10 + order))) for document in documents]
    for document, state, in_yjs in zip(documents, heard, load_in_yjs(heard), strict=True):
        assert not in_yjs.pending, f"seed {document.seed}"
        assert in_yjs.state_vector == document.state_vector, f"seed {document.seed}"
        assert in_yjs.content == document.content, f"seed {document.seed}"
        assert content_in_pycrdt(state) == document.content, f"seed {document.seed}"
