"""Krippendorff's alpha for nominal data (Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from tokapp.evaluation.agreement.values import Study
from tokapp.evaluation.agreement.words import coded_words


def nominal_alpha(values: Sequence[Sequence[Hashable | None]]) -> float | None:
    """1 - D_o / D_e of values [persons, units], at most 1; None marks a missing value.

    Units with fewer than two values do not count. None where it is not defined: no such units, or one class only.
    """
    units = [unit for unit in zip(*values, strict=True) if sum(value is not None for value in unit) >= 2]
    found = dict.fromkeys(value for unit in units for value in unit if value is not None)
    codes = {value: index for index, value in enumerate(found)}
    if len(codes) < 2:
        return None
    import krippendorff

    matrix = np.array([[np.nan if value is None else codes[value] for value in unit] for unit in units]).T
    return float(krippendorff.alpha(reliability_data=matrix, level_of_measurement="nominal"))


def word_nominal_alpha(study: Study) -> float | None:
    """Nominal alpha on the words of the documents that at least two persons annotated; None where it is not defined."""
    return nominal_alpha(list(coded_words(study).values()))
