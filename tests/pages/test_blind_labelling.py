"""The Label page for people who were given the same document blindly: everybody sees and changes their own version."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import OpenPage
from tests.pages.test_pages import shown
from tokapp.documents import Document, Span
from tokapp.store import SHARED, Edit, Project, Store
from tokapp.tasks import load_task

TEXT = "The dark mode is nice"
MODE, DARK = Span(4, 13, "feature"), Span(4, 8, "feature")


@pytest.fixture
def blind(home: Store) -> Project:
    """Three reviews; the second was given to ana and ben blindly."""
    made = home.create_project("Team", load_task("reviews"))
    home.add_documents(made.id, [Document(f"r{at}", f"{TEXT} {at}") for at in (1, 2, 3)], source="f")
    home.give(made.id, [2], ["ana", "ben"], is_blind=True)
    return made


def act(store: Store, person: str, *edits: Edit, document: int = 2) -> None:
    for edit in edits:
        opened, seat = store.open_for(document, person)
        store.record(document, opened.revision, person, edit, layer=seat.layer)


def editor(at: AppTest) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(at.get("bidi_component")[0].proto.json)
    return data


def mark(at: AppTest, token: str, span: Span) -> None:
    """As a browser sends it."""
    data = editor(at)
    entry = {"token": token * 32, "doc": data["doc"], "seen": data["revision"], "length": len(f"{TEXT} 2")}
    entry |= {"verb": "add", "spans": [[span.start, span.end, span.label]]}
    queue = {"have": data["doc"], "doc": data["doc"], "edits": [entry], "drawn": [[data["doc"], []]]}
    at.session_state["label_editor"] = {"queue": queue}
    at.run()
    assert not at.exception


def test_a_persons_own_comes_first_and_is_stored_in_their_layer(
    blind: Project, home: Store, open_page: OpenPage
) -> None:
    act(home, "ben", Edit("add", (DARK,)))
    at = open_page("label", project=blind.id)
    assert (editor(at)["doc"], editor(at)["spans"]) == (2, [])
    assert "Your own version. Somebody else labels this, too" in shown(at)
    mark(at, "a", MODE)
    assert editor(at)["answers"] == {"a" * 32: 1}
    at.button(key="done").click().run()
    assert editor(at)["doc"] == 3
    assert [one.document.spans for one in (home.open_for(2, name)[0] for name in ("ana", "ben"))] == [(MODE,), (DARK,)]
    assert home.events(2) == [] and home.open_for_labelling(2, layer=SHARED).document.spans == ()


def test_the_history_holds_ones_own_changes_only(blind: Project, home: Store, open_page: OpenPage) -> None:
    act(home, "ben", Edit("add", (DARK,)))
    act(home, "ana", Edit("add", (MODE,)))
    at = open_page("label", project=blind.id, doc=2)
    at.session_state["history"] = True
    at.run()
    assert "ben" not in shown(at) and "dark mode" in shown(at)


def test_who_was_not_asked_sees_nobodys_version_and_changes_nothing(
    blind: Project, home: Store, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    act(home, "ben", Edit("add", (DARK,)))
    monkeypatch.setenv("TOKAPP_USER", "eve")
    at = open_page("label", project=blind.id, doc=2)
    assert editor(at)["spans"] == [] and editor(at)["disabled"]
    assert "ana and ben label this without seeing each other" in shown(at)
    assert at.button(key="done").disabled and at.button(key="skip").disabled
    mark(at, "b", MODE)
    assert editor(at)["answers"]["b" * 32].startswith("ana and ben label this")
    done = at.button(key="done")
    done.proto.disabled = False
    done.click().run()
    assert not at.exception
    assert home.events(2) == [] and home.open_for_labelling(2).status == "new"


def test_after_both_have_handed_in_their_versions_are_closed(blind: Project, home: Store, open_page: OpenPage) -> None:
    for name in ("ana", "ben"):
        act(home, name, Edit("add", (MODE,)), Edit("submit"))
    at = open_page("label", project=blind.id, doc=2)
    assert "Everybody has handed this in" in shown(at)
    assert editor(at)["disabled"] and at.button(key="reopen").disabled
    mark(at, "c", DARK)
    assert home.open_for(2, "ana")[0].document.spans == (MODE,)
