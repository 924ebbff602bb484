"""Labels beyond ten, spans of several pieces, and actions on many documents, by mouse and keyboard in Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Server
from tests.browser.editing import click, drag, find, open_document, text_of, wait_saved
from tests.browser.test_accessibility import SIDEBAR, serious_in
from tokapp.documents import Document, Prediction, Span
from tokapp.store import Edit, Store
from tokapp.tasks import Label, Task
from tokapp.ui.colours import PALETTE

pytestmark = pytest.mark.browser

NAMES = (
    "feature",
    "problem",
    "wish",
    "price",
    "refund",
    "brand",
    "person",
    "place",
    "size",
    "sound",
    "screen",
    "battery",
)
GROUPS = (
    "product",
    "product",
    "product",
    "money",
    "money",
    "who",
    "who",
    "where",
    "device",
    "device",
    "device",
    "device",
)
TASK = Task(
    name="many",
    title="Many",
    span_labels=tuple(
        Label(name, PALETTE[at % 8], group=group) for at, (name, group) in enumerate(zip(NAMES, GROUPS, strict=True))
    ),
    discontinuous=True,
)
TEXT = "Pain in the left and right arm since the update. The search bar is slow and the search bar lags."
COUNT = 4
PIECES = tuple(Span(at, at + size, "feature", group="g") for at, size in ((0, 16), (TEXT.index("arm"), 3)))


@dataclass(frozen=True, slots=True)
class Desk:
    """A running app, and a project of the same text for one test alone; `ids` are its documents."""

    server: Server
    store: Store
    project: int
    ids: list[int]

    def open(self, page: Page, at: int = 0) -> None:
        open_document(page, self.server.url, self.project, self.ids[at])

    def shapes(self, at: int = 0) -> list[tuple[str, str, bool]]:
        """Text and label of people's spans, and whether they are pieces, as stored."""
        document = self.store.open_for_labelling(self.ids[at]).document
        return [(document.surface(span), span.label, bool(span.group)) for span in document.spans]

    def counts(self) -> list[int]:
        """How many spans people have in each document."""
        return [len(self.store.open_for_labelling(pk).document.spans) for pk in self.ids]


@pytest.fixture(scope="module")
def shared(
    tmp_path_factory: pytest.TempPathFactory, server: Callable[[Path], Server]
) -> Iterator[tuple[Server, Store]]:
    home = tmp_path_factory.mktemp("many")
    store = Store(f"sqlite:///{home / 'tokapp.db'}")
    store.add_model("m1", TASK.name, is_built_in=True)
    yield server(home), store
    store.close()


@pytest.fixture
def desk(shared: tuple[Server, Store], request: pytest.FixtureRequest) -> Desk:
    running, store = shared
    project = store.create_project(request.node.name, TASK).id
    store.add_documents(project, [Document(f"d{at}", f"{TEXT} ({at})") for at in range(COUNT)], source="test")
    ids = store.document_ids(project)
    bar, slow = TEXT.index("search bar"), TEXT.index("slow")
    found = (Span(bar, bar + 10, "feature", 0.93), Span(slow, slow + 4, "problem", 0.41))
    store.add_predictions(project, "m1", [(pk, Prediction("d", "m1", found)) for pk in ids])
    return Desk(running, store, project, ids)


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Many at once")


def test_a_label_is_found_by_typing_and_recent_ones_come_first(desk: Desk, page: Page) -> None:
    desk.open(page)
    expect(page.locator("[data-part=labels] [role=radio]")).to_have_count(9)
    text_of(page).focus()
    for key in ["Home", "/"]:
        page.keyboard.press(key)
    expect(page.get_by_role("combobox", name="Name of the label")).to_be_focused()
    page.keyboard.type("batt")
    expect(page.get_by_role("option")).to_have_text(["battery"])
    page.keyboard.press("Enter")
    wait_saved(page, 1)
    assert desk.shapes() == [("Pain", "battery", False)]
    expect(page.get_by_role("radio", name="battery")).to_be_checked()
    page.get_by_role("button", name="All 12").click()
    expect(page.locator(".palette .title").first).to_have_text("Recent")
    expect(page.get_by_role("option").first).to_have_text("battery")
    page.get_by_role("option", name="screen").click()
    wait_saved(page, 2)
    assert desk.shapes() == [("Pain", "screen", False)]


def test_labels_differ_in_pattern_too(desk: Desk, page: Page) -> None:
    desk.open(page)
    patterns = page.locator("[role=radio] .sign").evaluate_all(
        """signs => signs.map(({ style }) => [
          style.backgroundImage.replace(/var\\(--line-\\d+\\)/g, ""), style.backgroundSize, style.backgroundPosition,
        ].join("/"))"""
    )
    assert len(set(patterns[:5])) == 5


def test_a_further_piece_joins_by_ctrl_and_drag_and_by_key(desk: Desk, page: Page) -> None:
    desk.open(page)
    drag(page, "Pain in the left")
    wait_saved(page, 1)
    page.keyboard.down("Control")
    drag(page, "arm")
    page.keyboard.up("Control")
    wait_saved(page, 2)
    assert desk.shapes() == [("Pain in the left", "feature", True), ("arm", "feature", True)]
    expect(page.locator("li .surface").first).to_have_text("Pain in the left … arm")
    expect(page.locator(".tag", has_text="⋯1")).to_have_count(2)
    click(page, "update")
    page.keyboard.press("+")
    wait_saved(page, 2)
    page.keyboard.press("Home")
    page.keyboard.press("+")
    expect(page.locator("[data-part=note]")).to_contain_text("Mark the next piece of")
    drag(page, "update")
    wait_saved(page, 3)
    assert [surface for surface, _, _ in desk.shapes()] == ["Pain in the left", "arm", "update"]
    page.keyboard.press("2")
    page.keyboard.press("Control+z")
    wait_saved(page, 4)
    assert [surface for surface, _, _ in desk.shapes()] == ["Pain in the left", "arm"]


def test_all_pieces_are_relabelled_and_removed_as_one(desk: Desk, page: Page) -> None:
    desk.store.record(desk.ids[0], 0, "test", Edit("add", PIECES))
    desk.open(page)
    click(page, "arm")
    page.get_by_role("button", name="Change to problem").click()
    wait_saved(page, 2)
    assert {label for _, label, _ in desk.shapes()} == {"problem"}
    page.locator("li").get_by_role("button", name="Remove").first.click()
    wait_saved(page, 3)
    assert desk.shapes() == []


def pull(page: Page, side: str, to: str) -> None:
    """Drag the handle at one end of a span to the last letter of some words."""
    box = page.locator(f".handle.{side}").bounding_box()
    assert box is not None
    place = find(page, to)["to"]
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(place[0], place[1] + 10, steps=8)
    page.mouse.up()


def test_a_piece_moves_by_handle_and_key_up_to_the_other_pieces_of_its_span(desk: Desk, page: Page) -> None:
    desk.store.record(desk.ids[0], 0, "test", Edit("add", PIECES))
    desk.open(page)
    click(page, "arm")
    pull(page, "end", "since")
    wait_saved(page, 2)
    pull(page, "start", "Pain")
    wait_saved(page, 3)
    assert [surface for surface, _, _ in desk.shapes()] == ["Pain in the left", "and right arm since"]
    page.keyboard.press("Escape")
    click(page, "Pain")
    page.keyboard.press("e")
    expect(page.locator(".handle")).to_have_count(0)
    for _ in range(3):
        page.keyboard.press("]")
    page.keyboard.press("Space")
    expect(page.locator("[data-part=live]")).to_have_text("another piece of the span is there")
    page.keyboard.press("Escape")
    page.keyboard.press("Home")
    page.keyboard.press("]")
    expect(page.locator("[data-part=live]")).to_have_text("another piece of the span is there")
    wait_saved(page, 3)


def test_a_reviewer_picks_and_edits_a_span_with_all_of_its_pieces(desk: Desk, page: Page) -> None:
    document, right = desk.ids[0], TEXT.index("right")
    desk.store.give(desk.project, [document], ["ana", "ben"], is_blind=True)
    theirs = (replace(PIECES[0], group="b"), Span(right, right + 9, "feature", group="b"))
    for name, spans in (("ana", PIECES), ("ben", theirs)):
        for at, edit in enumerate((Edit("add", spans), Edit("submit"))):
            desk.store.record(document, at, name, edit, layer=desk.store.open_for(document, name)[1].layer)
    page.goto(f"{desk.server.url}/review?project={desk.project}&doc={document}")
    expect(page.get_by_text("0 of 1 difference decided")).to_be_visible()
    page.get_by_role("button", name="Take ben's").click()
    expect(page.get_by_text("Everything is decided")).to_be_visible()
    expect(page.locator("li .surface").first).to_have_text("Pain in the left … right arm")
    click(page, "right arm")
    page.keyboard.press("e")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Space")
    wait_saved(page, 2)
    assert desk.shapes() == [("Pain in the left", "feature", True), ("right arm since", "feature", True)]
    expect(page.locator(".shown-only .bar")).to_have_count(2)
    expect(page.locator(".shown-only .bar").first).to_be_hidden()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("Nothing to decide now")).to_be_visible()


def test_suggestions_of_the_project_are_accepted_by_filter_and_undone_as_one(desk: Desk, page: Page) -> None:
    desk.open(page)
    page.get_by_role("button", name="Many at once").click()
    dialog(page).get_by_text("The whole project").click()
    expect(dialog(page).get_by_role("button", name="Accept 8")).to_be_visible()
    least = dialog(page).get_by_role("slider").first
    least.focus()
    page.keyboard.press("PageUp")
    for _ in range(5):
        page.keyboard.press("PageUp")
    expect(dialog(page).get_by_role("button", name="Accept 4")).to_be_visible()
    dialog(page).get_by_role("button", name="Accept 4").click()
    expect(dialog(page)).to_have_count(0)
    expect(page.get_by_text("accepted 4 spans in 4 documents")).to_be_visible()
    assert desk.counts() == [1] * COUNT
    desk.store.record(desk.ids[3], 1, "another", Edit("add", (Span(0, 4, "wish"),)))
    text_of(page).focus()
    page.keyboard.press("Control+z")
    expect(page.get_by_text("undone in 3 documents")).to_be_visible()
    expect(page.get_by_text("Changed since and not undone: d3")).to_be_visible()
    assert desk.counts() == [0, 0, 0, 2]


def test_all_like_this_are_marked_but_those_unticked(desk: Desk, page: Page) -> None:
    desk.open(page)
    drag(page, "search bar")
    wait_saved(page, 1)
    click(page, "search bar")
    page.get_by_role("button", name="Mark all like this").click()
    expect(dialog(page).get_by_role("button", name="Mark 1", exact=True)).to_be_visible()
    dialog(page).get_by_text("The whole project").click()
    button = dialog(page).get_by_role("button", name="Mark 7")
    expect(button).to_be_visible()
    table = dialog(page).get_by_test_id("stDataFrame")
    expect(table).to_have_count(1)
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 70, box["y"] + 35 + 17)
    expect(dialog(page).get_by_role("button", name="Mark 6")).to_be_visible()
    dialog(page).get_by_role("button", name="Mark 6").click()
    expect(dialog(page)).to_have_count(0)
    expect(page.get_by_text("marked 6 spans in 3 documents")).to_be_visible()
    assert desk.counts() == [1, 2, 2, 2]
    page.get_by_role("button", name="Undo all of it").click()
    expect(page.get_by_text("undone in 3 documents")).to_be_visible()
    assert desk.counts() == [1, 0, 0, 0]


def test_two_hundred_steps_are_undone_across_a_reload(desk: Desk, page: Page) -> None:
    pk, steps = desk.ids[0], 200
    for step in range(steps):
        start, label = step % 50, NAMES[step // 50]
        desk.store.record(pk, step, "test", Edit("add", (Span(start, start + 1, label),)))
    desk.open(page)
    wait_saved(page, steps)
    for undone in (100, 200):
        text_of(page).focus()
        for _ in range(100):  # faster than the answers come
            page.keyboard.press("Control+z")
        expect(page.locator("[data-part=status]").first).to_have_text(f"saved · {steps + undone}", timeout=180_000)
        page.reload()
        wait_saved(page, steps + undone)
    assert desk.counts()[0] == 0
    expect(page.get_by_role("button", name="Undo", exact=True)).to_be_disabled()
    expect(page.get_by_role("button", name="Redo", exact=True)).to_be_enabled()


def test_a_span_that_ends_in_another_is_reached_in_its_lane(desk: Desk, page: Page) -> None:
    desk.open(page)
    drag(page, "left and right arm")
    drag(page, "right arm since")
    wait_saved(page, 2)
    place = find(page, "arm")["from"]
    page.mouse.click(*place)
    expect(page.locator("[data-part=card] q")).to_have_text("right arm since")
    page.keyboard.press("Escape")
    page.mouse.move(place[0], place[1] + 2)
    expect(page.locator("li .surface")).to_have_text(["left and right arm", "right arm since", "search bar", "slow"])


def test_nothing_serious_stands_in_the_palette_and_in_the_dialog(desk: Desk, page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    desk.open(page)
    page.get_by_role("button", name="All 12").click()
    expect(page.get_by_role("option")).to_have_count(len(NAMES))
    said = serious_in(page, but=SIDEBAR)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Many at once").click()
    expect(dialog(page).get_by_role("button", name="Accept 2")).to_be_visible()
    said += serious_in(page, but=SIDEBAR)
    assert not said, "\n".join(said)
