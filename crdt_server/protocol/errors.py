"""What a peer can do wrong, as errors; each leaf names the code its connection is closed with.

::

    ProtocolError            the peer broke the protocol; close its connection with `close_code`
    ├── MalformedMessage     bytes that no grammar reads: truncated, trailing, out of range
    ├── MessageTooBig        larger than a named limit
    ├── InvalidUpdate        readable, but would poison the document
    ├── WriteForbidden       an edit from a session that may read only
    └── TooMuchWaiting       more updates wait for their dependencies than the room holds
"""

from __future__ import annotations

from typing import ClassVar

from .close_codes import CloseCode


class ProtocolError(Exception):
    """A peer broke the protocol. Carries the code to close its connection with."""

    close_code: ClassVar[CloseCode] = CloseCode.MALFORMED_MESSAGE


class MalformedMessage(ProtocolError):
    """The bytes cannot be read."""


class MessageTooBig(ProtocolError):
    """A message or a part of one is over its limit."""

    close_code = CloseCode.MESSAGE_TOO_BIG


class InvalidUpdate(ProtocolError):
    """The bytes can be read, but no honest Yjs client writes them and they would damage the document."""

    close_code = CloseCode.INVALID_UPDATE


class WriteForbidden(ProtocolError):
    """The session's grant does not allow edits."""

    close_code = CloseCode.FORBIDDEN


class TooMuchWaiting(ProtocolError):
    """The session sent more updates with missing dependencies than a room holds back."""

    close_code = CloseCode.TOO_MUCH_WAITING
