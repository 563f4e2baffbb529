"""Keyboard, screen reader and contrast: what axe finds, and the paths it cannot walk."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.server import ServerProcess

from .conftest import Arrive

AXE = Path(__file__).parents[2] / "web-demo/node_modules/axe-core/axe.min.js"
NARROW: ViewportSize = {"width": 360, "height": 740}

_RUN_AXE = """async () => {
  const runOnly = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
  const { violations } = await axe.run(document, { runOnly })
  const places = (nodes) => nodes.map((node) => node.html).join(' | ')
  return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${places(nodes)}`)
}"""


def violations(page: Page) -> list[str]:
    """Every violation of WCAG 2.2 AA, and of axe's best practices, on the page as it is now."""
    page.evaluate(AXE.read_text("utf-8"))
    found: list[str] = page.evaluate(_RUN_AXE)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    arrive: Arrive, server: ServerProcess, document: str, scheme: Literal["light", "dark"]
) -> None:
    # Without motion, so that no label is looked at while it fades.
    camille = arrive(color_scheme=scheme, reduced_motion="reduce").open(document)
    robin = arrive("Robin", "orange").open(document)
    camille.write(camille.prose, "Bonjour `code` ")
    camille.page.get_by_role("button", name="Quote").click()
    camille.write(camille.code, "def total(lines):  # in cents\nreturn sum(lines, 0) or 'none'")
    robin.write(robin.code, "\n")
    robin.write(robin.prose, "Merci")
    expect(camille.caret_of("Robin", camille.prose)).to_be_visible()
    assert violations(camille.page) == []

    camille.page.get_by_test_id("self").click()
    assert violations(camille.page) == []
    camille.page.keyboard.press("Escape")

    camille.work_offline(True)
    camille.write(camille.prose, "!")
    camille.expect_saved("unsaved")
    camille.page.set_viewport_size(NARROW)
    expect(camille.page.get_by_role("tab", name="Text")).to_be_visible()
    assert violations(camille.page) == []

    camille.page.goto(server.url)
    camille.page.get_by_label("Document name").fill("")
    camille.page.keyboard.press("Enter")
    expect(camille.page.get_by_role("alert")).to_contain_text("cannot be used")
    assert violations(camille.page) == []


def test_the_keyboard_reaches_everything_and_leaves_again(arrive: Arrive, document: str) -> None:
    camille = arrive().open(document)
    page = camille.page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the text")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()

    reached = []
    for _ in range(7):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("(document.activeElement.ariaLabel ?? document.activeElement.innerText).trim()")
        )
    assert reached == [
        reached[0],  # Oneself among the people.
        "Work offline",
        "Share",
        "Undo",
        "Text",
        "Undo",
        "Code (Python)",
    ]
    assert "Camille (you)" in reached[0]
    page.keyboard.type("x = 1")
    page.keyboard.press("Tab")
    expect(camille.code).not_to_be_focused()
    expect(page.get_by_role("link", name="Open-source licences")).to_be_focused()


def test_a_toolbar_is_one_stop_and_the_arrow_keys_move_in_it(arrive: Arrive, document: str) -> None:
    camille = arrive().open(document)
    page = camille.page
    tools = page.get_by_role("toolbar", name="Text formatting")
    tools.get_by_role("button", name="Undo").focus()
    page.keyboard.press("ArrowLeft")
    expect(tools.get_by_role("button", name="Code block")).to_be_focused()
    page.keyboard.press("Home")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    expect(tools.get_by_role("button", name="Heading 1")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(tools.get_by_role("button", name="Heading 1")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("Titre")
    expect(camille.prose.get_by_role("heading", level=1)).to_have_text("Titre")
    expect(tools.get_by_role("button", name="Heading 1")).to_have_attribute("aria-pressed", "true")


def test_lasting_changes_are_announced_and_passing_ones_are_not(arrive: Arrive, document: str) -> None:
    camille = arrive().open(document)
    expect(camille.live).to_have_text("Connected. Saved")
    robin = arrive("Robin", "orange").open(document)
    expect(camille.live).to_have_text("Robin joined")
    robin.leave()
    expect(camille.live).to_have_text("Robin left")
    camille.page.evaluate("document.querySelector('[data-testid=live]').textContent = ''")
    camille.write(camille.prose, "Saving and saved, several times over")
    camille.expect_saved()
    camille.work_offline(True)
    camille.write(camille.prose, ".")
    expect(camille.live).to_have_text("Offline. Not saved yet, kept on this device")


def test_on_a_narrow_screen_the_editors_are_tabs(arrive: Arrive, document: str) -> None:
    camille = arrive(viewport=NARROW).open(document)
    page = camille.page
    expect(page.get_by_role("tab", name="Text")).to_have_attribute("aria-selected", "true")
    expect(camille.code).to_be_hidden()
    page.get_by_role("tab", name="Text").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Code")).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Code")).to_be_visible()
    expect(camille.prose).to_be_hidden()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= NARROW["width"]
