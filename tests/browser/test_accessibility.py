"""axe-core (Deque's rules for WCAG 2 A and AA) finds nothing serious on any page, in light and in dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, TypeAlias

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, settle
from tokapp.documents import Attribution, Document, Prediction, Span, Target
from tokapp.store import Edit, Project, Store
from tokapp.tasks import load_task

pytestmark = pytest.mark.browser

TEXT = "The search bar is slow since the update, and the dark mode is gone."
PAGES = (
    *("", "documents", "queue", "label", "explain", "train", "models", "evaluate", "export"),
    *("review", "agreement", "suggestions", "settings", "people"),
)
Scheme: TypeAlias = Literal["light", "dark"]
SERIOUS = ("serious", "critical")
SIDEBAR = "[data-testid=stSidebar]"
"""Looked at with every page."""
HEADINGS = "[data-testid=stHeading]"
_IS_DARK = """
() => getComputedStyle(document.querySelector("[data-testid=stApp]")).backgroundColor === "rgb(20, 23, 29)"
  && !document.getAnimations().some((one) => one instanceof CSSTransition)
"""
"""The background of the dark theme, and no colour on its way to another."""


def fill(store: Store, name: str) -> Project:
    """A project with a document that is predicted, explained and half labelled."""
    task = load_task(name)
    made = store.create_project(f"My {name}", task)
    context = ("The search was changed. Dark mode came back.",) if name == "rag" else ()
    question = "What changed?" if name == "rag" else None
    store.add_documents(
        made.id,
        [Document(str(at), f"{TEXT} {at}", task=name, question=question, contexts=context) for at in range(4)],
        source="x",
    )
    label, scores = task.span_names[0], {one: 1 / len(task.document_names) for one in task.document_names}
    store.add_model(name, name, is_built_in=True)
    store.promote(name, by="ana")
    spans = (Span(4, 14, label, 0.9), Span(49, 58, label, 0.55))
    pks = store.document_ids(made.id)
    store.add_predictions(made.id, name, [(pk, Prediction(str(pk), name, spans, None, scores)) for pk in pks])
    store.record(pks[0], 0, "ana", Edit("accept", spans[:1]))
    words = ((0, 3), (4, 10), (11, 14), (15, 17), (18, 22))
    texts = tuple(TEXT[a:b] for a, b in words)
    values, errors = (0.1, 2.5, 1.2, -0.7, 0.01), (0.1, 0.1, 0.1, 0.1, 0.1)
    store.add_attribution(
        pks[0], Attribution(str(pks[0]), name, Target.of_span(spans[0]), words, texts, values, errors, -3, 0.11, 200)
    )
    return made


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, server: Callable[[Path], Server]
) -> Iterator[tuple[str, dict[str, int]]]:
    """The address of a running app, and its projects by task."""
    home = tmp_path_factory.mktemp("accessible")
    store = Store(f"sqlite:///{home / 'tokapp.db'}")
    projects = {name: fill(store, name).id for name in ("reviews", "emails", "rag")}
    store.close()
    yield server(home).url, projects


CASES = [
    *((page, "reviews") for page in PAGES),
    *((page, task) for page in ("label", "explain") for task in ("emails", "rag")),
]


@pytest.mark.parametrize(("path", "task"), CASES, ids=["-".join(filter(None, case)) for case in CASES])
def test_nothing_serious_stands_in_the_way(path: str, task: str, site: tuple[str, dict[str, int]], page: Page) -> None:
    said = []
    for scheme in look(page, f"{site[0]}/{path}?project={site[1][task]}"):
        said += [f"{scheme}: {one}" for one in serious_in(page)]
    assert not said, "\n".join(said)


def look(page: Page, address: str) -> Iterator[Scheme]:
    """Open a page, and give the colour schemes while it stands still in each of them."""
    page.emulate_media(color_scheme="light")
    page.goto(address)
    expect(page.locator(HEADINGS).first).to_be_visible()
    settle(page)
    yield "light"
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(_IS_DARK)
    settle(page)
    yield "dark"


def test_the_menu_fits_beside_a_page_without_scrolling(site: tuple[str, dict[str, int]], page: Page) -> None:
    page.goto(f"{site[0]}/?project={site[1]['reviews']}")
    expect(page.get_by_text("Worker not running")).to_be_visible()
    settle(page)
    sidebar = page.get_by_test_id("stSidebarContent")
    assert sidebar.evaluate("(one) => one.scrollHeight <= one.clientHeight")
    page.get_by_role("link", name="Documents").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Queue")).to_be_focused()


def serious_in(opened: Page, *, but: str = "nothing") -> list[str]:
    """What axe finds serious, with where and why; `but` names what is left out."""
    found = (
        Axe()
        .run(opened, context={"exclude": [[but]]}, options={"runOnly": ["wcag2a", "wcag2aa"]})
        .response["violations"]
    )
    serious = [one for one in found if one["impact"] in SERIOUS]
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in serious for node in one["nodes"]]


def test_nothing_serious_stands_in_what_the_editor_opens(site: tuple[str, dict[str, int]], page: Page) -> None:
    said = []
    for scheme in look(page, f"{site[0]}/label?project={site[1]['reviews']}"):
        said += [f"{scheme}: {one}" for one in _serious_in_what_opens(page)]
    assert not said, "\n".join(said)


def _serious_in_what_opens(opened: Page) -> Iterator[str]:
    """Findings in the help, its change of keys, the options and a span's card, each opened by its key or button."""
    text = opened.get_by_role("application", name="Text to label")
    opened.locator("[data-part=text] .line").first.wait_for()
    text.press("?")
    yield from serious_in(opened, but=SIDEBAR)
    opened.get_by_role("button", name="Change keys").click()
    yield from serious_in(opened, but=SIDEBAR)
    opened.keyboard.press("Escape")
    opened.get_by_role("button", name="How marks are made").click()
    yield from serious_in(opened, but=SIDEBAR)
    opened.keyboard.press("Escape")
    for key in ("Home", "Tab", "Space"):
        text.press(key)
    expect(opened.locator("[data-part=card]")).to_be_visible()
    yield from serious_in(opened, but=SIDEBAR)
    opened.keyboard.press("Escape")
