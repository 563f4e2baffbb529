""" "Saved" is a promise: it is shown after the server's acknowledgement, and never before."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.server import ServerProcess

from .conftest import Arrive

_SYNC_UPDATE = b"\x00\x02"


class HeldBack:
    """Stands between a page and the server, and keeps the server's acknowledgements until `release`."""

    def __init__(self, page: Page) -> None:
        self.frames: list[bytes] = []
        self.holding = False
        self._page_side: WebSocketRoute | None = None
        page.route_web_socket("**/ws/**", self._route)

    def _route(self, page_side: WebSocketRoute) -> None:
        self._page_side = page_side
        server_side = page_side.connect_to_server()
        server_side.on_message(self._from_server)

    def _from_server(self, frame: str | bytes) -> None:
        assert isinstance(frame, bytes)
        assert self._page_side is not None
        if self.holding and frame.startswith(_SYNC_UPDATE):
            self.frames.append(frame)
        else:
            self._page_side.send(frame)

    def release(self) -> None:
        assert self._page_side is not None
        self.holding = False
        for frame in self.frames:
            self._page_side.send(frame)

    def close(self, code: int, reason: str) -> None:
        """Close the page's side as if the server had."""
        assert self._page_side is not None
        self._page_side.close(code=code, reason=reason)


@contextmanager
def paused(server: ServerProcess) -> Iterator[None]:
    """The server's process does nothing meanwhile; its connections stay open."""
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


def test_saving_until_the_server_answers_then_saved(
    arrive: Arrive, server: ServerProcess, document: str
) -> None:
    camille = arrive().open(document)
    camille.record_saved_states()
    with paused(server):
        camille.write(camille.prose, "Written while the server stands still.")
        camille.expect_saved("saving")
        camille.write(camille.code, "still = True")
        camille.expect_saved("saving")
        assert camille.saved_states() == ["saved", "saving"]
    camille.expect_saved()
    assert camille.saved_states() == ["saved", "saving", "saved"]


def test_what_others_already_see_is_not_yet_saved(arrive: Arrive, document: str) -> None:
    robin = arrive("Robin", "orange").open(document)
    camille = arrive()
    between = HeldBack(camille.page)
    camille.open(document)
    between.holding = True
    camille.write(camille.prose, "On its way")
    expect(robin.prose).to_contain_text("On its way")
    camille.wait_until(lambda: len(between.frames) > 0)
    camille.expect_saved("saving")
    between.release()
    camille.expect_saved()


def test_offline_edits_survive_a_reload_and_are_saved_on_return(arrive: Arrive, document: str) -> None:
    camille = arrive().open(document)
    camille.work_offline(True)
    camille.write(camille.prose, "Written on the train")
    camille.write(camille.code, "train = 1")
    camille.expect_saved("unsaved")

    camille.reload()
    camille.expect_connection("offline")
    camille.expect_saved("unsaved")
    expect(camille.prose).to_have_text("Written on the train")
    expect(camille.code).to_contain_text("train = 1")

    camille.work_offline(False)
    camille.expect_saved()
    robin = arrive("Robin", "orange").open(document)
    expect(robin.prose).to_contain_text("Written on the train")
    expect(robin.code).to_contain_text("train = 1")


def test_everything_saved_is_there_after_kill_9(
    arrive_own: Arrive, own_server: ServerProcess, document: str
) -> None:
    camille = arrive_own().open(document)
    camille.write(camille.prose, "Nothing is lost.")
    camille.write(camille.code, "lost = None")
    camille.expect_saved()
    own_server.kill()
    camille.expect_connection("connecting")
    camille.expect_saved()
    camille.leave()  # With its IndexedDB: nobody is left to repair the server.

    own_server.start()
    robin = arrive_own("Robin", "orange").open(document)
    expect(robin.prose).to_have_text("Nothing is lost.")
    expect(robin.code).to_contain_text("lost = None")


def test_pages_left_open_come_back_by_themselves_after_a_restart(
    arrive_own: Arrive, own_server: ServerProcess, document: str
) -> None:
    camille = arrive_own().open(document)
    robin = arrive_own("Robin", "orange").open(document)
    own_server.kill()
    camille.expect_connection("connecting")
    camille.write(camille.prose, "Meanwhile")
    camille.expect_saved("unsaved")

    own_server.start()
    camille.expect_connection()
    camille.expect_saved()
    expect(robin.prose).to_contain_text("Meanwhile")
    expect(robin.people).to_have_text(["Robin (you)", "Camille"])


def test_a_permanent_refusal_is_explained_and_ends_editing(arrive: Arrive, document: str) -> None:
    camille = arrive()
    between = HeldBack(camille.page)
    camille.open(document)
    camille.write(camille.prose, "Draft")
    camille.expect_saved()

    between.close(4404, "the document was erased")
    camille.expect_connection("refused")
    refusal = camille.page.get_by_role("alert").get_by_test_id("refusal")
    expect(refusal).to_contain_text("This document was erased. What you wrote stays on this device.")
    expect(camille.prose).to_have_attribute("contenteditable", "false")

    refusal.get_by_role("button", name="Try again").click()
    camille.expect_connection()
    expect(refusal).to_have_count(0)
    camille.write(camille.prose, " and more")
    camille.expect_saved()
