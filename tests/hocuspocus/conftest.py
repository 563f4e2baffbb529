"""One process for each provider version and one for each server, for all tests of this folder.

Their pipes belong to an event loop, so all tests here run in one.
"""

from __future__ import annotations

import contextlib
import inspect
import itertools
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.hocuspocus.agent import VERSIONS, ProviderAgent
from tests.hocuspocus.servers import BOTH, OurServer, ReferenceServer, Server
from tests.interop.agent import FLAVOURS, Agent, Flavour

_FOLDER = Path(__file__).parent
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let all tests of this folder share a loop."""
    for item in items:
        if _FOLDER in item.path.parents and inspect.iscoroutinefunction(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.asyncio(loop_scope="package"), append=False)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def all_agents() -> AsyncIterator[dict[str, ProviderAgent]]:
    """A process for each version, by version."""
    async with contextlib.AsyncExitStack() as stack:
        yield {version: await stack.enter_async_context(ProviderAgent(version)) for version in VERSIONS}


@pytest_asyncio.fixture(loop_scope="package")
async def agents(all_agents: dict[str, ProviderAgent]) -> AsyncIterator[dict[str, ProviderAgent]]:
    """The same; the test's providers are destroyed after it, and must have complained about nothing."""
    yield all_agents
    for agent in all_agents.values():
        await agent.clear()


@pytest_asyncio.fixture(params=VERSIONS, loop_scope="package")
async def agent(
    request: pytest.FixtureRequest, all_agents: dict[str, ProviderAgent]
) -> AsyncIterator[ProviderAgent]:
    """Each version's process in turn."""
    yield all_agents[request.param]
    await all_agents[request.param].clear()


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def all_others() -> AsyncIterator[dict[Flavour, Agent]]:
    """A process for each version of y-websocket, by its name."""
    async with contextlib.AsyncExitStack() as stack:
        yield {flavour: await stack.enter_async_context(Agent(flavour)) for flavour in FLAVOURS}


@pytest_asyncio.fixture(loop_scope="package")
async def others(all_others: dict[Flavour, Agent]) -> AsyncIterator[dict[Flavour, Agent]]:
    """The same; the test's clients are destroyed after it, and must have complained about nothing."""
    yield all_others
    for agent in all_others.values():
        await agent.clear()


@pytest.fixture(scope="package")
def our_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OurServer]:
    with OurServer(tmp_path_factory.mktemp("store") / "documents.db") as server:
        yield server


@pytest.fixture(scope="package")
def reference_server() -> Iterator[ReferenceServer]:
    with ReferenceServer() as server:
        yield server


@pytest.fixture
def ours(our_server: OurServer) -> Iterator[OurServer]:
    """Our server; a traceback in its output fails the test that caused it."""
    before = len(our_server.log)
    yield our_server
    sys.stderr.write(our_server.log[before:])  # pytest shows it with a failure
    our_server.assert_no_traceback(before)


@pytest.fixture(params=BOTH)
def server(request: pytest.FixtureRequest) -> Server:
    """Ours, and the reference: where the behaviour is meant to be equal."""
    name = "ours" if request.param == "ours" else "reference_server"
    server: Server = request.getfixturevalue(name)
    return server


@pytest.fixture
def document() -> str:
    """A name that no other test uses; without a token there is no access to it."""
    return f"private-{next(_numbers)}"


@pytest.fixture
def open_document() -> str:
    """A name that no other test uses; it may be written without a token."""
    return f"open-{next(_numbers)}"
