"""Keeping a text that was changed by hand as an example to learn from, with what is right there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import streamlit as st

from tokapp.store.contrasts import Contrast
from tokapp.ui import access, session
from tokapp.ui.text import count, escape, plain, shorten

if TYPE_CHECKING:
    from tokapp.documents import Span
    from tokapp.ui.explain.by_hand import Trial

Right: TypeAlias = Literal["now", "before", "nothing"]


def draw_keep(trial: Trial) -> None:
    """What is right in the changed text, the button that keeps it, and the way to what was kept."""
    kept_key = f"kept_{trial.case.pk}"
    if trial.edits:
        options = {
            right: contrast_of(trial, right) for right in ("now", "before", "nothing") if _is_offered(trial, right)
        }
        with st.popover("Keep as example", icon=":material/bookmark_add:"):
            right = st.radio(
                "What is right in the changed text?",
                list(options),
                format_func=lambda one: _say(one, options[one]),
                key=f"right_{trial.case.pk}",
            )
            if access.button("Keep", "annotate", key=f"keep_{trial.case.pk}", type="primary"):
                made = session.store().add_contrast(trial.case.pk, options[right], session.user_name())
                st.session_state[kept_key] = (trial.edited.text, made)
    text, made = st.session_state.get(kept_key, ("", 0))
    if made and text == trial.edited.text:
        link = {"project": str(trial.case.project.id), "doc": str(made)}
        st.page_link(
            "pages/label.py", label="Kept. Open it on Label", icon=":material/check_circle:", query_params=link
        )


def _is_offered(trial: Trial, right: Right) -> bool:
    """Nothing is no answer where every text has a label, and old marks are one only where some are left."""
    task = trial.case.project.task
    return bool(task.span_labels) if right == "nothing" else right == "now" or bool(_survivors(trial) or _label(trial))


def contrast_of(trial: Trial, right: Right) -> Contrast:
    """The changed text with one of three answers to what is right there."""
    text = trial.case.document.text
    changes = [
        (*trial.edited.words[place], now)
        for place, now in sorted(trial.edits.items())
        if text[slice(*trial.edited.words[place])] != now
    ]
    now, task = trial.now, trial.case.project.task
    if right == "now":
        label = now.label if task.document_labels else None
        return Contrast(trial.edited.text, changes, now, accepted=now.spans, label=label)
    if right == "before":
        return Contrast(trial.edited.text, changes, now, spans=_survivors(trial), label=_label(trial))
    return Contrast(trial.edited.text, changes, now)


def _survivors(trial: Trial) -> tuple[Span, ...]:
    """People's marks, else the model's old ones, where they stand in the changed text."""
    document = trial.case.document
    old = document.spans if document.is_reviewed or document.spans else trial.before.spans
    return tuple(moved for span in old if (moved := trial.edited.forth(span)) is not None)


def _label(trial: Trial) -> str | None:
    if not trial.case.project.task.document_labels:
        return None
    return trial.case.document.label or trial.before.label


def _say(right: Right, contrast: Contrast) -> str:
    spans = [*contrast.accepted, *contrast.spans]
    named = ", ".join(f"“{shorten(contrast.text[span.start : span.end], 24)}”" for span in spans[:3])
    more = f" and {count(len(spans) - 3, 'other')}" if len(spans) > 3 else ""
    what = " · ".join(filter(None, (plain(contrast.label or ""), named + more))) or "no marks"
    title = {"now": "What the model says now", "before": "What stood there before", "nothing": "Nothing"}[right]
    return title if right == "nothing" else f"{title}: {escape(what)}"
