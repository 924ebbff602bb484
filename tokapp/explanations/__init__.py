"""Why a model decided so: Shapley values of the words, with errors, for all decisions about a document at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import astuple
from typing import TYPE_CHECKING

import numpy as np

from tokapp.documents import Attribution, Document, Prediction, Target
from tokapp.explanations.coalitions import default_budget, quick_budget
from tokapp.explanations.methods import METHODS, OURS, QUICK, Method, Valuation, named, value_players

if TYPE_CHECKING:
    from tokapp.explanations.game import Game
    from tokapp.explanations.joint import JointGame
    from tokapp.models import Model

__all__ = ["METHODS", "QUICK", "Method", "attribution_key", "default_budget", "explain", "quick_budget", "targets_of"]


def explain(
    model: Model,
    document: Document,
    targets: Sequence[Target] | None = None,
    *,
    budget: int | None = None,
    prediction: Prediction | None = None,
    method: str = OURS,
    progress: Callable[[float], None] | None = None,
) -> list[Attribution]:
    """Shapley values of the document's words for each target, in the order of the targets.

    `targets` None: every predicted span and the predicted document label (from `prediction` if it is given, so that
    nothing is scored twice). `budget` counts masked forward passes (of an ensemble: of each member), which all targets
    share; None: a settled answer (`default_budget`), `QUICK`: a first one. `progress` gets shares of 1 after every
    batch and may raise to stop. `method` is one of METHODS: ours, or a peer on the same words and masks.
    Texts longer than the model's limit are explained in the window that decides; above 128 words, words far from the
    spans are grouped to phrases. Raises BadSpan or UnknownLabel for targets the model cannot have decided about, and
    BadInput for a method that does not exist.
    """
    from tokapp.explanations.payoffs import check_target

    method = named(method)
    if targets is None:
        targets = targets_of(prediction or model.predict([document])[0])
    for target in targets:
        check_target(model, document, target)
    if not targets:
        return []
    games = games_for(model, document, list(dict.fromkeys(targets)))
    found: dict[Target, Attribution] = {}
    for place, game in enumerate(games):
        report = None if progress is None else _share(progress, place, len(games))
        valued = value_players(
            method, game.evaluate, len(game.players), budget, seed=seed_of(model, document), progress=report
        )
        found.update((one.target, one) for one in attributions_of(game, document, valued))
    return [found[target] for target in targets]


def games_for(model: Model, document: Document, targets: Sequence[Target]) -> Sequence[Game | JointGame]:
    """The games whose payoffs are the targets, one per window that decides about some of them."""
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
    parts = (document.hash, model.fingerprint, astuple(target), budget)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def seed_of(model: Model, document: Document) -> int:
    """The seed of a document's coalitions: two people see the same values."""
    digest = hashlib.sha256(f"{model.fingerprint}:{document.hash}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def attributions_of(game: Game | JointGame, document: Document, valued: Valuation) -> list[Attribution]:
    """What a method said about a game, target by target."""
    estimate = valued.estimate
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
            evaluations=valued.evaluations,
            exact=valued.exact,
            seed=valued.seed,
            method=valued.method,
        )
        for column, target in enumerate(game.targets)
    ]


def _plain(column: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, ...]:
    return tuple(column.tolist())


def _share(progress: Callable[[float], None], place: int, count: int) -> Callable[[float], None]:
    return lambda done: progress((place + done) / count)
