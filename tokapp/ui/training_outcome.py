"""What the steps of a finished training did, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from tokapp.documents import Json
from tokapp.errors import NotFound
from tokapp.ui import session
from tokapp.ui.text import count, escape, percent

if TYPE_CHECKING:
    from tokapp.store.values import JobRow, Project


def draw_steps(project: Project, job: JobRow) -> None:
    """Say below a finished training what came of its optional steps."""
    try:
        metrics = session.store().model(str(job.result.get("model", ""))).metrics
    except NotFound:
        return
    for line in told(metrics, project.task.noun):
        st.caption(escape(line))


def told(metrics: Mapping[str, Json], noun: str) -> list[str]:
    """A sentence or two for each optional step that left figures."""
    lines = []
    read, kept = _figures(metrics, "continue_pretraining"), _figures(metrics, "select_instances")
    if read:
        apart = f"{count(read['held_out_texts'], 'text')} that it did not read"
        gain = f"went from {read['perplexity_before']:,.1f} to {read['perplexity_after']:,.1f}"
        if read["head"] == "new":
            gain = f"is {read['perplexity_after']:,.1f} now; what guesses was new, so there is no before"
        lines.append(f"Warmed up on {count(read['texts'], 'text')}: its perplexity on {apart} {gain}.")
        if "warning" in read:
            lines.append(f"Beware: {read['warning']}.")
    if kept:
        lines.append(f"Learnt from {kept['kept']:,} of {count(kept['documents'], f'labelled {noun}')}.")
    return [*lines, *_of_words(metrics, noun)]


def _of_words(metrics: Mapping[str, Json], noun: str) -> Iterator[str]:
    """What steps did that choose among words and labels."""
    chosen, preferred = _figures(metrics, "weighing"), _figures(metrics, "preferences")
    doubts = metrics.get("recheck")
    if chosen:
        yield f"Once it chose among words, it learnt from {percent(chosen['all words'])} of them."
    if preferred:
        whole = f" and the labels of {count(preferred['documents'], noun)}" if preferred["documents"] else ""
        yield f"What it had wrong and was taught once more: {count(preferred['words'], 'word')}{whole}."
    if isinstance(doubts, Sequence) and doubts:
        yield f"It still does not believe {count(len(doubts), 'label')}, which Models lists under it."


def _figures(metrics: Mapping[str, Json], name: str) -> Mapping[str, Any]:
    found = metrics.get(name)
    return found if isinstance(found, Mapping) else {}
