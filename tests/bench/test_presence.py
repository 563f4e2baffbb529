"""Cursors: what came of them is counted, and nobody's last place may be missing."""

from bench.edits import TYPIST
from bench.load.arrivals import Arrivals
from bench.load.dialect import Dialect, speak
from bench.load.presence import Moved, PresenceLedger, Presences, moved
from crdt_server.protocol.presence import GONE, Presence, decode_awareness, encode_awareness

MS = 1_000_000
DIALECT = speak("y-websocket", "notes")
END_NS = 100 * MS
# Client 0 moves at 0, 10 and 20 ms, client 1 at 5 ms, client 2 never.
MOVES = [Moved(0, 1, 0), Moved(1, 1, 5 * MS), Moved(0, 2, 10 * MS), Moved(0, 3, 20 * MS)]


def _counted(*frames: tuple[int, bytes], client: int = 1, dialect: Dialect = DIALECT) -> Presences:
    found = Presences()
    ledger = PresenceLedger(MOVES, 3, dialect, found)
    ledger.count(client, Arrivals.of((at * MS, frame) for at, frame in frames), END_NS)
    return found


def _frame(*states: tuple[int, int], dialect: Dialect = DIALECT) -> bytes:
    """Clients and clocks in one frame, as a server sends what it coalesced."""
    entries = [decode_awareness(moved(*state), entries_max=1)[0] for state in states]
    return dialect.presence(encode_awareness(entries))


def test_a_state_is_as_long_as_an_editor_s() -> None:
    assert 100 <= len(moved(17, 4)) <= 160


def test_what_was_left_out_is_no_loss_if_the_last_came() -> None:
    found = _counted((15, _frame((0, 1))), (30, _frame((0, 3), (1, 1))))
    assert (found.sent, found.expected, found.delivered, found.missing) == (4, 3, 2, 0)
    assert sorted(found.propagation_ms[0].tolist()) == [10.0, 15.0]
    assert found.stale_ms[0].tolist() == [0.0, 0.0]


def test_a_last_state_that_never_came_is_missing_and_stale_since_the_next_was_due() -> None:
    found = _counted((15, _frame((0, 1))))
    assert found.missing == 1
    assert found.stale_ms[0].tolist() == [90.0, 0.0]


def test_what_comes_after_the_typing_was_stale_at_its_end() -> None:
    found = _counted((120, _frame((0, 3))))
    assert found.missing == 0
    assert found.stale_ms[0].tolist() == [100.0, 0.0]


def test_the_same_state_again_and_clients_that_left_do_not_count() -> None:
    left = Presence(TYPIST, 3, GONE)
    gone = DIALECT.presence(encode_awareness([left]))
    found = _counted((25, _frame((0, 3))), (26, _frame((0, 3))), (27, gone))
    assert (found.delivered, found.missing) == (1, 0)
    assert _counted((27, gone)).missing == 1


def test_in_the_dialect_of_hocuspocus() -> None:
    dialect = speak("hocuspocus", "notes")
    assert _counted((25, _frame((0, 3), dialect=dialect)), dialect=dialect).missing == 0
