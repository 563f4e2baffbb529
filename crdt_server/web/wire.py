"""uvicorn's WebSocket protocol, with what it leaves undone at the edges.

Each method mends one thing that uvicorn 0.54 does, and has a test in tests/interop that fails without it.
"""

from __future__ import annotations

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class WireProtocol(WebSocketsSansIOProtocol):
    """One WebSocket connection under uvicorn."""

    def data_received(self, data: bytes) -> None:
        """Answer an upgrade whose headers are too large: uvicorn keeps the answer, and the socket."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.handshake_complete = self.close_sent = True
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def send_receive_event_to_app(self) -> None:
        """Do not decode text: no dialect has it, and broken text would be a traceback in the log."""
        if self.curr_msg_data_type == "text":
            self.frames = [b""]
        super().send_receive_event_to_app()

    async def send(self, message: ASGISendEvent) -> None:
        """Take a refused upgrade for what it is: uvicorn calls it an incomplete handshake, as an error."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and self.close_sent:
            self.handshake_complete = True
