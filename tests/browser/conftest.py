"""Real Chromium on the real server; every test has documents and people of its own."""

import itertools
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Unpack

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.page_server import PageServer
from tests.browser.person import Person, Surroundings
from tests.server import ServerProcess

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_EXPECT_TIMEOUT_MS = 10_000

_numbers = itertools.count(1)

Arrive = Callable[..., Person]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    executable = shutil.which("chromium")
    assert executable is not None, "Chromium is needed on PATH: apt-get install chromium"
    expect.set_options(timeout=_EXPECT_TIMEOUT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def blocknote() -> Iterator[PageServer]:
    """Another site, whose page embeds BlockNote."""
    with PageServer(Path(__file__).parent / "blocknote" / "dist") as pages:
        yield pages


@pytest.fixture(scope="package")
def shared_server(tmp_path_factory: pytest.TempPathFactory, blocknote: PageServer) -> Iterator[ServerProcess]:
    store = tmp_path_factory.mktemp("store") / "documents.db"
    with ServerProcess(store, env={"CRDT_ALLOWED_ORIGINS": blocknote.url}) as server:
        yield server


@pytest.fixture
def server(shared_server: ServerProcess) -> Iterator[ServerProcess]:
    """A running server that other tests use, too."""
    yield from watched(shared_server)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A running server that the test may end and start again."""
    with ServerProcess(tmp_path / "documents.db") as server:
        yield from watched(server)


def watched(server: ServerProcess) -> Iterator[ServerProcess]:
    """A failed test shows what the server printed; a traceback in it fails the test."""
    before = len(server.log)
    yield server
    printed = server.log[before:]
    sys.stderr.write(printed)
    assert "Traceback" not in printed


@pytest.fixture
def document() -> str:
    """A name that no other test uses, with what an address has to encode."""
    return f"Compte rendu n° {next(_numbers)}/2025"


@pytest.fixture
def arrive(browser: Browser, server: ServerProcess) -> Iterator[Arrive]:
    """`arrive("Camille", "blue")`: a person with a browser profile of their own."""
    yield from arrivals(browser, server)


@pytest.fixture
def arrive_own(browser: Browser, own_server: ServerProcess) -> Iterator[Arrive]:
    """As `arrive`, at the test's own server."""
    yield from arrivals(browser, own_server)


def arrivals(browser: Browser, server: ServerProcess) -> Iterator[Arrive]:
    """Everybody leaves in the end, and nobody's page may have logged an error."""
    present: list[Person] = []

    def arrive(name: str = "Camille", colour: str = "blue", **surroundings: Unpack[Surroundings]) -> Person:
        present.append(Person.arrive(browser, server.url, name, colour, **surroundings))
        return present[-1]

    yield arrive
    for person in present:
        person.leave()
    assert [error for person in present for error in person.errors] == []
