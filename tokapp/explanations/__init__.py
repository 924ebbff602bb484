"""Why a model decided so: Shapley values of the words, with errors, for all decisions about a document at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import astuple
from typing import TYPE_CHECKING

from tokapp.documents import Attribution, Document, Prediction, Target
from tokapp.explanations.coalitions import default_budget, quick_budget, refined_budget
from tokapp.explanations.explainer import Explainer, targets_of
from tokapp.explanations.methods import METHODS, OURS, QUICK, Method

if TYPE_CHECKING:
    from tokapp.models import Model

__all__ = [
    "METHODS",
    "QUICK",
    "Explainer",
    "Method",
    "attribution_key",
    "default_budget",
    "explain",
    "quick_budget",
    "refined_budget",
    "targets_of",
]


def explain(
    model: Model,
    document: Document,
    targets: Sequence[Target] | None = None,
    *,
    budget: int | None = None,
    wanted_error: float | None = None,
    prediction: Prediction | None = None,
    method: str = OURS,
    progress: Callable[[float], None] | None = None,
) -> list[Attribution]:
    """Shapley values of the document's words for each target, in the order of the targets.

    `targets` None: every predicted span and the predicted document label (from `prediction` if it is given, so that
    nothing is scored twice). `budget` counts masked forward passes (of an ensemble: of each member), which all targets
    share; None: a settled answer (`default_budget`), `QUICK`: a first one. `wanted_error` stops earlier, as soon as the
    estimate of every target's normalised squared error (`Estimate.normalised_errors`) is at most that. `progress` gets
    shares of 1 after every batch and may raise to stop. `method` is one of METHODS: ours, or a peer on the same words
    and masks. Texts longer than the model's limit are explained in the window that decides; above 128 words, words far
    from the spans are grouped to phrases. Raises BadSpan or UnknownLabel for targets the model cannot have decided
    about, and BadInput for a method that does not exist.
    """
    explainer = Explainer(model, document)
    return explainer.explain(
        targets,
        budget=budget,
        wanted_error=wanted_error,
        prediction=prediction,
        method=method,
        progress=progress,
    )


def attribution_key(
    model: Model, document: Document, target: Target, budget: int | None = None, wanted_error: float | None = None
) -> str:
    """What an attribution depends on, as one string: text, weights, target, budget and wanted error; for caches."""
    parts = (document.hash, model.fingerprint, astuple(target), budget, wanted_error)
    return hashlib.sha256(repr(parts).encode()).hexdigest()
