"""Agreement between people who annotated the same texts: pure functions over spans."""

from tokapp.evaluation.agreement.measures import MEASURES, Measure, find_measure
from tokapp.evaluation.agreement.report import AgreementReport, Dispute, Figure, PeriodLength, measure_agreement
from tokapp.evaluation.agreement.values import Annotations, Moments, Study

__all__ = [
    "MEASURES",
    "AgreementReport",
    "Annotations",
    "Dispute",
    "Figure",
    "Measure",
    "Moments",
    "PeriodLength",
    "Study",
    "find_measure",
    "measure_agreement",
]
