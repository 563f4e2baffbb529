"""BlockNote, as other people's applications embed it, through the Hocuspocus dialect."""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.page_server import PageServer

from .conftest import Arrive
from .person import Person
from .test_editing import write_at_the_same_time

_TEXT_WITHOUT_CARETS = """editor => {
  const copy = editor.cloneNode(true)
  for (const caret of copy.querySelectorAll('.bn-collaboration-cursor__base')) caret.remove()
  return [...copy.querySelectorAll('.bn-inline-content')].map(block => block.textContent).join('\\n')
}"""


class Visitor:
    """Somebody at the page with a document open, everything in it saved."""

    def __init__(self, person: Person, pages: PageServer, document: str, name: str, color: str) -> None:
        server = person.base_url.replace("http", "ws") + "/hocuspocus"
        address = {"server": server, "document": document, "name": name, "color": color}
        self.person = person
        self.page = person.page
        self.page.goto(f"{pages.url}/?{urlencode(address)}")
        self.editor = self.page.locator(".bn-editor")
        person.expect_saved()

    def text(self) -> str:
        """The blocks, one a line, without other people's carets."""
        return str(self.editor.evaluate(_TEXT_WITHOUT_CARETS))

    def caret_of(self, name: str) -> Locator:
        """Another person's caret."""
        return self.editor.locator(".bn-collaboration-cursor__label").filter(has_text=name)


Visit = Callable[[str, str], Visitor]


@pytest.fixture
def visit(arrive: Arrive, blocknote: PageServer, document: str) -> Visit:
    """`visit("Camille", "#3670e2")`: a person at the test's document, with a browser of their own."""
    return lambda name, color: Visitor(arrive(), blocknote, document, name, color)


def test_two_people_type_at_the_same_time(visit: Visit) -> None:
    camille, robin = visit("Camille", "#3670e2"), visit("Robin", "#c2540a")
    camille.person.write(camille.editor, "Ordre du jour: ")
    expect(robin.editor).to_contain_text("Ordre du jour: ")

    write_at_the_same_time(
        [(camille.person, camille.editor, "aaaaaaaaaaaa"), (robin.person, robin.editor, "bbbbbbbbbbbb")]
    )
    camille.person.wait_until(lambda: camille.text() == robin.text())
    text = camille.text()
    assert text.startswith("Ordre du jour: ")
    assert [text.count(letter) for letter in "ab"] == [12, 12]
    expect(camille.caret_of("Robin")).to_be_visible()
    expect(robin.caret_of("Camille")).to_be_visible()

    camille.person.expect_saved()
    robin.person.leave()
    expect(camille.caret_of("Robin")).to_have_count(0)
    camille.person.leave()
    assert visit("Alix", "#9054d4").text() == text


def test_blocks_are_shared(visit: Visit) -> None:
    camille, robin = visit("Camille", "#3670e2"), visit("Robin", "#c2540a")
    camille.person.write(camille.editor, "# Décisions\n- Voter le budget\nFixer la date")
    expect(robin.editor.locator("[data-content-type=heading]")).to_have_text("Décisions")
    items = robin.editor.locator("[data-content-type=bulletListItem]")
    expect(items).to_have_count(2)

    items.filter(has_text="Fixer la date").click()
    robin.page.keyboard.press("Tab")
    nested = camille.editor.locator(".bn-block-group .bn-block-group [data-content-type=bulletListItem]")
    expect(nested).to_contain_text("Fixer la date")
    robin.person.expect_saved()
