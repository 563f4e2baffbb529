"""Waiting for conditions, never for time."""

from __future__ import annotations

import asyncio
import time
import urllib.error
import urllib.request
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


def until_answered(url: str, timeout_s: float = 30.0) -> None:
    """Return when a GET of `url` is answered with 200; AssertionError where it is not within `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=timeout_s):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(POLL_S)
    raise AssertionError(f"{url} is not there within {timeout_s} s")
