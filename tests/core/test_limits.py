"""Limits check one another."""

from __future__ import annotations

from dataclasses import fields

import pytest

from crdt_server.core.limits import DEFAULTS, Limits


@pytest.mark.parametrize("limit", fields(Limits), ids=lambda limit: limit.name)
def test_every_limit_has_a_unit_a_meaning_and_a_default(limit: object) -> None:
    name = limit.name  # type: ignore[attr-defined]
    assert limit.metadata["help"]  # type: ignore[attr-defined]
    assert name.endswith(("_max", "_min", "_s"))
    assert getattr(DEFAULTS, name) > 0


def test_limits_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="message_bytes_max is at most journal_bytes_max"):
        Limits(message_bytes_max=10**9)
    with pytest.raises(ValueError, match="keepalive_s"):
        Limits(keepalive_s=29)
    with pytest.raises(ValueError, match="presence_renewal_s"):
        Limits(presence_renewal_s=29)
    with pytest.raises(ValueError, match="rooms_max is more than 0"):
        Limits(rooms_max=0)


def test_a_share_is_at_most_the_whole() -> None:
    with pytest.raises(ValueError, match="share"):
        Limits(flush_share_max=1.5)
