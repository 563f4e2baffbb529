"""Sessions over a connection: frames are encoded once per dialect."""

from __future__ import annotations

import pytest

from crdt_server.core.session import FramedSession, Frames, Grant, Unsettled
from crdt_server.protocol import ywebsocket
from crdt_server.protocol.close_codes import CloseCode
from crdt_server.protocol.messages import ServerMessage, SyncUpdate
from tests.core.peers import Peer


class Counting:
    """A dialect that counts how often it encodes."""

    echoes = True
    asks_back = False

    def __init__(self) -> None:
        self.encoded = 0

    def encode(self, message: ServerMessage) -> tuple[bytes, ...]:
        self.encoded += 1
        return ywebsocket.encode(message)


def test_a_broadcast_is_encoded_once_per_dialect() -> None:
    one, other = Counting(), Counting()
    transport = Peer()
    frames: Frames = {}
    for dialect in (one, one, other, one):
        FramedSession(dialect, transport).deliver(SyncUpdate(b"\x00\x00"), frames)
    assert (one.encoded, other.encoded) == (1, 1)
    assert len({id(frame) for frame in transport.frames}) == 2
    assert len(transport.frames) == 4


def test_closing_a_session_closes_its_transport() -> None:
    transport = Peer()
    FramedSession(ywebsocket, transport).close(CloseCode.FORBIDDEN, "no")
    assert transport.closed is CloseCode.FORBIDDEN


def test_a_session_takes_as_much_as_its_transport() -> None:
    transport = Peer()
    session = FramedSession(ywebsocket, transport)
    assert session.takes_more()
    transport.is_reading = False
    assert not session.takes_more()


def test_a_user_is_text() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        Grant("\ud83d")


@pytest.mark.parametrize("expires_at", [float("nan"), float("inf")])
def test_a_grant_ends_at_a_time_or_never(expires_at: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        Grant(expires_at=expires_at)


def test_messages_are_settled_in_order() -> None:
    peer = Peer()
    peer.unsettled.extend(Unsettled(number) for number in (1, 2, 3))
    peer.unsettled[0].settle_with(5)
    peer.unsettled[2].settle_with(1)
    assert peer.settle(4) == 0
    assert peer.settle(5) == 1
    assert peer.acknowledged == 1
    assert peer.settle(9) == 0, "the second still waits"
    peer.unsettled[0].sequence = 6
    assert peer.settle(9) == 2
    assert peer.acknowledged == 3
