"""`python -m bench.contenders.pycrdt_websocket PORT`: its server with its defaults, on uvicorn."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import uvicorn
import uvloop
from pycrdt.websocket import ASGIServer, WebsocketServer


async def serve(port: int) -> None:
    """Serve on loopback until SIGTERM."""
    async with WebsocketServer() as rooms:
        sockets = ASGIServer(rooms)

        async def application(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "http":
                await sockets(scope, receive, send)
                return
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"ready"})

        config = uvicorn.Config(application, host="127.0.0.1", port=port, log_level="warning")
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1])))
