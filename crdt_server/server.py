"""One server process: a listening socket, an engine, uvicorn, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import ipaddress
import signal
import socket
from collections.abc import Iterator
from typing import Any, Self

import structlog
import uvicorn
import uvloop
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp

from crdt_server.app import create_app
from crdt_server.compiled import IS_COMPILED
from crdt_server.core.limits import Limits
from crdt_server.runtime.engine import Engine
from crdt_server.settings import Settings, SettingsError
from crdt_server.web.auth import Authenticator
from crdt_server.web.stateless import StatelessHook
from crdt_server.web.wire import WireProtocol
from persistence.port import StoreError

TCP_USER_TIMEOUT_MS = 20_000
"""A peer that takes nothing for this long is gone. uvicorn's pings never notice one that stopped reading."""

GRACEFUL_SHUTDOWN_S = 5
"""Time that open requests get to end after SIGTERM."""

_BACKLOG = 2048
_LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1", "[::1]")

_OVERSIZE_FACTOR = 2
"""What is larger than a message may be, but not by more than this, is read to be refused in words: some
Hocuspocus providers come back from a close with 1009 and send the same again, for ever."""

_log = structlog.get_logger(__name__)


class StartFailed(Exception):
    """The server cannot start; the message says why and what to do."""


_GC_THRESHOLDS = (50_000, 20, 50)
"""The garbage collector looks for cycles after so many new objects; by default after 700, a twentieth of the
CPU of a busy server that makes hardly any."""


def run(settings: Settings, limits: Limits) -> int:
    """Serve until SIGTERM or SIGINT, on uvloop; return the number of records that could not be stored.

    Raises `SettingsError` or `StartFailed`.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run(settings, limits))


async def _run(settings: Settings, limits: Limits) -> int:
    authenticator: Authenticator | None = _callable("CRDT_AUTHENTICATOR", settings.authenticator)
    hook: StatelessHook | None = _callable("CRDT_STATELESS_HOOK", settings.stateless_hook)
    if authenticator is None and not _is_loopback(settings.host):
        raise SettingsError(
            f"CRDT_HOST: {settings.host} can be reached from other machines, and without an authenticator "
            "everybody there may read and write everything. Set CRDT_AUTHENTICATOR, or listen on 127.0.0.1."
        )
    try:
        engine = Engine(settings.store, limits=limits)
    except ValueError as error:
        raise SettingsError(f"CRDT_STORE: {error}") from None
    with _Signals() as signals, _listen(settings.host, settings.port) as listener:
        try:
            await engine.__aenter__()
        except StoreError as error:
            raise StartFailed(str(error)) from error
        gc.freeze()  # what is there now stays
        gc.set_threshold(*_GC_THRESHOLDS)
        try:
            app: ASGIApp = create_app(
                engine,
                authenticator=authenticator,
                stateless_hook=hook,
                hocuspocus_paths=settings.hocuspocus_paths.split(),
                allowed_origins=settings.origins,
            )
            if authenticator is None:
                # A page of another site may have its own name lead to this machine.
                app = TrustedHostMiddleware(app, [settings.host, *_LOOPBACK_HOSTS])
            host, port = listener.getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            _log.info(
                "server.ready",
                url=f"http://{shown}:{port}",
                store=settings.store.partition(":")[0],
                compiled=IS_COMPILED,
            )
            await signals.serve(_Server(_config(app, limits)), listener)
        finally:
            unwritten = await engine.close()
    _log.info("server.stopped", unwritten=unwritten)
    return unwritten


class _Signals:
    """SIGTERM and SIGINT, from the start of the process to its last line: they end it in good order."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._server: _Server | None = None
        self._came = False

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._loop.add_signal_handler(number, self._stop)
        return self

    def __exit__(self, *_: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._loop.remove_signal_handler(number)

    async def serve(self, server: _Server, listener: socket.socket) -> None:
        """Serve until a signal comes; one that came before counts."""
        self._server = server
        server.should_exit = self._came
        await server.serve(sockets=[listener])

    def _stop(self) -> None:
        if self._server is not None:
            self._server.force_exit = self._came  # a second signal does not wait for clients
            self._server.should_exit = True
        self._came = True


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: it would die of the signal after an orderly end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(app: ASGIApp, limits: Limits) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        ws=WireProtocol,
        ws_max_size=limits.message_bytes_max * _OVERSIZE_FACTOR,
        ws_ping_interval=None,  # pings end whoever reads slowly, and who is gone ends without them
        ws_per_message_deflate=False,  # 255 KB on the wire became 64 MiB in memory
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_S,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; what is accepted inherits it
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, TCP_USER_TIMEOUT_MS)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        raise StartFailed(
            f"cannot listen on {host} port {port}: {reason}. Is another server running?"
        ) from error
    return listener


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _callable(variable: str, path: str) -> Any:
    """Import what a setting names; None where it is empty."""
    if not path:
        return None
    module, _, name = path.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise SettingsError(f"{variable}: {path} cannot be imported: {error}") from error
    if not callable(found):
        raise SettingsError(f"{variable}: {path} is not callable")
    return found
