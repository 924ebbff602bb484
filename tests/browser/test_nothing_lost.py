"""The server dies between keystrokes: what was done is kept by the browser and stored once when the server is back."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from tests.browser.conftest import Server, free_port, start_app, stop_app
from tests.browser.editing import open_document, text_of, wait_saved
from tokapp.documents import Document
from tokapp.store import Store
from tokapp.tasks import Label, Task

pytestmark = pytest.mark.browser

TASK = Task(name="places", title="Places", span_labels=(Label("feature", "#2f7fd1", "f"),))
TEXT = "alpha beta gamma delta epsilon zeta eta theta"


@dataclass(slots=True)
class Host:
    """A server that can be killed and started again at the same address."""

    home: Path
    port: int
    project: int = 0
    server: Server | None = None

    def start(self) -> str:
        self.server = start_app(self.home, port=self.port)
        return self.server.url

    def kill(self) -> None:
        assert self.server is not None
        self.server.process.send_signal(signal.SIGKILL)
        self.server.process.wait(10)

    def stored(self) -> list[str]:
        """Every action of the document in the order in which it was stored."""
        with_store = Store(f"sqlite:///{self.home / 'tokapp.db'}")
        [document] = with_store.document_ids(self.project)
        found = [str(event.after) for event in with_store.events(document)]
        opened = with_store.open_for_labelling(document).document
        with_store.close()
        assert len(found) == len(opened.spans), "an action was stored twice"
        return [opened.surface(span) for span in opened.spans]


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    store = Store(f"sqlite:///{tmp_path / 'tokapp.db'}")
    project = store.create_project("Places", TASK).id
    store.add_documents(project, [Document("d", TEXT)], source="test")
    store.close()
    one = Host(tmp_path, free_port(), project)
    yield one
    if one.server is not None:
        stop_app(one.server)


@pytest.fixture
def open_tab(browser: Browser) -> Iterator[Callable[[], Page]]:
    """Tabs of one browser profile; the console may complain here, since the server is gone for a while."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(30_000)
    yield context.new_page
    context.close()


def mark_next_word(page: Page) -> None:
    """Mark the word under the cursor and go to the next one, by the keyboard alone."""
    page.keyboard.press("f")
    page.keyboard.press("ArrowRight")


def begin(page: Page, host: Host, url: str) -> None:
    open_document(page, url, host.project, 1)
    text_of(page).focus()
    page.keyboard.press("Home")


def test_actions_between_two_lives_of_the_server_are_stored_once_and_in_order(
    host: Host, open_tab: Callable[[], Page]
) -> None:
    page, url = open_tab(), host.start()
    begin(page, host, url)
    mark_next_word(page)
    wait_saved(page, 1)
    mark_next_word(page)
    host.kill()  # the second action may or may not have arrived
    mark_next_word(page)
    mark_next_word(page)
    expect(page.locator("[data-part=status]").first).to_contain_text("not saved yet")
    host.start()
    wait_saved(page, 4)
    assert host.stored() == ["alpha", "beta", "gamma", "delta"]


def test_a_tab_closed_without_a_server_leaves_its_actions_to_the_next_tab(
    host: Host, open_tab: Callable[[], Page]
) -> None:
    page, url = open_tab(), host.start()
    begin(page, host, url)
    mark_next_word(page)
    wait_saved(page, 1)
    host.kill()
    for _ in range(3):
        mark_next_word(page)
    expect(page.locator("[data-part=status]").first).to_contain_text("3 not saved yet")
    page.close()
    host.start()
    later = open_tab()
    open_document(later, url, host.project, 1)
    wait_saved(later, 4)
    assert host.stored() == ["alpha", "beta", "gamma", "delta"]
    assert later.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('tokapp.unsaved'))") == []


def test_a_reload_between_action_and_answer_stores_it_once(host: Host, open_tab: Callable[[], Page]) -> None:
    page, url = open_tab(), host.start()
    begin(page, host, url)
    page.on("dialog", lambda dialog: dialog.accept())  # the browser asks whether to leave while something is unsaved
    mark_next_word(page)
    mark_next_word(page)
    page.reload()
    page.locator("[data-part=text] .line").first.wait_for(state="attached")
    wait_saved(page, 2)
    assert host.stored() == ["alpha", "beta"]


@dataclass
class Line:
    """The line between page and server; what the server says can be held back, as if it died before saying it."""

    is_deaf: bool = False

    def tap(self, route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        route.on_message(server.send)
        server.on_message(lambda message: None if self.is_deaf else route.send(message))


def test_a_server_that_dies_between_storing_and_answering_stores_once(host: Host, open_tab: Callable[[], Page]) -> None:
    page, url, line = open_tab(), host.start(), Line()
    page.route_web_socket("**/_stcore/stream", line.tap)
    begin(page, host, url)
    mark_next_word(page)
    wait_saved(page, 1)
    for stored, words in ((2, ["alpha", "beta"]), (4, ["alpha", "beta", "gamma", "delta"])):
        line.is_deaf = True
        for _ in words[len(host.stored()) :]:
            mark_next_word(page)
        expect(page.locator("[data-part=status]").first).to_contain_text("not saved yet")
        while len(host.stored()) < stored:  # ends by the test's own time limit
            page.wait_for_timeout(50)
        host.kill()
        line.is_deaf = False
        host.start()
        wait_saved(page, stored)
        assert host.stored() == words
