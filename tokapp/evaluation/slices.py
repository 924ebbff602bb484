"""Where a model is good and where not: the same figures by length, source, label, surface form and annotator."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tokapp.documents import Document, Span
from tokapp.evaluation.bootstrap import Floats, Interval, by_group, f1_intervals
from tokapp.evaluation.cases import Case, groups_of
from tokapp.evaluation.matching import words_of
from tokapp.evaluation.spans import NOTHING, Counts, exact_counts
from tokapp.words import split_words

MOST = 12
"""Values that a slice has at most, the largest ones; the others are left out."""
_LENGTHS = (0, 10, 25, 50, 100, 250, 1000)


@dataclass(frozen=True, slots=True)
class Slice:
    """Exact span figures of a part: by what and which one, over how many documents, with the interval of F1."""

    by: str
    value: str
    documents: int
    counts: Counts
    interval: Interval


def surfaces(documents: Sequence[Document]) -> frozenset[str]:
    """The marked pieces of documents as words without regard to case."""
    return frozenset(_surface(one.text, span) for one in documents for span in one.spans)


def slices(cases: Sequence[Case], seen: Set[str]) -> list[Slice]:
    """Every slice that has at least two values, in the order length, source, group, label, surface form, annotator.

    `seen` are the `surfaces` of the training documents: a surface form is new when no span there has the same words.
    """
    found = [*_by_document(cases, "length", lambda case: _length(case.text))]
    found += _by_document(cases, "source", lambda case: case.source)
    sizes = Counter(case.group for case in cases)
    found += _by_document(cases, "group", lambda case: case.group if sizes[case.group] > 1 else "")
    found += _by_span(cases, "label", lambda case, span: span.label)
    words = {True: "seen in training", False: "new"}
    found += _by_span(cases, "surface form", lambda case, span: words[_surface(case.text, span) in seen])
    return [*found, *_by_document(cases, "annotator", lambda case: case.by)]


def _by_document(cases: Sequence[Case], name: str, value_of: Callable[[Case], str]) -> Iterator[Slice]:
    parts: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        if value := value_of(case):
            parts[value].append(case)
    yield from _slices(
        name,
        {value: [(case, exact_counts(case.gold, case.predicted)) for case in part] for value, part in parts.items()},
    )


def _by_span(cases: Sequence[Case], name: str, value_of: Callable[[Case, Span], str]) -> Iterator[Slice]:
    parts: dict[str, list[tuple[Case, Counts]]] = defaultdict(list)
    for case in cases:
        gold, said = defaultdict[str, list[Span]](list), defaultdict[str, list[Span]](list)
        for side, spans in ((gold, case.gold), (said, case.predicted)):
            for span in spans:
                side[value_of(case, span)].append(span)
        for value in {*gold, *said}:
            parts[value].append((case, exact_counts(gold[value], said[value])))
    yield from _slices(name, parts)


def _slices(name: str, parts: Mapping[str, Sequence[tuple[Case, Counts]]]) -> Iterator[Slice]:
    if len(parts) < 2:
        return
    largest = sorted(parts, key=lambda value: (-len(parts[value]), value))[:MOST]
    order = sorted(largest, key=_place) if name == "length" else largest
    for value in order:
        members = parts[value]
        rows: Floats = np.array([_row(counts) for _, counts in members], np.float64)
        low, high = f1_intervals(by_group(rows, groups_of([case for case, _ in members])), draws=500)
        yield Slice(
            name, value, len(members), sum((counts for _, counts in members), NOTHING), (float(low), float(high))
        )


def _row(counts: Counts) -> tuple[int, int, int, int]:
    return counts.right_predicted, counts.predicted, counts.right_gold, counts.gold


def _length(text: str) -> str:
    words = len(split_words(text))
    for low, high in pairwise(_LENGTHS):
        if words <= high:
            return f"{low + 1} to {high} words" if low else f"up to {high} words"
    return f"over {_LENGTHS[-1]:,} words"


def _place(value: str) -> tuple[bool, int]:
    is_longest = value.startswith("over")
    return is_longest, 0 if is_longest or value.startswith("up") else int(value.split()[0])


def _surface(text: str, span: Span) -> str:
    return " ".join(words_of(text[span.start : span.end]))
