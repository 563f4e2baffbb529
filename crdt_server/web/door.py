"""The side of a WebSocket that a conversation faces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from crdt_server.protocol.close_codes import CloseCode
from crdt_server.runtime.outbox import Wire


class Door(Wire, Protocol):
    """Gives frames and takes them."""

    def attach(
        self, heard: Callable[[bytes | None], None], drained: Callable[[], None], lost: Callable[[], None]
    ) -> None:
        """Give each frame to `heard` (None: it was text), from now on.

        `drained` is called when frames may be written again, `lost` when the peer is gone, maybe repeatedly.
        """
        ...

    def pause(self) -> None:
        """Read nothing for a while. What was read already is given all the same."""
        ...

    def resume(self) -> None:
        """Read on."""
        ...

    async def close(self, code: CloseCode, reason: str) -> None:
        """Close it in good order. It is no error where the peer is gone already."""
        ...

    def abort(self) -> None:
        """Hang up: the peer takes nothing."""
        ...

    async def detach(self) -> None:
        """Give and take nothing more."""
        ...
