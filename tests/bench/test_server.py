"""The server that is measured: it runs as its users run it, and says why where it does not."""

import http.client
from pathlib import Path
from urllib.parse import urlsplit

import psutil  # type: ignore[import-untyped]  # it comes without types
import pytest

from bench.contenders import ours
from bench.contenders.process import ServerFailed, running


def test_it_is_ready_inside_and_gone_after(tmp_path: Path) -> None:
    with running(ours.YWEBSOCKET, tmp_path) as server:
        assert psutil.pid_exists(server.pid)
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=5)
        connection.request("GET", "/health/ready")
        assert connection.getresponse().status == http.HTTPStatus.OK
        connection.close()
    assert not psutil.pid_exists(server.pid)


def test_a_start_that_fails_says_what_the_server_said(tmp_path: Path) -> None:
    (tmp_path / "documents.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(ServerFailed, match=r"documents\.db"), running(ours.YWEBSOCKET, tmp_path):
        pass
