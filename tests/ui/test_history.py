"""The history of a document: said in words, newest first, and every point can be gone back to."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tokapp.documents import Document, Prediction, Reason, Span
from tokapp.store import Edit, Store
from tokapp.tasks import load_task
from tokapp.ui.history import say

ROOT = Path(__file__).resolve().parents[2]
TEXT = "The **search bar** is slow 🎉 and dark mode is gone"
BAR = Span(TEXT.index("search"), TEXT.index("search") + 10, "feature", 0.9)
DARK = Span(TEXT.index("dark"), TEXT.index("dark") + 9, "feature")


@pytest.fixture
def document(store: Store) -> int:
    """A document that two people have changed four times."""
    project = store.create_project("Reviews", load_task("reviews"))
    store.add_documents(project.id, [Document("r", TEXT)], source="test")
    store.add_model("m1", "reviews", is_built_in=True)
    [pk] = store.document_ids(project.id)
    store.add_predictions(project.id, "m1", [(pk, Prediction("r", "m1", (BAR,)))])
    store.record(pk, 0, "ann", Edit("accept", (BAR,)))
    store.record(pk, 1, "bob", Edit("add", (DARK,)))
    store.record(pk, 2, "bob", Edit("remove", (BAR,)))
    store.record(pk, 3, "bob", Edit("submit"))
    return pk


def test_every_change_is_said_in_words(store: Store, document: int) -> None:
    assert [say(event, TEXT) for event in store.events(document)] == [
        "accepted “search bar” as feature",
        "marked “dark mode” as feature",
        "removed “search bar” as feature",
        "was done",
    ]


def test_marks_of_reasons_are_said_in_words(store: Store, document: int) -> None:
    for verb in ("mark_reasons", "clear_reasons"):
        reasons = (Reason(0, 3, "feature", span=(DARK.start, DARK.end)),)
        store.record(document, store.open_for_labelling(document).revision, "ann", Edit(verb, reasons=reasons))
    said = [say(event, TEXT) for event in store.events(document)[-2:]]
    assert said == ["marked what is a reason, and what is none", "took marks of reasons away"]


def test_going_back_is_one_more_change_and_shows_what_stood_there(store: Store, document: int) -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30).run()
    at.query_params["doc"] = str(document)
    at.session_state["history"] = True
    at.switch_page("pages/label.py").run()
    assert not at.exception and not at.error
    keys = [button.key for button in at.button if str(button.key).startswith("restore_")]
    assert keys == ["restore_4", "restore_3", "restore_2", "restore_1"]
    assert at.button(key="restore_4").disabled
    at.button(key="restore_2").click().run()
    assert not at.exception and not at.error
    labelling = store.open_for_labelling(document)
    assert [labelling.document.surface(span) for span in labelling.document.spans] == ["search bar", "dark mode"]
    assert [event.verb for event in store.events(document)][-1] == "restore"
