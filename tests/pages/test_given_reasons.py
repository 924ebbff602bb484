"""The fold on Explain with reasons in words: notes, the template, and a language model that is asked once."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.explanations.wording.chat_server import replaying
from tests.pages.conftest import OpenPage
from tests.pages.test_pages import shown
from tokapp.documents import Span
from tokapp.explanations.judging.extractive import Match
from tokapp.store import Project, Store
from tokapp.ui.explain.given import meaning


def opened(at: AppTest) -> AppTest:
    at.session_state["reason_given"] = True
    at.run()
    assert not at.exception and not at.error
    return at


def test_nothing_is_worked_out_before_it_is_opened(project: Project, open_page: OpenPage) -> None:
    assert "Same evidence" not in shown(open_page("explain", project=project.id, doc=1))


def test_notes_and_the_template_stand_as_text_with_what_they_are_worth(
    project: Project, home: Store, open_page: OpenPage
) -> None:
    said = "<b>dark</b> because :material/home: of $x$"
    home.comment(1, said, "ben", span=Span(9, 18, "feature"))
    at = opened(open_page("explain", project=project.id, doc=1))
    texts = [one.value for one in at.text]
    assert said in texts and any("is feature because of" in one for one in texts)
    words = shown(at)
    assert words.count("Same evidence: ") == 2 and "By ben." in words and "Nobody has noted" not in words


def test_a_language_model_is_asked_by_its_button_and_not_again(
    project: Project, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with replaying() as server:
        monkeypatch.setenv("TOKAPP_LLM_URL", server.url)
        monkeypatch.setenv("TOKAPP_LLM_MODEL", "small")
        at = opened(open_page("explain", project=project.id, doc=1))
        assert not server.asked
        at.button(key="ask_reason").click().run()
        at.run()
        assert len(server.asked) == 1 and not at.exception
    assert "sensitive information" in "".join(one.value for one in at.text)
    assert "not defined" in shown(at) and "names no word of the text" in shown(at)
    at.button(key="ask_reason").click().run()
    assert "cannot be reached" in shown(at) and "Same evidence" in shown(at)


@pytest.mark.parametrize(
    ("score", "says"),
    [(0.9, "on the same words"), (0.5, "partly"), (0.0, "other words"), (-0.2, "other words"), (-0.8, "against")],
)
def test_a_score_is_one_sentence(score: float, says: str) -> None:
    assert says in meaning(Match(score))
    assert meaning(Match(None, why="it is so")) == "It is so."
