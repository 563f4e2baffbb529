"""News of presence: fair, within their bytes, removals first, renewals together."""

from __future__ import annotations

from collections import Counter

import pytest

from crdt_server.core import bulletin as module
from crdt_server.core.bulletin import Bulletin
from crdt_server.core.limits import Limits
from crdt_server.protocol.presence import GONE, Presence
from tests.core.peers import Peer

RATE = 1_000
STATE = b'"' + b"x" * 84 + b'"'  # with the rest of its entry 100 bytes
CLIENTS = range(1, 101)


def told(bulletin: Bulletin, now: float) -> list[int]:
    return [notice.presence.client for notice in bulletin.tell(now)]


def crowd(limits: Limits | None = None) -> tuple[Bulletin, Peer]:
    """A hundred clients that nobody was told of: ten times what a second has room for."""
    bulletin, peer = Bulletin(limits or Limits(presence_bytes_per_s_max=RATE)), Peer()
    for client in CLIENTS:
        bulletin.put(Presence(client, 1, STATE), peer)
    return bulletin, peer


def test_a_single_movement_is_told_at_once() -> None:
    bulletin = Bulletin(Limits())
    assert bulletin.wait_s(0.0) is None
    bulletin.put(Presence(1, 1, b"{}"), Peer())
    assert bulletin.wait_s(0.0) == 0.0
    assert told(bulletin, 0.0) == [1]
    assert bulletin.wait_s(0.0) is None
    assert told(bulletin, 0.0) == []


def test_a_crowd_is_told_of_as_fast_as_its_bytes_allow_and_everybody_has_a_turn() -> None:
    bulletin, peer = crowd()
    heard: list[int] = []
    now, clock, batches = 0.0, 1, 0
    while len(heard) < 2 * len(CLIENTS):
        heard += told(bulletin, now)
        batches += 1
        clock += 1
        for client in CLIENTS:  # all move all the time
            bulletin.put(Presence(client, clock, b'"%d"' % clock + b" " * 83), peer)
        wait_s = bulletin.wait_s(now)
        assert wait_s is not None
        now += wait_s
    assert heard[:100] == list(CLIENTS), "nobody is overtaken"
    counts = Counter(heard)
    assert max(counts.values()) - min(counts.values()) <= 1
    assert len(heard) * 100 <= RATE * (now + 1), "within the bytes of the time that it took"
    assert now < 25, "and not much slower"
    assert batches <= 8 * (now + 1), "no frame for each of them"


def test_what_is_told_is_the_latest() -> None:
    bulletin, peer = crowd()
    for clock in (2, 3):
        bulletin.put(Presence(1, clock, STATE), peer)
    assert bulletin.tell(0.0)[0].presence.clock == 3


def test_who_leaves_is_told_before_everything_and_at_once() -> None:
    bulletin, _ = crowd()
    assert len(told(bulletin, 0.0)) < len(CLIENTS)
    bulletin.remove(1)
    bulletin.remove(100)
    assert bulletin.has_removals
    assert bulletin.wait_s(0.0) == 0.0
    assert [notice.presence for notice in bulletin.tell(0.0)] == [
        Presence(1, 1, GONE),
        Presence(100, 1, GONE),
    ]
    assert len(bulletin) == len(bulletin.everyone()) == 98


def test_who_is_back_before_it_was_told_gone_was_never_gone() -> None:
    bulletin, peer = Bulletin(Limits()), Peer()
    bulletin.put(Presence(1, 1, b"{}"), peer)
    told(bulletin, 0.0)
    bulletin.remove(1)
    bulletin.put(Presence(1, 2, b"{}"), peer)
    assert [notice.presence for notice in bulletin.tell(0.0)] == [Presence(1, 2, b"{}")]


def test_who_is_back_with_an_older_clock_was_gone_first() -> None:
    """Receivers would take an older state for old news."""
    bulletin, peer = Bulletin(Limits()), Peer()
    bulletin.put(Presence(1, 5, b"{}"), peer)
    told(bulletin, 0.0)
    bulletin.remove(1)
    bulletin.put(Presence(1, 0, b"{}"), peer)
    assert [notice.presence for notice in bulletin.tell(0.0)] == [Presence(1, 5, GONE), Presence(1, 0, b"{}")]


def test_renewals_are_told_together_and_before_clients_forget() -> None:
    """Three clients came one after the other and renew every 15 s; they forget each other after 30 s."""
    bulletin, peer = Bulletin(Limits()), Peer()
    last = dict.fromkeys((1, 2, 3), 0.0)
    frames = 0
    for tenth in range(3_000):
        now = tenth / 10
        for client in last:
            if tenth >= client * 10 and (tenth - client * 10) % 150 == 0:
                bulletin.put(Presence(client, tenth, b"{}"), peer)
        if bulletin.wait_s(now) == 0.0:
            batch = told(bulletin, now)
            frames += bool(batch)
            last |= dict.fromkeys(batch, now)
        assert all(now - at <= 25 for client, at in last.items() if tenth > 60)
    assert frames <= 3 + 300 / 16, "one frame for all three, and not each time that they renew"


def test_a_renewal_is_news_when_the_state_changed_meanwhile() -> None:
    bulletin, peer = Bulletin(Limits()), Peer()
    bulletin.put(Presence(1, 1, b"{}"), peer)
    told(bulletin, 0.0)
    bulletin.put(Presence(1, 2, b"{}"), peer)
    assert bulletin.wait_s(0.0) == 20.0
    bulletin.put(Presence(1, 3, b"[]"), peer)
    assert bulletin.wait_s(0.0) == 0.0
    assert told(bulletin, 0.0) == [1]


def test_who_did_not_keep_up_is_told_what_it_missed_in_parts() -> None:
    bulletin, _ = crowd()
    heard: list[int] = []
    now = 0.0
    while (wait_s := bulletin.wait_s(now)) is not None:
        now += wait_s
        heard += told(bulletin, now)
    bulletin.remove(100)
    told(bulletin, now)
    missed: list[Presence] = []
    position = parts = 0
    while position != bulletin.told:
        notices, position = bulletin.missed(position)
        missed += [notice.presence for notice in notices]
        parts += 1
    assert missed == [*(Presence(client, 1, STATE) for client in range(1, 100)), Presence(100, 1, GONE)]
    assert parts > 10
    assert bulletin.missed(position) == ([], bulletin.told)


def test_removals_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_GONE_MAX", 3)
    bulletin, peer = Bulletin(Limits()), Peer()
    for client in range(5):
        bulletin.put(Presence(client, 1, b"{}"), peer)
    told(bulletin, 0.0)
    for client in range(5):
        bulletin.remove(client)
    told(bulletin, 0.0)
    assert [notice.presence.client for notice in bulletin.missed(0)[0]] == [2, 3, 4]


def test_who_is_back_with_the_clock_of_its_removal_is_renewed_at_once() -> None:
    """Receivers took the removal for the last word at that clock: only the next one shows it again."""
    bulletin, peer = Bulletin(Limits()), Peer()
    bulletin.put(Presence(1, 5, b"{}"), peer)
    told(bulletin, 0.0)
    bulletin.remove(1)
    told(bulletin, 13.0)
    bulletin.put(Presence(1, 5, b"{}"), peer)
    assert told(bulletin, 14.0) == [1]
    bulletin.put(Presence(1, 6, b"{}"), peer)
    assert bulletin.wait_s(15.0) == 0.0
    assert told(bulletin, 15.0) == [1]


def test_a_claim_that_receivers_ignore_does_not_count_as_told() -> None:
    bulletin, old, new = Bulletin(Limits()), Peer(), Peer()
    bulletin.put(Presence(1, 5, b"{}"), old)
    told(bulletin, 0.0)
    bulletin.put(Presence(1, 5, b"{}"), new)
    assert told(bulletin, 14.0) == [1]
    bulletin.put(Presence(1, 6, b"{}"), new)
    assert bulletin.wait_s(15.0) == 5.0, "20 s after receivers heard of it"


def test_who_only_renews_does_not_wait_behind_a_crowd() -> None:
    bulletin, peer = Bulletin(Limits(presence_bytes_per_s_max=RATE)), Peer()
    bulletin.put(Presence(0, 1, STATE), peer)
    told(bulletin, 0.0)
    bulletin.put(Presence(0, 2, STATE), peer)
    for client in CLIENTS:
        bulletin.put(Presence(client, 1, STATE), peer)
    assert 0 not in told(bulletin, 1.0)
    assert bulletin.get(0) is not None
    batch = told(bulletin, 20.0)
    assert batch[0] == 0
    assert len(bulletin) == len(bulletin.everyone()) == 101


def test_who_is_due_keeps_its_place_and_can_leave() -> None:
    bulletin, peer = Bulletin(Limits(presence_bytes_per_s_max=1)), Peer()
    for client in (1, 2):
        bulletin.put(Presence(client, 1, STATE), peer)
        told(bulletin, 1000.0 * client)
    for client in (1, 2):
        bulletin.put(Presence(client, 2, STATE), peer)
    assert told(bulletin, 2010.0) == []
    assert told(bulletin, 2200.0) == [1]
    bulletin.put(Presence(2, 3, STATE), peer)
    assert bulletin.get(2) is not None
    bulletin.remove(2)
    assert told(bulletin, 2201.0) == [2]
    assert len(bulletin) == 1
