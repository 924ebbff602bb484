"""The editor by mouse and keyboard in Chromium, against the real app and a real SQLite file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.editing import click, drag, find, open_document, text_of, wait_saved
from tokapp.documents import Document, Prediction, Span
from tokapp.store import Edit, Store
from tokapp.tasks import Label, Task

pytestmark = pytest.mark.browser

TASK = Task(
    name="places",
    title="Places",
    span_labels=(Label("feature", "#2f7fd1", "f"), Label("problem", "#c4373f", "p"), Label("wish", "#2c8a57", "w")),
)
PLAIN = "The search bar is slow since the update. Please bring dark mode back soon."

# Each text with pieces to mark in it: what the screen shows differently from what is stored must not move an offset.
NASTY = [
    ("a family emoji with joiners", "👩‍👩‍👧 went to New York 🎉 today", ["New York", "👩‍👩‍👧"]),
    ("letters beyond the first plane", "the 𝒜𝒷𝒸 set and 𝔘nicode rest", ["𝒜𝒷𝒸 set", "rest"]),
    ("combining marks", "Cafe\u0301 re\u0301sume\u0301 naïve end", ["re\u0301sume\u0301", "end"]),
    ("Japanese without blanks", "日本語の検索機能がとても遅いです。", ["検索機能", "遅い"]),
    ("Arabic", "البحث في التطبيق بطيء جدا", ["البحث في", "بطيء"]),
    ("mixed newlines and empty lines", "first line\r\n\r\nsecond part\nthird\rfourth word", ["second part", "fourth"]),
    ("tabs and blanks", "\tindented   wide gap\t\tend", ["wide gap", "end"]),
    ("markup", "<b>bold</b> & <script>alert(1)</script> text", ["script", "text"]),
    ("a letter run of 2,000", f"start {'x' * 2000} stop", ["start", "stop"]),
]


@dataclass(frozen=True, slots=True)
class Desk:
    """A running app with documents to label; `ids` are the documents by name."""

    server: Server
    store: Store
    project: int
    ids: dict[str, int]

    def open(self, page: Page, name: str) -> int:
        """Show a document and give its id."""
        open_document(page, self.server.url, self.project, self.ids[name])
        return self.ids[name]

    def surfaces(self, name: str) -> list[tuple[str, str]]:
        """Text and label of people's spans, as stored."""
        document = self.store.open_for_labelling(self.ids[name]).document
        return [(document.surface(span), span.label) for span in document.spans]

    def verbs(self, name: str) -> list[str]:
        return [event.verb for event in self.store.events(self.ids[name])]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, server: Callable[[Path], Server]) -> Iterator[Desk]:
    home = tmp_path_factory.mktemp("editor")
    store = Store(f"sqlite:///{home / 'tokapp.db'}")
    project = store.create_project("Places", TASK).id
    store.add_model("m1", TASK.name, is_built_in=True)
    yield Desk(server(home), store, project, {})
    store.close()


@pytest.fixture
def desk(shared: Desk, request: pytest.FixtureRequest) -> Desk:
    """The shared app with a fresh document `plain`, predicted, for this test alone."""
    name = f"{request.node.name}"
    return Desk(shared.server, shared.store, shared.project, {"plain": add(shared, f"{PLAIN} ({name})", name)})


def add(desk: Desk, text: str, name: str, *, model: str = "m1") -> int:
    """Store a document with two suggestions of a model where the text has their words."""
    desk.store.add_documents(desk.project, [Document(name, text)], source="test")
    pk = desk.store.find_document(desk.project, name)
    found = [(text.find("search bar"), 10, 0.93), (text.find("dark mode"), 9, 0.51)]
    spans = tuple(Span(at, at + length, "feature", score) for at, length, score in found if at >= 0)
    desk.store.add_predictions(desk.project, model, [(pk, Prediction(name, model, spans))])
    return pk


@pytest.mark.parametrize(("name", "text", "pieces"), NASTY, ids=[name for name, *_ in NASTY])
def test_what_is_dragged_over_is_what_is_stored(
    shared: Desk, page: Page, name: str, text: str, pieces: list[str]
) -> None:
    desk = Desk(shared.server, shared.store, shared.project, {name: add(shared, text, name)})
    desk.open(page, name)
    for at, piece in enumerate(pieces):
        drag(page, piece)
        wait_saved(page, at + 1)
    assert sorted(desk.surfaces(name)) == sorted((piece, "feature") for piece in pieces)


def test_a_drag_snaps_to_whole_words(desk: Desk, page: Page) -> None:
    desk.open(page, "plain")
    one, other = find(page, "arch b")["from"], find(page, "slo")["to"]
    page.mouse.move(*one)
    page.mouse.down()
    page.mouse.move(*other, steps=6)
    page.mouse.up()
    wait_saved(page, 1)
    assert desk.surfaces("plain") == [("search bar is slow", "feature")]


def test_a_drag_that_ends_in_the_margin_takes_the_nearest_word(desk: Desk, page: Page) -> None:
    desk.open(page, "plain")
    x, y = find(page, "since")["from"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y + 14, steps=6)
    page.mouse.up()
    wait_saved(page, 1)
    assert desk.surfaces("plain")[0][0].endswith("slow since")


def test_a_suggestion_is_accepted_and_another_rejected_by_click(desk: Desk, page: Page) -> None:
    desk.open(page, "plain")
    click(page, "search bar")
    page.locator("[data-part=card]").get_by_role("button", name="Accept").click()
    wait_saved(page, 1)
    click(page, "dark mode")
    page.locator("[data-part=card]").get_by_role("button", name="Reject").click()
    wait_saved(page, 2)
    assert desk.verbs("plain") == ["accept", "reject"]
    assert desk.surfaces("plain") == [("search bar", "feature")]
    expect(page.locator("[data-part=count]")).to_have_text("1 marked")


def test_all_suggestions_are_accepted_at_once_and_undone_at_once(desk: Desk, page: Page) -> None:
    desk.open(page, "plain")
    page.get_by_role("button", name="Accept all").click()
    wait_saved(page, 1)
    assert len(desk.surfaces("plain")) == 2
    page.get_by_role("button", name="Undo").click()
    wait_saved(page, 2)
    assert desk.surfaces("plain") == []
    expect(page.locator("[data-part=count]")).to_have_text("2 suggested")


def test_the_slider_hides_unsure_suggestions_from_sight_and_from_bulk_actions(desk: Desk, page: Page) -> None:
    desk.open(page, "plain")
    slider = page.get_by_role("slider", name="sure at least")
    slider.fill("60")
    expect(page.locator("[data-part=count]")).to_have_text("1 suggested")
    expect(page.locator(".tag")).to_have_text(["feature 93 %"])
    page.reload()
    expect(slider).to_have_value("60")
    slider.fill("40")
    expect(page.locator("[data-part=count]")).to_have_text("2 suggested")
    slider.fill("95")
    expect(page.locator("[data-part=count]")).to_have_text("0 marked")
    slider.fill("0")
    page.get_by_role("button", name="Accept all 2").click()
    wait_saved(page, 1)
    assert len(desk.surfaces("plain")) == 2


def test_confidence_is_shown_beside_the_label(desk: Desk, page: Page) -> None:
    desk.open(page, "plain")
    expect(page.locator(".tag").first).to_have_text("feature 93 %")
    expect(page.locator("li .of").nth(1)).to_have_text("feature 51 %")


def test_a_span_is_relabelled_and_removed_in_its_card(desk: Desk, page: Page) -> None:
    desk.open(page, "plain")
    drag(page, "slow since the update")
    wait_saved(page, 1)
    click(page, "since")
    page.get_by_role("button", name="Change to problem").click()
    wait_saved(page, 2)
    assert desk.surfaces("plain") == [("slow since the update", "problem")]
    click(page, "since")
    page.locator("[data-part=card]").get_by_role("button", name="Remove").click()
    wait_saved(page, 3)
    assert desk.surfaces("plain") == []


def test_the_active_label_marks_and_keys_change_it(desk: Desk, page: Page) -> None:
    desk.open(page, "plain")
    page.get_by_role("radio", name="wish").click()
    drag(page, "Please")
    wait_saved(page, 1)
    page.keyboard.press("p")
    expect(page.get_by_role("radio", name="problem")).to_be_checked()
    drag(page, "back soon")
    wait_saved(page, 2)
    assert desk.surfaces("plain") == [("Please", "wish"), ("back soon", "problem")]


def test_everything_goes_by_keyboard_alone(desk: Desk, page: Page) -> None:
    desk.open(page, "plain")
    text_of(page).focus()
    for key in ["Home", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight"]:
        page.keyboard.press(key)
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("p")
    wait_saved(page, 1)
    assert desk.surfaces("plain") == [("slow since", "problem")]
    page.keyboard.press("Home")
    page.keyboard.press(".")
    page.keyboard.press("y")
    wait_saved(page, 2)
    page.keyboard.press("n")
    wait_saved(page, 3)
    assert desk.verbs("plain") == ["add", "accept", "reject"]
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Delete")
    wait_saved(page, 4)
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    wait_saved(page, 5)
    assert desk.surfaces("plain") == [("The", "problem"), ("slow since", "problem")]


def test_brackets_move_the_edges_of_the_span_at_the_cursor(desk: Desk, page: Page) -> None:
    desk.open(page, "plain")
    text_of(page).focus()
    for key in ["Home", ".", "]"]:
        page.keyboard.press(key)
    wait_saved(page, 1)
    assert desk.surfaces("plain") == [("search bar is", "feature")]
    for key in ["{", "Alt+}"]:
        page.keyboard.press(key)
    wait_saved(page, 3)
    assert desk.surfaces("plain") == [("bar i", "feature")]
    assert desk.verbs("plain") == ["move", "move", "move"]
    page.keyboard.press("Control+z")
    wait_saved(page, 4)
    assert desk.surfaces("plain") == [("bar is", "feature")]


def test_undo_and_redo_by_keys_are_stored(desk: Desk, page: Page) -> None:
    desk.open(page, "plain")
    drag(page, "slow")
    wait_saved(page, 1)
    page.keyboard.press("Control+z")
    expect(page.locator("[data-part=count]")).to_have_text("2 suggested")
    wait_saved(page, 2)
    assert desk.surfaces("plain") == []
    page.keyboard.press("Control+Shift+z")
    wait_saved(page, 3)
    assert desk.surfaces("plain") == [("slow", "feature")]
    assert desk.verbs("plain") == ["add", "undo", "redo"]


def test_undo_reaches_back_beyond_a_reload(desk: Desk, page: Page) -> None:
    desk.open(page, "plain")
    drag(page, "slow")
    wait_saved(page, 1)
    page.reload()
    wait_saved(page, 1)
    page.get_by_role("button", name="Undo").click()
    wait_saved(page, 2)
    expect(page.locator("[data-part=count]")).to_have_text("2 suggested")
    assert desk.surfaces("plain") == []


def test_a_reload_keeps_everything(desk: Desk, page: Page) -> None:
    desk.open(page, "plain")
    drag(page, "slow")
    click(page, "search bar")
    page.keyboard.press("y")
    wait_saved(page, 2)
    page.reload()
    wait_saved(page, 2)
    expect(page.locator("[data-part=count]")).to_have_text("2 marked · 1 suggested")
    assert desk.surfaces("plain") == [("search bar", "feature"), ("slow", "feature")]


def test_fast_actions_are_all_kept_in_order(desk: Desk, page: Page) -> None:
    desk.open(page, "plain")
    text_of(page).focus()
    for key in ["Home", "ArrowRight", "ArrowRight", "ArrowRight"]:
        page.keyboard.press(key)
    words = ["is", "slow", "since", "the", "update", ".", "Please", "bring"]
    for _ in words:
        page.keyboard.press("w")
        page.keyboard.press("ArrowRight")
    wait_saved(page, len(words))
    assert desk.surfaces("plain") == [(word, "wish") for word in words]


def test_the_text_does_not_move_when_spans_change(desk: Desk, page: Page) -> None:
    desk.open(page, "plain")
    before = place_in_text(page, "soon")
    drag(page, "slow since the update")
    drag(page, "the update")
    page.get_by_role("button", name="Accept all").click()
    wait_saved(page, 3)
    assert place_in_text(page, "soon") == pytest.approx(before, abs=1)


def place_in_text(page: Page, words: str) -> tuple[float, float]:
    """Where a piece of text stands within the panel of the text."""
    panel = text_of(page).bounding_box()
    assert panel is not None
    x, y = find(page, words)["from"]
    return x - panel["x"], y - panel["y"]


def test_overlapping_spans_are_all_reached_by_clicking_again(desk: Desk, page: Page) -> None:
    desk.open(page, "plain")
    drag(page, "slow since the update")
    page.keyboard.press("w")
    drag(page, "the update")
    wait_saved(page, 2)
    card = page.locator("[data-part=card]")
    click(page, "update")
    expect(card).to_contain_text("wish")
    page.wait_for_timeout(600)  # longer than a double click
    click(page, "update")
    expect(card).to_contain_text("slow since the update")


def test_two_tabs_are_offered_both_versions(desk: Desk, new_page: Callable[[], Page]) -> None:
    mine, theirs = new_page(), new_page()
    desk.open(mine, "plain")
    desk.open(theirs, "plain")
    drag(theirs, "since the update")
    wait_saved(theirs, 1)
    drag(mine, "slow")
    expect(mine.get_by_test_id("stAlertContentWarning")).to_contain_text("Somebody else changed this document")
    assert desk.surfaces("plain") == [("since the update", "feature")]
    expect(mine.get_by_text("Yours, not stored")).to_be_visible()
    mine.get_by_role("button", name="Store my version").click()
    expect(mine.get_by_test_id("stAlertContentWarning")).to_have_count(0)
    wait_saved(mine)
    assert desk.surfaces("plain") == [("slow", "feature")]


def test_done_by_key_stores_and_goes_on(desk: Desk, page: Page) -> None:
    pk = desk.open(page, "plain")
    following = add(desk, f"{PLAIN} (what comes next)", "next")
    text_of(page).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: f"doc={pk}" not in url)
    assert desk.store.open_for_labelling(pk).status == "labelled"
    desk.store.record(following, 0, "test", Edit("submit"))


def test_a_span_can_be_explained(desk: Desk, page: Page) -> None:
    pk = desk.open(page, "plain")
    click(page, "search bar")
    page.get_by_role("button", name="Why?").click()
    page.wait_for_url(lambda url: "/explain" in url and f"doc={pk}" in url and "span=4" in url)


def test_the_help_lists_the_keys(desk: Desk, page: Page) -> None:
    desk.open(page, "plain")
    text_of(page).focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("accept the suggestion")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_the_structure_that_a_screen_reader_gets(desk: Desk, page: Page) -> None:
    desk.open(page, "plain")
    shape = cast(str, page.locator(".editor").first.aria_snapshot())
    for line in ["radiogroup", 'radio "feature f" [checked]', 'application "Text to label"', 'complementary "Spans"']:
        assert line in shape, shape
    assert 'button "Accept search bar"' in shape
    drag(page, "slow")
    expect(page.locator("[data-part=live]")).to_have_text("slow marked, feature")


def test_a_link_to_a_document_works_as_the_first_request_of_a_server(
    tmp_path: Path, server: Callable[[Path], Server], page: Page
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'tokapp.db'}")
    project = store.create_project("Cold", TASK).id
    store.add_documents(project, [Document("a", PLAIN)], source="test")
    open_document(page, server(tmp_path).url, project, store.document_ids(project)[0])
    expect(page.get_by_role("link", name="Documents")).to_be_visible()
    expect(page.get_by_role("link", name="app", exact=True)).to_have_count(0)
    store.close()
