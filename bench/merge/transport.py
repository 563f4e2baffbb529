"""A connection in the process: a list."""

from __future__ import annotations

from bench.digest import WrongAnswer
from crdt_server.protocol.close_codes import CloseCode


class ListTransport:
    """A connection that keeps what it was sent."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.send = self.frames.append

    def takes_more(self) -> bool:
        """It always does."""
        return True

    def close(self, code: CloseCode, reason: str) -> None:
        """A room that closes an honest session gives a wrong answer."""
        raise WrongAnswer(f"a session was closed: {code.name}, {reason}")
