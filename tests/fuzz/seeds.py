"""Honest material: golden bytes, and random documents of Yjs clients."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.interop.generated import generate_documents

GOLDEN = Path(__file__).parent.parent / "golden"


_PYCRDT_READS_OTHERWISE = {"map values"}
"""Stories with a BigInt that a double can hold: pycrdt makes a number of it."""


@dataclass
class Document:
    """Updates in the order of making, and what Yjs makes of them."""

    name: str
    updates: list[bytes]
    state: bytes
    vector: dict[int, int]
    content: dict[str, Any]


@dataclass
class Seeds:
    """Single updates to mutate, whole documents, and messages, presences and state vectors as sent."""

    updates: list[bytes] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    presences: list[bytes] = field(default_factory=list)
    vectors: list[bytes] = field(default_factory=list)


def write_generated(path: Path, first_seed: int, count: int) -> None:
    """Let Yjs make documents of several sizes; keep them in a file for all child processes."""
    shapes = [
        {"clients": 2, "edits": 8, "gc": True},
        {"clients": 3, "edits": 30, "gc": True},
        {"clients": 3, "edits": 30, "gc": False},
        {"clients": 5, "edits": 60, "gc": True},
    ]
    lines = []
    for index, shape in enumerate(shapes):
        made = generate_documents(first_seed + index * count, max(count // len(shapes), 1), **shape)  # type: ignore[arg-type]
        lines += [
            json.dumps(
                {
                    "name": f"generated {document.seed}",
                    "updates": [update.hex() for update in document.updates],
                    "state": document.state.hex(),
                    "stateVector": document.state_vector,
                    "content": document.content,
                }
            )
            for document in made
        ]
    path.write_text("\n".join(lines), "utf-8")


def load_seeds(generated: Path) -> Seeds:
    """Golden bytes and the generated documents of a file."""
    seeds = Seeds()
    for case in _golden("updates"):
        seeds.updates.append(bytes.fromhex(case["hex"]))
    stories = _golden("documents")
    for case in stories:
        seeds.updates += [bytes.fromhex(case["merged"])]
        seeds.updates += [bytes.fromhex(diff["update"]) for diff in case["diffs"]]
    stories += [json.loads(line) for line in generated.read_text("utf-8").splitlines()]
    seeds.documents = [_document(case) for case in stories if case["name"] not in _PYCRDT_READS_OTHERWISE]
    for document in seeds.documents:
        seeds.updates += [*document.updates, document.state]
    messages = _golden("messages")
    seeds.messages = [bytes.fromhex(case["hex"]) for case in messages["messages"]]
    seeds.presences = [bytes.fromhex(case["hex"]) for case in messages["awarenessUpdates"]]
    seeds.vectors = [bytes.fromhex(case["hex"]) for case in _golden("state_vectors")]
    return seeds


def _golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))


def _document(case: dict[str, Any]) -> Document:
    return Document(
        name=case["name"],
        updates=[bytes.fromhex(update) for update in case["updates"]],
        state=bytes.fromhex(case["state"]),
        vector={int(client): clock for client, clock in case["stateVector"].items()},
        content=case["content"],
    )
