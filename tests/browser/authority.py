"""Who may do what in these tests.

Token "write" may write, "read" may read, "until-1767225600" may write until then (Unix time); others nothing.
"""

from starlette.requests import HTTPConnection

from crdt_server import Grant

_UNTIL = "until-"


async def authenticate(connection: HTTPConnection, document: str, token: str) -> Grant | None:
    """Decide by the token alone."""
    if token.startswith(_UNTIL):
        return Grant(expires_at=float(token.removeprefix(_UNTIL)))
    return {"write": Grant(), "read": Grant(can_write=False)}.get(token)
