"""Sessions that do not take news for a while: nothing is queued for them, and they end as all others."""

from __future__ import annotations

import pytest

from crdt_server.core.content import Content
from crdt_server.core.limits import Limits
from crdt_server.core.merge import difference, merge
from crdt_server.core.session import FramedSession
from crdt_server.protocol.hocuspocus import Framing
from crdt_server.protocol.lib0 import read_var_bytes
from crdt_server.protocol.messages import Awareness, SyncStep1
from crdt_server.protocol.presence import GONE, Presence
from crdt_server.protocol.update import vet
from crdt_server.runtime.squash import squash
from tests.core.peers import Desk, Peer, answer_nothing
from tests.updates import Author, text_of

HEAVY = Limits(heavy_bytes_min=1)


class Reader:
    """A peer and the document that it made of what it was sent."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.document = Author(99)
        self.peer = Peer()
        desk.room.join(self.peer)
        self.ask()

    def ask(self) -> None:
        self.desk.room.receive(self.peer, SyncStep1(self.document.doc.get_state()))

    def read(self) -> str:
        frames = [frame for frame in self.peer.take() if frame[:2] in (b"\x00\x01", b"\x00\x02")]
        self.document.hear([read_var_bytes(frame, 2)[0] for frame in frames])
        return str(self.document.text)

    def pause(self) -> None:
        self.peer.take()
        self.peer.is_reading = False

    def go_on(self) -> None:
        self.peer.is_reading = True
        self.desk.room.catch_up(self.peer)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def write(desk: Desk, peer: Peer, author: Author, text: str) -> None:
    for letter in text:
        desk.edit(peer, author.type(letter))
        desk.store()


def squash_all(desk: Desk) -> None:
    content = desk.room.content
    desk.room.squashed(squash(*content.to_squash(content.tail_count)), content.tail_count)


def squashed_desk(limits: Limits = HEAVY) -> tuple[Desk, Peer, Author]:
    """A room whose snapshot says "hello", who wrote it, and with what."""
    desk = Desk(limits=limits)
    writer, author = desk.join(), Author(1)
    write(desk, writer, author, "hello")
    squash_all(desk)
    return desk, writer, author


def answer_questions(desk: Desk) -> int:
    questions = list(desk.room.questions.values())
    for question in questions:
        desk.room.answered(question, difference(question.snapshot, question.state_vector))
    return len(questions)


def test_who_takes_nothing_is_sent_nothing_and_then_one_diff(desk: Desk) -> None:
    writer, author, slow, quick = desk.join(), Author(1), Reader(desk), Reader(desk)
    slow.pause()
    write(desk, writer, author, "hello")
    assert slow.peer.frames == []
    assert quick.read() == "hello"
    slow.go_on()
    assert len(slow.peer.frames) == 1
    assert slow.read() == "hello"
    write(desk, writer, author, "!")
    assert slow.read() == quick.read() == "hello!"


def test_those_who_are_behind_together_share_the_bytes(desk: Desk) -> None:
    writer, author = desk.join(), Author(1)
    slow = [Reader(desk) for _ in range(2)]
    for reader in slow:
        reader.pause()
    write(desk, writer, author, "hello")
    for reader in slow:
        reader.go_on()
    assert slow[0].peer.frames[0] is slow[1].peer.frames[0]


def test_acknowledgements_do_not_wait_for_the_news_and_an_echo_is_never_early(desk: Desk) -> None:
    """What comes back to an author says that it is stored, also when it is behind."""
    slow, other = desk.join(), desk.join()
    answer_nothing(desk.room, slow)
    desk.turn()
    slow.take()
    mine, others = Author(1), Author(2)
    slow.is_reading = False
    desk.edit(slow, mine.type("a"))
    desk.edit(other, others.type("b"))
    slow.is_reading = True
    desk.room.catch_up(slow)
    ((update, number),) = slow.updates()
    assert number is None
    assert text_of(update) == "b", "its own is not stored yet"
    desk.store()
    assert slow.acknowledgements() == [2]


def test_who_missed_only_its_own_edits_missed_nothing(desk: Desk) -> None:
    slow, author = desk.join(), Author(1)
    slow.take()
    slow.is_reading = False
    desk.edit(slow, author.type("a"))
    slow.is_reading = True
    desk.room.catch_up(slow)
    assert slow.take() == []


def test_a_log_that_was_squashed_meanwhile_is_no_gap(desk: Desk) -> None:
    writer, author, slow = desk.join(), Author(1), Reader(desk)
    write(desk, writer, author, "he")
    assert slow.read() == "he"
    squash_all(desk)
    slow.pause()
    for text in ("ll", "o"):
        write(desk, writer, author, text)
        squash_all(desk)
    write(desk, writer, author, "!")
    slow.go_on()
    assert slow.read() == "hello!"


def test_a_diff_of_a_large_snapshot_is_computed_elsewhere_and_once_for_all() -> None:
    desk = Desk(limits=HEAVY)
    writer, author = desk.join(), Author(1)
    write(desk, writer, author, "he")
    squash_all(desk)
    slow = [Reader(desk) for _ in range(3)]
    for reader in slow:
        assert reader.read() == "he"
        reader.pause()
    write(desk, writer, author, "ll")
    squash_all(desk)
    for reader in slow[:2]:
        reader.go_on()
        assert reader.peer.frames == []
    write(desk, writer, author, "o")
    assert [reader.peer.frames for reader in slow] == [[], [], []], "they have their turn when it is there"
    assert answer_questions(desk) == 1
    assert [reader.read() for reader in slow] == ["hello", "hello", "he"]
    slow[2].go_on()
    assert slow[2].read() == "hello", "the answer was kept"


def test_a_returning_client_waits_for_its_diff_and_misses_nothing_meanwhile() -> None:
    desk, writer, author = squashed_desk()
    reader = Reader(desk)  # who has nothing is answered at once, with the snapshot
    reader.read()
    reader.document = Author(99)
    reader.document.hear([Author(1).type("he")])
    reader.ask()
    write(desk, writer, author, "!")
    assert reader.peer.frames == []
    answer_questions(desk)
    assert reader.read() == "hello!"


def test_an_answer_is_an_update_with_the_snapshot_and_then_the_step2() -> None:
    desk, writer, author = squashed_desk()
    write(desk, writer, author, "!")
    assert text_of(desk.newcomer()) == "hello!"


def test_who_asks_again_is_answered_what_it_asked_last() -> None:
    desk, _, _ = squashed_desk()
    peer = desk.join()
    peer.take()
    first, second = (Author(1) for _ in range(2))
    first.type("h")
    second.type("he")
    for asked in (first, second):
        desk.room.receive(peer, SyncStep1(asked.doc.get_state()))
    assert len(desk.room.questions) == 2
    answer_questions(desk)
    frames = peer.take()
    assert [frame[1] for frame in frames] == [2, 1], "one answer"


def test_who_left_before_the_answer_gets_none() -> None:
    desk, _, _ = squashed_desk()
    peer = desk.join()
    peer.take()
    desk.room.receive(peer, SyncStep1(Author(1).type("h") and b"\x01\x01\x01"))
    desk.room.leave(peer)
    assert answer_questions(desk) == 1
    assert peer.take() == []
    desk.room.catch_up(peer)
    assert peer.take() == []


def test_a_snapshot_that_changes_while_an_answer_is_computed_is_sent_whole() -> None:
    desk, writer, author = squashed_desk()
    reader = Reader(desk)
    reader.read()
    desk.room.receive(reader.peer, SyncStep1(b"\x01\x01\x02"))
    (question,) = desk.room.questions.values()
    write(desk, writer, author, "!")
    squash_all(desk)
    desk.room.answered(question, difference(question.snapshot, question.state_vector))
    assert reader.peer.frames[0] == Reader(desk).peer.frames[1], "the whole snapshot"
    assert reader.read() == "hello!"


def test_too_many_questions_are_answered_with_the_whole_snapshot() -> None:
    desk, _, _ = squashed_desk(Limits(heavy_bytes_min=1, room_questions_max=1))
    peers = [desk.join() for _ in range(2)]
    for clock, peer in enumerate(peers, start=1):
        peer.take()
        desk.room.receive(peer, SyncStep1(bytes([1, 1, clock])))
    assert peers[0].take() == []
    updates = [update for update, _ in peers[1].updates()]
    assert text_of(updates[0]) == "hello"


def test_large_documents_are_served_from_parts_also_after_a_load() -> None:
    author = Author(1)
    log = [author.type(letter) for letter in "hello"]
    squashed = squash(None, log)
    content = Content(squashed, [author.type("!")], limits=HEAVY)
    assert content.known.vector == {1: 6}
    assert text_of(Desk(content, HEAVY).newcomer()) == "hello!"


# Presence.


def test_who_is_behind_is_told_later_who_came_and_who_went(desk: Desk) -> None:
    one, two, slow = desk.join(), desk.join(), desk.join()
    slow.take()
    desk.room.receive(one, Awareness((Presence(1, 1, b"{}"),)))
    desk.turn()
    assert slow.presences() == [Presence(1, 1, b"{}")]
    slow.is_reading = False
    desk.room.receive(two, Awareness((Presence(2, 1, b"{}"),)))
    desk.turn()
    desk.room.leave(one)
    desk.turn()
    assert slow.take() == []
    slow.is_reading = True
    desk.room.catch_up(slow)
    assert slow.presences() == [Presence(2, 1, b"{}"), Presence(1, 1, GONE)]


def test_who_missed_a_crowd_is_told_in_parts_without_being_asked() -> None:
    desk = Desk(limits=Limits(presence_bytes_per_s_max=100))
    slow = desk.join()
    slow.take()
    slow.is_reading = False
    peers = [desk.join() for _ in range(20)]
    for client, peer in enumerate(peers):
        desk.room.receive(peer, Awareness((Presence(client, 1, b'"%20d"' % client),)))
    while (wait_s := desk.room.presence_wait_s(desk.now)) is not None:
        desk.now += wait_s
        desk.turn()
    slow.is_reading = True
    desk.room.catch_up(slow)
    heard = slow.presences()
    assert 0 < len(heard) < 20
    while (wait_s := desk.room.presence_wait_s(desk.now)) is not None:
        assert 0 < wait_s < 1
        desk.now += wait_s
        desk.turn()
    assert [entry.client for entry in heard + slow.presences()] == list(range(20))


def test_a_room_without_anybody_has_nothing_to_tell(desk: Desk) -> None:
    peer = desk.join()
    desk.room.receive(peer, Awareness((Presence(1, 1, b"{}"),)))
    desk.room.leave(peer)
    assert desk.room.presence_wait_s(0.0) is None
    assert not desk.room.has_work


def test_what_cannot_be_computed_is_answered_with_the_whole_snapshot() -> None:
    desk, _, _ = squashed_desk()
    peer = desk.join()
    peer.take()
    desk.room.receive(peer, SyncStep1(b"\x01\x01\x02"))
    (question,) = desk.room.questions.values()
    desk.room.answered(question, None)
    assert text_of(peer.updates()[0][0]) == "hello"


def test_an_own_edit_does_not_come_back_in_an_answer() -> None:
    """It would be taken for stored."""
    desk, writer, author = squashed_desk()
    peer, own = desk.join(), Author(2)
    own.hear([author.doc.get_update()])
    peer.take()
    desk.room.receive(peer, SyncStep1(b"\x01\x01\x02"))
    desk.edit(peer, own.type("?"))
    desk.edit(writer, author.type("!"))
    answer_questions(desk)
    frames = [frame for frame in peer.take() if frame[:1] == b"\x00" and frame[1] in (1, 2)]
    update = vet(merge([read_var_bytes(frame, 2)[0] for frame in frames]))
    assert [(section.client, section.clock, section.end) for section in update.sections] == [(1, 2, 6)]


def test_bytes_are_kept_for_few_dialects() -> None:
    desk, _, _ = squashed_desk()
    for number in range(10):
        provider = FramedSession(Framing.of(b"desk\0%d" % number), Peer())
        desk.room.join(provider)
        desk.room.receive(provider, SyncStep1(b"\x00"))
    base = desk.room.content.base(b"\x00")
    assert base is not None
    assert len(base.frames) == 2


def test_presence_does_not_wait_for_an_answer() -> None:
    desk, writer, _ = squashed_desk()
    slow = desk.join()
    slow.take()
    slow.is_reading = False
    desk.room.receive(writer, Awareness((Presence(1, 1, b"{}"),)))
    desk.turn()
    desk.room.receive(slow, SyncStep1(b"\x01\x01\x02"))
    slow.is_reading = True
    desk.room.catch_up(slow)
    assert slow.presences() == [Presence(1, 1, b"{}")]
