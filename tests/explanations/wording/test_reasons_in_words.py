"""Reasons from notes and templates, and the words of the text that they name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tokapp.documents import Attribution, Document, Span, Target
from tokapp.explanations.wording import (
    LANGUAGES,
    Wording,
    content_words,
    known_language,
    lexicons_of,
    named_words,
    note_of,
    template_reason,
)
from tokapp.store import Comment, Thread

TEXT = "Verify your account now, or it will be suspended. Verify it here!"
DOCUMENT = Document("a", TEXT)
LABEL = Target("document", "phishing")
PIECE = Target("span", "phishing", 12, 19)


def surfaces(reason: Wording, label: str = "") -> list[str]:
    return [TEXT[start:end] for start, end in named_words(reason, DOCUMENT, label=label)]


def attribution(values: dict[str, float], error: float = 0.1) -> Attribution:
    words = tuple((TEXT.index(word), TEXT.index(word) + len(word)) for word in values)
    errors = (error,) * len(values)
    return Attribution("a", "m", LABEL, words, tuple(values), tuple(values.values()), errors, 0.0, 1.0, 8)


def test_a_reason_names_its_words_wherever_they_stand_in_the_text() -> None:
    assert surfaces(Wording("It asks to VERIFY an account.", "note")) == ["Verify", "account", "Verify"]
    assert surfaces(Wording("your, it, be, or: the text is here", "note")) == []
    assert surfaces(Wording("nothing of that", "note")) == surfaces(Wording("", "llm")) == []


def test_the_label_is_the_verdict_and_no_evidence() -> None:
    assert surfaces(Wording("It is suspended spam", "note"), label="suspended") == []
    assert surfaces(Wording("It is suspended spam", "note"), label="spam") == ["suspended"]


def test_places_that_a_reason_brings_are_taken_as_they_are() -> None:
    assert named_words(Wording("whatever", "template", "", ((3, 5),)), DOCUMENT) == ((3, 5),)


def test_content_words_are_in_one_case_and_without_function_words_of_any_language() -> None:
    assert content_words("The Straße, und l'ÉTÉ ist çok 24 h!") == {"strasse", "l'été", "24", "h"}
    assert content_words("!!! 😀 …") == frozenset()


def test_a_template_names_what_speaks_most_for_the_decision() -> None:
    values = {"Verify": 2.0, "your": 5.0, "account": 1.0, "now": 0.2, "suspended": 3.0, "here": -4.0, "!": 9.0}
    found = attribution(values)
    reason = template_reason(DOCUMENT, LABEL, attribution=found)
    assert reason.text == "This text is phishing because of “Verify”, “account”, “suspended”."
    assert surfaces(reason) == ["Verify", "account", "suspended"]
    assert (reason.source, reason.by) == ("template", "template")


def test_words_that_cannot_be_told_from_zero_are_no_evidence() -> None:
    reason = template_reason(DOCUMENT, PIECE, attribution=attribution({"Verify": 1.0, "now": -2.0}, error=0.6))
    assert reason.text == "“account” is phishing, but no single word stands out."
    assert reason.words == ()
    assert template_reason(DOCUMENT, PIECE).words == ()


def test_the_lexicons_of_what_people_marked_comes_before_the_attribution() -> None:
    text = "please verify the login"
    marked = Document("b", text, spans=(Span(7, 13, "phishing"), Span(18, 23, "spam")))
    lexicons = lexicons_of([marked, DOCUMENT])
    assert lexicons == {"phishing": {"verify"}, "spam": {"login"}}
    reason = template_reason(DOCUMENT, LABEL, attribution=attribution({"suspended": 3.0}), lexicon=lexicons["phishing"])
    assert reason.text == "This text is phishing because of “Verify”."
    elsewhere = template_reason(DOCUMENT, PIECE, attribution=attribution({"suspended": 2.0}), lexicon={"verify"})
    assert surfaces(elsewhere) == ["suspended"]
    unmet = template_reason(DOCUMENT, LABEL, attribution=attribution({"suspended": 3.0}), lexicon={"login"})
    assert surfaces(unmet) == ["suspended"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("target", [LABEL, PIECE])
def test_every_language_says_label_and_evidence(language: str, target: Target) -> None:
    clear = template_reason(DOCUMENT, target, attribution=attribution({"Verify": 2.0}), language=language)
    unclear = template_reason(DOCUMENT, target, language=language)
    assert "phishing" in clear.text and "Verify" in clear.text and clear.text.endswith(".")
    assert "phishing" in unclear.text and unclear.text.endswith(".") and "{" not in clear.text + unclear.text
    assert ("account" in clear.text) == (target is PIECE)


@pytest.mark.parametrize(
    ("locale", "language"), [("de-AT", "de"), ("tr", "tr"), ("FR_fr", "fr"), ("ja-JP", "en"), ("", "en"), (None, "en")]
)
def test_a_browser_gets_its_language_or_english(locale: str | None, language: str) -> None:
    assert known_language(locale) == language


def thread(*said: tuple[str, str], span: Span | None = None, is_there: bool = True) -> Thread:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    lines = tuple(Comment(by, start + timedelta(days=day), "say", text) for day, (by, text) in enumerate(said))
    return Thread(1, 1, span, "account", is_there, lines)


def test_the_last_comment_on_a_decision_is_its_note() -> None:
    whole = thread(("ana", "too polite"), ("ben", "it threatens"))
    piece = thread(("eva", "nobody needs to verify this"), span=Span(12, 19, "phishing"))
    assert note_of(DOCUMENT, LABEL, [piece, whole]) == Wording("it threatens", "note", "ben")
    assert note_of(DOCUMENT, PIECE, [piece, whole]) == Wording("nobody needs to verify this", "note", "eva")
    assert note_of(DOCUMENT, replace(PIECE, label="spam"), [piece, whole]) is None
    assert note_of(DOCUMENT, PIECE, [thread(("eva", "x"), span=Span(12, 19, "phishing"), is_there=False)]) is None


def test_a_file_may_bring_the_note_for_the_label() -> None:
    noted = replace(DOCUMENT, meta={"reason": " it threatens "})
    assert note_of(noted, LABEL) == Wording("it threatens", "note")
    assert note_of(noted, PIECE) is note_of(DOCUMENT, LABEL) is None
    for odd in ("", " ", 3, ["x"]):
        assert note_of(replace(DOCUMENT, meta={"reason": odd}), LABEL) is None
