"""One room, both dialects: each is told the same in its own words."""

from __future__ import annotations

import pytest

from crdt_server.core.session import FramedSession, Grant
from crdt_server.protocol.close_codes import CloseCode
from crdt_server.protocol.errors import WriteForbidden
from crdt_server.protocol.hocuspocus import Framing
from crdt_server.protocol.messages import Stateless, SyncStep1, SyncStep2, SyncUpdate
from crdt_server.protocol.update import EMPTY_UPDATE
from tests.core.peers import Desk, answer_nothing
from tests.updates import frame_update, insert

ADDRESS = b"\x04desk"
SAVED = ADDRESS + b"\x08\x01"


class Provider(FramedSession):
    """A session of a Hocuspocus socket whose transport is a list."""

    def __init__(self, address: bytes = b"desk", *, can_write: bool = True) -> None:
        self.frames: list[bytes] = []
        super().__init__(Framing.of(address), self, Grant(can_write=can_write))

    def takes_more(self) -> bool:
        return True

    def send(self, frame: bytes) -> None:
        self.frames.append(frame)

    def close(self, code: CloseCode, reason: str) -> None:
        raise AssertionError(f"{code}: {reason}")

    def take(self) -> list[bytes]:
        """Return the frames since the last call."""
        frames, self.frames = self.frames, []
        return frames


@pytest.fixture
def desk() -> Desk:
    return Desk()


def joined(desk: Desk, provider: Provider) -> Provider:
    desk.room.join(provider)
    desk.room.receive(provider, SyncStep1(b"\x00"))
    provider.take()
    return provider


@pytest.mark.parametrize("can_write", [True, False])
def test_a_provider_is_asked_what_it_has_with_each_answer(desk: Desk, can_write: bool) -> None:
    provider = Provider(can_write=can_write)
    desk.room.join(provider)
    assert provider.take() == [], "its own Step1 comes first"
    for _ in range(2):
        desk.room.receive(provider, SyncStep1(b"\x00"))
        assert provider.take() == [ADDRESS + b"\x00\x00\x01\x00", ADDRESS + b"\x00\x01\x02\x00\x00"]


def test_an_edit_reaches_both_dialects_and_each_author_learns_that_it_is_stored(desk: Desk) -> None:
    provider, other = joined(desk, Provider()), joined(desk, Provider())
    peer = desk.join()
    answer_nothing(desk.room, peer)
    desk.turn()
    peer.take()

    desk.edit(provider, insert(1, 0, "a"))
    assert peer.take() == [frame_update(insert(1, 0, "a"))]
    assert other.take() == [ADDRESS + frame_update(insert(1, 0, "a"))]
    assert provider.take() == [], "it is not stored yet"
    desk.store()
    assert provider.take() == [SAVED]
    assert other.take() == peer.take() == []

    desk.edit(peer, insert(2, 0, "b"))
    assert provider.take() == other.take() == [ADDRESS + frame_update(insert(2, 0, "b"))]
    desk.store()
    assert peer.acknowledgements() == [2]
    assert provider.take() == []


def test_sessions_with_one_address_share_their_bytes(desk: Desk) -> None:
    one, two = joined(desk, Provider()), joined(desk, Provider())
    alone = joined(desk, Provider(b"desk\0session"))
    desk.edit(joined(desk, Provider(b"author")), insert(1, 0, "a"))
    (first,), (second,), (third,) = one.take(), two.take(), alone.take()
    assert first is second
    assert third == b"\x0cdesk\0session" + first.removeprefix(ADDRESS)


def test_every_message_gets_a_status_of_its_own(desk: Desk) -> None:
    provider = joined(desk, Provider())
    desk.room.receive(provider, SyncStep2(EMPTY_UPDATE))
    desk.edit(provider, insert(1, 0, "a"), insert(1, 1, "b"), insert(1, 0, "a"))
    desk.store()
    assert provider.take() == [SAVED] * 4


def test_what_repeats_a_waiting_edit_settles_that_with_a_status_too(desk: Desk) -> None:
    provider = joined(desk, Provider())
    desk.edit(provider, insert(1, 1, "b"))
    desk.store()
    assert provider.take() == [ADDRESS + b"\x00\x00\x01\x00"], "it is asked for what is missing"
    desk.room.receive(provider, SyncStep2(insert(1, 0, "ab")))
    desk.turn()
    desk.store()
    assert provider.take() == [SAVED] * 2


def test_what_a_waiting_answer_repeats_waits_with_it(desk: Desk) -> None:
    """A later message that is stored does not speak for it."""
    provider = joined(desk, Provider())
    desk.edit(provider, insert(1, 1, "b"))
    desk.edit(provider, insert(2, 0, "x"))
    desk.room.receive(provider, SyncStep2(insert(1, 1, "b")))
    desk.turn()
    desk.store()
    provider.take()
    assert provider.acknowledged == 0
    desk.edit(joined(desk, Provider(b"other")), insert(1, 0, "a"))
    desk.store()
    assert provider.acknowledged == 3


def test_a_reader_that_brings_nothing_new_is_told_that_it_is_saved(desk: Desk) -> None:
    desk.edit(joined(desk, Provider(b"author")), insert(1, 0, "a"))
    reader = joined(desk, Provider(can_write=False))
    desk.room.receive(reader, SyncStep2(insert(1, 0, "a")))
    desk.turn()
    assert reader.take() == [], "what it knows is not stored yet"
    desk.store()
    assert reader.take() == [SAVED]


@pytest.mark.parametrize("news", [insert(2, 0, "b"), insert(2, 5, "b")], ids=["ready", "gap"])
def test_a_reader_that_brings_news_is_refused(desk: Desk, news: bytes) -> None:
    reader = joined(desk, Provider(can_write=False))
    with pytest.raises(WriteForbidden):
        desk.room.receive(reader, SyncStep2(news))
    with pytest.raises(WriteForbidden):
        desk.room.receive(reader, SyncUpdate(insert(1, 0, "a")))
    assert desk.turn() == []


def test_who_has_nothing_to_store_is_saved_whatever_the_store_does(desk: Desk) -> None:
    desk.edit(joined(desk, Provider(b"author")), insert(1, 0, "a"))
    newcomer = joined(desk, Provider())
    desk.room.receive(newcomer, SyncStep2(EMPTY_UPDATE))
    desk.turn()
    assert newcomer.take() == [SAVED]


def test_stateless_messages_reach_those_who_know_them(desk: Desk) -> None:
    provider, peer = joined(desk, Provider()), desk.join()
    peer.take()
    desk.room.tell(Stateless("hi"))
    assert provider.take() == [ADDRESS + b"\x05\x02hi"]
    assert peer.take() == []
