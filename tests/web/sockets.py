"""WebSockets of Starlette's test client."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import CancelledError
from typing import Any

import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse, WebSocketTestSession


@contextlib.contextmanager
def connect(client: TestClient, path: str, **options: Any) -> Iterator[WebSocketTestSession]:
    """Connect; at the end the test client cancels the application's call, which then raises that."""
    with (
        contextlib.suppress(CancelledError),
        client.websocket_connect(path, **options) as session,
    ):
        yield session


def refusal(client: TestClient, path: str, **options: Any) -> tuple[int, str]:
    with pytest.raises(WebSocketDenialResponse) as caught, connect(client, path, **options):
        pass
    return caught.value.status_code, caught.value.text
