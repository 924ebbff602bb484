"""The text of a document with every word coloured by how much it speaks for or against one decision.

Spans in it can be picked, by click or key, in the mode "edit" words can be struck or typed over, and in the mode "mark"
words are said to be evidence or none. A further mode is a file beside `static/picking.js` and a name in `Mode`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal, TypeAlias

import streamlit as st

from tokapp.documents import Attribution, Json

Mode: TypeAlias = Literal["pick", "edit", "mark"]
Kind: TypeAlias = Literal["chosen", "other", "new", "gone", "evidence", "none"]

_HTML = '<div class="frame"></div>\n'
_CLEAR = 2.0
"""How many standard errors away from zero a value must be to count as told from zero."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text with its Shapley value; `place` is its position in reading order.

    `part` is 0 for the text or the question, k for the k-th passage (from 1), into which the offsets point.
    """

    place: int
    start: int
    end: int
    text: str
    value: float
    error: float
    is_clear: bool
    part: int = 0


@dataclass(frozen=True, slots=True)
class Tone:
    """How a word is shown: `strength` from -1 (against) to 1 (for), 0 is plain; `note` is read and shown on focus."""

    start: int
    end: int
    strength: float
    note: str
    is_clear: bool = True


@dataclass(frozen=True, slots=True)
class Mark:
    """A span in the text: the `chosen` one, another that can be picked, or one that an edit made or ended."""

    id: str
    start: int
    end: int
    name: str
    kind: Kind = "other"


@lru_cache(maxsize=1)
def _component() -> Callable[..., object]:
    """The component, registered once, and only where Streamlit runs: it looks up the manifest in its runtime."""
    return st.components.v2.component(
        "tokapp.attribution_view", html=_HTML, css="attribution_view.css", js="attribution_view.js"
    )


def words_of(attribution: Attribution) -> list[Word]:
    """The words of an explanation in reading order."""
    parts = attribution.parts or (0,) * len(attribution.words)
    rows = zip(attribution.words, attribution.texts, attribution.values, attribution.errors, parts, strict=True)
    return [
        Word(place, start, end, text, value, error, is_clear=abs(value) > _CLEAR * error and value != 0, part=part)
        for place, ((start, end), text, value, error, part) in enumerate(rows)
    ]


def strongest_of(words: Iterable[Word]) -> float:
    """The largest absolute value, 1 if there is none: both ends of the colour scale, whose middle is zero."""
    return max((abs(word.value) for word in words), default=0.0) or 1.0


def tones_of(words: Sequence[Word], *, threshold: float = 0.0, strongest: float | None = None) -> list[Tone]:
    """Words as they are shown: plain if weaker than `threshold` (a share of the strongest) or not told from zero.

    `strongest` is the end of a scale that several texts share.
    """
    scale = strongest or strongest_of(words)
    return [_tone(word, word.value / scale, threshold) for word in words]


def _tone(word: Word, strength: float, threshold: float) -> Tone:
    is_hidden = abs(strength) < threshold or not word.is_clear
    note = f"{word.value:+.2f} ± {word.error:.2f}" + ("" if word.is_clear else ", not told from zero")
    return Tone(word.start, word.end, 0.0 if is_hidden else max(min(strength, 1.0), -1.0), note, word.is_clear)


def pieces_of(text: str, tones: Sequence[Tone], marks: Sequence[Mark] = ()) -> list[dict[str, Json]]:
    """The text cut at every edge of a word or mark, in reading order; joined, the pieces are the text.

    A piece names its word (`word`, an index of `tones`, none between words) and the marks that it lies in (indexes).
    """
    ranges = [(one.start, one.end) for one in tones] + [(one.start, one.end) for one in marks]
    edges = {0, len(text), *(min(edge, len(text)) for pair in ranges for edge in pair)}
    pieces: list[dict[str, Json]] = []
    word = 0
    for start, end in pairwise(sorted(edges)):
        while word < len(tones) and tones[word].end <= start:
            word += 1
        piece: dict[str, Json] = {"text": text[start:end]}
        if word < len(tones) and tones[word].start <= start:
            piece["word"] = word
        inside = [place for place, mark in enumerate(marks) if mark.start <= start and end <= mark.end]
        pieces.append({**piece, "marks": inside} if inside else piece)
    return pieces


def attribution_view(
    text: str,
    tones: Sequence[Tone],
    marks: Sequence[Mark] = (),
    *,
    key: str,
    summary: str,
    mode: Mode = "pick",
    scale: tuple[str, str] | None = None,
    disabled: bool = False,
    can_undo: bool = False,
    on_act: Callable[[], None] | None = None,
    on_pick: Callable[[], None] | None = None,
) -> None:
    """Draw the text; what is shown is plain text whatever it contains.

    `scale` names the two ends of the colours. `on_pick` is called when a mark was picked: `picked` tells which one;
    `on_act` when words were marked: `sent_act` tells which and as what.
    """
    data: dict[str, Json] = {
        "mode": mode,
        "pieces": pieces_of(text, tones, marks),
        "words": [[round(tone.strength, 3), tone.note, tone.is_clear] for tone in tones],
        "marks": [{"id": mark.id, "name": mark.name, "kind": mark.kind} for mark in marks],
        "summary": summary,
        "scale": list(scale) if scale else None,
        "disabled": disabled,
        "canUndo": can_undo,
    }
    json.dumps(data)  # a value that is not plain would turn the whole payload into a string without an error
    _component()(
        key=key, data=data, on_pick_change=on_pick or _rerun, on_edits_change=_rerun, on_act_change=on_act or _rerun
    )


def picked(key: str) -> str | None:
    """The id of the mark that was picked in the view mounted under `key`, in this run."""
    value = _sent(key, "pick")
    return value if isinstance(value, str) else None


def sent_edits(key: str) -> Sequence[object]:
    """What stands in place of words in the view mounted under `key`: pairs, as the browser sent them."""
    value = _sent(key, "edits")
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def sent_act(key: str) -> object:
    """What was asked of words in the view mounted under `key`, in this run, as the browser sent it."""
    return _sent(key, "act")


def _sent(key: str, name: str) -> object:
    state = st.session_state.get(key)
    return state.get(name) if isinstance(state, Mapping) else None


def _rerun() -> None:
    """Streamlit keeps a state only where somebody listens."""
