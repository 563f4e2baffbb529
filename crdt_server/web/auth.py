"""Who may open which document: at the upgrade (y-websocket), or at the Auth of a document (Hocuspocus)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import structlog
from starlette.requests import HTTPConnection

from crdt_server.core.limits import Limits
from crdt_server.core.session import Grant
from crdt_server.runtime.errors import InvalidName
from crdt_server.runtime.names import check_name

Authenticator = Callable[[HTTPConnection, str, str], Awaitable[Grant | None]]
"""Given the request, the document's name and the token: a grant, or None where there is no access.

The token is the one of a Hocuspocus Auth, or the `token` in a y-websocket URL's query; empty without.
"""

_log = structlog.get_logger(__name__)


def is_cancelled(error: BaseException) -> bool:
    """Whether the running task is being cancelled; an operator's callable may raise CancelledError itself."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


class Refused(Exception):
    """No access, or not now; `status` says it in HTTP's terms. Below 500 it is for good."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Gate:
    """Checks the origin of a page and asks the authenticator."""

    def __init__(self, authenticator: Authenticator | None, origins: frozenset[str], limits: Limits) -> None:
        self._authenticator = authenticator
        self._origins = origins
        self._limits = limits

    async def admit(self, connection: HTTPConnection, document: str, token: str) -> Grant:
        """Return what this connection may do in a document. Raises `Refused`.

        What is no name does not reach the authenticator.
        """
        try:
            check_name(document, bytes_max=self._limits.document_name_bytes_max)
        except InvalidName as error:
            raise Refused(400, str(error)) from None
        if self._authenticator is None:
            return Grant()
        try:
            async with asyncio.timeout(self._limits.authenticate_timeout_s):
                grant = await self._authenticator(connection, document, token)
            if grant is None:
                raise Refused(403, "no access to this document")
            if not isinstance(grant, Grant):
                raise TypeError(f"an authenticator returns a Grant or None, not {type(grant).__name__}")
        except Refused:
            raise
        except TimeoutError:
            raise Refused(503, "the authenticator does not answer") from None
        except (Exception, asyncio.CancelledError) as error:
            if is_cancelled(error):
                raise
            _log.exception("authenticator.failed", document=document[:100])
            raise Refused(500, "the authenticator failed") from None
        if grant.expires_at is not None and grant.expires_at <= time.time():
            raise Refused(403, "the access has expired")
        return grant

    def check_origin(self, connection: HTTPConnection) -> None:
        """Raise `Refused` for pages of other sites: browsers let them connect to us, with our cookies."""
        origin = connection.headers.get("origin")
        if origin is None or origin in self._origins or "*" in self._origins:
            return
        try:
            place = urlsplit(origin).netloc
        except ValueError:
            raise Refused(403, "the Origin header cannot be read") from None
        if place != connection.headers.get("host"):
            raise Refused(403, f"pages of {origin} may not connect; see CRDT_ALLOWED_ORIGINS")
