"""What a turn brings, put together without decoding it: the same as pycrdt's merge of it."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from crdt_server.core.drafts import Drafts
from crdt_server.core.joining import join
from crdt_server.core.known import DeleteSet, Known
from crdt_server.core.merge import merge
from crdt_server.core.readiness import sift
from crdt_server.protocol.update import EMPTY_UPDATE, Update, vet
from tests.core.peers import Peer
from tests.updates import delete, insert, text_of

from .test_readiness import conversation


def ready(said: list[bytes], choose: random.Random) -> list[Update]:
    """What a room takes of updates in any order, some of them twice and some merged, in the order it does."""
    messages = said + choose.choices(said, k=2)
    choose.shuffle(messages)
    known, waiting = Known(), [vet(merge(messages[i : i + 2])) for i in range(0, len(messages), 2)]
    taken: list[Update] = []
    while waiting:
        held: list[Update] = []
        for arrival in waiting:
            sifted = sift(arrival, known)
            if sifted.fresh is not None:
                known.learn(sifted.fresh)
                taken.append(sifted.fresh)
            if sifted.waiting is not None:
                held.append(sifted.waiting)
        waiting = held
    return taken


@given(st.integers(0, 10**6), st.randoms(), st.data())
def test_joined_is_merged(seed: int, choose: random.Random, data: st.DataObject) -> None:
    taken = ready(conversation(seed), choose)
    first = data.draw(st.integers(0, len(taken)))
    last = data.draw(st.integers(first, len(taken)))
    before, turn = merge([update.data for update in taken[:first]]), taken[first:last]
    joined, merged = join(turn), merge([update.data for update in turn])
    assert Known.of_update(merge([before, joined])).vector == Known.of_update(merge([before, merged])).vector
    assert DeleteSet(vet(joined).deletions) == DeleteSet(vet(merged).deletions)
    assert text_of(before, joined) == text_of(before, merged)


@given(st.integers(0, 10**6), st.randoms(), st.integers(1, 4))
def test_drafts_hold_the_turn_in_an_order_in_which_each_is_ready(
    seed: int, choose: random.Random, count: int
) -> None:
    taken = ready(conversation(seed), choose)
    authors = [Peer() for _ in range(count)]
    drafts = Drafts()
    written: dict[Peer, list[bytes]] = {author: [] for author in authors}
    for update in taken:
        author = choose.choice(authors)
        drafts.add(author, update)
        written[author].append(update.data)
    everything = merge([update.data for update in taken])
    assert text_of(drafts.encode()) == text_of(everything)
    known = Known()
    for draft in drafts:
        sifted = sift(vet(draft.encode()), known)
        assert sifted.waiting is None
        assert sifted.fresh is not None
        known.learn(sifted.fresh)
    assert known.vector == Known.of_update(everything).vector
    for author, own in written.items():
        others = drafts.encode(but=author)
        expected = merge([data for other in authors if other is not author for data in written[other]])
        assert DeleteSet(vet(others).deletions) == DeleteSet(vet(expected).deletions)
        assert text_of(merge([others, *own])) == text_of(everything)


def test_one_update_keeps_its_bytes() -> None:
    data = insert(1, 0, "a")
    assert join([vet(data)]) is data


def test_nothing_is_the_empty_update() -> None:
    assert join([]) == EMPTY_UPDATE


def test_a_run_of_keystrokes_is_one_section() -> None:
    joined = join([vet(insert(7, clock, "x")) for clock in range(300)] + [vet(delete(7, 0))])
    assert [(part.client, part.clock, part.end) for part in vet(joined).sections] == [(7, 0, 300)]
    assert vet(joined).deletions == [(7, 0, 1)]


def test_a_gap_is_left_as_merging_leaves_it() -> None:
    parts = [insert(1, 0, "a"), insert(1, 2, "c")]
    assert join([vet(part) for part in parts]) == merge(parts)
    assert text_of(insert(1, 0, "ab"), join([vet(part) for part in parts])) == "abc"
