"""Random Yjs documents from Node, and what Yjs makes of a state: the two ends of a convergence test."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.interop.node import INTEROP, run_node


@dataclass(frozen=True)
class GeneratedDocument:
    """Edits of several Yjs clients and what they agreed on in the end.

    `updates` is in the order of making, in which nothing comes before what it depends on; `state` is one
    client's full state as an update; `state_vector` maps clients to clocks; `content` is in the shape that
    content_reader.mjs describes.
    """

    seed: int
    updates: Sequence[bytes]
    state: bytes
    state_vector: dict[int, int]
    content: dict[str, Any]


@dataclass(frozen=True)
class LoadedDocument:
    """What a new Yjs document holds after one update; `pending` where it could not take all of it."""

    content: dict[str, Any]
    state_vector: dict[int, int]
    pending: bool
    state: bytes


def generate_documents(
    first_seed: int, count: int, *, clients: int = 3, edits: int = 40, gc: bool = True
) -> list[GeneratedDocument]:
    """One document for each of `count` consecutive seeds; equal seeds and options give equal documents."""
    options = json.dumps({"clients": clients, "edits": edits, "gc": gc})
    lines = run_node(INTEROP / "generate.mjs", str(first_seed), str(count), options).strip().split("\n")
    return [_generated(json.loads(line)) for line in lines]


def _generated(case: dict[str, Any]) -> GeneratedDocument:
    return GeneratedDocument(
        seed=case["seed"],
        updates=[bytes.fromhex(update) for update in case["updates"]],
        state=bytes.fromhex(case["state"]),
        state_vector=_clocks(case["stateVector"]),
        content=case["content"],
    )


def load_in_yjs(states: Sequence[bytes]) -> list[LoadedDocument]:
    """Load each update in a Yjs document of its own; AssertionError where Yjs refuses one."""
    lines = (
        run_node(INTEROP / "load.mjs", stdin="".join(f"{state.hex()}\n" for state in states))
        .strip()
        .split("\n")
    )
    return [_loaded(json.loads(line)) for line in lines]


def _loaded(result: dict[str, Any]) -> LoadedDocument:
    assert "error" not in result, f"Yjs refuses the update: {result['error']}"
    return LoadedDocument(
        content=result["content"],
        state_vector=_clocks(result["stateVector"]),
        pending=result["pending"],
        state=bytes.fromhex(result["state"]),
    )


def _clocks(clocks: dict[str, int]) -> dict[int, int]:
    return {int(client): clock for client, clock in clocks.items()}
