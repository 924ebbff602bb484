"""The measures of agreement that a person can pick, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tokapp.evaluation.agreement.cohen import word_cohen_kappa
from tokapp.evaluation.agreement.fleiss import word_fleiss_kappa
from tokapp.evaluation.agreement.nominal_alpha import word_nominal_alpha
from tokapp.evaluation.agreement.span_f1 import exact_f1, overlap_f1
from tokapp.evaluation.agreement.unitizing_alpha import span_unitizing_alpha
from tokapp.evaluation.agreement.values import Study


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure: `compute` gives its value for a study, at most 1, or None where it is not defined.

    `needs_everyone` says that only documents which all persons annotated count; the others take what two annotated.
    """

    name: str
    title: str
    says: str
    compute: Callable[[Study], float | None]
    needs_everyone: bool = False


MEASURES: tuple[Measure, ...] = (
    Measure(
        "exact_f1",
        "Span F1, exact",
        "Spans count as the same when start, end and label are equal. Not corrected for chance; mean over all pairs.",
        exact_f1,
    ),
    Measure(
        "overlap_f1",
        "Span F1, overlap",
        "Spans count as the same when they share a character and the label. Not corrected for chance; mean over pairs.",
        overlap_f1,
    ),
    Measure(
        "cohen",
        "Cohen's kappa",
        "On words, corrected for what two people with their habits would agree on by chance; mean over all pairs.",
        word_cohen_kappa,
    ),
    Measure(
        "fleiss",
        "Fleiss' kappa",
        "On words, corrected for chance, for any number of people; only documents that all of them finished count.",
        word_fleiss_kappa,
        needs_everyone=True,
    ),
    Measure(
        "nominal_alpha",
        "Krippendorff's alpha",
        "On words, corrected for chance and for small samples; people may have finished different documents. "
        "Rely on data from 0.8 on; below 0.667 do not draw conclusions.",
        word_nominal_alpha,
    ),
    Measure(
        "unitizing_alpha",
        "Krippendorff's unitizing alpha",
        "On characters: whether the same pieces were cut out of the text and named alike, corrected for chance. "
        "Rely on data from 0.8 on; below 0.667 do not draw conclusions.",
        span_unitizing_alpha,
    ),
)


def find_measure(name: str) -> Measure:
    """The measure of that name; raises KeyError."""
    return {measure.name: measure for measure in MEASURES}[name]
