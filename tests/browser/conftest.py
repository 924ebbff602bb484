"""Real Chromium against the real app: each server has a home folder of its own and is ended by its process id."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
VIEWPORT: ViewportSize = {"width": 1280, "height": 900}
PATIENCE = 60.0
expect.set_options(timeout=30_000)  # a busy machine takes longer than the five seconds that are usual


@dataclass(frozen=True, slots=True)
class Server:
    """A running app: its address and its home folder."""

    url: str
    home: Path
    process: subprocess.Popen[bytes] = field(repr=False)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium as the operating system ships it."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "no Chromium found: install Debian's `chromium`, the browser tests need it"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, headless=True, args=ARGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Callable[[Path], Server]]:
    """Start the app on a home folder. Fill the folder first; asking twice for the same folder gives the same server."""
    running: dict[Path, Server] = {}

    def start(home: Path) -> Server:
        if home not in running:
            running[home] = start_app(home)
        return running[home]

    yield start
    for one in running.values():
        stop_app(one)


def start_app(home: Path, *, port: int | None = None, database: str | None = None) -> Server:
    """Run `app.py` on a home folder (and another database than its own) and wait until it answers.

    Fails with the end of its log.
    """
    home.mkdir(parents=True, exist_ok=True)
    number = port or free_port()
    environment = {**os.environ, "TOKAPP_HOME": str(home), "TOKAPP_USER": "tester"}
    environment["TOKAPP_DATABASE_URL"] = database or f"sqlite:///{home / 'tokapp.db'}"
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port", str(number)]
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    one = Server(f"http://127.0.0.1:{number}", home, process)
    _wait_until_healthy(one)
    return one


def stop_app(one: Server) -> None:
    """End exactly this server."""
    one.process.terminate()
    try:
        one.process.wait(10)
    except subprocess.TimeoutExpired:
        one.process.kill()
        one.process.wait(10)


def _wait_until_healthy(one: Server) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and one.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{one.url}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.2)
    log = (one.home / "server.log").read_text("utf-8", "replace")[-2000:]
    stop_app(one)
    pytest.fail(f"the app did not start on {one.url}:\n{log}")


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_error(message: ConsoleMessage) -> bool:
    """Streamlit finds out where a link to a page is rooted by asking for two addresses that may not be there."""
    asked = str(message.location.get("url", ""))
    return message.type == "error" and not asked.endswith(("/_stcore/health", "/_stcore/host-config"))


def _told(message: ConsoleMessage) -> str:
    return f"{message.text} ({message.location.get('url', '')})"


class Warm:
    """A browser window that the tests of a module share: what their server sends to be kept, it fetches once.

    What a page stores in it is forgotten before the next test opens one.
    """

    def __init__(self, browser: Browser) -> None:
        self.context = browser.new_context(viewport=VIEWPORT)
        self._visited: set[str] = set()

    def new_page(self) -> Page:
        """A page that has never been anywhere."""
        made = self.context.new_page()
        self._forget(made)
        made.on("framenavigated", lambda frame: self._visited.add(_origin(frame.url)))
        return made

    def _forget(self, page: Page) -> None:
        session = self.context.new_cdp_session(page)
        for origin in filter(None, self._visited):
            kept = {"origin": origin, "storageTypes": "cookies,local_storage,indexeddb"}
            session.send("Storage.clearDataForOrigin", kept)
        session.detach()
        self._visited.clear()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


@pytest.fixture(scope="module")
def warm(browser: Browser) -> Iterator[Warm]:
    """See `Warm`."""
    made = Warm(browser)
    yield made
    made.context.close()


@pytest.fixture
def watch() -> Iterator[Callable[[Page], Page]]:
    """Take pages to close at the test's end; any error on their consoles or in their scripts fails it then."""
    pages: list[Page] = []
    errors: list[str] = []

    def take(page: Page) -> Page:
        pages.append(page)
        page.set_default_timeout(30_000)
        page.on("console", lambda message: errors.append(_told(message)) if _is_error(message) else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield take
    for page in pages:
        page.close()
    assert not errors, f"errors in the browser: {errors}"


@pytest.fixture
def new_tab(warm: Warm, watch: Callable[[Page], Page]) -> Callable[[], Page]:
    """Open tabs of one browser."""
    return lambda: watch(warm.context.new_page())


@pytest.fixture
def new_page(browser: Browser, watch: Callable[[Page], Page]) -> Iterator[Callable[[], Page]]:
    """Open pages of different people, each in a browser of its own."""
    contexts: list[BrowserContext] = []

    def make() -> Page:
        contexts.append(browser.new_context(viewport=VIEWPORT))
        return watch(contexts[-1].new_page())

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def page(warm: Warm, watch: Callable[[Page], Page]) -> Page:
    """One page that knows nothing of what other tests did."""
    return watch(warm.new_page())


def settle(page: Page) -> None:
    """Wait until a page is drawn to its end: script done, every piece of the front end loaded, the menu there."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.get_by_test_id("stSidebar").get_by_test_id("stPageLink")).not_to_have_count(0)
    for unfinished in ("[data-testid=stSkeleton]", "[data-stale=true]", "[data-testid=stStatusWidget]"):
        expect(page.locator(unfinished)).to_have_count(0)
