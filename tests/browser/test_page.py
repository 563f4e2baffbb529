"""The page around the editors: languages, themes, sharing, the start page, and nothing from outside."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.server import ServerProcess

from .conftest import Arrive


def test_no_request_leaves_the_server(arrive: Arrive, server: ServerProcess, document: str) -> None:
    camille = arrive().open(document)
    camille.write(camille.prose, "https://elsewhere.example/ ")
    camille.expect_saved()
    camille.page.goto(server.url)
    expect(camille.page.get_by_role("heading", level=1)).to_be_visible()

    places = {urlsplit(url).netloc for url in camille.requests}
    assert places == {f"127.0.0.1:{server.port}"}
    assert any(url.startswith("ws:") for url in camille.requests)
    assert any(url.endswith(".svg") for url in camille.requests)


@pytest.mark.parametrize(
    ("locale", "language", "share"),
    [("fr-CA", "fr", "Partager"), ("en-US", "en", "Share"), ("de-DE", "en", "Share")],
)
def test_the_browser_chooses_the_language(
    arrive: Arrive, document: str, locale: str, language: str, share: str
) -> None:
    camille = arrive(locale=locale).open(document)
    expect(camille.page.locator("html")).to_have_attribute("lang", language)
    expect(camille.page.get_by_test_id("share")).to_have_text(share)


def test_switching_the_language_changes_every_word_and_is_kept(arrive: Arrive, document: str) -> None:
    camille = arrive(locale="en-GB").open(document)
    camille.page.get_by_role("button", name="Français").click()
    for _ in range(2):
        expect(camille.page.locator("html")).to_have_attribute("lang", "fr")
        expect(camille.page.get_by_test_id("connection")).to_have_text("Connecté")
        expect(camille.page.get_by_test_id("saved")).to_have_text("Enregistré")
        expect(camille.page.get_by_role("textbox", name="Texte")).to_be_visible()
        expect(camille.page.get_by_role("textbox", name="Code (Python)")).to_be_visible()
        expect(camille.page.get_by_role("button", name="Gras")).to_be_visible()
        expect(camille.prose).to_contain_text("")
        expect(camille.prose.locator("p")).to_have_attribute("data-placeholder", "Écrivez ici…")
        expect(camille.people).to_have_text(["Camille (vous)"])
        camille.reload()


def test_the_theme_follows_the_system_until_one_is_chosen(arrive: Arrive, document: str) -> None:
    camille = arrive(color_scheme="dark").open(document)
    page = camille.page
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.get_by_role("button", name="Dark theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    camille.reload()
    expect(page.get_by_role("button", name="Dark theme")).to_have_attribute("aria-pressed", "true")


def test_the_link_is_copied_and_announced(arrive: Arrive, document: str) -> None:
    camille = arrive(permissions=["clipboard-read", "clipboard-write"]).open(document)
    camille.page.get_by_test_id("share").click()
    expect(camille.live).to_have_text("Link copied")
    copied = camille.page.evaluate("navigator.clipboard.readText()")
    robin = arrive("Robin", "orange")
    robin.page.goto(copied)
    expect(robin.people).to_have_text(["Robin (you)", "Camille"])
    expect(robin.page.get_by_role("heading", level=1)).to_have_text(document)


def test_without_a_clipboard_the_link_is_shown(arrive: Arrive, document: str) -> None:
    camille = arrive()
    camille.page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    camille.open(document)
    camille.page.get_by_test_id("share").click()
    link = camille.page.get_by_label("Copy this link")
    expect(link).to_have_value(camille.page.url)
    expect(link).to_be_focused()
    camille.page.keyboard.press("Escape")
    expect(camille.page.get_by_test_id("share")).to_be_focused()


def test_the_start_page_opens_documents_and_remembers_them(arrive: Arrive, server: ServerProcess) -> None:
    camille = arrive()
    page = camille.page
    page.goto(server.url)
    invented = page.get_by_label("Document name").input_value()
    assert invented.count("-") == 2
    page.get_by_label("Document name").fill("..")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be used")
    page.get_by_label("Document name").fill("  Budget 2026 / équipe ")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Budget 2026 / équipe")
    expect(page).to_have_title("Budget 2026 / équipe \N{EN DASH} crdt-server")
    camille.expect_saved()

    page.get_by_role("link", name="crdt-server").click()
    page.get_by_role("navigation").get_by_role("link", name="Budget 2026 / équipe").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Budget 2026 / équipe")


def test_a_name_that_cannot_be_leads_to_the_start_page(arrive: Arrive, server: ServerProcess) -> None:
    camille = arrive()
    camille.page.goto(f"{server.url}/d/a%00b")
    expect(camille.page.get_by_role("alert")).to_contain_text("cannot be used")
