"""One Hocuspocus socket: what is asked, what goes to rooms, what is said, and what ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crdt_server.core.hocuspocus import ADDRESS_BYTES_MAX, ENDED_DOCUMENTS_MAX, Decide
from crdt_server.core.limits import DEFAULTS, Limits
from crdt_server.core.session import Grant
from crdt_server.protocol.close_codes import CloseCode
from crdt_server.protocol.errors import InvalidUpdate, WriteForbidden
from crdt_server.protocol.messages import Stateless, SyncStep1, SyncStep2, SyncUpdate
from tests.core.hocuspocus_peer import (
    REJECTED,
    Socket,
    auth,
    close,
    stateless,
    step1,
    step2,
    update,
)


@pytest.fixture
def socket() -> Socket:
    return Socket()


# Before Auth is decided.


def test_an_auth_asks_for_a_decision(socket: Socket) -> None:
    event = socket.receive(auth("doc\0s1", "secret", "4.8.0"))
    assert isinstance(event, Decide)
    assert (event.place.name, event.place.address, event.token) == ("doc", b"doc\0s1", "secret")
    assert socket.said() == []


def test_frames_before_the_decision_wait_and_come_out_in_order(socket: Socket) -> None:
    assert socket.receive(update("doc")) is None
    place = socket.decide(auth("doc"))
    assert socket.receive(step1("doc")) is None
    assert socket.receive(stateless("doc", "hi")) is None
    socket.admit(place)
    assert socket.said() == [("doc", "read-write")]
    assert socket.waited(place) == [SyncUpdate(b"\x00\x00"), SyncStep1(b"\x00"), Stateless("hi")]
    assert socket.taken(update("doc")) == SyncUpdate(b"\x00\x00")


def test_what_comes_between_messages_that_waited_waits_behind_them(socket: Socket) -> None:
    place = socket.decide(auth("doc"))
    socket.receive(step1("doc"))
    session = socket.admit(place)
    event = socket.connection.replay(place)
    assert event is not None
    assert event.message == SyncStep1(b"\x00")
    assert socket.receive(update("doc")) is None
    assert isinstance(socket.receive(auth("doc", "new")), Decide)
    assert socket.connection.expire(socket.now + 1000) == DEFAULTS.pending_s_max, "it is let in already"
    assert socket.waited(place) == [SyncUpdate(b"\x00\x00")]
    assert socket.left(close("doc")) is session


def test_what_breaks_the_rules_while_others_wait_ends_its_document_alone(socket: Socket) -> None:
    place = socket.decide(auth("doc"))
    socket.receive(update("doc"))
    session = socket.admit(place)
    assert socket.left(b"\x03doc\x00\x02\xff") is session
    assert socket.waited(place) == []
    assert [said for _, said in socket.said()][:3] == ["read-write", REJECTED, REJECTED]
    assert socket.closed is None


def test_a_reader_is_told_so(socket: Socket) -> None:
    socket.admit(socket.decide(auth("doc")), can_write=False)
    assert socket.said() == [("doc", "readonly")]


def test_a_first_step1_without_auth_asks_with_an_empty_token(socket: Socket) -> None:
    event = socket.receive(step1("doc"))
    assert isinstance(event, Decide)
    assert event.token == ""
    assert socket.receive(step1("doc")) is None, "it is asked once"
    socket.admit(event.place)
    assert socket.waited(event.place) == [SyncStep1(b"\x00")] * 2


def test_a_step1_without_auth_asks_though_something_came_before(socket: Socket) -> None:
    """2.x providers wait for their token before it, even where they have none; edits may come between."""
    assert socket.receive(update("doc")) is None
    place = socket.decide(step1("doc"))
    socket.admit(place)
    assert socket.waited(place) == [SyncUpdate(b"\x00\x00"), SyncStep1(b"\x00")]


def test_a_step1_behind_an_auth_asks_nobody(socket: Socket) -> None:
    socket.decide(auth("doc"))
    assert socket.receive(step1("doc")) is None


def test_a_token_has_a_largest_size() -> None:
    socket = Socket(Limits(token_bytes_max=100))
    socket.opened("doc")
    socket.opened("other")
    socket.left(auth("doc", "t" * 100))
    assert socket.said()[0][1].startswith("denied: message_too_big")
    socket.receive(auth("new", "t" * 100))
    assert socket.closed is CloseCode.RESET_CONNECTION


def test_too_many_frames_before_auth_reset_the_connection() -> None:
    socket = Socket(Limits(pending_frames_max=2))
    socket.receive(auth("doc"))
    socket.receive(update("doc"))
    socket.receive(update("doc"))
    assert socket.closed is None
    socket.receive(update("doc"))
    assert socket.closed is CloseCode.RESET_CONNECTION


def test_too_many_bytes_before_auth_reset_the_connection() -> None:
    socket = Socket(Limits(pending_bytes_max=100))
    socket.receive(update("doc", bytes(80)))
    assert socket.closed is None
    socket.receive(update("other", bytes(20)))
    assert socket.closed is CloseCode.RESET_CONNECTION


def test_one_frame_before_auth_that_is_too_large_resets_the_connection() -> None:
    socket = Socket(Limits(pending_bytes_max=100))
    socket.receive(auth("doc", "t" * 100))
    assert socket.closed is CloseCode.RESET_CONNECTION


def test_too_many_undecided_documents_reset_the_connection() -> None:
    socket = Socket(Limits(pending_documents_max=2))
    places = [socket.decide(auth(name)) for name in ("a", "b")]
    assert socket.connection.is_crowded
    socket.admit(places[0])
    socket.waited(places[0])
    assert not socket.connection.is_crowded
    socket.receive(auth("c"))
    assert socket.closed is None, "decided ones do not count"
    socket.receive(auth("d"))
    assert socket.closed is CloseCode.RESET_CONNECTION


def test_the_bounds_are_free_again_after_a_decision() -> None:
    socket = Socket(Limits(pending_frames_max=2, pending_bytes_max=100))
    for number in range(20):
        place = socket.decide(auth(f"doc{number}"))
        socket.receive(update(place.name, bytes(60)))
        if number % 2:
            socket.admit(place)
            socket.waited(place)
        else:
            socket.connection.deny(place, "no")
    assert socket.closed is None


def test_a_socket_on_which_nothing_was_authorised_in_time_is_closed(socket: Socket) -> None:
    assert socket.connection.expire(socket.now) == DEFAULTS.pending_s_max
    socket.now += 50
    socket.receive(auth("doc"))
    assert socket.connection.expire(socket.now) == DEFAULTS.pending_s_max - 50
    socket.now += 10
    socket.connection.expire(socket.now)
    assert socket.closed is CloseCode.AUTHENTICATION_TIMEOUT


def test_a_document_that_gets_no_auth_in_time_is_denied_alone(socket: Socket) -> None:
    socket.opened("good")
    socket.now += 1000
    socket.receive(update("late"))
    socket.now += 20
    socket.receive(update("later"))
    assert socket.connection.expire(socket.now) == DEFAULTS.pending_s_max - 20
    socket.now += 40
    assert socket.connection.expire(socket.now) == 20
    assert socket.said() == [("late", REJECTED), ("late", "denied: no Auth came in time")]
    assert socket.closed is None


def test_a_socket_with_nothing_pending_is_looked_at_again_later(socket: Socket) -> None:
    socket.opened("doc")
    assert socket.connection.expire(socket.now + 1000) == DEFAULTS.pending_s_max


def test_a_document_closed_before_its_decision_needs_none(socket: Socket) -> None:
    place = socket.decide(auth("doc"))
    assert socket.left(close("doc")) is None
    assert not socket.connection.is_waiting(place)
    socket.connection.deny(place, "no")
    socket.connection.end(place, CloseCode.DOCUMENT_UNAVAILABLE, "no")
    assert socket.said() == []


# Open documents.


def test_messages_of_an_open_document_are_for_its_room(socket: Socket) -> None:
    _, session = socket.opened("doc")
    event = socket.receive(step2("doc"))
    assert event is not None
    assert getattr(event, "session", None) is session
    assert socket.taken(update("doc")) == SyncUpdate(b"\x00\x00")
    assert socket.taken(step2("doc")) == SyncStep2(b"\x00\x00")
    assert socket.taken(stateless("doc", "hi")) == Stateless("hi")
    assert socket.said() == []


def test_a_second_auth_asks_again_while_the_document_goes_on(socket: Socket) -> None:
    place, session = socket.opened("doc", can_write=False)
    assert socket.decide(auth("doc", "new")) is place
    assert socket.connection.is_waiting(place)
    socket.taken(step1("doc"))
    socket.connection.renew(place, Grant("ann"))
    assert session.grant.can_write
    assert socket.said() == [("doc", "read-write")]


def test_a_renewal_that_comes_too_late_says_nothing(socket: Socket) -> None:
    place, _ = socket.opened("doc")
    socket.left(close("doc"))
    socket.connection.renew(place, Grant("ann"))
    assert socket.said() == []


def test_a_client_is_asked_for_a_token(socket: Socket) -> None:
    place, _ = socket.opened("doc")
    socket.connection.ask_for_token(place)
    assert socket.said() == [("doc", "token?")]


def test_a_refused_edit_is_answered_and_ends_nothing(socket: Socket) -> None:
    place, _ = socket.opened("doc", can_write=False)
    assert not socket.connection.fail(place, WriteForbidden("readers read"), is_edit=True)
    assert socket.said() == [("doc", REJECTED)]
    assert socket.connection.is_waiting(place)


def test_what_breaks_the_rules_ends_its_document_alone(socket: Socket) -> None:
    place, _ = socket.opened("doc")
    socket.opened("other")
    assert socket.connection.fail(place, InvalidUpdate("poison"), is_edit=True)
    assert socket.said() == [("doc", REJECTED), ("doc", "denied: invalid_update: poison")]
    assert socket.closed is None
    socket.taken(update("other"))


def test_a_message_that_ends_a_document_and_is_no_edit_gets_no_status(socket: Socket) -> None:
    place, _ = socket.opened("doc")
    assert socket.connection.fail(place, InvalidUpdate("presence"), is_edit=False)
    assert socket.said() == [("doc", "denied: invalid_update: presence")]


@pytest.mark.parametrize(
    ("payload", "answers"), [("0002ff", 1), ("0001", 1), ("00", 0), ("", 0), ("06 0161", 0), ("01ff", 0)]
)
def test_what_cannot_be_read_after_auth_ends_its_document_alone(
    socket: Socket, payload: str, answers: int
) -> None:
    _, session = socket.opened("doc")
    socket.opened("other")
    assert socket.left(b"\x03doc" + bytes.fromhex(payload)) is session
    said = socket.said()
    assert said[:-1] == [("doc", REJECTED)] * answers
    assert said[-1][1].startswith("denied: malformed_message: ")
    assert socket.closed is None
    socket.taken(update("other"))


def test_an_oversized_message_is_answered_and_ends_its_document_alone() -> None:
    socket = Socket(Limits(message_bytes_max=100_000))
    socket.opened("doc")
    socket.opened("other")
    socket.left(update("doc", bytes(100_000)))
    assert socket.said() == [
        ("doc", REJECTED),
        ("doc", "denied: message_too_big: a message has at most 100000 bytes"),
    ]
    socket.taken(update("other"))


def test_an_oversized_stateless_message_ends_its_document() -> None:
    socket = Socket(Limits(stateless_bytes_max=100))
    socket.opened("doc")
    socket.taken(stateless("doc", "x" * 90))
    socket.left(stateless("doc", "x" * 100))
    assert socket.said()[0][1].startswith("denied: message_too_big")


def test_documents_on_one_socket_are_bounded() -> None:
    socket = Socket(Limits(socket_documents_max=1))
    assert not socket.connection.is_full
    socket.opened("doc")
    assert socket.connection.is_full


# Ends.


def test_a_denied_document_can_ask_again(socket: Socket) -> None:
    place = socket.decide(auth("doc"))
    socket.receive(step1("doc"))
    socket.receive(update("doc"))
    socket.connection.deny(place, "permission-denied")
    assert socket.said() == [("doc", REJECTED), ("doc", "denied: permission-denied")]
    assert socket.receive(step1("doc")) is None
    assert socket.receive(stateless("doc", "hi")) is None
    assert socket.said() == []
    assert socket.receive(update("doc")) is None
    assert socket.receive(step2("doc")) is None
    assert socket.said() == [("doc", REJECTED)] * 2
    again = socket.decide(auth("doc"))
    assert again is not place
    socket.admit(again)
    assert socket.closed is None


@pytest.mark.parametrize("version", [None, "4.8.0"])
def test_a_close_from_the_client_is_answered_where_close_is_known(
    socket: Socket, version: str | None
) -> None:
    _, session = socket.opened("doc", version=version)
    assert socket.left(close("doc")) is session
    assert socket.said() == ([("doc", "closed: provider_initiated")] if version else [])
    assert socket.receive(step1("doc")) is None, "late frames do not bring it back"
    assert socket.said() == []
    socket.decide(auth("doc"))


def test_a_provider_that_never_sends_an_auth_comes_back_without(socket: Socket) -> None:
    place = socket.decide(step1("doc"))
    socket.admit(place)
    socket.waited(place)
    socket.left(close("doc"))
    assert socket.receive(stateless("doc", "late")) is None
    assert socket.receive(update("doc")) is None
    assert socket.said() == [("doc", "read-write"), ("doc", REJECTED)]
    assert socket.decide(step1("doc")) is not place


def test_unsettled_messages_are_rejected_when_the_server_ends_the_document(socket: Socket) -> None:
    place, session = socket.opened("doc")
    session.received, session.acknowledged = 5, 3
    socket.connection.end(place, CloseCode.DOCUMENT_ERASED, "the document was erased")
    assert socket.said() == [
        ("doc", REJECTED),
        ("doc", REJECTED),
        ("doc", "denied: document_erased: the document was erased"),
    ]
    assert socket.closed is None


@pytest.mark.parametrize(
    ("version", "said"), [(None, "denied: load it again"), ("4.8.0", "closed: load it again")]
)
def test_who_may_come_back_is_told_so_in_the_dialect_where_others_share_the_socket(
    socket: Socket, version: str | None, said: str
) -> None:
    place, _ = socket.opened("doc", version=version)
    socket.opened("other")
    socket.connection.end(place, CloseCode.TOO_MUCH_WAITING, "load it again")
    assert socket.said() == [("doc", said)]
    assert socket.closed is None


def test_a_document_that_cannot_be_opened_now_is_closed_alone(socket: Socket) -> None:
    socket.opened("other")
    place = socket.decide(auth("doc", version="4.8.0"))
    socket.connection.end(place, CloseCode.DOCUMENT_UNAVAILABLE, "not now")
    assert socket.said() == [("doc", "closed: not now")]
    assert socket.closed is None


def test_an_open_document_that_broke_resets_the_socket_so_that_all_heal(socket: Socket) -> None:
    place, _ = socket.opened("doc", version="4.8.0")
    socket.opened("other")
    socket.connection.end(place, CloseCode.DOCUMENT_UNAVAILABLE, "load it again")
    assert socket.closed is CloseCode.DOCUMENT_UNAVAILABLE


def test_who_may_come_back_and_is_alone_is_closed_with_its_socket(socket: Socket) -> None:
    place, _ = socket.opened("doc", version="4.8.0")
    socket.connection.end(place, CloseCode.TOO_MUCH_WAITING, "load it again")
    assert socket.closed is CloseCode.TOO_MUCH_WAITING
    assert socket.receive(update("doc")) is None
    assert not socket.connection.is_waiting(place)


def test_a_server_that_stops_closes_the_socket_once(socket: Socket) -> None:
    places = [socket.opened(name)[0] for name in ("a", "b")]
    for place in places:
        socket.connection.end(place, CloseCode.SERVICE_RESTART, "the server is stopping")
    assert socket.closed is CloseCode.SERVICE_RESTART
    assert socket.said() == []


def test_what_waits_behind_a_message_that_ends_the_document_is_answered(socket: Socket) -> None:
    place = socket.decide(auth("doc"))
    for frame in (update("doc"), update("doc"), step1("doc")):
        socket.receive(frame)
    socket.admit(place)
    socket.said()
    assert socket.connection.replay(place) is not None
    socket.connection.fail(place, InvalidUpdate("poison"), is_edit=True)
    assert socket.connection.replay(place) is None
    assert [said for _, said in socket.said()] == [REJECTED, REJECTED, "denied: invalid_update: poison"]


def test_ended_documents_are_forgotten_in_the_end(socket: Socket) -> None:
    for number in range(ENDED_DOCUMENTS_MAX + 1):
        socket.connection.deny(socket.decide(auth(f"doc{number}")), "no")
    socket.said()
    socket.receive(update("doc1"))
    assert socket.said() == [("doc1", REJECTED)]
    socket.receive(update("doc0"))
    assert socket.said() == [], "it waits for an Auth like one never heard of"


# What cannot be read.


@pytest.mark.parametrize("frame", ["", "03646f", "8000", "02fffe"])
def test_a_frame_without_an_address_closes_the_socket(socket: Socket, frame: str) -> None:
    assert socket.receive(bytes.fromhex(frame)) is None
    assert socket.closed is CloseCode.UNAUTHORIZED
    assert socket.receive(auth("doc")) is None, "what follows is dropped"


def test_an_address_has_a_largest_size(socket: Socket) -> None:
    socket.decide(auth("n" * ADDRESS_BYTES_MAX))
    socket.receive(auth("n" * ADDRESS_BYTES_MAX + "n"))
    assert socket.closed is CloseCode.UNAUTHORIZED


@pytest.mark.parametrize("payload", ["", "02", "0200", "0200ff", "00", "ff"])
def test_what_cannot_be_read_before_auth_resets_the_connection(socket: Socket, payload: str) -> None:
    assert socket.receive(b"\x03doc" + bytes.fromhex(payload)) is None
    assert socket.closed is CloseCode.RESET_CONNECTION


def test_what_cannot_be_read_of_an_ended_document_is_ignored(socket: Socket) -> None:
    socket.opened("other")
    socket.connection.deny(socket.decide(auth("doc")), "no")
    socket.said()
    for payload in ("", "00", "ff", "0002ff"):
        assert socket.receive(b"\x03doc" + bytes.fromhex(payload)) is None
    assert socket.said() == [("doc", REJECTED)]
    assert socket.closed is None


@pytest.mark.parametrize("frame", [b"\x09", b"\x0a"])
def test_pings_without_an_address_are_ignored(socket: Socket, frame: bytes) -> None:
    assert socket.receive(frame) is None
    assert socket.closed is None


# What every provider needs.


def test_a_socket_is_never_closed_before_it_said_something(socket: Socket) -> None:
    socket.receive(b"")
    assert socket.said() == [("", "keepalive")]


def test_a_document_that_cannot_be_opened_is_no_silent_close(socket: Socket) -> None:
    place = socket.decide(auth("doc"))
    socket.connection.end(place, CloseCode.DOCUMENT_UNAVAILABLE, "not now")
    assert socket.said() == [("doc", "keepalive")]
    assert socket.closed is CloseCode.DOCUMENT_UNAVAILABLE


def test_the_keepalive_is_about_a_document_that_the_socket_knows(socket: Socket) -> None:
    connection = socket.connection
    assert connection.keepalive() == b"\x00\x01\x01\x00"
    place = socket.decide(auth("doc"))
    assert connection.keepalive() == b"\x03doc\x01\x01\x00"
    connection.deny(place, "no")
    assert connection.keepalive() == b"\x03doc\x01\x01\x00"
    socket.opened("open")
    assert connection.keepalive() == b"\x04open\x01\x01\x00"


def test_a_limit_of_its_own_bounds_what_an_open_document_may_send() -> None:
    socket = Socket(replace(DEFAULTS, pending_bytes_max=100))
    socket.opened("doc")
    socket.taken(update("doc", bytes(200)))


@pytest.mark.parametrize("size", [1, 127, 128, 129, 300])
def test_addresses_of_any_length_are_told_apart(socket: Socket, size: int) -> None:
    socket.opened("a" * size)
    socket.opened("a" * (size + 1))
    assert socket.taken(update("a" * size)) == SyncUpdate(b"\x00\x00")
    event = socket.receive(update("a" * (size + 1)))
    assert getattr(event, "place").name == "a" * (size + 1)  # noqa: B009 - whatever event it is
