"""How the load client speaks: one client, two framings, four ways to learn that an edit was taken, or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, Protocol

from crdt_server.protocol.lib0 import (
    read_var_bytes,
    read_var_uint,
    write_var_bytes,
    write_var_string,
)
from crdt_server.protocol.update import EMPTY_UPDATE

DialectName = Literal["y-websocket", "y-websocket, echo", "y-websocket, relay", "hocuspocus"]

_SYNC, _AWARENESS = 0, 1
_STEP2, _UPDATE = 1, 2
_STEP1_OF_NOTHING = b"\x00\x00\x01\x00"
_STEP2_OF_NOTHING = b"\x00\x01" + write_var_bytes(EMPTY_UPDATE)
_UPDATE_HEADER = b"\x00\x02"
_AWARENESS_HEADER = b"\x01"

GREETINGS: Final = 1
"""Messages before the first edit that count for the acknowledgement: the Step2 that answers a Step1."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a frame from the server says.

    `update` is that of a Step2 or Update, `awareness` an awareness update. `taken` is how many of this
    connection's messages are acknowledged by now, `taken_more` by how many that grew; a frame has at most
    one of the two.
    """

    update: bytes | None = None
    awareness: bytes | None = None
    taken: int | None = None
    taken_more: int = 0


_NOTHING: Final = Heard()
_ONE_MORE: Final = Heard(taken_more=1)


class Dialect(Protocol):
    """A dialect, for one document."""

    greeting: tuple[bytes, ...]
    """Frames that open the document, as a client without content sends them."""
    acknowledges_by_echo: bool
    """Whether an edit counts as acknowledged when it comes back to its author."""
    is_relay: bool
    """Whether the other side acknowledges nothing and keeps nothing for newcomers."""

    def url(self, base: str) -> str:
        """Return where to connect, from the server's URL."""
        ...

    def edit(self, update: bytes) -> bytes:
        """Frame an edit."""
        ...

    def presence(self, update: bytes) -> bytes:
        """Frame an awareness update."""
        ...

    def hear(self, frame: bytes) -> Heard:
        """Read a frame from the server."""
        ...


class YWebsocket:
    """One document per socket, in the URL.

    A server of ours says how many messages are stored, in a number behind the update. Others only send an
    edit to everybody, its author too, which is the most that their clients get to know; a relay leaves the
    author out.
    """

    greeting: tuple[bytes, ...] = (_STEP1_OF_NOTHING, _STEP2_OF_NOTHING)

    def __init__(self, document: str, *, acknowledges_by_echo: bool = False, is_relay: bool = False) -> None:
        self.acknowledges_by_echo = acknowledges_by_echo
        self.is_relay = is_relay
        self._document = document

    def url(self, base: str) -> str:
        return f"{base}/{self._document}"

    def edit(self, update: bytes) -> bytes:
        return _UPDATE_HEADER + write_var_bytes(update)

    def presence(self, update: bytes) -> bytes:
        return _AWARENESS_HEADER + write_var_bytes(update)

    def hear(self, frame: bytes) -> Heard:
        return _heard(frame, 0)


class Hocuspocus:
    """The document's name in every frame; Auth first, its answer is not awaited; a status per message."""

    acknowledges_by_echo = False
    is_relay = False

    _AUTH = b"\x02\x00" + write_var_string("token") + write_var_string("4.8.0")
    _SAVED = b"\x08\x01"

    def __init__(self, document: str) -> None:
        self._address = write_var_string(document)
        frames = (self._AUTH, _STEP1_OF_NOTHING, _STEP2_OF_NOTHING)
        self.greeting: tuple[bytes, ...] = tuple(self._address + frame for frame in frames)
        self._saved = self._address + self._SAVED

    def url(self, base: str) -> str:
        return base

    def edit(self, update: bytes) -> bytes:
        return self._address + _UPDATE_HEADER + write_var_bytes(update)

    def presence(self, update: bytes) -> bytes:
        return self._address + _AWARENESS_HEADER + write_var_bytes(update)

    def hear(self, frame: bytes) -> Heard:
        if frame == self._saved:
            return _ONE_MORE
        return _heard(frame, len(self._address)) if frame.startswith(self._address) else _NOTHING


def _heard(frame: bytes, pos: int) -> Heard:
    """Read a Step2, an Update and the number behind it if there is one, or an awareness message at `pos`."""
    if len(frame) < pos + 2:
        return _NOTHING
    if frame[pos] == _AWARENESS:
        return Heard(awareness=read_var_bytes(frame, pos + 1)[0])
    if frame[pos] != _SYNC or frame[pos + 1] not in (_STEP2, _UPDATE):
        return _NOTHING
    update, end = read_var_bytes(frame, pos + 2)
    return Heard(update, taken=read_var_uint(frame, end)[0] if end < len(frame) else None)


def speak(name: DialectName, document: str) -> Dialect:
    """Return the dialect of that name."""
    if name == "hocuspocus":
        return Hocuspocus(document)
    return YWebsocket(document, acknowledges_by_echo=name.endswith("echo"), is_relay=name.endswith("relay"))
