"""Presence belongs to who brought it."""

from __future__ import annotations

import pytest

from crdt_server.core.awareness import Roster
from crdt_server.core.limits import Limits
from crdt_server.protocol.errors import InvalidUpdate, MessageTooBig
from crdt_server.protocol.presence import GONE, Presence
from tests.core.peers import Peer


def here(client: int, clock: int, state: bytes = b"{}") -> Presence:
    return Presence(client, clock, state)


def test_later_clocks_win_and_earlier_ones_are_ignored() -> None:
    roster, peer = Roster(Limits()), Peer()
    assert roster.hear(peer, [here(1, 3)])
    assert not roster.hear(peer, [here(1, 3)])
    assert not roster.hear(peer, [here(1, 2)])
    assert roster.hear(peer, [here(1, 4)])
    assert roster.everyone() == (here(1, 4),)


def test_null_wins_on_equal_clocks() -> None:
    roster, peer = Roster(Limits()), Peer()
    roster.hear(peer, [here(1, 3)])
    assert not roster.hear(peer, [here(1, 2, GONE)])
    assert roster.hear(peer, [here(1, 3, GONE)]) == (here(1, 3, GONE),)
    assert len(roster) == 0
    assert not roster.hear(peer, [here(1, 3, GONE)])


def test_what_others_say_about_a_client_is_ignored() -> None:
    roster, owner, other = Roster(Limits()), Peer(), Peer()
    roster.hear(owner, [here(1, 3)])
    roster.hear(other, [here(2, 1)])
    assert not roster.hear(other, [here(1, 9, b'"stolen"')])
    assert not roster.hear(other, [here(1, 9, GONE)])
    assert not roster.hear(other, [here(1, 9), here(2, 1)])
    assert here(1, 3) in roster.everyone()


def test_a_client_that_is_back_before_its_old_socket_died_is_heard() -> None:
    roster, old, new = Roster(Limits()), Peer("ann"), Peer("ann")
    roster.hear(old, [here(1, 3)])
    assert roster.hear(new, [here(1, 3)])
    assert roster.leave(old) == ()
    assert roster.leave(new) == (here(1, 3, GONE),)


def test_another_user_cannot_claim_a_client() -> None:
    roster, ann, eve = Roster(Limits()), Peer("ann"), Peer("eve")
    roster.hear(ann, [here(1, 3)])
    assert not roster.hear(eve, [here(1, 9)])
    assert roster.leave(eve) == ()


def test_an_old_clock_claims_nothing() -> None:
    roster, old, new = Roster(Limits()), Peer(), Peer()
    roster.hear(old, [here(1, 3)])
    assert not roster.hear(new, [here(1, 2)])


def test_who_never_spoke_leaves_nothing() -> None:
    assert Roster(Limits()).leave(Peer()) == ()


def test_the_states_of_others_are_not_even_read() -> None:
    roster, owner, other = Roster(Limits()), Peer(), Peer()
    roster.hear(owner, [here(1, 3)])
    roster.hear(other, [here(2, 3)])
    assert not roster.hear(other, [here(1, 4, b"not JSON")])


def test_a_state_that_is_not_json_is_refused() -> None:
    with pytest.raises(InvalidUpdate):
        Roster(Limits()).hear(Peer(), [here(1, 1, b"{")])


def test_a_state_that_is_too_large_is_refused() -> None:
    with pytest.raises(MessageTooBig, match="too large"):
        Roster(Limits(awareness_state_bytes_max=10)).hear(Peer(), [here(1, 1, b'"0123456789"')])


def test_a_session_speaks_for_few_clients() -> None:
    roster = Roster(Limits(awareness_clients_per_session_max=2))
    peer = Peer()
    roster.hear(peer, [here(1, 1), here(2, 1)])
    roster.hear(peer, [here(1, 2), here(2, 2)])
    with pytest.raises(MessageTooBig, match="too many"):
        roster.hear(peer, [here(3, 1)])
