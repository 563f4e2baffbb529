"""Presence belongs to who brought it."""

from __future__ import annotations

import pytest

from crdt_server.core.awareness import Roster
from crdt_server.core.limits import Limits
from crdt_server.core.session import Session
from crdt_server.protocol.errors import InvalidUpdate, MessageTooBig
from crdt_server.protocol.presence import GONE, Presence
from tests.core.peers import Peer


def here(client: int, clock: int, state: bytes = b"{}") -> Presence:
    return Presence(client, clock, state)


def heard(roster: Roster, session: Session, *entries: Presence) -> list[Presence]:
    """Have a session say something; return what is told of it at once."""
    roster.hear(session, entries)
    return told(roster)


def told(roster: Roster) -> list[Presence]:
    return [notice.presence for notice in roster.bulletin.tell(0.0)]


def left(roster: Roster, session: Session) -> list[Presence]:
    roster.leave(session)
    return told(roster)


def test_later_clocks_win_and_earlier_ones_are_ignored() -> None:
    roster, peer = Roster(Limits()), Peer()
    assert heard(roster, peer, here(1, 3))
    assert not heard(roster, peer, here(1, 3))
    assert not heard(roster, peer, here(1, 2))
    assert heard(roster, peer, here(1, 4, b"1"))
    assert roster.bulletin.everyone() == (here(1, 4, b"1"),)


def test_null_wins_on_equal_clocks() -> None:
    roster, peer = Roster(Limits()), Peer()
    heard(roster, peer, here(1, 3))
    assert not heard(roster, peer, here(1, 2, GONE))
    assert heard(roster, peer, here(1, 3, GONE)) == [here(1, 3, GONE)]
    assert len(roster) == 0
    assert not heard(roster, peer, here(1, 3, GONE))


def test_what_others_say_about_a_client_is_ignored() -> None:
    roster, owner, other = Roster(Limits()), Peer(), Peer()
    heard(roster, owner, here(1, 3))
    heard(roster, other, here(2, 1))
    assert not heard(roster, other, here(1, 9, b'"stolen"'))
    assert not heard(roster, other, here(1, 9, GONE))
    assert not heard(roster, other, here(1, 9), here(2, 1))
    assert here(1, 3) in roster.bulletin.everyone()


def test_a_client_that_is_back_before_its_old_socket_died_is_heard() -> None:
    roster, old, new = Roster(Limits()), Peer("ann"), Peer("ann")
    heard(roster, old, here(1, 3))
    assert heard(roster, new, here(1, 3))
    assert left(roster, old) == []
    assert left(roster, new) == [here(1, 3, GONE)]


def test_another_user_cannot_claim_a_client() -> None:
    roster, ann, eve = Roster(Limits()), Peer("ann"), Peer("eve")
    heard(roster, ann, here(1, 3))
    assert not heard(roster, eve, here(1, 9))
    assert left(roster, eve) == []


def test_an_old_clock_claims_nothing() -> None:
    roster, old, new = Roster(Limits()), Peer(), Peer()
    heard(roster, old, here(1, 3))
    assert not heard(roster, new, here(1, 2))


def test_who_never_spoke_leaves_nothing() -> None:
    assert left(Roster(Limits()), Peer()) == []


def test_the_states_of_others_are_not_even_read() -> None:
    roster, owner, other = Roster(Limits()), Peer(), Peer()
    heard(roster, owner, here(1, 3))
    heard(roster, other, here(2, 3))
    assert not heard(roster, other, here(1, 4, b"not JSON"))


def test_a_state_that_is_not_json_is_refused() -> None:
    with pytest.raises(InvalidUpdate):
        Roster(Limits()).hear(Peer(), [here(1, 1, b"{")])


def test_a_state_that_is_too_large_is_refused() -> None:
    with pytest.raises(MessageTooBig, match="too large"):
        Roster(Limits(awareness_state_bytes_max=10)).hear(Peer(), [here(1, 1, b'"0123456789"')])


def test_a_session_speaks_for_few_clients() -> None:
    roster = Roster(Limits(awareness_clients_per_session_max=2))
    peer = Peer()
    heard(roster, peer, here(1, 1), here(2, 1))
    heard(roster, peer, here(1, 2), here(2, 2))
    with pytest.raises(MessageTooBig, match="too many"):
        heard(roster, peer, here(3, 1))
