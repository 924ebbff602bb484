"""How good explanations are: against the truth, against other methods, against people, and against themselves."""

from tokapp.explanations.judging.accuracy import normalised_error, split_half_error, stability
from tokapp.explanations.judging.consistency import cc_shap
from tokapp.explanations.judging.faithfulness import FRACTIONS, Faithfulness, faithfulness
from tokapp.explanations.judging.plausibility import Plausibility, marked_reasons, plausibility
from tokapp.explanations.judging.report import Judgement, MethodScores, judge, judge_document, summarise

__all__ = [
    "FRACTIONS",
    "Faithfulness",
    "Judgement",
    "MethodScores",
    "Plausibility",
    "cc_shap",
    "faithfulness",
    "judge",
    "judge_document",
    "marked_reasons",
    "normalised_error",
    "plausibility",
    "split_half_error",
    "stability",
    "summarise",
]
