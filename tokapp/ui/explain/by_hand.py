"""Trying changes: words are struck or typed over, and the decision's probability and the marks move at once.

Only the fragment runs for an edit: one forward pass of the changed text, and the text painted anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.explanations.contrast import Changes, Edited, compare, edit, probability_of, word_probability
from tokapp.ui import access, session
from tokapp.ui.attribution_view import Mark, Tone, attribution_view, sent_edits
from tokapp.ui.explain.keeping import draw_keep
from tokapp.ui.text import escape, percent, plain, shorten
from tokapp.words import split_words

if TYPE_CHECKING:
    from tokapp.documents import Document, Prediction, Span, Target
    from tokapp.ui.explain.case import Case

_FAINT = 0.02
"""Changes of a probability that are smaller are not worth a colour."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A document that is edited by hand, and what the model says of it before and now."""

    case: Case
    target: Target
    edits: Mapping[int, str]
    edited: Edited
    before: Prediction
    now: Prediction
    changes: Changes

    @property
    def document(self) -> Document:
        """The changed document."""
        return replace(self.case.document, text=self.edited.text, spans=(), label=None)


@st.fragment
def draw_by_hand(case: Case, target: Target) -> None:
    """The text to change, and what the changes do to a decision."""
    with session.guard():
        key = f"by_hand_{case.pk}"
        words = split_words(case.document.text)
        trial = _try(case, target, words, read_edits(sent_edits(key), len(words)))
        with st.container(border=True):
            attribution_view(
                case.document.text,
                _tones(trial),
                _marks(trial),
                key=key,
                mode="edit",
                summary="Text to change by hand; words are coloured by how much their probability moved.",
                scale=("less", "more"),
            )
        _draw_outcome(trial)
        if access.may("annotate"):
            draw_keep(trial)


def read_edits(sent: Sequence[object], words: int) -> dict[int, str]:
    """What stands in place of which word, from what a browser sent; whatever is not such a pair is left out."""
    found: dict[int, str] = {}
    for one in sent:
        if isinstance(one, Sequence) and len(one) == 2 and isinstance(one[1], str):
            place, now = one
            if isinstance(place, int | float) and 0 <= place < words:
                found[int(place)] = " ".join(now.split())[:200]
    return found


def _try(case: Case, target: Target, words: Sequence[tuple[int, int]], edits: Mapping[int, str]) -> Trial:
    model = session.model(case.model)
    edited = edit(case.document.text, words, edits)
    before = case.prediction if case.prediction.words is not None else model.predict([case.document])[0]
    changed = replace(case.document, text=edited.text)
    now = model.predict([changed])[0] if edits and edited.text.strip() else before
    spans = now.spans if edited.text.strip() else ()
    return Trial(case, target, edits, edited, before, now, compare(edited, before.spans, spans))


def _tones(trial: Trial) -> list[Tone]:
    """Every word by how much the probability of the decision's label moved there."""
    rows = zip(trial.edited.words, trial.edited.places, strict=True)
    return [_tone(trial, word, place) for word, place in rows]


def _tone(trial: Trial, word: tuple[int, int], place: tuple[int, int] | None) -> Tone:
    label = trial.target.label
    old = word_probability(trial.before, label, word)
    new = None if place is None else word_probability(trial.now, label, place)
    if old is None or new is None:
        return Tone(*word, 0.0, "struck" if place is None else "")
    moved = new - old
    note = f"{plain(label)} {percent(old)}" + (f" → {percent(new)}" if trial.edits else "")
    return Tone(*word, moved if abs(moved) >= _FAINT else 0.0, note)


def _marks(trial: Trial) -> list[Mark]:
    changes = trial.changes
    kinds = ((changes.kept, "other"), (changes.appeared, "new"), (changes.vanished, "gone"))
    return [
        Mark(f"{kind}{place}", span.start, span.end, plain(span.label), kind)  # type: ignore[arg-type]  # one of Kind
        for spans, kind in kinds
        for place, span in enumerate(spans)
    ]


def _draw_outcome(trial: Trial) -> None:
    if not trial.edits:
        st.caption("Click a word, then strike it or type another; or use the arrow keys, Delete and Enter.")
        return
    before, now = probability_of(trial.before, trial.target), _probability_now(trial)
    is_up = before is not None and now is not None and now > before
    st.markdown(
        f"{escape(plain(trial.target.label).capitalize())} there: **{_share(before)}** "
        f":material/{'trending_up' if is_up else 'trending_down'}: **{_share(now)}**"
    )
    text, edited = trial.case.document.text, trial.edited.text
    parts = [f"Gone: {_named(text, trial.changes.vanished)}"] if trial.changes.vanished else []
    fresh = [moved for span in trial.changes.appeared if (moved := trial.edited.forth(span)) is not None]
    parts += [f"New: {_named(edited, fresh)}"] if fresh else []
    st.caption(escape(" · ".join(parts) or "The marks stay as they are."))


def _probability_now(trial: Trial) -> float | None:
    target = trial.target
    if not target.has_place:
        return probability_of(trial.now, target)
    words = zip(trial.edited.words, trial.edited.places, strict=True)
    places = [place for (start, end), place in words if place and start < target.end and end > target.start]
    return word_probability(trial.now, target.label, (places[0][0], places[-1][1])) if places else None


def _share(value: float | None) -> str:
    return "–" if value is None else percent(value)


def _named(text: str, spans: Sequence[Span]) -> str:
    return ", ".join(f"“{shorten(text[span.start : span.end], 40)}” ({plain(span.label)})" for span in spans)
