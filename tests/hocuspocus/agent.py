"""Unmodified Hocuspocus providers in Node processes, one process for each version."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, NamedTuple

from tests.hocuspocus import frames
from tests.hocuspocus.frames import Frame
from tests.interop.agent import AgentProcess, Client

PROVIDERS = {
    "2.15.3": "hp2153",
    "3.1.1": "hp311",
    "3.4.4": "hp344",
    "4.0.0": "hp400",
    "4.5.0": "hp450",
    "4.8.0": "hp480",
}
"""The versions, and the names that they are installed under."""

VERSIONS = tuple(PROVIDERS)
SESSION_AWARE = ("4.0.0", "4.5.0", "4.8.0")
"""The versions that can put a session id behind the document's name."""

_MAIN = Path(__file__).parent / "agent" / "main.mjs"


class ProviderAgent(AgentProcess):
    """Providers of one version."""

    def __init__(self, version: str) -> None:
        super().__init__(_MAIN, PROVIDERS[version])
        self.version = version

    async def open(
        self,
        url: str,
        document: str,
        token: str | None = "write",
        *,
        beside: Provider | None = None,
        **more: Any,
    ) -> Provider:
        """A new provider that connects to the server at `url`, or shares the socket of another.

        `more` are options of agent/client.mjs: `presence`, `written`, `hasAwareness`, `origin`, `socket` (the
        socket's configuration), or the provider's own, like `sessionAwareness`.
        """
        provider = Provider(self, self.number(), document)
        if beside is not None:
            more["beside"] = beside.number
        await provider.call("open", url=url, document=document, token=token, **more)
        return provider

    async def joined(self, url: str, document: str, token: str | None = "write", **more: Any) -> Provider:
        """A new provider, synced and with nothing unsaved."""
        provider = await self.open(url, document, token, **more)
        await provider.saved()
        return provider


class Status(NamedTuple):
    """What an application can see of a provider."""

    synced: bool
    unsynced: int
    authenticated: bool
    scopes: list[str]
    denials: list[str]
    stateless: list[str]
    closings: list[tuple[int, str]]
    closes: list[int]
    connections: int
    socket: str


class Provider(Client):
    """One provider; agent/client.mjs says what it can do."""

    def __init__(self, agent: ProviderAgent, number: int, document: str) -> None:
        super().__init__(agent, number)
        self.version = agent.version
        self.number = number
        self.document = document

    async def status(self) -> Status:
        """What it says of itself now."""
        return Status(**await self.call("status"))

    async def unsynced(self) -> int:
        """How many changes it holds for unsaved."""
        return (await self.status()).unsynced

    async def denied(self, timeout_s: float = 10) -> None:
        """Wait until it was denied access."""
        await self.call("denied", timeoutMs=timeout_s * 1000)

    async def frames(self) -> list[tuple[str, Frame]]:
        """("sent" or "received", frame) in order, since this was asked last; payloads may be cut short."""
        taken = await self.call("frames")
        return [(direction, frames.read(bytes.fromhex(data))) for direction, data in taken]

    async def received(self) -> list[Frame]:
        """The frames from the server since `frames` or `received` was asked last."""
        return [frame for direction, frame in await self.frames() if direction == "received"]

    async def statuses(self) -> list[bytes]:
        """Payloads of the SyncStatus among those."""
        return [frame.payload for frame in await self.received() if frame.kind == frames.SYNC_STATUS]

    async def send_raw(self, *data: bytes) -> None:
        """Send frames past the provider."""
        for each in data:
            await self.call("sendRaw", hex=each.hex())


async def saved(*providers: Provider) -> None:
    """Wait until none of them holds anything for unsaved."""
    await asyncio.gather(*(provider.saved() for provider in providers))
