"""What opens beside the text on the label page: comments and guidelines, by AppTest on a real store."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from tests.pages.test_pages import shown
from tests.ui.test_label_page import BAR, editor, open_page, reviews  # noqa: F401  a fixture
from tokapp.documents import Span
from tokapp.store import Edit, Store
from tokapp.ui.guidelines import changes
from tokapp.ui.text import markdown

HOSTILE = "<b>x</b> :material/home: $y$ ![p](http://example.org/p.png)"


def open_side(side: str, document: int) -> AppTest:
    at = open_page(doc=document)
    at.segmented_control(key="beside").set_value(side).run()
    assert not at.exception and not at.error
    return at


def test_both_sides_are_folded_at_first(store: Store, reviews: list[int]) -> None:  # noqa: F811
    at = open_page(doc=reviews[0])
    assert at.segmented_control(key="beside").value is None
    assert not at.text_area and "Nobody has commented" not in shown(at)


def test_a_comment_on_a_span_is_stored_and_counted_beside_it(store: Store, reviews: list[int]) -> None:  # noqa: F811
    at = open_side("comments", reviews[0])
    assert "Nobody has commented on this review yet." in shown(at)
    at.selectbox(key=f"comment_about_{reviews[0]}").set_value(BAR.key).run()
    at.text_area(key=f"comment_text_{reviews[0]}").set_value(HOSTILE)
    at.button(key="comment_send").click().run()
    [thread] = store.threads(reviews[0])
    assert (thread.span, thread.comments[0].text, thread.comments[0].by) == (BAR, HOSTILE, "ann")
    assert editor(at)["comments"] == [[BAR.start, BAR.end, "feature", 1]]
    assert HOSTILE in shown(at) and "Comments (1)" in at.segmented_control(key="beside").options[1]


def test_a_comment_on_the_whole_document_belongs_to_no_span(store: Store, reviews: list[int]) -> None:  # noqa: F811
    at = open_side("comments", reviews[0])
    at.text_area(key=f"comment_text_{reviews[0]}").set_value("why?")
    at.button(key="comment_send").click().run()
    assert [one.span for one in store.threads(reviews[0])] == [None]
    assert editor(at)["comments"] == []


def test_asking_in_the_editor_opens_the_comments_on_that_span(store: Store, reviews: list[int]) -> None:  # noqa: F811
    at = open_page(doc=reviews[0])
    at.session_state["label_editor"] = {"comment": [*BAR.key]}
    at.run()
    assert at.segmented_control(key="beside").value == "comments"
    assert at.selectbox(key=f"comment_about_{reviews[0]}").value == BAR.key


def test_a_thread_is_answered_resolved_and_opened_again(store: Store, reviews: list[int]) -> None:  # noqa: F811
    store.record(reviews[0], 0, "ben", Edit("add", (BAR,)))
    thread = store.comment(reviews[0], "why?", "ben", span=BAR)
    at = open_side("comments", reviews[0])
    at.text_input(key=f"reply_{thread.id}").set_value("because")
    at.button(key=f"thread_resolve_{thread.id}").click().run()
    [after] = store.threads(reviews[0])
    assert [(one.by, one.verb) for one in after.comments] == [("ben", "say"), ("ann", "say"), ("ann", "resolve")]
    assert "because" not in shown(at) and editor(at)["comments"] == []
    at.toggle(key="comments_resolved").set_value(True).run()
    assert "because" in shown(at)
    at.button(key=f"thread_reopen_{thread.id}").click().run()
    assert not store.threads(reviews[0])[0].is_resolved


def test_a_thread_says_what_became_of_its_span(store: Store, reviews: list[int]) -> None:  # noqa: F811
    store.record(reviews[0], 0, "ben", Edit("add", (BAR,)))
    store.comment(reviews[0], "why?", "ben", span=BAR)
    store.record(reviews[0], 1, "ben", Edit("move", (BAR, Span(4, 10, "feature"))))
    assert "“search” :gray[feature] :gray[(was “search bar”)]" in shown(open_side("comments", reviews[0]))
    store.record(reviews[0], 2, "ben", Edit("remove", (Span(4, 10, "feature"),)))
    assert "removed since" in shown(open_side("comments", reviews[0]))


@pytest.mark.parametrize("sent", [[3, 1, "feature"], "x", [1, 2], {"a": 1}, [1, 2, 3]])
def test_asking_to_comment_on_nonsense_is_a_sentence(sent: Any, store: Store, reviews: list[int]) -> None:  # noqa: F811
    at = open_page(doc=reviews[0])
    at.session_state["label_editor"] = {"comment": sent}
    at.run()
    assert not at.exception and "not a span" in at.error[0].value


def test_guidelines_say_what_changed_until_they_are_read(store: Store, reviews: list[int]) -> None:  # noqa: F811
    at = open_side("guidelines", reviews[0])
    assert "no guidelines yet" in shown(at)
    store.save_guidelines(1, "# One\n\nA feature.", "ben", seen=0)
    at.run()
    assert "(new)" in at.segmented_control(key="beside").options[0]
    at.button(key="guidelines_read").click().run()
    assert store.guidelines_read(1, "ann") == 1 and not [one for one in at.button if one.key == "guidelines_read"]
    store.save_guidelines(1, f"# One\n\nA part.\n{HOSTILE}", "ben", seen=1)
    at.run()
    assert "(changed)" in at.segmented_control(key="beside").options[0]
    assert [one.label for one in at.expander] == ["Changed since you last read version 1"]
    said = shown(at)
    assert "− A feature." in said and "+ A part." in said and HOSTILE in said
    at.button(key="guidelines_read").click().run()
    assert not at.expander and store.guidelines_read(1, "ann") == 2


LINES = st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=8), max_size=8)


@given(old=LINES, new=LINES)
def test_what_changed_holds_every_line_that_came_or_went(old: list[str], new: list[str]) -> None:
    before, after = "\n".join(old), "\n".join(new)
    found = changes(before, after)
    gone = [text for sign, text in found if sign == "-"]
    come = [text for sign, text in found if sign == "+"]
    kept = before.splitlines()
    for text in gone:
        kept.remove(text)
    assert sorted([*kept, *come]) == sorted(after.splitlines())
    assert bool(gone or come) == (before.splitlines() != after.splitlines())


@pytest.mark.parametrize("text", ["![a](http://x/y.png)", "![a][b]\n\n[b]: http://x/y.png", "[![a](u)](v)"])
def test_no_picture_of_a_guideline_is_loaded(text: str) -> None:
    assert "![" not in markdown(text)
