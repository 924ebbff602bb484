"""Cohen's kappa between two persons (Cohen, "A coefficient of agreement for nominal scales", 1960)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from tokapp.evaluation.agreement.values import Study, pairs
from tokapp.evaluation.agreement.words import coded_words


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float | None:
    """(p_o - p_e) / (1 - p_e) of two codings of the same units, from -1 to 1; p_e from each person's own shares.

    None where it is not defined: no units, or one class only, which chance alone would explain.
    """
    codes = {code: index for index, code in enumerate(dict.fromkeys([*first, *second]))}
    if len(codes) < 2:
        return None
    from sklearn.metrics import cohen_kappa_score

    return float(cohen_kappa_score([codes[one] for one in first], [codes[one] for one in second]))


def word_cohen_kappa(study: Study) -> float | None:
    """Mean over all pairs of persons of Cohen's kappa on words (for more than two persons: Light, 1971).

    Each pair is measured on the documents that both annotated; pairs without a kappa do not count, None if none has.
    """
    figures = [_of_pair(study.only(persons=pair)) for pair in pairs(study.persons)]
    known = [figure for figure in figures if figure is not None]
    return sum(known) / len(known) if known else None


def _of_pair(study: Study) -> float | None:
    codes = list(coded_words(study).values())
    return cohen_kappa(*codes) if len(codes) == 2 else None
