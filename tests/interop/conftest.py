"""One server for the tests of a file, and a fresh document for each test."""

import itertools
import sys
from collections.abc import Iterator

import pytest

from tests.server import ServerProcess

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("store") / "documents.db") as server:
        yield server


@pytest.fixture
def server(shared_server: ServerProcess) -> Iterator[ServerProcess]:
    """The file's server; a traceback in its output fails the test that caused it."""
    before = len(shared_server.log)
    yield shared_server
    sys.stderr.write(shared_server.log[before:])  # pytest shows it with a failure
    shared_server.assert_no_traceback(before)


@pytest.fixture
def document() -> str:
    """A name that no other test uses."""
    return f"document-{next(_numbers)}"
