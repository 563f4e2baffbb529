"""What is served over HTTP besides documents: the demo, health, metrics."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from crdt_server.runtime.engine import Engine

STATIC = Path(__file__).parent / "static"

_SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self' ws: wss:; object-src 'none'; base-uri 'self'; frame-ancestors 'self'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def health_routes(engine: Engine) -> list[BaseRoute]:
    """`/health/live`, `/health/ready` and `/metrics`."""

    async def live(_: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def ready(_: Request) -> Response:
        trouble = engine.trouble()
        if trouble is None:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "not ready", "reason": trouble}, status_code=503)

    async def metrics(_: Request) -> Response:
        return Response(engine.metrics.expose(), headers={"Content-Type": engine.metrics.content_type})

    return [
        Route("/health/live", live),
        Route("/health/ready", ready),
        Route("/metrics", metrics),
    ]


def demo_routes() -> list[BaseRoute]:
    """The demo at `/` and `/d/{document}`, or how to get it where it was not built."""
    index = STATIC / "index.html"

    async def page(_: Request) -> Response:
        if not index.is_file():
            return PlainTextResponse("The demo is not built here: `make run` builds it.\n", status_code=404)
        return FileResponse(index, headers={**_SECURITY_HEADERS, "Cache-Control": "no-cache"})

    routes: list[BaseRoute] = [Route("/", page), Route("/d/{document:path}", page)]
    if (STATIC / "assets").is_dir():
        routes.append(Mount("/assets", StaticFiles(directory=STATIC / "assets")))
    return routes
