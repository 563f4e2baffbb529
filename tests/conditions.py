"""Waiting for conditions, never for time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

POLL_S = 0.005


async def until(condition: Callable[[], object], timeout_s: float = 10.0) -> None:
    """Return when `condition` holds; AssertionError where it does not within `timeout_s`."""
    try:
        async with asyncio.timeout(timeout_s):
            while not condition():  # noqa: ASYNC110 - any condition, not only events
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        raise AssertionError(f"not within {timeout_s} s: {condition}") from None
