"""The network side of a WebSocket: uvicorn's protocol with a short way for frames, and any ASGI server's.

`WireProtocol` is uvicorn's WebSocket protocol with what it leaves undone at the edges (each method that mends
something uvicorn 0.54 does has a test in tests/interop that fails without it), and with a door: an
application finds it in its scope and hands it frames without the ASGI call. Frames from a server are not
masked, so the bytes of one frame serve every connection, and what goes to one in a turn is one write.
"""

from __future__ import annotations

import asyncio
import fcntl
import socket
import termios
from array import array
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.protocol import State

from crdt_server.protocol.close_codes import CloseCode
from crdt_server.protocol.frames import framed, head, read_frames

try:
    from websockets.speedups import apply_mask
except ImportError:  # where no compiler was when it was installed
    from websockets.utils import apply_mask

EXTENSION: Final = "crdt_server.wire"
"""Key of the protocol in a scope's extensions."""

_COPIED_BYTES_MAX: Final = 64 * 1024
_unsent: Final = array("i", [0])


class _Ending:
    """In the place of the queue to the application, which asks for nothing more."""

    def __init__(self, lost: Callable[[], None]) -> None:
        self._lost = lost

    def put_nowait(self, event: ASGIReceiveEvent) -> None:
        """Pass on that the peer is gone."""
        if event["type"] == "websocket.disconnect":
            self._lost()


class _Kept:
    """In the place of the timer that hangs up: a conversation goes on after the application's call."""

    def cancel(self) -> None:
        """Nothing is to be cancelled."""


_KEPT: Final[Any] = _Kept()


def _tcp_on_linux(transport: asyncio.Transport) -> socket.socket | None:
    connection: socket.socket | None = transport.get_extra_info("socket")
    is_tcp = connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6)
    return connection if is_tcp and hasattr(socket, "TCP_USER_TIMEOUT") else None


class WireProtocol(WebSocketsSansIOProtocol):
    """One WebSocket connection under uvicorn."""

    _drained: Callable[[], None] | None = None
    _heard: Callable[[bytes | None], None] | None = None
    _is_plain = True
    """Whether all that came since the upgrade were messages in one frame each, and control frames."""
    _rest: bytes | bytearray = b""
    """The beginning of a frame that has `_rest_bytes` or more."""
    _rest_bytes = 0
    _connection: socket.socket | None = None
    _user_timeout_ms = 0

    # The door.

    def handle_connect(self, event: Request) -> None:
        """Put this protocol into the scope."""
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[str, object] = self.scope["extensions"]  # type: ignore[assignment]
            extensions[EXTENSION] = self

    def attach(
        self, heard: Callable[[bytes | None], None], drained: Callable[[], None], lost: Callable[[], None]
    ) -> None:
        """See `Door`. The application's `receive` gives nothing from now on."""
        self._heard = heard
        self._drained = drained
        self._connection = _tcp_on_linux(self.transport)
        if self._connection is not None:
            # A peer whose window stays smaller than a write is dead to the kernel, also one that reads a
            # little all the time. From now on the outbox watches over it, which knows better.
            self._user_timeout_ms = self._connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            self._set_user_timeout(0)
        self.read_paused = False
        early, self.queue = self.queue, _Ending(lost)  # type: ignore[assignment]
        while not early.empty():
            event = early.get_nowait()
            if event["type"] == "websocket.receive":
                heard(event.get("bytes"))
            else:
                self.queue.put_nowait(event)
        if not self.read_paused:
            self.resume()

    def keep(self, conversation: asyncio.Task[None]) -> None:
        """Keep the connection until this ends. The application's call may end, and with it what it holds."""
        self.close_timer = _KEPT
        self.tasks.add(conversation)
        conversation.add_done_callback(self._end)
        # Of an idle connection's memory, the request would be a quarter.
        self.request.headers.clear()
        self.response.headers.clear()
        self.scope = {}  # type: ignore[typeddict-item]

    def _end(self, conversation: asyncio.Task[None]) -> None:
        self.on_task_complete(conversation)
        if not conversation.cancelled() and (error := conversation.exception()) is not None:
            self.logger.error("Exception in a conversation", exc_info=error)
        if self.close_timer is None or self.close_timer is _KEPT:
            self.transport.close()

    def pause(self) -> None:
        """Read nothing for a while."""
        if not self.read_paused and not self.transport.is_closing():
            self.transport.pause_reading()
        self.read_paused = True

    def resume(self) -> None:
        """Read on."""
        self.read_paused = False
        if not self.transport.is_closing():
            self.transport.resume_reading()

    @property
    def backlog(self) -> int:
        """Bytes that did not reach the peer; elsewhere than on Linux, that our kernel did not take."""
        backlog = self.transport.get_write_buffer_size()
        if self._connection is not None and not self.transport.is_closing():
            fcntl.ioctl(self._connection.fileno(), termios.TIOCOUTQ, _unsent)
            backlog += _unsent[0]
        return backlog

    def write(self, frames: list[bytes]) -> bool:
        """Write binary frames in one go; whether more may follow. A closing connection drops them."""
        if self.close_sent or self.transport.is_closing():
            return self.writable.is_set()
        if len(frames) == 1 and len(frames[0]) < _COPIED_BYTES_MAX:
            self.transport.write(framed(frames[0]))
        else:
            parts: list[bytes] = []
            largest = 0
            for frame in frames:
                size = len(frame)
                largest = max(largest, size)
                parts.append(head(size))
                parts.append(frame)
            if largest < _COPIED_BYTES_MAX:
                self.transport.write(b"".join(parts))
            else:
                self.transport.writelines(parts)  # many may be sent the same document: they share its bytes
        return self.writable.is_set()

    def _set_user_timeout(self, timeout_ms: int) -> None:
        if self._connection is not None and not self.transport.is_closing():
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, timeout_ms)

    async def close(self, code: CloseCode, reason: str) -> None:
        """See `Door`."""
        self._set_user_timeout(self._user_timeout_ms)
        with suppress(ClientDisconnected, RuntimeError):
            await self.send({"type": "websocket.close", "code": code, "reason": reason})

    def abort(self) -> None:
        """Hang up: the peer takes nothing."""
        self.transport.abort()

    async def detach(self) -> None:
        """Forget the conversation, which holds this protocol, too."""
        self._heard = self._drained = None

    def resume_writing(self) -> None:
        """Pass it on."""
        super().resume_writing()
        if self._drained is not None:
            self._drained()

    def data_received(self, data: bytes) -> None:
        """Read plain messages here. From the first thing that is none, the library reads all."""
        if self._heard is None or not self._is_plain:
            self._is_plain = self._is_plain and not self.handshake_initiated
            self._leave_to_library(bytes(self._rest) + data)
            self._rest = b""
            return
        if self._rest:
            self._rest += data
            if len(self._rest) < self._rest_bytes:
                return
            data, self._rest = bytes(self._rest), b""
        at = 0
        while self.conn.state is State.OPEN:
            payloads, at, size = read_frames(data, at, self.config.ws_max_size, apply_mask)
            for payload in payloads:
                self._heard(payload)
            if size == 0:
                break
            if size > len(data) - at:
                if at < len(data):
                    self._rest, self._rest_bytes = bytearray(data[at:]), size
                return
            self._leave_to_library(data[at : at + size])
            at += size
        self._is_plain = False
        if at < len(data) and not self.transport.is_closing():
            self._leave_to_library(data[at:])

    # What uvicorn leaves undone.

    def _leave_to_library(self, data: bytes) -> None:
        """Answer an upgrade whose headers are too large: uvicorn keeps the answer, and the socket."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.handshake_complete = self.close_sent = True
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def send_receive_event_to_app(self) -> None:
        """Do not decode text: no dialect has it, and broken text would be a traceback in the log."""
        is_text = self.curr_msg_data_type == "text"
        if self._heard is None or self.close_sent:
            if is_text:
                self.frames = [b""]
            super().send_receive_event_to_app()
            return
        frames, self.frames = self.frames, []
        self._heard(None if is_text else b"".join(frames))

    async def send(self, message: ASGISendEvent) -> None:
        """Take a refused upgrade for what it is: uvicorn calls it an incomplete handshake, as an error."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and self.close_sent:
            self.handshake_complete = True
