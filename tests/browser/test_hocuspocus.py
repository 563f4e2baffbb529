"""The demo in the Hocuspocus dialect: what holds on y-websocket holds there, and with both together."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from tests.faults.broken_disk import locked
from tests.hocuspocus.frames import AUTH, denied, frame
from tests.server import ServerProcess

from .conftest import Arrive, arrivals, watched
from .test_accessibility import violations
from .test_editing import same_text, write_at_the_same_time

ACCESS_S = 2.5


@pytest.fixture
def guarded_server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that asks who somebody is."""
    authority = {"CRDT_AUTHENTICATOR": "tests.browser.authority:authenticate"}
    with ServerProcess(tmp_path / "documents.db", env=authority) as server:
        yield from watched(server)


@pytest.fixture
def arrive_guarded(browser: Browser, guarded_server: ServerProcess) -> Iterator[Arrive]:
    """As `arrive`, at the server that asks."""
    yield from arrivals(browser, guarded_server)


def test_people_in_both_dialects_type_at_the_same_time(arrive: Arrive, document: str) -> None:
    camille = arrive("Camille", "blue").open(document, "hocuspocus")
    robin = arrive("Robin", "orange").open(document, "y-websocket")
    expect(camille.people).to_have_text(["Camille (you)", "Robin"])
    expect(robin.people).to_have_text(["Robin (you)", "Camille"])
    camille.write(camille.prose, "Ordre du jour: ")
    camille.write(camille.code, "total = ")
    expect(robin.prose).to_contain_text("Ordre du jour: ")
    expect(robin.code).to_contain_text("total = ")

    write_at_the_same_time([(camille, camille.prose, "aaaaaaaaaaaa"), (robin, robin.prose, "bbbbbbbbbbbb")])
    expect(camille.caret_of("Robin", camille.prose)).to_be_visible()
    expect(robin.caret_of("Camille", robin.prose)).to_be_visible()
    write_at_the_same_time([(camille, camille.code, "1111111111"), (robin, robin.code, "2222222222")])
    expect(camille.caret_of("Robin", camille.code)).to_be_visible()
    expect(robin.caret_of("Camille", robin.code)).to_be_visible()

    camille.wait_until(lambda: same_text([camille, robin]) and camille.code_text().count("2") == 10)
    assert [camille.prose_text().count(letter) for letter in "ab"] == [12, 12]
    assert [camille.code_text().count(digit) for digit in "12"] == [10, 10]
    camille.expect_saved()
    robin.expect_saved()
    robin.leave()
    expect(camille.people).to_have_text(["Camille (you)"])


def test_offline_edits_survive_a_reload_and_are_merged_on_return(arrive: Arrive, document: str) -> None:
    camille = arrive("Camille", "blue").open(document, "hocuspocus")
    robin = arrive("Robin", "orange").open(document, "hocuspocus")
    camille.write(camille.prose, "Together.")
    expect(robin.prose).to_contain_text("Together.")
    camille.expect_saved()
    camille.work_offline(True)
    camille.expect_saved()
    expect(robin.people).to_have_text(["Robin (you)"])
    camille.write(camille.prose, " Written on the train.")
    camille.write(camille.code, "train = 1\n")
    camille.expect_saved("unsaved")
    camille.reload()
    camille.expect_connection("offline")
    camille.expect_saved("unsaved")
    robin.write(robin.code, "office = 2\n")
    robin.expect_saved()

    camille.work_offline(False)
    camille.expect_saved()
    expect(robin.prose).to_have_text("Together. Written on the train.")
    camille.wait_until(lambda: same_text([camille, robin]))
    assert sorted(camille.code_text().split()) == sorted(["train", "=", "1", "office", "=", "2"])
    expect(robin.people).to_have_text(["Robin (you)", "Camille"])


def test_a_lost_network_is_noticed_at_once_and_edits_catch_up(arrive: Arrive, document: str) -> None:
    camille = arrive().open(document, "hocuspocus")
    camille.context.set_offline(True)
    camille.expect_connection("offline")
    camille.write(camille.prose, "Train, tunnel")
    camille.expect_saved("unsaved")
    camille.context.set_offline(False)
    camille.expect_connection()
    camille.expect_saved()


def test_saved_means_in_the_store_and_not_only_seen_by_others(
    arrive_own: Arrive, own_server: ServerProcess, document: str, tmp_path: Path
) -> None:
    robin = arrive_own("Robin", "orange").open(document, "y-websocket")
    camille = arrive_own().open(document, "hocuspocus")
    camille.record_saved_states()
    with locked(own_server, tmp_path / "documents.db"):
        camille.write(camille.prose, "On its way")
        expect(robin.prose).to_contain_text("On its way")
        robin.write(robin.code, "answer = 42")
        expect(camille.code).to_contain_text("answer = 42")
        assert camille.saved_states() == ["saved", "saving"]
    camille.expect_saved()
    assert camille.saved_states() == ["saved", "saving", "saved"]
    robin.expect_saved()
    robin.leave()
    camille.leave()
    own_server.kill()
    own_server.start()
    alix = arrive_own("Alix", "violet").open(document, "hocuspocus")
    expect(alix.prose).to_have_text("On its way")


def test_a_page_left_open_comes_back_by_itself_after_kill_9(
    arrive_own: Arrive, own_server: ServerProcess, document: str
) -> None:
    camille = arrive_own().open(document, "hocuspocus")
    robin = arrive_own("Robin", "orange").open(document, "hocuspocus")
    own_server.kill()
    camille.expect_connection("connecting")
    camille.write(camille.prose, "Meanwhile")
    camille.expect_saved("unsaved")
    own_server.start()
    camille.expect_connection()
    camille.expect_saved()
    expect(robin.prose).to_contain_text("Meanwhile")
    expect(robin.people).to_have_text(["Robin (you)", "Camille"])


def test_a_token_that_gives_no_access_is_explained(arrive_guarded: Arrive, document: str) -> None:
    camille = arrive_guarded(locale="fr-FR")
    camille.go_to(document, "hocuspocus", token="somebody else's")
    camille.expect_connection("refused")
    refusal = camille.page.get_by_role("alert").get_by_test_id("refusal")
    expect(refusal.locator("p")).to_have_text("Le serveur ne vous donne pas accès à ce document.")
    expect(camille.prose).to_have_attribute("contenteditable", "false")
    assert "token" not in camille.page.url

    refusal.get_by_role("button", name="Réessayer").click()
    camille.expect_connection("refused")
    camille.go_to(document, "hocuspocus", token="write")
    camille.reload()
    camille.expect_saved()
    expect(refusal).to_have_count(0)


def test_a_reader_sees_what_others_write_and_is_told_why_it_is_not_theirs_to_change(
    arrive_guarded: Arrive, document: str
) -> None:
    camille = arrive_guarded().open(document, "y-websocket", token="write")
    robin = arrive_guarded("Robin", "orange", reduced_motion="reduce")
    robin.open(document, "hocuspocus", token="read")
    robin.expect_connection()
    refusal = robin.page.get_by_role("alert").get_by_test_id("refusal")
    expect(refusal.locator("p")).to_have_text("You may read this document, but not change it.")
    expect(refusal.get_by_role("button")).to_be_hidden()
    expect(robin.prose).to_have_attribute("contenteditable", "false")
    expect(robin.code).to_have_attribute("aria-readonly", "true")
    expect(robin.page.locator(".tool[aria-disabled='false']")).to_have_count(0)
    camille.write(camille.prose, "For all to read")
    expect(robin.prose).to_contain_text("For all to read")
    expect(camille.people).to_have_text(["Camille (you)", "Robin"])
    expect(robin.caret_of("Camille", robin.prose)).to_be_visible()
    robin.expect_saved()
    assert violations(robin.page) == []


def test_what_somebody_wrote_who_may_now_only_read_stays_on_their_device(
    arrive_guarded: Arrive, document: str
) -> None:
    camille = arrive_guarded().open(document, "hocuspocus", token="write")
    camille.work_offline(True)
    camille.write(camille.prose, "Too late")
    camille.expect_saved("unsaved")
    expect(camille.page.locator("html[data-kept='true']")).to_be_attached()
    camille.go_to(document, "hocuspocus", token="read")
    camille.reload()
    camille.work_offline(False)
    refusal = camille.page.get_by_role("alert").get_by_test_id("refusal")
    expect(refusal).to_contain_text("not change it. What you wrote stays on this device.")
    camille.expect_saved("unsaved")
    expect(camille.prose).to_have_text("Too late")
    robin = arrive_guarded("Robin", "orange").open(document, "hocuspocus", token="write")
    expect(robin.prose).to_have_text("")


def test_access_that_ends_is_explained(arrive_guarded: Arrive, document: str) -> None:
    camille = arrive_guarded()
    camille.go_to(document, "hocuspocus", token=f"until-{time.time() + ACCESS_S}")
    camille.expect_connection("refused")
    refusal = camille.page.get_by_role("alert").get_by_test_id("refusal")
    expect(refusal).to_contain_text("Your access to this document ended or changed. Sign in again.")


def test_any_other_reason_is_shown_as_the_server_gives_it(arrive: Arrive, document: str) -> None:
    camille = arrive()
    sockets = routed(camille.page)
    camille.open(document, "hocuspocus")
    sockets[-1].send(frame(document, AUTH, denied("it moved to the archive")))
    refusal = camille.page.get_by_role("alert").get_by_test_id("refusal")
    expect(refusal).to_contain_text("The server closed this document: it moved to the archive.")
    refusal.get_by_role("button", name="Try again").click()
    camille.expect_connection()
    camille.write(camille.prose, "And back")
    camille.expect_saved()


def routed(page: Page) -> list[WebSocketRoute]:
    """The page's ends of its Hocuspocus sockets, which pass everything on."""
    sockets: list[WebSocketRoute] = []

    def connect(route: WebSocketRoute) -> None:
        server_side = route.connect_to_server()
        server_side.on_message(route.send)
        sockets.append(route)

    page.route_web_socket("**/hocuspocus", connect)
    return sockets


def test_the_dialect_is_chosen_with_the_keyboard_and_kept_in_links(
    arrive: Arrive, server: ServerProcess, document: str
) -> None:
    camille = arrive(locale="fr-FR", permissions=["clipboard-read", "clipboard-write"]).open(document)
    page = camille.page
    protocols = page.get_by_role("group", name="Protocole")
    expect(protocols.get_by_role("link", name="y-websocket")).to_have_attribute("aria-current", "true")
    protocols.get_by_role("link", name="y-websocket").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(protocols.get_by_role("link", name="Hocuspocus")).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("heading", level=1)).to_have_text(document)
    camille.expect_saved()
    assert [url for url in camille.requests if url.startswith("ws:")][-1].endswith("/hocuspocus")

    page.get_by_test_id("share").click()
    expect(camille.live).to_have_text("Lien copié")
    assert page.evaluate("navigator.clipboard.readText()").endswith("?dialect=hocuspocus")
    page.get_by_role("link", name="crdt-server").click()
    page.get_by_role("navigation").get_by_role("link", name=document).click()
    camille.expect_saved()
    assert page.url.endswith("?dialect=hocuspocus")
    page.get_by_role("link", name="crdt-server").click()
    page.get_by_label("Nom du document").fill(document)
    page.keyboard.press("Enter")
    camille.expect_saved()
    assert page.url.endswith("?dialect=hocuspocus")
