"""A server, how it is started, how one speaks with it, and what it promises when it acknowledges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.load.dialect import DialectName


class Absent(Exception):
    """A contender cannot be measured here; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class Launch:
    """A command, and the variables that it needs besides those of this process."""

    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contender:
    """A server in one of its dialects.

    `launch` says how to start it with its files in a folder, on a port of 127.0.0.1. It may raise `Absent`,
    and so may `version`.
    `path` is that of the WebSocket URL. `is_stored` is whether what it acknowledges survives `kill -9`,
    `acknowledgement` what makes it so, in half a sentence.
    """

    name: str
    version: Callable[[], str]
    dialect: DialectName
    path: str
    launch: Callable[[Path, int], Launch]
    is_stored: bool
    acknowledgement: str
    is_ours: bool = False
    needs_npm: bool = False
