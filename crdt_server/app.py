"""The composition root: an engine and the web around it, as one ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

from crdt_server.runtime.engine import Engine
from crdt_server.web.auth import Authenticator, Gate
from crdt_server.web.pages import demo_routes, health_routes
from crdt_server.web.socket import DocumentSocket


def create_app(
    engine: Engine | str = "memory:",
    *,
    authenticator: Authenticator | None = None,
    allowed_origins: Iterable[str] = (),
    demo: bool = True,
) -> Starlette:
    """Return an ASGI application that serves the documents of `engine`.

    An engine that is not open yet, or a store's URL in its place, is opened and closed with the
    application's lifespan. An application mounted below another must have its lifespan run by that, or
    an open engine. `authenticator` is asked at each connection; without it everybody may write.
    Raises ValueError where a URL names no store.
    """
    served = Engine(engine) if isinstance(engine, str) else engine

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if served.is_open:
            yield
            return
        async with served:
            yield

    gate = Gate(authenticator, frozenset(allowed_origins), served.limits.authenticate_timeout_s)
    routes = [
        WebSocketRoute("/ws/{document:path}", DocumentSocket(served, gate).serve),
        *health_routes(served),
        *(demo_routes() if demo else []),
    ]
    return Starlette(routes=routes, lifespan=lifespan)
