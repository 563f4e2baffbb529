"""Every code that a WebSocket of this server may be closed with: what it means, whether to come back.

y-websocket 3.1 treats 4400 to 4499 as permanent and everything else as "try again"; so do we. Hocuspocus
providers come back whatever the code (2.x not after 4401 and 1009): what is permanent is told to them in the
dialect, with the socket left open. The names are the labels in metrics and the fields in logs.
"""

from __future__ import annotations

from enum import IntEnum


class CloseCode(IntEnum):
    """A close code. `come_back` says whether the same client may reconnect with the same data."""

    NORMAL = 1000
    """The client or the embedding program is done."""
    UNSUPPORTED_DATA = 1003
    """A text frame arrived; both dialects are binary. Do not come back with text."""
    MESSAGE_TOO_BIG = 1009
    """A frame is larger than `message_bytes_max`. Raise the limit, or send smaller edits."""
    INTERNAL_ERROR = 1011
    """The server made a mistake, and the log has it; or the client answered no ping. Come back."""
    SERVICE_RESTART = 1012
    """The server is stopping in good order; what was acknowledged is stored. Come back."""
    TRY_AGAIN_LATER = 1013
    """The server is too busy to take this session. Come back."""

    RESET_CONNECTION = 4205
    """Hocuspocus: a frame before its Auth cannot be read, or too much waits for Auth. Come back."""

    MALFORMED_MESSAGE = 4400
    """A frame cannot be read as the dialect's grammar. Permanent."""
    UNAUTHORIZED = 4401
    """The access has expired, or (Hocuspocus) a frame names no document. Permanent without a new token."""
    FORBIDDEN = 4403
    """The session may read only, and sent an edit. Permanent."""
    DOCUMENT_ERASED = 4404
    """The document was erased. Permanent: nothing brings it back."""
    AUTHENTICATION_TIMEOUT = 4408
    """Hocuspocus: no document was authorised in time."""
    INVALID_UPDATE = 4422
    """An update, state vector or presence could be read but breaks Yjs' rules. Permanent."""

    DOCUMENT_UNAVAILABLE = 4500
    """The document cannot be loaded or stored now. Come back."""
    SLOW_CONSUMER = 4508
    """The client did not read what was sent to it within the outbox's bound. Come back and resync."""
    TOO_MUCH_WAITING = 4509
    """Too many updates wait for others they build on. Come back and resync."""

    @property
    def come_back(self) -> bool:
        """Whether a client may reconnect and expect better."""
        return self not in _PERMANENT


_PERMANENT = frozenset(
    {CloseCode.NORMAL, CloseCode.UNSUPPORTED_DATA, CloseCode.MESSAGE_TOO_BIG}
    | {code for code in CloseCode if 4400 <= code <= 4499}
)
