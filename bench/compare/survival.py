"""What an acknowledgement is worth: a server is killed right after it, and what is left is counted."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Final

from picows import WSError

from bench.contenders.contender import Contender
from bench.contenders.process import Server, ServerFailed, running
from bench.edits import TYPIST, opened, text_of, typed
from bench.load.connection import Connection
from bench.load.crowd import joined
from bench.load.dialect import GREETINGS, Dialect, speak
from bench.load.ledger import Ledger, Sent, updates_in

ACKNOWLEDGED: Final = 20
"""Edits of one letter each, the next one sent when the one before is acknowledged."""

_TIMEOUT_S = 30.0
_POLL_S = 0.002
_DOCUMENT = "survival"
_UPDATES: Final = typed([[(number, 0, "x")] for number in range(ACKNOWLEDGED)], client=TYPIST)


def survivors(contender: Contender, folder: Path) -> int:
    """Return how many of the acknowledged edits a newcomer gets after `kill -9` and a restart.

    Raises `Absent`, or `ServerFailed`, also where it does not answer as it should.
    """
    dialect = speak(contender.dialect, _DOCUMENT)
    try:
        with running(contender, folder) as server:
            asyncio.run(_write_and_kill(server, dialect))
        with running(contender, folder) as server:
            return asyncio.run(_letters(server, dialect))
    except (OSError, WSError) as error:
        raise ServerFailed(f"{type(error).__name__} {error}") from error


async def _write_and_kill(server: Server, dialect: Dialect) -> None:
    author = await joined(server.url, dialect)
    async with asyncio.timeout(_TIMEOUT_S):
        for number, update in enumerate(_UPDATES, start=1):
            author.send(dialect.edit(update))
            while _acknowledged(author, dialect, number) < number:  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(_POLL_S)
    os.kill(server.pid, signal.SIGKILL)


def _acknowledged(author: Connection, dialect: Dialect, sent: int) -> int:
    ledger = Ledger([Sent(0, update, 0, 0) for update in _UPDATES[:sent]], dialect)
    ledger.count(0, author.arrivals, uncounted=GREETINGS)
    return ledger.counts.acknowledged


async def _letters(server: Server, dialect: Dialect) -> int:
    newcomer = await joined(server.url, dialect)
    newcomer.close()
    return len(text_of(opened(updates_in(dialect, newcomer.arrivals))))
