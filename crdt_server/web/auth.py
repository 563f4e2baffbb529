"""Who may open which document, decided before the upgrade is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from crdt_server.core.session import Grant

Authenticator = Callable[[HTTPConnection, str], Awaitable[Grant | None]]
"""Given the request and the document's name: a grant, or None where there is no access."""


class Refused(Exception):
    """A connection is refused at the upgrade with an HTTP status: clients back off from that."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Gate:
    """Checks the origin of a page and asks the authenticator."""

    def __init__(
        self, authenticator: Authenticator | None, origins: frozenset[str], timeout_s: float
    ) -> None:
        self._authenticator = authenticator
        self._origins = origins
        self._timeout_s = timeout_s

    async def admit(self, connection: HTTPConnection, document: str) -> Grant:
        """Return what this connection may do. Raises `Refused`."""
        self._check_origin(connection)
        if self._authenticator is None:
            return Grant()
        try:
            async with asyncio.timeout(self._timeout_s):
                grant = await self._authenticator(connection, document)
        except TimeoutError:
            raise Refused(503, "the authenticator does not answer") from None
        if grant is None:
            raise Refused(403, "no access to this document")
        return grant

    def _check_origin(self, connection: HTTPConnection) -> None:
        """Refuse pages of other sites: browsers let them connect to us, with our cookies."""
        origin = connection.headers.get("origin")
        if origin is None or origin in self._origins or "*" in self._origins:
            return
        try:
            place = urlsplit(origin).netloc
        except ValueError:
            raise Refused(403, "the Origin header cannot be read") from None
        if place != connection.headers.get("host"):
            raise Refused(403, f"pages of {origin} may not connect; see CRDT_ALLOWED_ORIGINS")
