"""The ledger finds what a server loses, repeats or does not acknowledge, in every dialect."""

import pytest

from bench.edits import TYPIST, typed
from bench.load.arrivals import Arrivals
from bench.load.dialect import GREETINGS, Dialect, DialectName, Hocuspocus, YWebsocket, speak
from bench.load.ledger import Counts, Floats, Ledger, Sent, updates_in
from crdt_server.core.merge import merge
from crdt_server.protocol.lib0 import write_var_string, write_var_uint
from crdt_server.protocol.update import EMPTY_UPDATE

MS = 1_000_000
YWEBSOCKET = YWebsocket("notes")
HOCUSPOCUS = Hocuspocus("notes")
ADDRESS = write_var_string("notes")
UPDATES = typed([[(0, 0, "a")], [(1, 0, "b")], [(1, 1, "")]], client=TYPIST)
SENT = [Sent(0, update, due_ns=number * MS, left_ns=number * MS) for number, update in enumerate(UPDATES)]


def _arrivals(*frames: tuple[int, bytes]) -> Arrivals:
    """Frames that came at so many milliseconds."""
    return Arrivals.of((at * MS, frame) for at, frame in frames)


def _counted(dialect: Dialect, *frames: tuple[int, bytes], client: int = 1) -> Counts:
    """What one client's ledger says of frames that came at so many milliseconds."""
    ledger = Ledger(SENT, dialect)
    ledger.count(client, _arrivals(*frames), uncounted=GREETINGS)
    return ledger.counts


def _all(parts: list[Floats]) -> list[float]:
    return [float(value) for part in parts for value in part]


@pytest.mark.parametrize("name", ["y-websocket", "y-websocket, echo", "hocuspocus"])
def test_each_edit_is_delivered_once_however_it_was_merged(name: DialectName) -> None:
    dialect = speak(name, "notes")
    keepalive = (ADDRESS if name == "hocuspocus" else b"") + b"\x01\x01\x00"
    ledger = Ledger(SENT, dialect)
    frames = ((5, dialect.edit(merge(UPDATES[:2]))), (6, keepalive), (7, dialect.edit(UPDATES[2])))
    ledger.count(1, _arrivals(*frames), uncounted=GREETINGS)
    ledger.count(2, _arrivals((3, dialect.edit(merge(UPDATES)))), uncounted=GREETINGS)
    counts = ledger.counts
    assert (counts.delivered, counts.expected, counts.lost, counts.duplicated) == (6, 6, 0, 0)
    assert (counts.echoes, counts.frames) == (0, 3)
    assert _all(counts.propagation_ms) == [5.0, 4.0, 5.0, 3.0, 2.0, 1.0]


def test_what_did_not_come_is_lost() -> None:
    counts = _counted(YWEBSOCKET, (5, YWEBSOCKET.edit(UPDATES[0])))
    assert (counts.delivered, counts.lost) == (1, 2)


def test_what_came_twice_is_a_duplicate() -> None:
    counts = _counted(YWEBSOCKET, (5, YWEBSOCKET.edit(merge(UPDATES))), (6, YWEBSOCKET.edit(UPDATES[2])))
    assert (counts.delivered, counts.duplicated) == (3, 1)


def test_our_server_counts_what_it_stored_behind_the_echo() -> None:
    frames = [
        (1, YWEBSOCKET.edit(EMPTY_UPDATE) + write_var_uint(1)),  # the Step2 before
        (5, YWEBSOCKET.edit(merge(UPDATES[:2])) + write_var_uint(3)),
    ]
    counts = _counted(YWEBSOCKET, *frames, client=0)
    assert (counts.delivered, counts.lost, counts.echoes, counts.acknowledged) == (0, 0, 2, 2)
    assert counts.frames == 0
    assert _all(counts.acknowledgement_ms) == [5.0, 4.0]
    assert list(updates_in(YWEBSOCKET, _arrivals(*frames))) == [merge(UPDATES[:2])]


def test_an_echo_without_a_number_acknowledges_for_those_who_have_nothing_else() -> None:
    dialect = speak("y-websocket, echo", "notes")
    counts = _counted(dialect, (5, dialect.edit(merge(UPDATES[:2]))), client=0)
    assert (counts.echoes, counts.acknowledged) == (2, 2)
    assert _all(counts.acknowledgement_ms) == [5.0, 4.0]
    assert _counted(YWEBSOCKET, (5, YWEBSOCKET.edit(UPDATES[0])), client=0).acknowledged == 0


def test_a_relay_delivers_and_acknowledges_nothing() -> None:
    dialect = speak("y-websocket, relay", "notes")
    assert dialect.is_relay
    assert _counted(dialect, (5, dialect.edit(merge(UPDATES)))).delivered == 3
    assert _counted(dialect, (5, dialect.edit(merge(UPDATES[:2]))), client=0).acknowledged == 0


def test_a_status_of_hocuspocus_acknowledges_one_message() -> None:
    saved, rejected = ADDRESS + b"\x08\x01", ADDRESS + b"\x08\x00"
    counts = _counted(HOCUSPOCUS, (1, saved), (5, saved), (6, rejected), client=0)
    assert (counts.acknowledged, _all(counts.acknowledgement_ms)) == (1, [5.0])
    elsewhere = write_var_string("other")
    assert _counted(HOCUSPOCUS, (1, saved), (5, elsewhere + b"\x08\x01"), client=0).acknowledged == 0


def test_hocuspocus_is_greeted_with_a_token_and_named_in_every_frame() -> None:
    assert all(frame.startswith(ADDRESS) for frame in HOCUSPOCUS.greeting)
    assert HOCUSPOCUS.greeting[0].startswith(ADDRESS + b"\x02\x00")
    assert HOCUSPOCUS.url("ws://here/hocuspocus") == "ws://here/hocuspocus"
    assert YWEBSOCKET.url("ws://here/ws") == "ws://here/ws/notes"
