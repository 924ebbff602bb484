"""Model versions side by side: figures on the project's own test part, and the spans that differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.documents import Document, Prediction, Span
from tokapp.evaluation.comparison import compare_spans
from tokapp.evaluation.report import measure
from tokapp.store.values import DocumentFilter
from tokapp.ui import session
from tokapp.ui.text import ago, plain, shorten

if TYPE_CHECKING:
    import pandas as pd

    from tokapp.store.values import ModelRow, Project

FIGURES = {
    "span_exact_f1": "Exact F1",
    "span_overlap_f1": "Overlap F1",
    "span_exact_precision": "Precision",
    "span_exact_recall": "Recall",
    "document_macro_f1": "Label F1",
    "word_ece": "Calibration error",
}
TEST = DocumentFilter(status="labelled", split="test")


@dataclass(frozen=True, slots=True)
class Difference:
    """A span that two versions mark differently, and whether the newer is "better" or "worse" by people's labels.

    Of the kind "label" it is the label of the whole document: `label` is the newer version's.
    """

    kind: str
    verdict: str
    document_id: int
    before: str
    after: str
    text: str
    old: Span | None = None
    new: Span | None = None
    label: str = ""


def test_documents(project: Project) -> dict[int, Document]:
    """The labelled documents of the test part: no model ever learnt from them here."""
    return dict(session.store().iterate_documents(project.id, TEST))


def test_predictions(project: Project, model: str, documents: Mapping[int, Document]) -> dict[int, Prediction]:
    """What a version says about them, as far as it was asked."""
    found = session.store().predictions(project.id, model, TEST)
    return {key: prediction for key, prediction in found if key in documents}


def figures(project: Project, model: str, documents: Mapping[int, Document]) -> dict[str, float] | None:
    """Figures of a version on all test documents; None while it has not predicted them all."""
    known = test_predictions(project, model, documents)
    if not documents or len(known) < len(documents):
        return None
    return measure([known[key] for key in documents], list(documents.values()), project.task)


def version_frame(rows: Sequence[ModelRow], scores: Mapping[str, Mapping[str, float] | None]) -> pd.DataFrame:
    """The table of versions; a figure that is not known is empty, a column of which nothing is known left out."""
    import pandas as pd

    shown = [key for key in FIGURES if any(key in (one or {}) for one in scores.values())]
    frame = pd.DataFrame(
        [
            {
                "Model": plain(row.name),
                "State": {"promoted": "in use"}.get(row.state, row.state),
                **{FIGURES[key]: (scores[row.name] or {}).get(key) for key in shown},
                "Made from": plain(" + ".join(row.members) or row.parent or ""),
                "Labels of": "" if row.snapshot_id is None else f"snapshot {row.snapshot_id}",
                "Made": "built in" if row.is_built_in else ago(row.created),
            }
            for row in rows
        ]
    )
    return frame.loc[:, (frame != "").any()]


def figure_columns() -> dict[str, st.column_config.NumberColumn]:  # type: ignore[valid-type]  # a function, not a type
    """How figures are shown."""
    return {title: st.column_config.NumberColumn(title, format="%.3f") for title in FIGURES.values()}


def differences(
    documents: Mapping[int, Document], before: Mapping[int, Prediction], after: Mapping[int, Prediction]
) -> list[Difference]:
    """Every span that one of two versions marks and the other does not, or marks otherwise, by document."""
    known = [key for key in documents if key in before and key in after]
    return [one for key in known for one in _of_document(key, documents[key], before[key], after[key])]


def _of_document(key: int, document: Document, before: Prediction, after: Prediction) -> Iterator[Difference]:
    text, changes = document.text, compare_spans(before.spans, after.spans)
    right = {span.key for span in document.spans}
    pairs: list[tuple[str, Span | None, Span | None]] = [
        *(("gained", None, one) for one in changes.gained),
        *(("lost", one, None) for one in changes.lost),
        *(("changed", pair.old, pair.new) for pair in changes.changed),
    ]
    for kind, old, new in pairs:
        shown = new if new is not None else old
        assert shown is not None  # one side of every pair is there
        verdict = _verdict(_is_right(old, right), _is_right(new, right))
        yield Difference(kind, verdict, key, _show(text, old), _show(text, new), _excerpt(text, shown), old, new)
    if before.label != after.label:
        verdict = _verdict(before.label == document.label, after.label == document.label)
        sides = plain(before.label or ""), plain(after.label or "")
        label = after.label or before.label or ""
        yield Difference("label", verdict, key, *sides, shorten(text, 100), label=label)


def _is_right(span: Span | None, right: Set[tuple[int, int, str]]) -> bool | None:
    """Whether people marked the span just so; None for one that is not there."""
    return None if span is None else span.key in right


def _verdict(old: bool | None, new: bool | None) -> str:
    """A span that comes is better if it is right, one that goes if it was wrong; of two, the right one."""
    if old is None or new is None:
        is_better = new if old is None else not old
        return "better" if is_better else "worse"
    return "neither" if old == new else "better" if new else "worse"


def _show(text: str, span: Span | None) -> str:
    return "" if span is None else f"{shorten(text[span.start : span.end], 60)} [{plain(span.label)}]"


def _excerpt(text: str, span: Span) -> str:
    start, end = max(span.start - 40, 0), min(span.end + 40, len(text))
    return ("…" if start else "") + shorten(text[start:end], 160) + ("…" if end < len(text) else "")


def difference_frame(rows: Sequence[Difference]) -> pd.DataFrame:
    """The differences as a table."""
    import pandas as pd

    return pd.DataFrame(
        {
            "What": [row.kind for row in rows],
            "By people's labels": [row.verdict for row in rows],
            "Before": [row.before for row in rows],
            "After": [row.after for row in rows],
            "Where": [row.text for row in rows],
        }
    )


def difference_columns() -> dict[str, st.column_config.TextColumn]:  # type: ignore[valid-type]  # a function, not a type
    """How wide the columns of the differences are."""
    widths = {"What": 76, "By people's labels": 124, "Before": 210, "After": 210, "Where": 380}
    return {title: st.column_config.TextColumn(title, width=width) for title, width in widths.items()}
