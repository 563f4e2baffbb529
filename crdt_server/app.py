"""The composition root: an engine and the web around it, as one ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

from crdt_server.runtime.engine import Engine
from crdt_server.web.auth import Authenticator, Gate
from crdt_server.web.hocuspocus import HocuspocusEndpoint
from crdt_server.web.pages import demo_routes, health_routes
from crdt_server.web.paths import check_path
from crdt_server.web.stateless import StatelessHook
from crdt_server.web.ywebsocket import YWebSocketEndpoint

HOCUSPOCUS_PATH = "/hocuspocus"


def create_app(  # noqa: PLR0913 - all by name
    engine: Engine | str = "memory:",
    *,
    authenticator: Authenticator | None = None,
    stateless_hook: StatelessHook | None = None,
    hocuspocus_paths: Iterable[str] = (),
    allowed_origins: Iterable[str] = (),
    demo: bool = True,
) -> Starlette:
    """Return an ASGI application that serves the documents of `engine`.

    An engine that is not open yet, or a store's URL in its place, is opened and closed with the
    application's lifespan. An application mounted below another must have its lifespan run by that, or
    an open engine. `authenticator` is asked for each document on each connection; without it everybody may
    write. `stateless_hook` gets what Hocuspocus clients send with `sendStateless`; `hocuspocus_paths` are
    further paths beside `/hocuspocus`. Raises ValueError where a URL names no store, or a path does not
    start with a slash.
    """
    served = Engine(engine) if isinstance(engine, str) else engine

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if served.is_open:
            yield
            return
        async with served:
            yield

    gate = Gate(authenticator, frozenset(allowed_origins), served.limits)
    hocuspocus = HocuspocusEndpoint(served, gate, stateless_hook).serve
    routes = [
        *(WebSocketRoute(path, hocuspocus) for path in _spellings([HOCUSPOCUS_PATH, *hocuspocus_paths])),
        WebSocketRoute("/ws/{document:path}", YWebSocketEndpoint(served, gate).serve),
        *health_routes(served),
        *(demo_routes() if demo else []),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def _spellings(paths: Iterable[str]) -> Iterator[str]:
    """Iterate over paths with and without a slash at their end: most providers cut it off, some may not."""
    for path in paths:
        check_path(path)
        plain = path.rstrip("/")
        if plain:
            yield plain
        yield plain + "/"
