"""A document's bytes: answers are complete, shared, and cost what they must."""

from __future__ import annotations

import pytest

from crdt_server.core.content import Answer, Content
from crdt_server.core.known import Known
from crdt_server.core.limits import Limits
from crdt_server.core.readiness import sift
from crdt_server.core.squashed import Squashed
from crdt_server.protocol.errors import MalformedMessage
from crdt_server.protocol.update import encode_state_vector, vet
from tests.core.peers import Peer
from tests.updates import Author, text_of

NOBODY = Peer()


def admit(content: Content, *updates: bytes) -> None:
    for data in updates:
        fresh = sift(vet(data), content.known).fresh
        assert fresh is not None
        content.learn(fresh)
        content.append(fresh.data)


def parts(answer: Answer | None) -> list[bytes]:
    assert answer is not None
    return [part.message.update for part in answer]


@pytest.fixture
def written() -> tuple[Author, Content]:
    """A snapshot of "hello ", then a tail that makes it "hello world"."""
    author = Author(1)
    author.type("hello ")
    content = Content(author.doc.get_update())
    admit(content, *[author.type(letter) for letter in "worlds"], author.erase(11, 12))
    return author, content


def test_the_full_state_is_snapshot_and_tail(written: tuple[Author, Content]) -> None:
    _, content = written
    assert text_of(content.full()) == "hello world"
    assert content.full() is content.full()
    assert content.tail_count == 7
    assert content.tail_bytes > 0


@pytest.mark.parametrize("clock", range(13))
def test_whatever_a_client_has_it_gets_the_rest(written: tuple[Author, Content], clock: int) -> None:
    author, content = written
    whole = Author(9)
    whole.hear([content.full()])
    client = Author(2)
    partial = Content(None, [])
    history = Author(1)
    admit(partial, *([history.type("hello worlds"[:clock])] if clock else []))
    client.hear([partial.full()])
    client.hear(parts(content.answer(encode_state_vector({1: clock}), NOBODY)))
    assert str(client.text) == "hello world" == str(author.text)


def test_an_answer_is_computed_once(written: tuple[Author, Content]) -> None:
    author, content = written
    asked = encode_state_vector({1: 3})
    first = content.answer(asked, NOBODY)
    assert content.answer(asked, NOBODY) is first
    admit(content, author.type("!"))
    assert content.answer(asked, NOBODY) is not first


def test_answers_are_kept_within_their_bytes() -> None:
    author = Author(1)
    content = Content(None, [author.type("abcdef")], limits=Limits(answers_bytes_max=45))
    kept = content.answer(encode_state_vector({1: 1}), NOBODY)
    for clock in (2, 3):
        content.answer(encode_state_vector({1: clock}), NOBODY)
    assert content.answer(encode_state_vector({1: 1}), NOBODY) is not kept


def test_what_is_kept_again_counts_once() -> None:
    author = Author(1)
    author.type("hello")
    content = Content(author.doc.get_update(), limits=Limits(answers_bytes_max=60))
    one, two = encode_state_vector({1: 1}), encode_state_vector({1: 2})
    content.keep_base(one, b"1" * 20)
    for _ in range(5):
        content.keep_base(two, b"2" * 20)
    kept = content.base(one)
    assert kept is not None
    assert kept.message.update == b"1" * 20


def test_who_is_ahead_gets_the_deletions(written: tuple[Author, Content]) -> None:
    _, content = written
    answer = vet(*parts(content.answer(encode_state_vector({1: 99, 2: 5}), NOBODY)))
    assert answer.sections == []
    assert answer.deletions == [(1, 11, 12)]


def test_a_state_vector_that_is_none_is_refused(written: tuple[Author, Content]) -> None:
    with pytest.raises(MalformedMessage):
        written[1].answer(b"\x05", NOBODY)


def test_a_squash_takes_the_place_of_what_it_merged(written: tuple[Author, Content]) -> None:
    author, content = written
    snapshot, updates = content.to_squash(4)
    assert len(updates) == 4
    squashed = Author(9)
    squashed.hear([*([snapshot] if snapshot else []), *updates])
    content.full()
    content.squashed(Squashed.of(squashed.doc.get_update()), 4)
    assert content.tail_count == 3
    assert text_of(content.full()) == "hello world"
    admit(content, author.type("!"))
    assert text_of(content.full()) == "hello world!"
    assert Known.of_update(content.full()).vector == content.known.vector
