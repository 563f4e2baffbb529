"""Unmodified clients in Node processes, from a test's side: y-websocket's here, others elsewhere."""

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from tests.interop.node import INTEROP, node_environment, node_path

Flavour = Literal["yjs13", "yjs14"]
"""yjs13: Yjs 13 and y-websocket 3; yjs14: the pre-releases of Yjs 14 and y-websocket 4."""

FLAVOURS: tuple[Flavour, ...] = ("yjs13", "yjs14")
CALL_TIMEOUT_S = 15.0
POLL_S = 0.01
REPLY_BYTES_MAX = 64 * 1024 * 1024


class AgentProcess:
    """A Node process with clients; leaving it asserts that they complained about nothing."""

    def __init__(self, script: Path, *args: str) -> None:
        """`script` answers requests as agent/requests.mjs does."""
        self._command = (str(script), *args)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._requests = 0
        self._clients = 0
        self._killed = False

    def number(self) -> int:
        """A number for a new client."""
        self._clients += 1
        return self._clients

    async def complaints(self) -> list[str]:
        """What was written to the console or thrown where nobody caught it, since this was asked last."""
        found: list[str] = await self.request({"call": "complaints"})
        return found

    async def clear(self) -> None:
        """Destroy all its clients; AssertionError where anything complained."""
        await self.request({"call": "close"})
        complaints = await self.complaints()
        assert complaints == [], "\n".join(complaints)

    async def request(self, request: dict[str, Any]) -> Any:
        """Send one request and wait for its answer; AssertionError with the error from Node."""
        self._requests += 1
        number = self._requests
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({**request, "id": number}).encode() + b"\n")
        return await asyncio.wait_for(answer, CALL_TIMEOUT_S)

    def kill(self) -> None:
        """SIGKILL: all its clients are gone without a word."""
        self._killed = True
        self._process.kill()

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            node_path(),
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=node_environment(),
            limit=REPLY_BYTES_MAX,
        )
        self._reader = asyncio.create_task(self._read_answers())
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None and not self._killed:
                assert await self.complaints() == []
        finally:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
            await self._reader

    async def _read_answers(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            reply = json.loads(line)
            answer = self._waiting.pop(reply["id"])
            if answer.done():
                continue
            if "error" in reply:
                answer.set_exception(AssertionError(reply["error"]))
            else:
                answer.set_result(reply["result"])
        for answer in self._waiting.values():
            answer.cancel()


class Agent(AgentProcess):
    """y-websocket clients of one flavour."""

    def __init__(self, flavour: Flavour = "yjs13") -> None:
        super().__init__(INTEROP / "agent" / "main.mjs", flavour)
        self.flavour = flavour

    async def open(self, url: str, document: str, *, presence: Any = None) -> "Client":
        """A new client that connects to url/document; await its `synced`."""
        client = Client(self, self.number())
        await client.call("open", url=url, document=document, awareness=presence)
        return client

    async def joined(self, url: str, document: str, *, presence: Any = None) -> "Client":
        """A new client, synced."""
        client = await self.open(url, document, presence=presence)
        await client.synced()
        return client


class Client:
    """One client of an agent; agent/client.mjs and agent/replica.mjs say what it can do."""

    def __init__(self, agent: AgentProcess, number: int) -> None:
        self.agent = agent
        self._number = number

    async def call(self, name: str, /, **options: Any) -> Any:
        """Call a method of the Node side."""
        return await self.agent.request({"client": self._number, "call": name, "with": options})

    async def synced(self, timeout_s: float = 10) -> None:
        """Wait until the provider says that it is synced."""
        await self.call("synced", timeoutMs=timeout_s * 1000)

    async def saved(self, timeout_s: float = 10) -> None:
        """Wait until everything that it sent on this connection is acknowledged."""
        await self.call("saved", timeoutMs=timeout_s * 1000)

    async def edit(self, name: str, author: str) -> None:
        """Make one of the edits of agent/edits.mjs."""
        await self.call("edit", name=name, author=author)

    async def state(self) -> dict[str, Any]:
        """{content, stateVector: {client: clock}, pending}, as this client sees the document."""
        state: dict[str, Any] = await self.call("state")
        return state

    async def text(self) -> str:
        """The text root as a plain string, without embeds."""
        delta = (await self.state())["content"]["text"]
        return "".join(insert for insert, _ in delta if isinstance(insert, str))

    async def presence(self) -> dict[str, Any]:
        """Others' presence by client id."""
        found: dict[str, Any] = await self.call("presence")
        return found


Value = TypeVar("Value")


async def eventually(
    read: Callable[[], Awaitable[Value]], accept: Callable[[Value], bool], timeout_s: float = 10
) -> Value:
    """Read again and again until the value is accepted; AssertionError with the last one."""
    deadline = time.monotonic() + timeout_s
    while not accept(value := await read()):
        assert time.monotonic() < deadline, f"not within {timeout_s} s; the last was: {value}"
        await asyncio.sleep(POLL_S)
    return value


async def converged(*clients: Client, timeout_s: float = 10) -> dict[str, Any]:
    """Wait until all clients hold the same, nothing pending; that state."""

    async def states() -> list[dict[str, Any]]:
        return await asyncio.gather(*(client.state() for client in clients))

    def same(found: list[dict[str, Any]]) -> bool:
        return not found[0]["pending"] and all(state == found[0] for state in found)

    return (await eventually(states, same, timeout_s))[0]
