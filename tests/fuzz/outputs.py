"""What pycrdt's stateless functions do with accepted bytes, and what they write."""

from __future__ import annotations

from collections.abc import Callable

import pycrdt

from crdt_server.protocol.errors import ProtocolError
from crdt_server.protocol.update import Update, vet

from .case import Case, Finding, is_panic


def call(what: str, function: Callable[..., bytes], *arguments: bytes) -> bytes:
    """A stateless function of pycrdt on accepted bytes; a `Finding` if it fails."""
    try:
        return function(*arguments)
    except BaseException as error:
        if not isinstance(error, Exception) and not is_panic(error):
            raise
        raise Finding(f"{what} fails: {type(error).__name__}: {error}", arguments) from error


def check_output(case: Case, what: str, output: bytes, *inputs: bytes) -> Update | None:
    """What a stateless function gave must pass the check and be decodable again.

    None where only the merge shows that an operation's parent is no shared type: two updates that do not
    show it alone. Documents leave such operations out.
    """
    call(f"get_state of {what}", pycrdt.get_state, output)
    try:
        return vet(output)
    except ProtocolError as error:
        if "parent is no shared type" in str(error):
            case.count(f"{what} shows a parent that is no type")
            return None
        raise Finding(f"{what} writes what the check refuses: {error}", [*inputs, output]) from error
