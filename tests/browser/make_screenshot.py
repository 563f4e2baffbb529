"""Makes docs/screenshot.png again: `python -m tests.browser.make_screenshot [FILE]`.

With `--all DIRECTORY` it also takes the pictures that one looks at after a change of the pages.
"""

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, ViewportSize, expect, sync_playwright

from tests.browser.conftest import CHROMIUM_ARGUMENTS
from tests.browser.person import Person
from tests.server import ServerProcess

DOCUMENT = "Town planning meeting, 12 March"
WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 390, "height": 844}

# As typed, with the shortcuts that an editor's user knows; an empty line ends a list or a quote.
PROSE = """\
# Town planning meeting
Present: C. Durand, R. Martin, A. Nguyen. Minutes: C. Durand.
## Decisions
- **Bicycle lanes:** works on rue Voltaire start on 7 April.
Market square: the vote moves to the May council.
Training budget: shared among the services, see the calculation.

> The prefecture asks for our opinion on the flood map by 30 March.

## To do
1. Robin writes to the residents of rue Voltaire.
Alix checks the figures with the treasury."""

CODE = '''\
"""Training budget, shared by head count."""

BUDGET = 18_400  # euros
STAFF = {"Reception": 14, "Planning": 9, "Registry": 11}


def share(service: str) -> int:
total = sum(STAFF.values())
return round(BUDGET * STAFF[service] / total)

\b
for service in STAFF:
print(service, share(service), "EUR")'''


def type_lines(person: Person, text: str) -> None:
    for number, line in enumerate(text.split("\n")):
        if number > 0:
            person.page.keyboard.press("Enter")
        if line == "\b":
            person.page.keyboard.press("Shift+Home")
            person.page.keyboard.press("Backspace")
        else:
            person.page.keyboard.type(line)


def select_word(person: Person, text: str) -> None:
    """A double click on the first letters of `text`."""
    person.prose.get_by_text(text).dblclick(position={"x": 12, "y": 12})


@contextmanager
def three_people(browser: Browser, server: ServerProcess) -> Iterator[list[Person]]:
    """Camille, Robin and Alix in one document with something to show."""
    camille = Person.arrive(browser, server.url, "Camille Durand", "blue", viewport=WIDE)
    robin = Person.arrive(browser, server.url, "Robin Martin", "orange", viewport=WIDE, color_scheme="dark")
    alix = Person.arrive(browser, server.url, "Alix Nguyen", "violet", viewport=WIDE, locale="fr-FR")
    people = [camille.open(DOCUMENT), robin.open(DOCUMENT, "hocuspocus"), alix.open(DOCUMENT)]
    camille.prose.focus()
    type_lines(camille, PROSE)
    alix.code.focus()
    type_lines(alix, CODE)
    expect(robin.prose).to_contain_text("treasury")
    select_word(robin, "The prefecture asks for our")
    camille.write(camille.prose, " ")
    alix.page.get_by_text("for service in").click()
    expect(camille.caret_of("Alix", camille.code)).to_be_visible()
    expect(camille.caret_of("Robin", camille.prose)).to_be_visible()
    for person in people:
        person.expect_saved()
    yield people
    for person in people:
        person.leave()


def take(people: list[Person], server: ServerProcess, file: Path | None, directory: Path | None) -> None:
    camille, robin, alix = people
    if file is not None:
        file.parent.mkdir(exist_ok=True)
        camille.page.screenshot(path=file)
    if directory is None:
        return
    camille.page.screenshot(path=directory / "light.png")
    robin.page.screenshot(path=directory / "dark.png")
    alix.page.screenshot(path=directory / "french.png")
    robin.page.get_by_test_id("self").click()
    robin.page.screenshot(path=directory / "profile.png")
    alix.page.set_viewport_size(NARROW)
    alix.page.screenshot(path=directory / "narrow.png", full_page=True)
    alix.page.get_by_role("tab", name="Code").click()
    alix.work_offline(offline=True)
    alix.write(alix.code, "#")
    alix.expect_saved("unsaved")
    alix.page.screenshot(path=directory / "narrow-offline.png")
    camille.page.goto(server.url)
    camille.page.screenshot(path=directory / "start.png")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("file", nargs="?", type=Path, default=Path("docs/screenshot.png"))
    arguments.add_argument(
        "--all", type=Path, metavar="DIRECTORY", help="take every picture, into a directory"
    )
    chosen = arguments.parse_args()
    if chosen.all is not None:
        chosen.all.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        ServerProcess(Path(folder) / "documents.db") as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_ARGUMENTS
        )
        with three_people(browser, server) as people:
            take(people, server, chosen.file, chosen.all)
        browser.close()


if __name__ == "__main__":
    main()
