"""The ledger finds what a server loses, repeats or does not acknowledge."""

from bench.edits import TYPIST, typed
from bench.load.ledger import Ledger, Sent, updates_in
from crdt_server.core.merge import merge
from crdt_server.protocol.messages import SyncUpdate
from crdt_server.protocol.update import EMPTY_UPDATE
from crdt_server.protocol.ywebsocket import KEEPALIVE, encode

MS = 1_000_000
UPDATES = typed([[(0, 0, "a")], [(1, 0, "b")], [(1, 1, "")]], client=TYPIST)
SENT = [Sent(0, update, due_ns=number * MS, left_ns=number * MS) for number, update in enumerate(UPDATES)]


def _frame(*updates: bytes, acknowledged: int | None = None) -> bytes:
    return encode(SyncUpdate(merge(updates), acknowledged))


def test_each_edit_is_delivered_once_however_it_was_merged() -> None:
    ledger = Ledger(SENT)
    ledger.count(
        1, [(5 * MS, _frame(*UPDATES[:2])), (6 * MS, KEEPALIVE), (7 * MS, _frame(UPDATES[2]))], uncounted=0
    )
    ledger.count(2, [(3 * MS, _frame(*UPDATES))], uncounted=0)
    assert (ledger.delivered, ledger.lost, ledger.duplicated, ledger.echoes) == (6, 0, 0, 0)
    assert ledger.frames == 3
    assert ledger.propagation_ms == [5.0, 4.0, 5.0, 3.0, 2.0, 1.0]


def test_what_did_not_come_is_lost() -> None:
    ledger = Ledger(SENT)
    ledger.count(1, [(5 * MS, _frame(UPDATES[0]))], uncounted=0)
    assert (ledger.delivered, ledger.lost) == (1, 2)


def test_what_came_twice_is_a_duplicate() -> None:
    ledger = Ledger(SENT)
    ledger.count(1, [(5 * MS, _frame(*UPDATES)), (6 * MS, _frame(UPDATES[2]))], uncounted=0)
    assert (ledger.delivered, ledger.duplicated) == (3, 1)


def test_an_author_gets_echoes_and_acknowledgements() -> None:
    ledger = Ledger(SENT)
    arrivals = [
        (1 * MS, _frame(EMPTY_UPDATE, acknowledged=1)),  # of the Step2 before
        (5 * MS, _frame(*UPDATES[:2], acknowledged=3)),
    ]
    ledger.count(0, arrivals, uncounted=1)
    assert (ledger.delivered, ledger.lost, ledger.echoes, ledger.acknowledged) == (0, 0, 2, 2)
    assert ledger.acknowledgement_ms == [5.0, 4.0]
    assert list(updates_in(arrivals)) == [merge(UPDATES[:2])]
