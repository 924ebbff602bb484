"""Names that want to be markup, links, icons, formulas or a change of direction stay the text that they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.conftest import Server, settle
from tests.browser.editing import text_of
from tests.pages.conftest import attribution
from tokapp.documents import Document, Prediction, Span, Target
from tokapp.store import Store
from tokapp.tasks import Label, Task

pytestmark = pytest.mark.browser

NAMES = {
    "image": "<img src=x onerror=alert(1)>",
    "script": '"><script>alert(2)</script>',
    "formula of a sheet": "=cmd|'/C calc'!A0",
    "path": "../../etc",
    "turned direction": "user\u202egnp.exe",
    "link": "[x](javascript:alert(1))",
    "image link": "![x](http://127.0.0.1:9/x.png)",
    "icon": ":material/home: :smile:",
    "colour": ":red[loud] :red-badge[loud]",
    "formula": r"$\LaTeX$",
    "marks": "**bold** _slanted_ `code` # &lt;b&gt; ~~gone~~",
    "address": "https://example.com www.example.com me@example.com",
}
JOINED = " ".join(NAMES.values())[:200]
LABELS = tuple(name[:60] for name in NAMES.values())
PAGES = ("", "documents", "queue", "label", "explain", "train", "models", "export", "review", "agreement")
MODEL = JOINED[:100]

# Everything that a name could have become, looked for in all shadow trees too.
_INJECTED = """
() => {
  const bad = "img:not([alt]), script:not([src]):not([type]), a[href^='javascript:'], a[href*='example.com'], "
    + "[onerror], .katex, iframe, img[src*='127.0.0.1:9'], del, main em, main s";
  const found = [];
  const visit = (root) => {
    for (const one of root.querySelectorAll(bad)) if (!one.closest("head")) found.push(one.outerHTML.slice(0, 200));
    for (const one of root.querySelectorAll("*")) if (one.shadowRoot) visit(one.shadowRoot);
  };
  visit(document.body);
  return found;
}
"""


def shown(name: str) -> str:
    """How a name stands on the screen: what would turn the direction of its neighbours is spelled out."""
    return " ".join(name.replace("\u202e", "[U+202E]").split())


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, server: Callable[[Path], Server]) -> Server:
    """A project of each name, and one whose labels, documents, sources and model all bear such names."""
    home = tmp_path_factory.mktemp("hostile")
    store = Store(f"sqlite:///{home / 'tokapp.db'}")
    labels = tuple(Label(name, "#2f7fd1", description=name) for name in LABELS)
    task = Task("hostile", JOINED[:100], labels, labels, noun=NAMES["colour"][:30], description=JOINED)
    project = store.create_project(JOINED, task).id
    for name in NAMES.values():
        store.create_project(name, task)
    for name in NAMES.values():
        store.add_documents(project, [Document(name, f"The text is {name} indeed", "hostile")], source=name)
    store.add_model(MODEL, "hostile", project_id=project)
    store.promote(MODEL, by=NAMES["image"])
    for pk, document in store.iterate_documents(project):
        spans = tuple(Span(4, 8, name, 0.9) for name in LABELS)
        scores = {name: 1 / len(LABELS) for name in LABELS}
        store.add_predictions(project, MODEL, [(pk, Prediction(document.id, MODEL, spans, document_scores=scores))])
        target = Target("span", LABELS[(pk - 1) % len(LABELS)], 4, 8)
        store.add_attributions(pk, [replace(attribution(document), model=MODEL, target=target)])
    store.close()
    return server(home)


_READS = """
([place, wanted]) => [...document.querySelectorAll(`[data-testid=${place}]`)]
  .some((one) => one.innerText.replaceAll("\\u2060", "").replace(/\\s+/g, " ").includes(wanted))
"""


def expect_text(page: Page, place: str, text: str) -> None:
    """Wait until a part of the page holds exactly these characters, but for joiners that cannot be seen."""
    page.wait_for_function(_READS, arg=[place, text])


def check(page: Page) -> None:
    """Nothing was injected, interpreted or reported."""
    assert page.evaluate(_INJECTED) == []
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_test_id("stAlertContentError")).to_have_count(0)


@pytest.fixture
def quiet(page: Page) -> Page:
    """A page that fails its test when a dialog opens."""
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    return page


@pytest.mark.parametrize("path", PAGES)
def test_names_are_plain_text_on_every_page(path: str, served: Server, quiet: Page) -> None:
    quiet.goto(f"{served.url}/{path}?project=1")
    settle(quiet)
    expect_text(quiet, "stSidebar", shown(JOINED[:100]))
    if not path:  # elsewhere the name stands in the sidebar alone
        expect_text(quiet, "stMain", shown(JOINED[:90]))
    check(quiet)


def test_every_project_name_stands_on_home_as_it_is(served: Server, quiet: Page) -> None:
    quiet.goto(f"{served.url}/?project=1")
    settle(quiet)
    for name in NAMES.values():
        expect_text(quiet, "stMain", f"{shown(name)} {shown(JOINED)}")
    check(quiet)


@pytest.mark.parametrize("place", range(1, len(NAMES) + 1), ids=list(NAMES))
def test_a_decision_is_plain_text(place: int, served: Server, quiet: Page) -> None:
    name, label = list(NAMES.values())[place - 1], LABELS[place - 1]
    quiet.goto(f"{served.url}/explain?project=1&doc={place}&span=4:8:{label_in_address(label)}")
    settle(quiet)
    expect(quiet.get_by_text("512 evaluations of the model")).to_be_visible()
    expect_text(quiet, "stMain", shown(name)[:39])
    expect(quiet.get_by_role("combobox", name="Decision")).to_have_value(f"“text” is {shown(label)} · 90 %")
    check(quiet)


def test_documents_are_plain_text_one_after_the_other(served: Server, quiet: Page) -> None:
    quiet.goto(f"{served.url}/label?project=1&doc=1")
    for place, name in enumerate(NAMES.values(), start=1):
        expect(quiet.get_by_role("heading", name=f"{place} of {len(NAMES)}")).to_be_visible()
        settle(quiet)
        expect(text_of(quiet)).to_contain_text("indeed")
        expect_text(quiet, "stMain", shown(name)[:23])
        check(quiet)
        if place < len(NAMES):
            quiet.get_by_role("button", name="Next", exact=True).click()


def label_in_address(label: str) -> str:
    """A label as it stands in a link."""
    from urllib.parse import quote

    return quote(label, safe="")


def test_hostile_files_are_previewed_and_imported_as_text(served: Server, quiet: Page) -> None:
    quiet.goto(f"{served.url}/documents?project=2")
    settle(quiet)
    names = [name for name in NAMES.values() if "/" not in name]
    files: list[FilePayload] = [
        {"name": f"{name}.csv", "mimeType": "text/csv", "buffer": f"id,text,{name}\n1,{name} {n},x\n".encode()}
        for n, name in enumerate(names)
    ]
    quiet.locator("input[type=file]").first.set_input_files(files)
    button = quiet.get_by_role("button", name=f"Import {len(files)} files")
    expect(button).to_be_visible()
    check(quiet)
    button.click()
    for name in names:
        expect_text(quiet, "stMain", f"added from {shown(name)}.csv")
    check(quiet)
