"""Marking in Chromium: caret, editing, keys of one's own, snapping, the model's tokens, fingers and handles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from tests.browser.conftest import Server
from tests.browser.editing import drag, find, text_of, wait_saved
from tests.browser.test_editor import PLAIN, Desk, add
from tokapp.store import Store
from tokapp.tasks import Label, Task

pytestmark = pytest.mark.browser

TASK = Task(
    name="reviews",
    title="Reviews",
    span_labels=(Label("feature", "#2f7fd1", "f"), Label("problem", "#c4373f", "p"), Label("wish", "#2c8a57", "w")),
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, server: Callable[[Path], Server]) -> Iterator[Desk]:
    home = tmp_path_factory.mktemp("marking")
    store = Store(f"sqlite:///{home / 'tokapp.db'}")
    project = store.create_project("Places", TASK).id
    store.add_model("reviews", TASK.name, is_built_in=True)
    yield Desk(server(home), store, project, {})
    store.close()


@pytest.fixture(autouse=True)
def usual_settings(shared: Desk) -> None:
    """No test marks in the way that the one before has chosen."""
    shared.store.save_user_setting("tester", "editor", None)


@pytest.fixture
def desk(shared: Desk, request: pytest.FixtureRequest) -> Desk:
    """The shared app with a fresh document `plain`, predicted."""
    name = request.node.name
    return Desk(
        shared.server, shared.store, shared.project, {"plain": add(shared, f"{PLAIN} ({name})", name, model="reviews")}
    )


@pytest.fixture
def phone(browser: Browser) -> Iterator[tuple[Page, CDPSession]]:
    """A page that is used with fingers, and the way to send their touches."""
    context: BrowserContext = browser.new_context(viewport={"width": 820, "height": 1100}, has_touch=True)
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page, context.new_cdp_session(page)
    context.close()


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def said(page: Page) -> str:
    """What was announced last."""
    return (page.locator("[data-part=live]").text_content() or "").strip()


def begin(page: Page, desk: Desk) -> None:
    desk.open(page, "plain")
    text_of(page).focus()


def test_the_caret_goes_by_word_and_character_and_selects_by_both(desk: Desk, page: Page) -> None:
    begin(page, desk)
    press(page, "Home", "ArrowRight")
    assert said(page).startswith("search")
    press(page, "Alt+ArrowRight", "Alt+ArrowRight")
    assert said(page).startswith("e,")
    press(page, "Shift+Alt+ArrowRight", "Shift+Alt+ArrowRight", "p")
    wait_saved(page, 1)
    press(page, "Home", "ArrowRight", "ArrowRight", "ArrowRight", "Shift+ArrowRight", "w")
    wait_saved(page, 2)
    assert desk.surfaces("plain") == [("ear", "problem"), ("is slow", "wish")]


def test_the_caret_goes_by_model_token_once_its_tokens_are_there(desk: Desk, page: Page) -> None:
    name = "tokens"
    text = "Antidisestablishmentarianism is slow."
    tokens = Desk(desk.server, desk.store, desk.project, {"plain": add(desk, text, name, model="reviews")})
    begin(page, tokens)
    page.get_by_role("button", name="How marks are made").click()
    page.get_by_label("Show where the model's tokens begin").check()
    page.locator(".atom.tick").first.wait_for(timeout=120_000)
    page.get_by_role("dialog", name="How marks are made").get_by_label("model tokens").last.check()
    page.keyboard.press("Escape")
    text_of(page).focus()
    press(page, "Home", "ArrowRight", "Shift+ArrowRight", "p")
    wait_saved(page, 1)
    [(surface, label)] = tokens.surfaces("plain")
    assert label == "problem" and surface in "Antidisestablishmentarianism" and 1 < len(surface) < 26
    page.reload()
    page.locator(".atom.tick").first.wait_for()  # the person's settings are in the store


def test_tab_walks_suggestions_and_leaves_the_text_behind_the_last(desk: Desk, page: Page) -> None:
    begin(page, desk)
    press(page, "Tab")
    assert said(page) == "search, feature 93 % suggested"
    press(page, "Tab")
    assert said(page) == "dark, feature 51 % suggested"
    press(page, "Shift+Tab")
    assert said(page) == "search, feature 93 % suggested"
    press(page, "Tab", "Tab")
    expect(text_of(page)).not_to_be_focused()
    press(page, "Shift+Tab", "Home", "Escape", "Tab")
    expect(text_of(page)).not_to_be_focused()


def test_e_edits_a_suggestion_with_another_range_and_another_label(desk: Desk, page: Page) -> None:
    begin(page, desk)
    press(page, "Tab", "e", "Shift+ArrowRight", "p")
    wait_saved(page, 1)
    press(page, "Tab", "e", "Alt+{", "Space")
    wait_saved(page, 2)
    assert desk.surfaces("plain") == [("search bar is", "problem"), ("ark mode", "feature")]
    assert desk.verbs("plain") == ["relabel", "move"]
    press(page, "Tab", "e", "Escape", "Control+z")
    wait_saved(page, 3)
    assert desk.surfaces("plain") == [("search bar is", "problem")]


def test_enter_is_done_and_the_next_text_has_the_focus(desk: Desk, page: Page) -> None:
    following = add(desk, f"{PLAIN} (after)", "after", model="reviews")
    begin(page, desk)
    pk = desk.ids["plain"]
    press(page, "Home", "p", "Enter")
    page.wait_for_url(lambda url: f"doc={pk}" not in url)
    assert desk.store.open_for_labelling(pk).status == "labelled"
    wait_fresh = page.locator("[data-part=status]").first
    expect(wait_fresh).to_have_text("no changes yet")
    expect(text_of(page)).to_be_focused()
    press(page, "Home", "w")
    wait_saved(page, 1)
    assert [desk.store.open_for_labelling(one).status for one in (pk, following)].count("labelled") == 1


def test_a_key_of_ones_own_works_at_once_and_after_a_reload_and_gives_its_letter_away(desk: Desk, page: Page) -> None:
    begin(page, desk)
    press(page, "?")
    page.get_by_role("button", name="Change keys").click()
    page.get_by_role("button", name="Change the key for: accept the suggestion").click()
    press(page, "n")
    expect(page.get_by_text("n is the key for: reject the suggestion. Choose another one.")).to_be_visible()
    page.get_by_role("button", name="Change the key for: accept the suggestion").click()
    press(page, "w")
    expect(page.get_by_text("w is the new key")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("radio", name="wish 3")).to_be_visible()
    text_of(page).focus()
    press(page, "Tab", "w")
    wait_saved(page, 1)
    page.reload()
    wait_saved(page, 1)
    text_of(page).focus()
    press(page, "Home", "Tab", "w")
    wait_saved(page, 2)
    assert desk.verbs("plain") == ["accept", "accept"]
    assert desk.store.user_setting("tester", "editor") == {
        "keys": {"accept": ["w"]}, "step": "word", "snap": "word", "ticks": False,
    }  # fmt: skip


def test_blanks_and_punctuation_are_left_out_and_alt_marks_exactly(desk: Desk, page: Page) -> None:
    begin(page, desk)
    drag(page, "update. ")
    wait_saved(page, 1)
    page.keyboard.down("Alt")
    drag(page, "te. P")
    page.keyboard.up("Alt")
    wait_saved(page, 2)
    assert desk.surfaces("plain") == [("update", "feature"), ("te. P", "feature")]


def test_without_snapping_a_drag_takes_the_characters(desk: Desk, page: Page) -> None:
    begin(page, desk)
    page.get_by_role("button", name="How marks are made").click()
    page.get_by_label("nothing").check()
    page.keyboard.press("Escape")
    drag(page, "arch b")
    wait_saved(page, 1)
    assert desk.surfaces("plain") == [("arch b", "feature")]


def test_marks_snap_to_the_pattern_of_the_project(desk: Desk, page: Page) -> None:
    desk.store.save_snap_pattern(desk.project, r"since the \w+", "eva")
    begin(page, desk)
    page.get_by_role("button", name="How marks are made").click()
    page.get_by_label("the project's pattern").check()
    page.keyboard.press("Escape")
    expect(text_of(page)).to_have_attribute("aria-busy", "false")  # the places of the pattern are here
    drag(page, "the")
    wait_saved(page, 1)
    drag(page, "bring")
    wait_saved(page, 2)
    assert desk.surfaces("plain") == [("since the update", "feature"), ("bring", "feature")]


def test_the_text_layer_shows_and_keeps_what_was_stored(shared: Desk, page: Page) -> None:
    text = "first  line\r\n\r\nالبحث بطيء جدا\rthird\twith 日本語 and 👩‍👩‍👧 e\u0301nd"
    desk = Desk(shared.server, shared.store, shared.project, {"plain": add(shared, text, "layer", model="reviews")})
    desk.open(page, "plain")
    lines = page.locator("[data-part=text] .line")
    shown = lines.evaluate_all("""(all) => all.map((line) => {
        const style = getComputedStyle(line);
        return [line.textContent, line.dir, style.direction, style.whiteSpaceCollapse ?? style.whiteSpace];
    })""")
    assert [one[0] for one in shown] == ["first  line", "", "البحث بطيء جدا", "third\twith 日本語 and 👩‍👩‍👧 e\u0301nd"]
    assert {one[1] for one in shown} == {"auto"}
    assert [one[2] for one in shown][::2] == ["ltr", "rtl"]
    assert {one[3] for one in shown} <= {"preserve", "pre-wrap"}
    page.mouse.move(*find(page, "line")["from"])
    page.mouse.down()
    page.mouse.move(*find(page, "بطيء")["from"], steps=6)
    page.mouse.up()
    wait_saved(page, 1)
    page.mouse.dblclick(*find(page, "👩‍👩‍👧")["from"])
    wait_saved(page, 2)
    page.mouse.dblclick(*find(page, "e\u0301nd")["from"])
    wait_saved(page, 3)
    assert [one[0] for one in desk.surfaces("plain")] == ["line\r\n\r\nالبحث بطيء", "👩‍👩‍👧", "e\u0301nd"]


def test_a_screen_reader_marks_relabels_and_deletes_and_never_loses_the_focus(desk: Desk, page: Page) -> None:
    desk.open(page, "plain")
    page.get_by_role("application", name="Text to label").focus()
    heard = page.locator("[data-part=live]").evaluate_handle("""(live) => {
        const heard = [];
        new MutationObserver(() => heard.push(live.textContent.trim())).observe(live, { childList: true });
        return heard;
    }""")
    press(page, "Home", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "w")
    wait_saved(page, 1)
    page.get_by_role("button", name="slow, wish: show").press("Enter")
    expect(page.get_by_role("dialog", name="Span slow")).to_be_visible()
    page.get_by_role("button", name="Change to problem").press("Enter")
    wait_saved(page, 2)
    expect(text_of(page)).to_be_focused()
    page.get_by_role("button", name="Remove slow").press("Enter")
    wait_saved(page, 3)
    page.get_by_role("button", name="Undo").press("Enter")
    page.get_by_role("button", name="Undo").press("Enter")
    page.get_by_role("button", name="Undo").press("Enter")
    wait_saved(page, 6)  # nothing is left to undo: the button is out of use
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    expect(text_of(page)).to_be_focused()
    page.get_by_role("button", name="Reject all").press("Enter")
    wait_saved(page, 7)
    expect(text_of(page)).to_be_focused()
    said_all = heard.json_value()
    for sentence in ["is", "slow", "slow marked, wish", "slow changed, problem", "slow removed, problem"]:
        assert sentence in said_all, said_all
    assert said_all.count("undo") == 3  # the same sentence is heard each time


def touch(session: CDPSession, kind: str, *points: tuple[float, float]) -> None:
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})


def tap(page: Page, words: str) -> None:
    x, y = find(page, words)["from"]
    page.touchscreen.tap(x, y)


def drag_handle(page: Page, session: CDPSession, side: str, words: str) -> None:
    """Move a handle with a finger so that its edge comes to the start or the end of some words."""
    box = page.locator(f".handle.{side}").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + 8
    edge = page.locator(f".handle.{side}").evaluate("(one) => one.getBoundingClientRect().left + one.offsetWidth / 2")
    aim = find(page, words)["from" if side == "start" else "to"]
    touch(session, "touchStart", (x, y))
    for share in (0.3, 0.7, 1.0):
        touch(session, "touchMove", (x + (aim[0] - edge) * share, y))
    touch(session, "touchEnd")


def test_two_taps_mark_and_handles_move_both_edges(desk: Desk, phone: tuple[Page, CDPSession]) -> None:
    page, session = phone
    desk.open(page, "plain")
    tap(page, "slow")
    expect(page.get_by_text("Tap the last word of the mark")).to_be_visible()
    tap(page, "the update")
    wait_saved(page, 1)
    assert desk.surfaces("plain") == [("slow since the", "feature")]
    drag_handle(page, session, "end", "update")
    wait_saved(page, 2)
    drag_handle(page, session, "start", "since")
    wait_saved(page, 3)
    assert desk.surfaces("plain") == [("since the update", "feature")]
    assert desk.verbs("plain") == ["add", "move", "move"]


def test_a_tap_opens_a_span_and_a_first_tap_can_be_taken_back(desk: Desk, phone: tuple[Page, CDPSession]) -> None:
    page, _ = phone
    desk.open(page, "plain")
    tap(page, "Please")
    page.get_by_role("button", name="Mark nothing").tap()
    expect(page.get_by_text("Tap the last word of the mark")).to_be_hidden()
    tap(page, "search bar")
    page.locator("[data-part=card]").get_by_role("button", name="Accept").tap()
    wait_saved(page, 1)
    assert desk.surfaces("plain") == [("search bar", "feature")]


def test_a_finger_that_scrolls_marks_nothing(desk: Desk, phone: tuple[Page, CDPSession]) -> None:
    page, session = phone
    desk.open(page, "plain")
    x, y = find(page, "slow")["from"]
    touch(session, "touchStart", (x, y))
    touch(session, "touchMove", (x + 60, y))
    touch(session, "touchEnd")
    tap(page, "dark mode")
    expect(page.locator("[data-part=card]")).to_be_visible()
    assert desk.surfaces("plain") == []
