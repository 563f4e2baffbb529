"""The dialect's frames, written and read independently of the server's codec."""

from __future__ import annotations

from typing import NamedTuple

from tests.interop.peer import var_uint

SYNC, AWARENESS, AUTH, QUERY_AWARENESS, SYNC_REPLY = range(5)
STATELESS, BROADCAST_STATELESS, CLOSE, SYNC_STATUS, PING, PONG = range(5, 11)
STEP_1, STEP_2, UPDATE = range(3)

EMPTY_STATE_VECTOR = b"\x00"
EMPTY_UPDATE = b"\x00\x00"
SAVED, REJECTED = b"\x01", b"\x00"
TOKEN_REQUEST = b"\x00"


class Frame(NamedTuple):
    """One frame: the address as it stood there, the type, what follows."""

    address: str
    kind: int
    payload: bytes

    @property
    def is_edit(self) -> bool:
        """Step2 or Update: what is answered by a SyncStatus."""
        return self.kind == SYNC and self.payload[0] in {STEP_2, UPDATE}


def var_string(text: str | bytes) -> bytes:
    """Write lib0's varString; of bytes that need not be UTF-8, too."""
    encoded = text.encode() if isinstance(text, str) else text
    return var_uint(len(encoded)) + encoded


def read_var_uint(data: bytes, pos: int) -> tuple[int, int]:
    """Read lib0's varUint; the number and the position behind it."""
    number = shift = 0
    while True:
        byte = data[pos]
        pos += 1
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number, pos


def read_var_string(data: bytes, pos: int = 0) -> tuple[str, int]:
    """Read lib0's varString; the text and the position behind it."""
    length, pos = read_var_uint(data, pos)
    return data[pos : pos + length].decode(), pos + length


def read(data: bytes) -> Frame:
    """Take a frame apart; Ping and Pong are a type alone."""
    if len(data) == 1:
        return Frame("", data[0], b"")
    address, pos = read_var_string(data)
    kind, pos = read_var_uint(data, pos)
    return Frame(address, kind, data[pos:])


def frame(address: str | bytes, kind: int, payload: bytes = b"") -> bytes:
    """Write a frame."""
    return var_string(address) + var_uint(kind) + payload


def auth(address: str, token: str, version: str | None = None) -> bytes:
    """Write an Auth frame; 4.x providers add their version."""
    return frame(address, AUTH, b"\x00" + var_string(token) + (var_string(version) if version else b""))


def step_1(address: str, state_vector: bytes = EMPTY_STATE_VECTOR) -> bytes:
    """Write a Step1."""
    return frame(address, SYNC, var_uint(STEP_1) + var_string(state_vector))


def step_2(address: str, update: bytes = EMPTY_UPDATE) -> bytes:
    """Write a Step2."""
    return frame(address, SYNC, var_uint(STEP_2) + var_string(update))


def update(address: str, content: bytes) -> bytes:
    """Write an Update."""
    return frame(address, SYNC, var_uint(UPDATE) + var_string(content))


def awareness(address: str, client: int, clock: int, state: str) -> bytes:
    """Write an Awareness frame about one client; `state` is JSON."""
    entry = b"\x01" + var_uint(client) + var_uint(clock) + var_string(state)
    return frame(address, AWARENESS, var_string(entry))


def stateless(address: str, payload: str) -> bytes:
    """Write a Stateless frame."""
    return frame(address, STATELESS, var_string(payload))


def denied(reason: str) -> bytes:
    """Payload of a PermissionDenied."""
    return b"\x01" + var_string(reason)


def authenticated(scope: str) -> bytes:
    """Payload of an Authenticated."""
    return b"\x02" + var_string(scope)
