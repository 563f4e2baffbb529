"""Document names are ids, never paths: what is no id is refused at the upgrade."""

import pytest

from crdt_server.core.limits import DEFAULTS
from tests.interop.agent import Agent, converged
from tests.interop.peer import upgrade_status
from tests.server import ServerProcess

REFUSED_NAMES = {
    "..": b"/ws/..",
    "../../etc/passwd": b"/ws/../../etc/passwd",
    "%2e%2e": b"/ws/%2e%2e",
    "%2e%2e%2f": b"/ws/%2e%2e%2fx",
    "dots inside": b"/ws/a/../b",
    "encoded NUL": b"/ws/a%00b",
    "encoded newline": b"/ws/a%0ab",
    "raw control": b"/ws/a\x01b",
    "not encoded": "/ws/é😀".encode(),
    "not UTF-8": b"/ws/%ff%fe",
    "empty": b"/ws/",
    "blank": b"/ws/%20",
    "10 KB": b"/ws/" + b"x" * 10_000,
    "200 KB": b"/ws/" + b"x" * 200_000,
    "just over": b"/ws/" + b"x" * (DEFAULTS.document_name_bytes_max + 1),
    "no such place": b"/elsewhere/document",
}
TAKEN_NAMES = {
    "plain": b"/ws/plain",
    "slash": b"/ws/a/b",
    "encoded slash": b"/ws/a%2fb",
    "encoded unicode": b"/ws/%C3%A9%F0%9F%98%80",
    "longest": b"/ws/" + b"x" * DEFAULTS.document_name_bytes_max,
    "with parameters": b"/ws/plain?token=x&y",
}


@pytest.mark.parametrize("what", REFUSED_NAMES)
async def test_names_that_are_no_ids_are_refused_at_the_upgrade(server: ServerProcess, what: str) -> None:
    assert 400 <= await upgrade_status(server, REFUSED_NAMES[what]) < 500
    assert '"level": "error"' not in server.log, "a refusal is no error of the server"


@pytest.mark.parametrize("what", TAKEN_NAMES)
async def test_names_that_are_ids_are_taken(server: ServerProcess, what: str) -> None:
    assert await upgrade_status(server, TAKEN_NAMES[what]) == 101


async def test_a_cookie_too_large_is_answered(server: ServerProcess, document: str) -> None:
    cookie = b"Cookie: " + b"x" * 10_000
    assert 400 <= await upgrade_status(server, f"/ws/{document}".encode(), cookie) < 500


async def test_a_slash_and_an_encoded_slash_name_the_same_document(
    server: ServerProcess, document: str
) -> None:
    async with Agent() as agent:
        writer = await agent.joined(server.ws_url, f"{document}/part")
        await writer.edit("text", "ann")
        await writer.saved()
        reader = await agent.joined(server.ws_url, f"{document}%2Fpart")
        assert await converged(writer, reader)
        assert "ann" in await reader.text()
