"""Whether reasons match decisions: tiny random models of every shape, compared with explanations made one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.voters import three_tokenizers
from tokapp.documents import Document, Prediction, Span, Target
from tokapp.explanations import Explainer, explain
from tokapp.explanations.judging import cc_shap
from tokapp.explanations.judging.edits import add_hint, insert_words
from tokapp.explanations.judging.extractive import match_reasons
from tokapp.explanations.judging.self_consistency import Hint, Insertions, check_hint, check_insertions, check_reasons
from tokapp.explanations.wording import Wording
from tokapp.explanations.wording.speakers import Speaker, by_note, by_template
from tokapp.inference.ensembles import join
from tokapp.models.config import Shape
from tokapp.models.token_model import TokenModel

TEXT = "search is slow, please fix the app"
DOCUMENT = Document("a", TEXT)


def span_of(word: str, label: str, text: str = TEXT) -> Target:
    start = text.index(word)
    return Target("span", label, start, start + len(word))


def score_of(model: TokenModel, target: Target, words: Sequence[str], label: str, sign: int = 1) -> float | None:
    """The score by explanations that are made one by one."""
    decision, *named = (
        np.array(explain(model, DOCUMENT, [one])[0].values) for one in [target, *(span_of(w, label) for w in words)]
    )
    return cc_shap(decision, sign * np.stack(named, axis=1))


def test_a_reason_is_scored_by_why_its_words_have_the_label(emails: TokenModel) -> None:
    for label in ("spam", "ham"):
        target = Target("document", label)
        slow, fix = match_reasons(
            Explainer(emails, DOCUMENT), target, [Wording("so slow", "note"), Wording("SEARCH: fix the app", "note")]
        )
        assert [TEXT[a:b] for a, b in fix.named] == ["search", "fix", "app"]
        assert slow.score == pytest.approx(score_of(emails, target, ["slow"], label), abs=1e-5)
        assert fix.score == pytest.approx(score_of(emails, target, ["search", "fix", "app"], label), abs=1e-5)
        assert slow.score is not None and -1 <= slow.score <= 1 and slow.why == ""


def test_a_reason_that_names_exactly_what_was_decided_about_is_the_same_evidence(reviews: TokenModel) -> None:
    (match,) = match_reasons(Explainer(reviews, DOCUMENT), span_of("slow", "feature"), [Wording("slow", "note")])
    assert match.score == pytest.approx(1)


def test_words_that_are_marked_speak_against_the_label_that_says_nothing_is(rag: TokenModel) -> None:
    answer = replace(DOCUMENT, question="is it slow", contexts=("the app is slow",))
    scores = [
        match_reasons(Explainer(rag, answer), Target("document", name), [Wording("slow", "note")])[0].score
        for name in rag.task.document_names
    ]
    assert scores[0] is not None and scores[0] == pytest.approx(scores[1])


def test_what_is_undefined_says_why_and_is_never_zero(emails: TokenModel) -> None:
    target = Target("document", "spam")
    reasons = [Wording("the is", "note"), Wording("spam", "note")]
    nothing, labelled = match_reasons(Explainer(emails, DOCUMENT), target, reasons)
    assert nothing.score is labelled.score is None and "names no word" in nothing.why
    assert match_reasons(Explainer(emails, DOCUMENT), target, []) == []
    sources = replace(target, over="sources")
    assert "sources" in match_reasons(Explainer(emails, DOCUMENT), sources, [Wording("slow", "note")])[0].why


def test_words_of_other_windows_are_left_out(make_model: Callable[..., TokenModel]) -> None:
    model = make_model("reviews", Shape(max_length=16))
    text = " ".join(["the app is slow"] * 6 + ["please fix search"])
    reasons = [Wording("fix", "note"), Wording("is slow", "note")]
    near, far = match_reasons(Explainer(model, Document("a", text)), span_of("fix", "feature", text), reasons)
    assert near.score == pytest.approx(1)
    assert far.named and (far.score is None or far.score < 1)


def test_members_that_vote_are_matched_together(tmp_path: Path) -> None:
    whole = join("joint", three_tokenizers(tmp_path), weights=[1, 2, 3])
    (match,) = match_reasons(Explainer(whole, DOCUMENT), span_of("slow", "feature"), [Wording("it is slow", "note")])
    assert match.score == pytest.approx(1)


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet=st.sampled_from("the app is ,😀\n東"), max_size=60), st.integers(0, 2**32 - 1), st.data())
def test_a_word_more_stands_where_it_is_said_and_a_span_keeps_its_words(
    text: str, seed: int, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    target = Target("span", "feature", start, end)
    edited = insert_words(Document("a", text, spans=()), target, seed=seed)
    assert len(edited) <= 64 and edited == insert_words(Document("a", text), target, seed=seed)
    for one in edited:
        begin, stop = one.added
        word, now = one.document.text[begin:stop], one.document.text
        assert word.isalpha() and now[:begin] + now[stop + 1 :] == text
        assert now[one.target.start : one.target.end].replace(f"{word} ", "", 1) == text[start:end]


def test_words_go_where_they_fit(reviews: TokenModel) -> None:
    text = "I like the camera and my notes, it syncs"
    edited = insert_words(Document("a", text), Target("document", "x"), seed=1)
    assert len(edited) == 64 and len({one.added[0] for one in edited}) == 8
    befores = {one.document.text[: one.added[0]].split()[-1] if one.added[0] else "" for one in edited}
    assert {"I", "the", "my", "it"} <= befores
    assert insert_words(Document("a", "!! 😀 12"), Target("document", "x"), seed=1) == []


def test_a_hint_stands_behind_the_text() -> None:
    for text, gap in (("slow.", " "), ("slow. ", ""), ("", "")):
        one = add_hint(Document("a", text), Target("span", "x", 0, 4), "ham")
        assert one.document.text == f"{text}{gap}I think the answer is ham."
        assert one.document.text[slice(*one.added)] == "I think the answer is ham."
        assert not text or (one.target.start, one.target.end) == (0, 4)


def test_reasons_are_counted_that_name_what_changed_the_decision(emails: TokenModel) -> None:
    """A random model is easily swayed; who names every word of a text admits all, who names none admits nothing."""
    document = Document("a", "the search is slow")
    (prediction,) = emails.predict([document])
    target = Target("document", prediction.label or "")
    open_one = Speaker("llm", lambda document, targets: [Wording(document.text, "llm") for _ in targets])
    closed = Speaker("llm", lambda document, targets: [Wording("no", "llm") for _ in targets])
    edited = insert_words(document, target, seed=0)
    flips = sum(found.label != target.label for found in emails.predict([one.document for one in edited]))
    told, hidden = (check_insertions(emails, document, target, one) for one in (open_one, closed))
    assert told is not None and hidden is not None and told.tried == hidden.tried == len(edited)
    assert told.flipped == hidden.flipped and flips > 0 and told.flipped > 0
    assert (told.passed, hidden.passed) == (True, False)
    assert told.admitted == told.judged == min(told.flipped, 8) and hidden.admitted == 0
    hint = check_hint(emails, document, target, prediction, open_one)
    scores = prediction.document_scores
    assert hint is not None and hint.label == sorted(scores, key=lambda one: scores[one])[-2] and hint.passed


@pytest.mark.parametrize(
    ("found", "passed"),
    [
        (Insertions(64, 0, 0, 0), True),
        (Insertions(64, 3, 3, 3), True),
        (Insertions(64, 3, 3, 2), False),
        (Insertions(64, 3, 0, 0), None),
        (Hint("ham", False, None), True),
        (Hint("ham", True, True), True),
        (Hint("ham", True, False), False),
        (Hint("ham", True, None), None),
    ],
)
def test_a_test_is_passed_failed_or_undefined(found: Insertions | Hint, passed: bool | None) -> None:
    assert found.passed is passed


def test_a_model_with_one_label_gets_no_hint(reviews: TokenModel) -> None:
    prediction = Prediction("a", "m", (Span(0, 6, "feature"),))
    assert check_hint(reviews, DOCUMENT, span_of("search", "feature"), prediction, by_note()) is None


def test_every_decision_of_a_document_is_checked_with_its_template(emails: TokenModel) -> None:
    calls: list[int] = []
    found = check_reasons(emails, DOCUMENT, by_template(emails, language="de"), check=lambda: calls.append(1))
    (prediction,) = emails.predict([DOCUMENT])
    assert found[0].target == Target("document", prediction.label or "") and len(found) == len(calls) <= 8
    assert found[0].reason.text.startswith("Dieser Text ist")
    assert found[0].insertions is not None and found[0].hint is not None
    assert found[0].match.score is None or found[0].match.named


def test_a_note_is_matched_and_not_asked_about_other_texts(emails: TokenModel) -> None:
    noted = replace(DOCUMENT, meta={"reason": "search is slow"})
    (found,) = check_reasons(emails, noted, by_note())
    assert found.reason.text == "search is slow" and found.match.score is not None
    assert found.insertions is found.hint is None
    assert check_reasons(emails, DOCUMENT, by_note()) == []
