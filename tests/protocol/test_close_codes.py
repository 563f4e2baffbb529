"""Close codes say the same to clients as to us."""

from __future__ import annotations

import pytest

from crdt_server.protocol.close_codes import CloseCode
from crdt_server.protocol.errors import ProtocolError


@pytest.mark.parametrize("code", CloseCode, ids=lambda code: code.name)
def test_the_range_of_a_code_says_whether_to_come_back(code: CloseCode) -> None:
    if 4400 <= code <= 4499:
        assert not code.come_back
    if 4500 <= code <= 4599 or code in (1011, 1012, 1013):
        assert code.come_back


def test_every_protocol_error_has_a_code() -> None:
    for error in ProtocolError.__subclasses__():
        assert isinstance(error.close_code, CloseCode)
