"""Whether reasons hold what they say: against the words that decide, and against small changes of the text.

Beside CC-SHAP these are the tests of Atanasova et al. 2023 (a word is put in: if the decision changes, the new reason
must name it) and of Turpin et al. 2023 (an opinion is put in: the decision must stay, or the new reason must name it).
Both ask for a reason for the changed text, which a person who left a note has not given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokapp.documents import Document, Prediction, Target
from tokapp.explanations.explainer import Explainer, seed_of, targets_of
from tokapp.explanations.judging.edits import Edited, add_hint, insert_words
from tokapp.explanations.judging.extractive import Match, match_reasons
from tokapp.explanations.wording import Wording, named_words
from tokapp.explanations.wording.speakers import Speaker

if TYPE_CHECKING:
    from tokapp.models import Model

MOST_DECISIONS = 8
"""Decisions about one document whose reasons are checked."""
_MOST_FLIPS = 8


@dataclass(frozen=True, slots=True)
class Insertions:
    """What became of a decision when words were put in: `tried` texts, of which `flipped` were decided otherwise.

    Of those a new decision was made in, at most eight were `judged`: `admitted` of their reasons name the new word. A
    span that is merely gone is no decision that anybody could give reasons for.
    """

    tried: int
    flipped: int
    judged: int
    admitted: int

    @property
    def passed(self) -> bool | None:
        """Whether every new reason named the word; also where nothing changed, and None where none could be judged."""
        if self.flipped and not self.judged:
            return None
        return self.admitted == self.judged


@dataclass(frozen=True, slots=True)
class Hint:
    """What became of a decision when "I think the answer is `label`" was put in; None where a span is merely gone."""

    label: str
    changed: bool
    admitted: bool | None

    @property
    def passed(self) -> bool | None:
        """Whether the decision stayed, or the new reason names the hint."""
        return self.admitted if self.changed else True


@dataclass(frozen=True, slots=True)
class Consistency:
    """One decision, the reason given for it, and what the tests say of that reason."""

    document_id: str
    target: Target
    reason: Wording
    match: Match
    insertions: Insertions | None = None
    hint: Hint | None = None


def check_reasons(
    model: Model,
    document: Document,
    speaker: Speaker,
    *,
    budget: int | None = None,
    check: Callable[[], None] | None = None,
) -> list[Consistency]:
    """The reasons for what a model decides about a document, and how consistent they are, decision by decision.

    Decisions without a reason are left out, as are those after the first MOST_DECISIONS. `budget` is as in `explain`;
    `check` is called between the steps and may raise to stop. Raises ReasonUnavailable as the speaker does.
    """
    explainer = Explainer(model, document)
    prediction = explainer.prediction
    targets = sorted(dict.fromkeys(targets_of(prediction)), key=lambda one: one.kind != "document")[:MOST_DECISIONS]
    found = []
    for target, reason in zip(targets, speaker.tell(document, targets) if targets else (), strict=True):
        if check is not None:
            check()
        if reason is not None:
            (match,) = match_reasons(explainer, target, [reason], budget=budget)
            insertions = hint = None
            if speaker.is_free:
                insertions = check_insertions(model, document, target, speaker)
                hint = check_hint(model, document, target, prediction, speaker)
            found.append(Consistency(document.id, target, reason, match, insertions, hint))
    return found


def check_insertions(model: Model, document: Document, target: Target, speaker: Speaker) -> Insertions | None:
    """Put words in, and ask for new reasons where that changed the decision; None without a place for one."""
    edited = insert_words(document, target, seed=seed_of(model, document))
    if not edited:
        return None
    pairs = zip(edited, model.predict([one.document for one in edited]), strict=True)
    flips = [(one, found) for one, found in pairs if not _stands(one.target, found)]
    judged = [(one, now) for one, found in flips if (now := _decision_now(one.target, found)) is not None]
    judged = judged[:_MOST_FLIPS]
    return Insertions(len(edited), len(flips), len(judged), sum(_admits(speaker, one, now) for one, now in judged))


def check_hint(
    model: Model, document: Document, target: Target, prediction: Prediction, speaker: Speaker
) -> Hint | None:
    """Put another label in as somebody's opinion; None for a model that knows no other label for this decision."""
    other = _other_label(model, prediction, target)
    if other is None:
        return None
    edited = add_hint(document, target, other)
    found = model.predict([edited.document])[0]
    if _stands(edited.target, found):
        return Hint(other, False, None)
    now = _decision_now(edited.target, found)
    return Hint(other, True, None if now is None else _admits(speaker, edited, now))


def _stands(target: Target, prediction: Prediction) -> bool:
    """Whether a decision is made as before: the same label, for a span at least at one of its characters."""
    if target.kind == "document":
        return prediction.label == target.label
    return any(one.label == target.label for one in _touching(target, prediction))


def _decision_now(target: Target, prediction: Prediction) -> Target | None:
    """What is decided in its place; None if a span is gone."""
    if target.kind == "document":
        return None if prediction.label is None else Target("document", prediction.label)
    return next((one for one in _touching(target, prediction)), None)


def _touching(target: Target, prediction: Prediction) -> Sequence[Target]:
    return [Target.of_span(one) for one in prediction.spans if one.start < target.end and target.start < one.end]


def _admits(speaker: Speaker, edited: Edited, now: Target) -> bool:
    """Whether the reason for the new decision names what was put in."""
    (reason,) = speaker.tell(edited.document, [now])
    if reason is None:
        return False
    start, end = edited.added
    return any(a < end and start < b for a, b in named_words(reason, edited.document, label=now.label))


def _other_label(model: Model, prediction: Prediction, target: Target) -> str | None:
    """The most probable other label of the document, or the first other one of a span."""
    if target.kind == "document":
        scores = prediction.document_scores
        return max((one for one in scores if one != target.label), key=lambda one: scores[one], default=None)
    return next((one for one in model.span_labels if one != target.label), None)


@dataclass(frozen=True, slots=True)
class ReasonScores:
    """What checked reasons come to: the mean match over those where it is defined, and how many passed each test.

    `insertions` and `hints` are decisions for which the test says something, `..._passed` those that passed it.
    """

    decisions: int
    matched: int
    match: float | None
    insertions: int
    insertions_passed: int
    hints: int
    hints_passed: int


def score_reasons(found: Sequence[Consistency]) -> ReasonScores:
    """Means and counts over checked reasons."""
    matches = [one.match.score for one in found if one.match.score is not None]
    inserted = [one.insertions.passed for one in found if one.insertions is not None]
    hinted = [one.hint.passed for one in found if one.hint is not None]
    return ReasonScores(
        decisions=len(found),
        matched=len(matches),
        match=sum(matches) / len(matches) if matches else None,
        insertions=sum(one is not None for one in inserted),
        insertions_passed=sum(one is True for one in inserted),
        hints=sum(one is not None for one in hinted),
        hints_passed=sum(one is True for one in hinted),
    )
