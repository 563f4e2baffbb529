"""What all tests share."""

from __future__ import annotations

import pytest
from hypothesis import settings

from crdt_server.compiled import IS_COMPILED

# Time is no property of the code under test, least of all on a noisy machine: benchmarks measure it.
settings.register_profile("everywhere", deadline=None, print_blob=True)
settings.load_profile("everywhere")


def pytest_report_header() -> str:
    return f"crdt-server: {'compiled' if IS_COMPILED else 'plain Python'}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: after Playwright's synchronous interface asyncio has a wrong current task."""
    items.sort(key=lambda item: "browser" in item.path.parts)
