"""Which decision is explained: a span or the whole text, what about it, and compared with what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.documents import NOTHING, Kind, Target
from tokapp.ui import layout, reasons
from tokapp.ui.text import plain
from tokapp.words import split_words

if TYPE_CHECKING:
    from tokapp.ui.explain.case import Case

_WHYS: dict[Kind, str] = {"span": "Why marked", "start": "Why it begins here", "end": "Why it ends here"}
_EDGES: tuple[Kind, ...] = ("start", "end")


def decision_key(pk: int) -> str:
    """Under which the chosen span or label of a document is kept in the session."""
    return f"decision_{pk}"


def bases(case: Case) -> list[Target]:
    """Spans and labels that can be explained; that of the address is among them. Raises BadInput for a bad address."""
    found = reasons.decisions(case.project, case.labelling, case.prediction)
    wanted = _wanted(case)
    return found if wanted is None or _base(wanted) in found else [_base(wanted), *found]


def choose(case: Case, found: Sequence[Target]) -> Target:
    """Draw the choices: the decision of the address, until another one is chosen here or picked in the text."""
    wanted = _wanted(case)
    first = 0 if wanted is None else found.index(_base(wanted))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        base = st.selectbox(
            "Decision",
            found,
            index=first,
            format_func=lambda one: reasons.name_target(one, case.document, case.prediction),
            key=decision_key(case.pk),
        )
        kind = _choose_kind(case, base, wanted)
        against = _choose_rival(case, base, wanted)
    target = replace(base, kind=kind, against=against)
    layout.remember(span=reasons.write_target(target))
    return target


def _wanted(case: Case) -> Target | None:
    return reasons.read_target(st.query_params.get("span"), case.document)


def _base(target: Target) -> Target:
    """The span or label that a question is about."""
    return replace(target, kind="span" if target.kind in _EDGES else target.kind, against="", over="text")


def _choose_kind(case: Case, base: Target, wanted: Target | None) -> Kind:
    kinds = _kinds(case.document.text, base)
    if len(kinds) == 1:
        return base.kind
    usual = wanted.kind if wanted is not None and wanted.kind in kinds and _base(wanted) == base else "span"
    return st.selectbox(
        "Question",
        kinds,
        index=kinds.index(usual),
        format_func=_WHYS.__getitem__,
        key=f"why_{case.pk}_{base.start}_{base.end}_{base.label}",
        width=190,
    )


def _kinds(text: str, base: Target) -> list[Kind]:
    """An edge can be asked about where the text has a word on its other side."""
    if base.kind != "span":
        return [base.kind]
    words = split_words(text)
    kinds: list[Kind] = ["span"]
    kinds += ["start"] if words and words[0][1] <= base.start else []
    kinds += ["end"] if words and words[-1][0] >= base.end else []
    return kinds


def _choose_rival(case: Case, base: Target, wanted: Target | None) -> str:
    rivals, right = rivals_of(case, base), corrected(case, base)
    if not rivals:
        return ""
    options = ["", *sorted(rivals, key=lambda one: one != right)]
    usual = wanted.against if wanted is not None and wanted.against in options and _base(wanted) == base else ""
    names = {"": "everything else", NOTHING: "nothing"}

    def name(one: str) -> str:
        return names.get(one, plain(one)) + (", as corrected" if one == right else "")

    return st.selectbox(
        "Compared with",
        options,
        index=options.index(usual),
        format_func=name,
        key=f"against_{case.pk}_{base.start}_{base.end}_{base.label}",
        width=210,
    )


def rivals_of(case: Case, base: Target) -> list[str]:
    """What a label can stand against; none where only one thing is left, which is everything else."""
    task = case.project.task
    known = [*task.span_names, NOTHING] if base.has_place else list(task.document_names)
    others = [one for one in known if one != base.label]
    return others if len(others) > 1 else []


def corrected(case: Case, base: Target) -> str | None:
    """What people say in the place of a decision of the model, where that differs; None where it does not."""
    document = case.document
    if not base.has_place:
        return document.label if document.label not in (None, base.label) else None
    there = [span.label for span in document.spans if (span.start, span.end) == (base.start, base.end)]
    if there:
        return None if base.label in there else there[0]
    touched = any(span.start < base.end and base.start < span.end for span in document.spans)
    return NOTHING if document.is_reviewed and not touched else None
