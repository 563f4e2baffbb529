"""The timers of a grant: reminded in time, ended in time, never in a loop."""

from __future__ import annotations

import asyncio
import time

from crdt_server.core.session import Grant
from crdt_server.web.expiry import Expiry
from tests.conditions import until

LIFE_S = 0.1


class Session:
    """What the timers said, and when."""

    def __init__(self, renewal_s: float, then: str = "") -> None:
        self.said: list[str] = []
        self.then = then
        self.expiry = Expiry(lambda: self.said.append("end"), remind=self.remind, renewal_s=renewal_s)

    def remind(self) -> None:
        self.said.append("remind")
        loop = asyncio.get_running_loop()
        match self.then:
            case "renew":
                loop.call_soon(self.begin)
            case "cancel":
                loop.call_soon(self.expiry.cancel)

    def begin(self) -> None:
        self.expiry.watch(Grant(expires_at=time.time() + LIFE_S))


async def test_a_session_is_reminded_and_then_ended() -> None:
    session = Session(renewal_s=LIFE_S / 4)
    session.begin()
    assert session.said == []
    await until(lambda: session.said == ["remind", "end"])


async def test_a_grant_without_an_end_has_none() -> None:
    session = Session(renewal_s=1)
    session.begin()
    session.expiry.watch(Grant())
    await asyncio.sleep(1.5 * LIFE_S)  # what would have happened by then has not
    assert session.said == []


async def test_a_cancelled_grant_says_nothing_more() -> None:
    session = Session(renewal_s=LIFE_S / 4, then="cancel")
    session.begin()
    await until(lambda: session.said)
    await asyncio.sleep(LIFE_S)  # what would have happened by then has not
    assert session.said == ["remind"]


async def test_grants_shorter_than_the_renewal_do_not_ask_in_a_loop() -> None:
    session = Session(renewal_s=60, then="renew")
    began = time.monotonic()
    session.begin()
    await until(lambda: len(session.said) == 5)
    session.expiry.cancel()
    assert session.said == ["remind"] * 5
    assert time.monotonic() - began > 5 * LIFE_S / 2 * 0.9, "each time half of its life had passed"
