"""Whether documents can teach at all: they are not empty, not of one class, and do not contradict one another."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence

from tokapp.documents import Document
from tokapp.errors import TrainingError

TOO_MANY = 0.05
"""Share of the labelled documents from which on contradictions stop a training."""

_NAMED = 3
_LOG = logging.getLogger(__name__)


def check_teachable(documents: Sequence[Document], *, spans: bool, labels: bool) -> None:
    """Raise TrainingError with what to add when the documents cannot teach spans, labels, or either of both.

    A few contradictions are noise, and only logged.
    """
    if not documents:
        raise TrainingError("there are no training documents; label some, or name a file that has them")
    found = {document.label for document in documents if document.label is not None}
    has_spans = any(document.spans for document in documents)
    if spans and not has_spans and not (labels and len(found) > 1):
        raise TrainingError(
            f"none of the {len(documents)} training documents has a span; mark some, a model cannot learn from none"
        )
    if labels and not spans and len(found) < 2:
        only = f"all are {found.pop()!r}" if found else "none has a label"
        raise TrainingError(f"training needs documents of at least two labels, {only}; label documents of another one")
    _check_agreement(documents)


def _check_agreement(documents: Sequence[Document]) -> None:
    groups = contradictions(documents)
    wrong, labelled = sum(map(len, groups)), sum(document.is_labelled for document in documents)
    if not groups:
        return
    named = "; ".join(", ".join(document.id for document in group[:_NAMED]) for group in groups[:_NAMED])
    more = f" and {len(groups) - _NAMED} more texts" if len(groups) > _NAMED else ""
    says = f"{wrong} of {labelled} labelled training documents have the same text, but other labels: {named}{more}"
    if wrong > TOO_MANY * labelled:
        raise TrainingError(f"{says}. A model cannot learn both; settle their labels, or leave out all but one of each")
    _LOG.warning("%s", says)


def contradictions(documents: Iterable[Document]) -> list[list[Document]]:
    """Groups of labelled documents that have one text, but for case and blanks, and whose labels differ.

    Labels are compared where both have some: what is marked as what, in its order, and the label as a whole.
    """
    groups: defaultdict[tuple[str, ...], list[Document]] = defaultdict(list)
    for document in documents:
        if document.is_labelled:
            groups[tuple(map(_plain, (document.text, document.question or "", *document.contexts)))].append(document)
    return [group for group in groups.values() if len(group) > 1 and _differ(group)]


def _differ(group: Sequence[Document]) -> bool:
    labels = {document.label for document in group if document.label is not None}
    marked = {_marks(document) for document in group if document.is_reviewed or document.spans}
    return len(labels) > 1 or len(marked) > 1


def _marks(document: Document) -> tuple[tuple[str, str], ...]:
    spans = sorted(document.spans, key=lambda span: (span.start, span.end, span.label))
    return tuple((span.label, _plain(document.surface(span))) for span in spans)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
