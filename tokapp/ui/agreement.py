"""Who said what about which document, as a study of agreement, and the words and frames that show its report."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from tokapp.evaluation.agreement import Study
from tokapp.ui.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import pandas as pd

    from tokapp.documents import Span
    from tokapp.evaluation.agreement import AgreementReport
    from tokapp.store import Project, Store

UNDEFINED = "–"
"""Stands where a measure is not defined."""


def annotations_of(store: Store, project: Project) -> Study:
    """Each person's own version of the documents that several people worked on; document ids are the store's.

    People who work on the same document one after the other see what stood there before: a version is what the person
    left behind as finished.
    """
    annotations: dict[str, dict[str, tuple[Span, ...]]] = defaultdict(dict)
    moments: dict[str, dict[str, datetime]] = defaultdict(dict)
    versions = store.finished_versions(project.id)
    for one in versions:
        annotations[one.by][str(one.document_id)] = one.spans
        moments[one.by][str(one.document_id)] = one.at
    documents = store.load_documents(sorted({one.document_id for one in versions}))
    return Study({str(pk): document.text for pk, document in documents}, annotations, moments)


def show_value(value: float | None) -> str:
    """`0.82`; a dash where the measure is not defined."""
    return UNDEFINED if value is None else f"{value:.2f}"


def label_frame(report: AgreementReport) -> pd.DataFrame:
    """A line per label: its agreement, and how many spans each person marked in the shared documents."""
    import pandas as pd

    rows = [_row(label, figure.value, report.spans[label]) for label, figure in report.labels.items()]
    return pd.DataFrame(rows, columns=["Label", "Agreement", *(plain(name) for name in report.persons)])


def _row(label: str, value: float | None, spans: Mapping[str, int]) -> list[str | int]:
    return [plain(label), show_value(value), *spans.values()]
