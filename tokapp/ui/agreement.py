"""Who said what about which document, as a study of agreement, and the words and frames that show its report."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Literal, TypeAlias

from tokapp.evaluation.agreement import Study
from tokapp.ui.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import pandas as pd

    from tokapp.documents import Span
    from tokapp.evaluation.agreement import AgreementReport
    from tokapp.store import Finished, Project, Store

Way: TypeAlias = Literal["blind", "open"]
WAYS: dict[Way, str] = {"blind": "without seeing each other", "open": "one after the other"}
"""In which ways people can work on the same document, as a page says it; the better one first."""

UNDEFINED = "–"
"""Stands where a measure is not defined."""


def studies_of(store: Store, project: Project) -> dict[Way, Study]:
    """Each person's own version of the documents that several people finished, by the way in which they worked.

    Document ids are the store's. People who work one after the other see what stood there before: a version is what the
    person left behind as finished. A way in which no two people worked is left out.
    """
    versions = store.finished_versions(project.id)
    texts = {pk: one.text for pk, one in store.load_documents(sorted({one.document_id for one in versions}))}
    found = {way: _study([one for one in versions if one.is_blind == (way == "blind")], texts) for way in WAYS}
    return {way: study for way, study in found.items() if len(study.persons) > 1}


def _study(versions: Sequence[Finished], texts: Mapping[int, str]) -> Study:
    annotations: dict[str, dict[str, tuple[Span, ...]]] = defaultdict(dict)
    moments: dict[str, dict[str, datetime]] = defaultdict(dict)
    for one in versions:
        annotations[one.by][str(one.document_id)] = one.spans
        moments[one.by][str(one.document_id)] = one.at
    known = {str(pk): texts[pk] for pk in dict.fromkeys(one.document_id for one in versions)}
    return Study(known, annotations, moments)


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
