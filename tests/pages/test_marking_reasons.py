"""Marking reasons on Explain: kept at once, by whom, undone, in the person's own version, and only by those who may."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import OpenPage
from tests.pages.test_pages import shown
from tokapp.documents import Reason, Target
from tokapp.errors import BadInput
from tokapp.store import Project, Store
from tokapp.ui.explain.acts import edit_of, read_act

WORDS = ((0, 3), (4, 8), (9, 12), (13, 17))
TARGET = Target("span", "feature", 9, 18)


def opened(open_page: OpenPage, project: Project, *, seat: str = "") -> AppTest:
    """The first document, which is explained, ready to mark reasons in; its words are “the”, “dark” and “mode”."""
    at = open_page("explain", project=project.id, doc=1)
    at.session_state["way"] = "Mark reasons"
    at.run()
    assert not at.exception
    return at


def ask(at: AppTest, act: str, *words: int) -> AppTest:
    """What the browser sends."""
    at.session_state["marking_1_asked"] = {"act": act, "words": [float(word) for word in words]}
    return at.run()


def test_neighbouring_words_are_marked_in_one_piece() -> None:
    act, ranges = read_act({"act": "none", "words": [3.0, 0.0, 1.0, 9.0, -1.0]}, WORDS)
    assert (act, ranges) == ("none", [(0, 8), (13, 17)])
    edit = edit_of(act, ranges, TARGET)
    assert edit.reasons == tuple(Reason(*one, "feature", is_evidence=False, span=(9, 18)) for one in ranges)
    whole = edit_of("evidence", ranges[:1], Target("document", "spam"))
    assert (whole.verb, whole.reasons) == ("mark_reasons", (Reason(0, 8, "spam"),))
    assert edit_of("clear", ranges, TARGET).verb == "clear_reasons" and edit_of("undo", [], TARGET).verb == "undo"


@pytest.mark.parametrize("sent", [None, 3, {}, {"act": "spread", "words": []}, {"act": "none", "words": 3}])
def test_what_no_browser_of_ours_sends_is_refused(sent: object) -> None:
    with pytest.raises(BadInput, match="reload the page"):
        read_act(sent, WORDS)


def test_a_mark_is_kept_at_once_and_can_be_undone(project: Project, home: Store, open_page: OpenPage) -> None:
    at = opened(open_page, project)
    assert "say what they are" in shown(at)
    ask(at, "none", 0)
    ask(at, "evidence", 1, 2)
    about = {"label": "feature", "span": (9, 18)}
    assert home.open_for_labelling(1).document.reasons == (
        Reason(7, 10, is_evidence=False, **about),  # type: ignore[arg-type]
        Reason(11, 20, **about),  # type: ignore[arg-type]
    )
    assert "Marked: 1 piece as evidence and 1 piece as none, by ana." in shown(at)
    ask(at, "undo")
    ask(at, "undo")
    ask(at, "undo")
    assert home.open_for_labelling(1).document.reasons == () and not at.error
    assert [event.verb for event in home.events(1)] == ["mark_reasons", "mark_reasons", "undo", "undo"]


def test_in_a_blind_round_marks_stay_in_the_persons_own_version(
    project: Project, home: Store, open_page: OpenPage
) -> None:
    home.give(project.id, [1], ["ana", "ben"], is_blind=True)
    ask(opened(open_page, project), "evidence", 1)
    seen = {layer: home.open_for_labelling(1, layer=layer).document.reasons for layer in ("ana", "ben", "")}
    assert [len(seen[layer]) for layer in ("ana", "ben", "")] == [1, 0, 0]
