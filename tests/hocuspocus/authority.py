"""Who may do what in these tests, for our server; reference.mjs has the same policy.

Token "write" may write, "read" may read, "slow" may write and is looked up slowly, "expires-2.5" may write
for 2.5 seconds, and with "broken" nobody can say. With any other token, or none, documents whose name starts
with "open" may be written, and others are denied.
"""

from __future__ import annotations

import asyncio
import time

from starlette.requests import HTTPConnection

from crdt_server import Grant, StatelessMessage

SLOW_S = 0.3
_EXPIRES = "expires-"


async def authenticate(connection: HTTPConnection, document: str, token: str) -> Grant | None:
    """Decide by the token, else by the document's name."""
    if token == "broken":
        raise RuntimeError("the directory does not answer")
    if token == "slow":
        await asyncio.sleep(SLOW_S)
    if token.startswith(_EXPIRES):
        return Grant(expires_at=time.time() + float(token.removeprefix(_EXPIRES)))
    if token == "read":
        return Grant(can_write=False)
    return Grant() if token in {"write", "slow"} or document.startswith("open") else None


async def answer_stateless(message: StatelessMessage) -> None:
    """Echo to the sender; what begins with "all:" goes to everybody."""
    if message.payload.startswith("all:"):
        message.broadcast(message.payload)
    else:
        message.reply(message.payload)
