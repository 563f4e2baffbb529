"""One person at a browser of their own: a Playwright context with the document open in it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypedDict, Unpack
from urllib.parse import quote

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, ViewportSize, expect

Saved = Literal["checking", "saving", "saved", "unsaved"]
Connected = Literal["connecting", "connected", "offline", "refused"]
Dialect = Literal["y-websocket", "hocuspocus"]

# A browser reports every connection that it does not get; tests that end the server expect that.
_UNREACHABLE = ("WebSocket connection to ", "Failed to load resource: net::ERR_")

_RECORD_SAVED_STATES = """() => {
  const chip = document.querySelector('[data-testid=saved]')
  window.savedStates = [chip.dataset.state]
  new MutationObserver(() => window.savedStates.push(chip.dataset.state))
    .observe(chip, { attributes: true, attributeFilter: ['data-state'] })
}"""


class Surroundings(TypedDict, total=False):
    """What a context can differ in; names and values are Playwright's."""

    locale: str
    color_scheme: Literal["light", "dark"]
    reduced_motion: Literal["reduce", "no-preference"]
    viewport: ViewportSize
    permissions: list[str]


@dataclass
class Person:
    """A context and its page. Errors in the page, and requests, are kept."""

    base_url: str
    context: BrowserContext
    page: Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @classmethod
    def arrive(
        cls, browser: Browser, base_url: str, name: str, colour: str, **surroundings: Unpack[Surroundings]
    ) -> "Person":
        """Start a browser profile in which nothing is stored but this name and colour."""
        surroundings.setdefault("locale", "en-GB")
        context = browser.new_context(**surroundings)
        identity = json.dumps(json.dumps({"name": name, "colour": colour}))
        key = "'crdt-server:identity'"
        context.add_init_script(f"localStorage.getItem({key}) ?? localStorage.setItem({key}, {identity})")
        person = cls(base_url, context, context.new_page())
        person.page.on("console", person._on_console)
        person.page.on("pageerror", lambda error: person.errors.append(str(error)))
        context.on("request", lambda request: person.requests.append(request.url))
        person.page.on("websocket", lambda socket: person.requests.append(socket.url))
        return person

    def open(self, document: str, dialect: Dialect = "y-websocket", token: str = "") -> "Person":
        """Open the document and wait until the server has confirmed that it has everything."""
        self.go_to(document, dialect, token)
        self.expect_saved()
        return self

    def go_to(self, document: str, dialect: Dialect = "y-websocket", token: str = "") -> None:
        """As `open`, without waiting: somebody may have no access."""
        query = "" if dialect == "y-websocket" else f"?dialect={dialect}"
        fragment = f"#token={quote(token)}" if token else ""
        self.page.goto(f"{self.base_url}/d/{quote(document, safe='')}{query}{fragment}")

    def reload(self) -> None:
        """Reload the page, once the browser keeps what was written: before that it would ask."""
        expect(self.page.locator("html[data-kept='true']")).to_be_attached()
        self.page.reload()
        expect(self.prose).to_be_visible()

    @property
    def prose(self) -> Locator:
        return self.page.get_by_test_id("prose")

    @property
    def code(self) -> Locator:
        return self.page.get_by_test_id("code")

    @property
    def people(self) -> Locator:
        return self.page.get_by_test_id("people").locator(".person-name")

    @property
    def live(self) -> Locator:
        return self.page.get_by_test_id("live")

    def caret_of(self, name: str, editor: Locator) -> Locator:
        """Another person's caret in one of the editors."""
        return editor.locator(".caret").filter(has_text=name)

    def write(self, editor: Locator, text: str) -> None:
        """Type at the end."""
        editor.focus()
        self.page.keyboard.press("Control+End")
        self.page.keyboard.type(text)

    def prose_text(self) -> str:
        """The paragraphs, one a line, without other people's carets."""
        return str(self.prose.evaluate(_TEXT_WITHOUT_CARETS, ":scope > *"))

    def code_text(self) -> str:
        return str(self.code.evaluate(_TEXT_WITHOUT_CARETS, ".cm-line"))

    def work_offline(self, offline: bool) -> None:
        """Turn the switch."""
        self.page.get_by_test_id("offline-switch").click()
        if offline:
            self.expect_connection("offline")
        else:
            self.expect_connection("connected")

    def expect_saved(self, state: Saved = "saved") -> None:
        expect(self.page.get_by_test_id("saved")).to_have_attribute("data-state", state)

    def expect_connection(self, state: Connected = "connected") -> None:
        expect(self.page.get_by_test_id("connection")).to_have_attribute("data-state", state)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that is not one element's property; Playwright's time-out applies."""
        handle = self.page.evaluate_handle("() => performance.now() + 10000")
        while not condition():
            assert self.page.evaluate("end => performance.now() < end", handle), "it never became true"

    def record_saved_states(self) -> None:
        """From now on every state is kept, also those that pass between two looks."""
        self.page.evaluate(_RECORD_SAVED_STATES)

    def saved_states(self) -> list[Saved]:
        states: list[Saved] = self.page.evaluate("() => window.savedStates")
        return states

    def leave(self) -> None:
        self.context.close()

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_UNREACHABLE):
            self.errors.append(message.text)


_TEXT_WITHOUT_CARETS = """(editor, lines) => {
  const copy = editor.cloneNode(true)
  for (const caret of copy.querySelectorAll('.caret')) caret.remove()
  return [...copy.querySelectorAll(lines)].map(line => line.textContent).join('\\n')
}"""
