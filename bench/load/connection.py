"""One client's connection: frames go out at once, and come in with the time they came."""

from __future__ import annotations

from typing import Final

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from .arrivals import Arrivals

_FRAME_BYTES_MAX: Final = 256 * 1024 * 1024
_HANDSHAKE_TIMEOUT_S: Final = 30.0
_BINARY: Final = WSMsgType.BINARY


class Connection(WSListener):
    """A WebSocket client without queues and tasks, which would add their own waiting to what is measured."""

    def __init__(self, url: str) -> None:
        self.arrivals = Arrivals()
        self.is_lost = False
        """Whether the connection ended before `close`."""
        self._url = url
        self._add = self.arrivals.add
        self._transport: WSTransport | None = None
        self._is_closing = False

    async def open(self) -> None:
        """Connect. Raises OSError, TimeoutError, or `picows.WSError` where the upgrade is refused."""
        self._transport, _ = await ws_connect(
            lambda: self,
            self._url,
            websocket_handshake_timeout=_HANDSHAKE_TIMEOUT_S,
            max_frame_size=_FRAME_BYTES_MAX,
        )

    def send(self, frame: bytes) -> None:
        """Send one binary frame; nothing waits, the transport keeps what the kernel does not take."""
        assert self._transport is not None, "it is not open"
        self._transport.send(_BINARY, frame)

    def close(self) -> None:
        """Begin the closing handshake."""
        self._is_closing = True
        if self._transport is not None:
            self._transport.send_close()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Keep what came; none of the servers sends a message in pieces, and pings are answered already."""
        kind = frame.msg_type
        if kind is _BINARY:
            self._add(frame.get_payload_as_bytes())
        elif kind is WSMsgType.CLOSE:
            transport.send_close()
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - its signature
        self.is_lost = not self._is_closing
