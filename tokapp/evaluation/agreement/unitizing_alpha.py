"""Krippendorff's alpha for unitizing: do people cut the same pieces out of a continuum and name them the same?

Krippendorff, Mathet, Bouvry and Widlöcher, "On the reliability of unitizing textual continua: Further developments",
Quality & Quantity 50, 2016; the same in Krippendorff, "Content Analysis", 4th edition 2019, section 12.6. It replaces
his definition of 1995, which did not behave as expected for more than two persons.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tokapp.documents import Span
from tokapp.evaluation.agreement.values import Study

Value: TypeAlias = tuple[str, ...]
"""Labels of a unit, sorted; empty for a gap between units."""

Unit: TypeAlias = tuple[int, int, Value]
"""Start, end (exclusive) and value of a piece."""

Matrix: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Continuum:
    """A text of `length` characters and the spans of each person who annotated it."""

    length: int
    spans: tuple[tuple[Span, ...], ...]


def unitizing_alpha(continua: Iterable[Continuum]) -> float | None:
    """The coefficient u-alpha (nominal, eq. 34 of 2019) of continua laid end to end, at most 1.

    Where spans of a person overlap, each piece between two borders is a unit whose value is the set of its labels.
    Continua of fewer than two persons do not count. None where it is not defined: none is left, or one value only.
    """
    laid = [[_cut(one.length, spans) for spans in one.spans] for one in continua if one.length and len(one.spans) >= 2]
    found = {value for one in laid for cut in one for _, _, value in cut}
    if len(found) < 2:
        return None
    values = {value: index for index, value in enumerate(sorted(found))}
    observed = sum((_coincidences(one, values) for one in laid), np.zeros((len(values), len(values))))
    own = sum(_own_length(unit) for one in laid for cut in one for unit in cut)
    return _alpha(observed, own)


def span_unitizing_alpha(study: Study) -> float | None:
    """u-alpha of all spans over the documents that at least two persons annotated; None where it is not defined."""
    return unitizing_alpha(
        Continuum(
            len(study.texts[key]),
            tuple(study.annotations[name][key] for name in study.persons if key in study.annotations[name]),
        )
        for key in study.shared(study.persons)
    )


def _alpha(observed: Matrix, own: float) -> float:
    """1 - D_o / D_e (eq. 34) of the observed coincidences (eq. 32) and what units have in common with themselves.

    Expected coincidences (eq. 33) of unequal values are l_c. l_.k l_.. / (l_..^2 - own).
    """
    marginal, total = observed.sum(axis=0), observed.sum()
    differing = total - np.trace(observed)
    expected = (total**2 - (marginal**2).sum()) * total / (total**2 - own)
    return float(1 - differing / expected)


def _coincidences(cuts: Sequence[Sequence[Unit]], values: dict[Value, int]) -> Matrix:
    """Lengths [values, values] of all intersections between two persons' units, over (persons - 1) (eq. 32)."""
    borders = sorted({start for cut in cuts for start, _, _ in cut} | {cuts[0][-1][1]})
    lengths = np.diff(np.array(borders, dtype=np.float64))
    counts = np.zeros((len(lengths), len(values)))
    for cut in cuts:
        ends = np.searchsorted(borders, [end for _, end, _ in cut])
        codes = np.repeat([values[value] for _, _, value in cut], np.diff(ends, prepend=0))
        counts[np.arange(len(codes)), codes] += 1
    weighed = counts * lengths[:, None]
    return (counts.T @ weighed - np.diag(weighed.sum(axis=0))) / (len(cuts) - 1)


def _own_length(unit: Unit) -> int:
    """What a unit has in common with itself (eq. 33): its length squared; for a gap, which is no unit, its length."""
    start, end, value = unit
    return (end - start) ** 2 if value else end - start


def _cut(length: int, spans: Sequence[Span]) -> list[Unit]:
    """Units and gaps of one person, in order, that cover the whole continuum."""
    opening, closing = defaultdict(list), defaultdict(list)
    for span in spans:
        opening[span.start].append(span.label)
        closing[span.end].append(span.label)
    under: list[str] = []
    units: list[Unit] = []
    for start, end in pairwise(sorted({0, length, *opening, *closing})):
        for label in closing[start]:
            under.remove(label)
        under += opening[start]
        units.append((start, end, tuple(sorted(set(under)))))
    return units
