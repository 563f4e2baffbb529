"""What is not ready waits: asked for once, bounded, woken when it can go on, and gone with its session."""

from __future__ import annotations

import pytest

from crdt_server.core.limits import Limits
from crdt_server.protocol.close_codes import CloseCode
from crdt_server.protocol.errors import TooMuchWaiting
from crdt_server.protocol.messages import SyncStep2, SyncUpdate
from crdt_server.protocol.update import EMPTY_UPDATE
from tests.core.peers import Desk
from tests.updates import after, insert, section, text_of, text_struct, update

A, B, C = 1, 2, 3


def test_an_edit_whose_predecessor_is_missing_waits_and_its_sender_is_asked_once() -> None:
    desk = Desk()
    sender, other = desk.join(), desk.join()
    sender.take(), other.take()
    desk.edit(sender, insert(A, 1, "b"))
    desk.edit(sender, insert(A, 2, "c"))
    assert sender.take() == [bytes.fromhex("00000100")]
    assert desk.log == []
    assert other.take() == []
    desk.edit(other, insert(A, 0, "a"))
    assert text_of(desk.newcomer()) == "abc"
    desk.store()
    assert sender.acknowledged == 2
    assert other.acknowledged == 1


def test_the_answer_replaces_what_waited() -> None:
    desk = Desk()
    sender = desk.join()
    desk.edit(sender, insert(A, 1, "b"))
    desk.room.receive(sender, SyncStep2(insert(A, 0, "ab")))
    desk.turn()
    desk.store()
    assert sender.acknowledged == 2
    assert not sender.unsettled
    assert text_of(desk.newcomer()) == "ab"


def test_an_answer_that_is_not_ready_is_not_asked_for_again() -> None:
    """Two who lack the same thing would ask each other for ever."""
    desk = Desk()
    sender = desk.join()
    desk.edit(sender, insert(A, 1, "b"))
    sender.take()
    desk.room.receive(sender, SyncStep2(insert(A, 1, "b")))
    desk.turn()
    assert sender.take() == []
    assert sender.acknowledged == 0
    other = desk.join()
    desk.edit(other, insert(A, 0, "a"))
    desk.store()
    assert sender.acknowledged == 2


def test_an_answer_that_waits_too_takes_the_place_of_what_it_repeats() -> None:
    """A client with a hole that nobody can fill goes on: what waits for it does not pile up."""
    desk = Desk(limits=Limits(waiting_updates_max=2))
    sender = desk.join()
    for clock in range(1, 9):
        desk.edit(sender, insert(A, clock, "x"))
        desk.room.receive(sender, SyncStep2(insert(A, 1, "x" * clock)))
        desk.turn()
    assert sender.closed is None


def test_the_ready_part_of_an_edit_does_not_wait_for_the_rest() -> None:
    desk = Desk()
    sender = desk.join()
    desk.edit(sender, update(section(B, 5, after(B, 4, "later")), section(A, 0, text_struct("now"))))
    assert text_of(desk.newcomer()) == "now"
    desk.store()
    assert sender.acknowledged == 0


def test_what_waits_is_bounded_in_number() -> None:
    desk = Desk(limits=Limits(waiting_updates_max=3))
    sender = desk.join()
    desk.edit(sender, *[insert(A, clock, "x") for clock in range(1, 5)])
    assert sender.closed is CloseCode.TOO_MUCH_WAITING


def test_what_waits_is_bounded_in_bytes() -> None:
    desk = Desk(limits=Limits(waiting_bytes_max=100))
    sender = desk.join()
    desk.edit(sender, insert(A, 1, "x" * 101))
    assert sender.closed is CloseCode.TOO_MUCH_WAITING


def test_messages_without_an_acknowledgement_are_bounded() -> None:
    desk = Desk(limits=Limits(unsettled_messages_max=3))
    sender = desk.join()
    desk.edit(sender, insert(A, 1, "never"), EMPTY_UPDATE, EMPTY_UPDATE)
    with pytest.raises(TooMuchWaiting):
        desk.room.receive(sender, SyncUpdate(EMPTY_UPDATE))


def test_keystrokes_in_reverse_end_in_order_and_in_time() -> None:
    """Each one wakes the next; looking at all of them each time would take the square of their number."""
    desk = Desk()
    senders = [desk.join() for _ in range(4)]
    for clock in range(800, 0, -1):
        desk.room.receive(senders[clock % 4], SyncUpdate(insert(A, clock, "x")))
    desk.turn()
    desk.edit(senders[0], insert(A, 0, "x"))
    assert text_of(desk.newcomer()) == "x" * 801
    desk.store()
    assert [peer.acknowledged for peer in senders] == [peer.received for peer in senders]


def test_who_goes_on_waiting_is_woken_after_others_gave_up() -> None:
    """What is forgotten leaves alarms behind; they are cleared without those that still count."""
    desk = Desk()
    patient, author = desk.join(), desk.join()
    desk.edit(patient, insert(A, 1, "b"))
    for _ in range(3):
        fickle = desk.join()
        desk.edit(fickle, *[insert(C, clock, "x") for clock in range(1, 9)])
        desk.room.leave(fickle)
    desk.edit(author, insert(A, 0, "a"))
    assert text_of(desk.newcomer()) == "ab"


def test_what_waits_goes_with_its_session() -> None:
    desk = Desk()
    sender, other = desk.join(), desk.join()
    desk.edit(sender, insert(A, 1, "b"))
    desk.room.leave(sender)
    desk.edit(other, insert(A, 0, "a"))
    assert text_of(desk.newcomer()) == "a"


def test_what_arrived_before_its_session_left_stays() -> None:
    desk = Desk()
    sender = desk.join()
    desk.room.receive(sender, SyncUpdate(insert(A, 0, "a")))
    desk.room.receive(sender, SyncUpdate(insert(A, 5, "never")))
    desk.room.leave(sender)
    desk.turn()
    desk.store()
    assert len(desk.log) == 1
