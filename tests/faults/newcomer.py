"""Somebody who comes afterwards, with nothing: what they find is what the server kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pycrdt

from tests.faults.book import Promises
from tests.faults.client import Client
from tests.faults.tokens import Tokens

NEWCOMER = 9999
"""Client id of a newcomer. It never writes."""


async def found(url: str, document: str) -> list[str]:
    """A document's tokens, as a newcomer gets them; AssertionError if they do not load as they should."""
    client = await Client(url, document, NEWCOMER).joined()
    await client.close()
    assert client.clocks() == client.server_clocks, f"{document}: not all that the server has was usable"
    again: pycrdt.Doc[Any] = pycrdt.Doc()
    tokens = Tokens(again)
    again.apply_update(client.doc.get_update())
    assert again.get_state() == client.doc.get_state(), f"{document}: its state does not load again"
    assert tokens.found() == client.tokens.found(), f"{document}: its content changes when loaded again"
    return client.tokens.found()


async def broken_promises(url: str, promises: Mapping[str, Promises]) -> list[str]:
    """What the server kept of each document, against what it promised; an empty list: all promises."""
    contents = await asyncio.gather(*(found(url, document) for document in promises))
    return [
        f"{document}: {broken}"
        for (document, promise), tokens in zip(promises.items(), contents, strict=True)
        for broken in promise.broken_by(tokens)
    ]
