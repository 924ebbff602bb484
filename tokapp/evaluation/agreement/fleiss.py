"""Fleiss' kappa among many persons (Fleiss, "Measuring nominal scale agreement among many raters", 1971)."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import ArrayLike

from tokapp.evaluation.agreement.values import Study
from tokapp.evaluation.agreement.words import coded_words


def fleiss_kappa(table: ArrayLike) -> float | None:
    """Kappa of a table [units, classes] of how many persons gave a unit a class; every row has the same sum.

    None where it is not defined: no units, fewer than two persons, or one class only.
    """
    counts = np.asarray(table)
    if not counts.size or counts[0].sum() < 2 or np.count_nonzero(counts.sum(axis=0)) < 2:
        return None
    from statsmodels.stats.inter_rater import fleiss_kappa as of_table

    return float(of_table(counts, method="fleiss"))


def word_fleiss_kappa(study: Study) -> float | None:
    """Fleiss' kappa on the words of the documents that all persons annotated; None where it is not defined."""
    codes = coded_words(study, least=max(len(study.persons), 2))
    units = [Counter(unit) for unit in zip(*codes.values(), strict=True)]
    classes = list(dict.fromkeys(code for unit in units for code in unit))
    return fleiss_kappa([[unit[code] for code in classes] for unit in units])
