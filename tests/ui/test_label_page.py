"""The label page by AppTest: real app, real SQLite; what a browser would send is put into the component's state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tokapp.documents import Document, Prediction, Span
from tokapp.store import Edit, Store
from tokapp.tasks import load_task

ROOT = Path(__file__).resolve().parents[2]
TEXT = "The search bar is slow 🎉 and <b>dark mode</b> is gone"
BAR, DARK = Span(4, 14, "feature", 0.9), Span(TEXT.index("dark"), TEXT.index("dark") + 9, "feature", 0.4)


@pytest.fixture
def reviews(store: Store) -> list[int]:
    project = store.create_project("Reviews", load_task("reviews"))
    documents = [Document(f"r{at}", f"{TEXT} {at}") for at in range(3)]
    store.add_documents(project.id, documents, source="test")
    store.add_model("m1", "reviews", is_built_in=True)
    pks = store.document_ids(project.id)
    store.add_predictions(project.id, "m1", [(pk, Prediction(f"r{pk}", "m1", (BAR, DARK))) for pk in pks])
    return pks


def open_page(**query: object) -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    at.run()
    for name, value in query.items():
        at.query_params[name] = str(value)
    at.switch_page("pages/label.py").run()
    assert not at.exception
    return at


def editor(at: AppTest) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(at.get("bidi_component")[0].proto.json)
    return data


def act(at: AppTest, *edits: dict[str, Any], spans: list[list[object]] | None = None) -> AppTest:
    """As if a person had done that in the editor."""
    data = editor(at)
    queue = {"have": data["doc"], "doc": data["doc"], "edits": list(edits), "drawn": [[data["doc"], spans or []]]}
    at.session_state["label_editor"] = {"queue": queue}
    at.run()
    assert not at.exception
    return at


def edit_of(at: AppTest, number: int, verb: str, *spans: list[object], seen: int | None = None) -> dict[str, Any]:
    data = editor(at)
    revision = data["revision"] if seen is None else seen
    return {
        "token": f"{number:032x}",
        "doc": data["doc"],
        "seen": revision,
        "length": len(f"{TEXT} 0"),
        "verb": verb,
        "spans": list(spans),
    }


def words_on(at: AppTest) -> str:
    parts = [*at.markdown, *at.caption, *at.warning, *at.error, *at.text, *at.subheader, *at.info]
    return "\n".join(str(part.value) for part in parts)


def test_without_documents_the_page_says_what_to_do(store: Store) -> None:
    store.create_project("Reviews", load_task("reviews"))
    assert "No reviews here yet" in words_on(open_page())


def test_without_projects_the_page_says_what_to_do(store: Store) -> None:
    assert "There is no project yet" in words_on(open_page())


def test_the_next_document_to_label_opens_with_its_suggestions(store: Store, reviews: list[int]) -> None:
    store.record(reviews[0], 0, "ann", Edit("submit"))
    at = open_page()
    data = editor(at)
    assert data["doc"] == reviews[1]
    assert [row[:3] for row in data["suggestions"]] == [list(BAR.key), list(DARK.key)]
    assert "Review 2 of 3" in words_on(at)
    assert at.query_params["doc"] in (str(reviews[1]), [str(reviews[1])])


def test_a_link_opens_exactly_that_document(store: Store, reviews: list[int]) -> None:
    assert editor(open_page(doc=reviews[2]))["doc"] == reviews[2]


@pytest.mark.parametrize("wanted", ["9999", "-1", "abc", "9" * 40, "<script>"])
def test_an_unknown_document_is_a_sentence_and_the_next_one(store: Store, reviews: list[int], wanted: str) -> None:
    at = open_page(doc=wanted)
    assert "no such document" in words_on(at)
    assert editor(at)["doc"] == reviews[0]


def test_an_action_is_stored_and_answered(store: Store, reviews: list[int]) -> None:
    at = open_page(doc=reviews[0])
    act(at, edit_of(at, 1, "add", [0, 3, "feature"]))
    data = editor(at)
    assert data["answers"] == {f"{1:032x}": 1}
    assert (data["revision"], data["spans"], data["text"]) == (1, [[0, 3, "feature"]], None)
    [event] = store.events(reviews[0])
    assert (event.verb, event.by) == ("add", "ann")


def test_reruns_store_nothing_twice(store: Store, reviews: list[int]) -> None:
    at = open_page(doc=reviews[0])
    act(at, edit_of(at, 1, "accept", list(BAR.key)))
    at.run()
    at.run()
    assert [event.verb for event in store.events(reviews[0])] == ["accept"]


def test_undo_and_redo_are_events(store: Store, reviews: list[int]) -> None:
    at = open_page(doc=reviews[0])
    act(at, edit_of(at, 1, "accept", list(BAR.key)), edit_of(at, 2, "undo", seen=1))
    assert len(editor(at)["suggestions"]) == 2
    act(at, edit_of(at, 3, "redo"))
    assert editor(at)["spans"] == [list(BAR.key)]
    assert [event.verb for event in store.events(reviews[0])] == ["accept", "undo", "redo"]


def test_a_wrong_label_is_answered_with_the_reason(store: Store, reviews: list[int]) -> None:
    at = open_page(doc=reviews[0])
    act(at, edit_of(at, 1, "add", [0, 3, "nonsense"]))
    assert "no label" in editor(at)["answers"][f"{1:032x}"]
    assert store.events(reviews[0]) == []


def test_a_value_of_another_shape_is_a_sentence(store: Store, reviews: list[int]) -> None:
    at = open_page(doc=reviews[0])
    at.session_state["label_editor"] = {"queue": {"edits": "everything"}}
    at.run()
    assert not at.exception
    assert "Reload the page" in words_on(at)


def test_done_stores_the_verdict_and_goes_on(store: Store, reviews: list[int]) -> None:
    at = open_page(doc=reviews[0])
    at.button(key="done").click().run()
    assert not at.exception
    assert store.open_for_labelling(reviews[0]).status == "labelled"
    assert editor(at)["doc"] == reviews[1]


def test_done_by_key_stores_the_verdict_and_goes_on(store: Store, reviews: list[int]) -> None:
    at = open_page(doc=reviews[0])
    act(at, edit_of(at, 1, "add", [0, 3, "feature"]), edit_of(at, 2, "submit", seen=1))
    assert store.open_for_labelling(reviews[0]).status == "labelled"
    assert editor(at)["doc"] == reviews[1]


def test_skip_and_reopen(store: Store, reviews: list[int]) -> None:
    at = open_page(doc=reviews[0])
    at.button(key="skip").click().run()
    assert store.open_for_labelling(reviews[0]).status == "skipped"
    at = open_page(doc=reviews[0])
    at.button(key="reopen").click().run()
    assert store.open_for_labelling(reviews[0]).status == "started"
    assert editor(at)["doc"] == reviews[0]


def test_the_last_document_stays_and_says_that_all_is_done(store: Store, reviews: list[int]) -> None:
    for pk in reviews[1:]:
        store.record(pk, 0, "ann", Edit("submit"))
    at = open_page(doc=reviews[0])
    at.button(key="done").click().run()
    assert not at.exception
    assert editor(at)["doc"] == reviews[0]


def test_previous_and_next_walk_through_all_documents(store: Store, reviews: list[int]) -> None:
    at = open_page(doc=reviews[0])
    assert at.button(key="previous").disabled
    at.button(key="next").click().run()
    at.button(key="next").click().run()
    assert editor(at)["doc"] == reviews[2]
    assert at.button(key="next").disabled


def test_two_people_on_one_document_see_both_versions(store: Store, reviews: list[int]) -> None:
    at = open_page(doc=reviews[0])
    mine = edit_of(at, 1, "add", [0, 3, "feature"])
    store.record(reviews[0], 0, "bob", Edit("add", (Span(4, 10, "feature"),)))
    act(at, mine, spans=[[0, 3, "feature"]])
    shown = [json.loads(one.proto.json)["spans"] for one in at.get("bidi_component")]
    assert [[4, 10, "feature"]] in shown
    assert [[0, 3, "feature"]] in shown
    assert "Somebody else changed this document" in words_on(at)
    at.button(key="keep_mine").click().run()
    assert not at.exception
    assert [span.key for span in store.open_for_labelling(reviews[0]).document.spans] == [(0, 3, "feature")]
    assert len(at.get("bidi_component")) == 1


def test_the_stored_version_can_be_kept(store: Store, reviews: list[int]) -> None:
    at = open_page(doc=reviews[0])
    mine = edit_of(at, 1, "add", [0, 3, "feature"])
    store.record(reviews[0], 0, "bob", Edit("add", (Span(4, 10, "feature"),)))
    act(at, mine, spans=[[0, 3, "feature"]])
    at.button(key="keep_theirs").click().run()
    assert [span.key for span in store.open_for_labelling(reviews[0]).document.spans] == [(4, 10, "feature")]
    assert len(at.get("bidi_component")) == 1


def test_a_mail_shows_headers_and_the_label_that_is_suggested(store: Store) -> None:
    project = store.create_project("Mails", load_task("emails"))
    meta = {"From": "Ann <ann@example.org>", "Subject": "<script>alert(1)</script>", "group": "g"}
    store.add_documents(project.id, [Document("m1", "<html>hello</html>", meta=meta)], source="test")
    store.add_model("m2", "emails", is_built_in=True)
    scores = {"ham": 0.02, "spam": 0.9, "phishing": 0.08}
    [pk] = store.document_ids(project.id)
    store.add_predictions(project.id, "m2", [(pk, Prediction("m1", "m2", (), None, scores))])
    at = open_page(project=project.id)
    assert "Subject: <script>alert(1)</script>" in words_on(at)
    control = at.segmented_control(key=f"document_label_{pk}")
    assert any("suggested 90 %" in str(option) for option in control.options)
    control.set_value("spam").run()
    assert not at.exception
    opened = store.open_for_labelling(pk)
    assert (opened.document.label, opened.revision) == ("spam", 1)
    assert editor(at)["revision"] == 1


def test_an_answer_stands_beside_its_question_and_passages(store: Store) -> None:
    project = store.create_project("Answers", load_task("rag"))
    contexts = ("Mild <b>all</b> year.", "Dry.")
    document = Document("a1", "It is mild.", question="How is the *weather*?", contexts=contexts)
    store.add_documents(project.id, [document], source="test")
    at = open_page(project=project.id)
    shown = words_on(at)
    assert "Mild <b>all</b> year." in [part.value for part in at.text]
    assert "How is the \\*weather\\*?" in shown
    assert "2 passages" in shown
