"""Why a model decided so: Shapley values of the words, with errors, for all decisions about a document at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from tokapp.documents import Attribution, Document, Prediction, Target
from tokapp.explanations.coalitions import LEAST_BUDGET, default_budget, draw_coalitions, quick_budget

if TYPE_CHECKING:
    from tokapp.explanations.game import Game
    from tokapp.explanations.joint import JointGame
    from tokapp.models import Model

__all__ = ["QUICK", "attribution_key", "default_budget", "explain", "quick_budget", "targets_of"]

QUICK = 0
"""As a budget: about two evaluations per word, for a first answer."""


def explain(
    model: Model,
    document: Document,
    targets: Sequence[Target] | None = None,
    *,
    budget: int | None = None,
    prediction: Prediction | None = None,
    progress: Callable[[float], None] | None = None,
) -> list[Attribution]:
    """Shapley values of the document's words for each target, in the order of the targets.

    `targets` None: every predicted span and the predicted document label (from `prediction` if it is given, so that
    nothing is scored twice). `budget` counts masked forward passes (of an ensemble: of each member), which all targets
    share; None: a settled answer (`default_budget`), `QUICK`: a first one. `progress` gets shares of 1 after every
    batch and may raise to stop.
    Texts longer than the model's limit are explained in the window that decides; above 128 words, words far from the
    spans are grouped to phrases. Raises BadSpan or UnknownLabel for targets the model cannot have decided about.
    """
    from tokapp.explanations.payoffs import check_target

    if targets is None:
        targets = targets_of(prediction or model.predict([document])[0])
    for target in targets:
        check_target(model, document, target)
    if not targets:
        return []
    games = _games(model, document, list(dict.fromkeys(targets)))
    found: dict[Target, Attribution] = {}
    for place, game in enumerate(games):
        report = None if progress is None else _share(progress, place, len(games))
        found.update((one.target, one) for one in _explain_game(game, document, budget, report))
    return [found[target] for target in targets]


def _games(model: Model, document: Document, targets: Sequence[Target]) -> Sequence[Game | JointGame]:
    from tokapp.explanations.game import games_of
    from tokapp.explanations.joint import joint_games_of
    from tokapp.models import EnsembleModel

    if isinstance(model, EnsembleModel):
        return joint_games_of(model, document, targets)
    return games_of(model, document, targets)


def targets_of(prediction: Prediction) -> list[Target]:
    """What there is to explain in a prediction: its spans, then its document label."""
    targets = [Target.of_span(span) for span in prediction.spans]
    return targets if prediction.label is None else [*targets, Target("document", prediction.label)]


def attribution_key(model: Model, document: Document, target: Target, budget: int | None = None) -> str:
    """What an attribution depends on, as one string: text, weights, target and budget; for caches."""
    parts = (document.hash, model.fingerprint, target.kind, target.label, target.start, target.end, budget)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def seed_of(model: Model, document: Document) -> int:
    """The seed of a document's coalitions: two people see the same values."""
    digest = hashlib.sha256(f"{model.fingerprint}:{document.hash}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def _explain_game(
    game: Game | JointGame, document: Document, budget: int | None, progress: Callable[[float], None] | None
) -> list[Attribution]:
    from tokapp.explanations.estimator import estimate_values

    players = len(game.players)
    if budget is None:
        budget = default_budget(players)
    elif budget == QUICK:
        budget = quick_budget(players)
    seed = seed_of(game.model, document)
    coalitions = draw_coalitions(players, max(budget, min(1 << players, LEAST_BUDGET)), seed=seed)
    rows = len(coalitions.shown)
    report = None if progress is None else lambda done: progress(done / rows)
    estimate = estimate_values(coalitions, game.evaluate(coalitions.shown, progress=report))
    texts = tuple(document.text[start:end] for start, end in game.players)
    return [
        Attribution(
            document_id=document.id,
            model=game.model.name,
            target=target,
            words=game.players,
            texts=texts,
            values=_plain(estimate.values[:, column]),
            errors=_plain(estimate.errors[:, column]),
            base_value=float(estimate.base[column]),
            output_value=float(estimate.output[column]),
            evaluations=rows,
            exact=coalitions.exact,
            seed=seed,
        )
        for column, target in enumerate(game.targets)
    ]


def _plain(column: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, ...]:
    return tuple(column.tolist())


def _share(progress: Callable[[float], None], place: int, count: int) -> Callable[[float], None]:
    return lambda done: progress((place + done) / count)
