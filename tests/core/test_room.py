"""A room with lists as transports: who gets what, when, and what is stored."""

from __future__ import annotations

import pytest

from crdt_server.core.content import Content
from crdt_server.core.merge import MergeError
from crdt_server.protocol.close_codes import CloseCode
from crdt_server.protocol.errors import InvalidUpdate, MalformedMessage, WriteForbidden
from crdt_server.protocol.messages import Awareness, QueryAwareness, SyncStep1, SyncStep2, SyncUpdate, Unknown
from crdt_server.protocol.presence import GONE, Presence
from crdt_server.protocol.update import EMPTY_UPDATE, encode_state_vector
from tests.core.peers import Desk, Peer
from tests.updates import Author, after, delete, deletes, insert, item, section, text_of, update

A, B, C = 1, 2, 3


def test_who_joins_is_asked_what_it_has() -> None:
    desk = Desk()
    assert desk.join().frames == [bytes.fromhex("00000100")]


def test_an_edit_goes_to_the_others_at_once_and_back_when_it_is_stored() -> None:
    desk = Desk()
    author, other = desk.join("ann"), desk.join()
    author.take(), other.take()
    edit = insert(A, 0, "a")
    desk.edit(author, edit)
    assert other.updates() == [(edit, None)]
    assert author.updates() == []
    assert [(record.author, record.update) for record in desk.log] == [("ann", edit)]
    desk.store()
    assert author.updates() == [(edit, 1)]
    assert other.updates() == []


def test_a_turn_makes_one_broadcast_and_one_acknowledgement_of_many_edits() -> None:
    desk = Desk()
    author, other = desk.join(), desk.join()
    author.take(), other.take()
    desk.edit(author, *[insert(A, clock, "a") for clock in range(5)])
    assert len(desk.log) == 1
    assert len(other.take()) == 1
    desk.store()
    assert author.acknowledgements() == [5]


def test_authors_of_a_turn_get_each_others_edits_and_their_own_only_when_stored() -> None:
    """An early echo would be taken for an acknowledgement."""
    desk = Desk()
    one, two, reader = desk.join(), desk.join(), desk.join()
    for peer in (one, two, reader):
        peer.take()
    desk.room.receive(one, SyncUpdate(insert(A, 0, "a")))
    desk.room.receive(two, SyncUpdate(insert(B, 0, "b")))
    desk.turn()
    assert one.updates() == [(insert(B, 0, "b"), None)]
    assert two.updates() == [(insert(A, 0, "a"), None)]
    assert len(reader.updates()) == 1
    desk.store()
    assert (one.acknowledgements(), two.acknowledgements(), reader.acknowledgements()) == ([1], [1], [])


def test_an_acknowledgement_covers_what_is_stored_and_no_more() -> None:
    desk = Desk()
    author = desk.join()
    for clock in range(3):
        desk.edit(author, insert(A, clock, "a"))
    author.take()
    desk.store(2)
    assert author.acknowledgements() == [2]
    assert not desk.room.is_durable
    desk.store(3)
    assert author.acknowledgements() == [3]
    assert desk.room.is_durable


def test_what_is_known_and_stored_is_acknowledged_at_once() -> None:
    desk = Desk()
    author, late = desk.join(), desk.join()
    desk.edit(author, insert(A, 0, "a"))
    desk.store()
    late.take()
    desk.edit(late, insert(A, 0, "a"))
    assert late.updates() == [(EMPTY_UPDATE, 1)]
    assert len(desk.log) == 1


def test_what_is_known_and_not_yet_stored_is_acknowledged_when_it_is() -> None:
    desk = Desk()
    author, late = desk.join(), desk.join()
    desk.edit(author, insert(A, 0, "a"))
    late.take()
    desk.edit(late, insert(A, 0, "a"))
    assert late.acknowledgements() == []
    desk.store()
    assert late.acknowledgements() == [1]


def test_what_another_author_deleted_in_the_same_turn_is_acknowledged_with_that() -> None:
    desk = Desk()
    one, two = desk.join(), desk.join()
    desk.edit(one, insert(A, 0, "abc"))
    desk.store()
    desk.room.receive(one, SyncUpdate(insert(B, 0, "x")))
    desk.room.receive(two, SyncUpdate(delete(A, 0)))
    desk.room.receive(
        one, SyncUpdate(update(section(B, 1, after(B, 0, "y")), deletes=deletes({A: [(0, 1)]})))
    )
    assert len(desk.turn()) == 2
    desk.store(2)
    assert one.acknowledged == 2, "the second edit deletes what only the next record holds"
    desk.store(3)
    assert one.acknowledged == 3


def test_the_answer_to_the_rooms_question_is_acknowledged_even_if_it_brings_nothing() -> None:
    desk = Desk()
    peer = desk.join()
    desk.room.receive(peer, SyncStep2(EMPTY_UPDATE))
    peer.take()
    desk.turn()
    assert peer.updates() == [(EMPTY_UPDATE, 1)]


def test_a_returning_clients_whole_delete_set_is_not_logged_again() -> None:
    desk = Desk()
    author = desk.join()
    desk.edit(author, insert(A, 0, "abc"), delete(A, 1))
    returning = desk.join()
    desk.room.receive(returning, SyncStep2(delete(A, 1)))
    assert desk.turn() == []


def test_step1_is_answered_with_what_is_lacking() -> None:
    desk = Desk()
    author = desk.join()
    desk.edit(author, insert(A, 0, "ab"), insert(A, 2, "cd"))
    assert text_of(desk.newcomer()) == "abcd"
    desk.room.receive(author, SyncStep1(encode_state_vector({A: 2})))
    assert author.take()[-1][:2] == b"\x00\x01"


# The order of the log.


def test_an_author_who_builds_on_another_in_the_same_turn_gets_a_second_record() -> None:
    """Each record is ready when its turn to be replayed comes."""
    desk = Desk()
    one, two = desk.join("one"), desk.join("two")
    desk.room.receive(one, SyncUpdate(insert(A, 0, "a")))
    desk.room.receive(two, SyncUpdate(update(section(B, 0, after(A, 0, "b")))))
    desk.room.receive(one, SyncUpdate(update(section(A, 1, after(B, 0, "c")))))
    desk.room.receive(two, SyncUpdate(insert(B, 1, "d")))
    desk.turn()
    assert [record.author for record in desk.log] == ["one", "two", "one"]
    assert text_of(*[record.update for record in desk.log]) == text_of(desk.newcomer())


# Refusals.


def test_poison_is_refused_and_changes_nothing() -> None:
    desk = Desk()
    author, villain = desk.join(), desk.join()
    desk.edit(author, insert(A, 0, "a"))
    for poison in ("01010001000000", "0101000002010000010000"):
        with pytest.raises(InvalidUpdate):
            desk.room.receive(villain, SyncUpdate(bytes.fromhex(poison)))
    with pytest.raises(MalformedMessage):
        desk.room.receive(villain, SyncStep1(b"\xff"))
    assert desk.turn() == []
    assert text_of(desk.newcomer()) == "a"


def test_a_value_that_pycrdt_cannot_decode_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """No such update is known that passes the check; should pycrdt find one, it stops at the door."""

    def refuse(_: bytes) -> bytes:
        raise ValueError("no")

    desk = Desk()
    peer = desk.join()
    monkeypatch.setattr("pycrdt.get_state", refuse)
    with pytest.raises(InvalidUpdate, match="decoded"):
        desk.room.receive(peer, SyncUpdate(update(section(A, 0, item(0x08, 1, "t", 1, b"\x7e")))))
    desk.room.receive(peer, SyncUpdate(insert(A, 0, "a")))
    assert len(desk.turn()) == 1, "of text there is nothing that the check does not read"


def test_a_reader_may_not_write() -> None:
    desk = Desk()
    author, reader = desk.join(), desk.join(can_write=False)
    assert reader.take() == []
    desk.edit(author, insert(A, 0, "a"))
    assert len(reader.updates()) == 1
    desk.room.receive(reader, SyncStep2(EMPTY_UPDATE))
    desk.room.receive(reader, SyncStep2(insert(A, 0, "a")))
    with pytest.raises(WriteForbidden):
        desk.room.receive(reader, SyncStep2(insert(B, 0, "b")))
    with pytest.raises(WriteForbidden):
        desk.room.receive(reader, SyncUpdate(EMPTY_UPDATE))
    assert desk.turn() == []


def test_unknown_messages_are_harmless() -> None:
    desk = Desk()
    peer = desk.join()
    peer.take()
    desk.room.receive(peer, Unknown(99))
    assert peer.take() == []
    assert not desk.room.has_work


def test_closing_a_room_closes_its_sessions() -> None:
    desk = Desk()
    peers = [desk.join(), desk.join()]
    desk.room.close(CloseCode.DOCUMENT_ERASED, "erased")
    assert [peer.closed for peer in peers] == [CloseCode.DOCUMENT_ERASED] * 2
    desk.room.leave(peers[0])
    desk.room.leave(peers[0])


# Presence.


def test_presence_goes_to_the_others_and_to_who_asks() -> None:
    desk = Desk()
    one, two = desk.join(), desk.join()
    one.take(), two.take()
    ann = Presence(7, 1, b'{"name":"Ann"}')
    desk.room.receive(one, Awareness((ann,)))
    desk.turn()
    assert two.presences() == [ann]
    assert one.presences() == []
    desk.room.receive(two, QueryAwareness())
    assert two.presences() == [ann]
    assert desk.join().presences() == [ann]


def test_who_leaves_is_gone_at_once() -> None:
    desk = Desk()
    one, two = desk.join(), desk.join()
    desk.room.receive(one, Awareness((Presence(7, 4, b"{}"),)))
    desk.turn()
    two.take()
    desk.room.leave(one)
    assert desk.room.has_work
    desk.turn()
    assert two.presences() == [Presence(7, 4, GONE)]


def test_presence_that_is_no_news_is_not_relayed() -> None:
    desk = Desk()
    one, two = desk.join(), desk.join()
    desk.room.receive(one, Awareness((Presence(7, 4, b"{}"),)))
    desk.turn()
    two.take()
    desk.room.receive(one, Awareness((Presence(7, 4, b"{}"),)))
    assert desk.room.presence_wait_s(desk.now) is None
    desk.turn()
    assert two.take() == []


# The content of a room that was loaded.


def test_a_loaded_room_goes_on_where_the_log_ends() -> None:
    author = Author(A)
    before = [author.type("hello"), author.erase(0, 1)]
    desk = Desk(Content(None, before))
    assert text_of(desk.newcomer()) == "ello"
    peer = desk.join()
    desk.edit(peer, author.type("!"))
    assert text_of(desk.newcomer()) == "ello!"
    desk.edit(peer, *before)
    assert len(desk.log) == 1


def test_bytes_that_cannot_be_read_make_no_room() -> None:
    with pytest.raises(MergeError):
        Content(b"\x01", [])
    assert isinstance(Peer().grant.user, str)
