"""Explaining one document again and again: more targets, larger budgets, no coalition evaluated twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from tokapp.documents import TEXT, Attribution, Document, Offset, Prediction, Target
from tokapp.explanations.methods import OURS, Valuation, named, value_players

if TYPE_CHECKING:
    from tokapp.explanations.game import Game, Seat
    from tokapp.explanations.joint import JointGame
    from tokapp.explanations.memory import Memory
    from tokapp.models import Model


class Explainer:
    """Explains decisions of a model about a document, and keeps what masked rows of it were scored.

    Another span or label of the same words takes no forward pass at all (above 128 words the words far from a span are
    phrases, which are players of another game), and a larger budget only what is new in it. What is kept is bounded by
    `tokapp.explanations.memory.KEPT_BYTES`; beyond, rows are evaluated again. Threads may share an explainer.
    """

    def __init__(self, model: Model, document: Document) -> None:
        self.model, self.document = model, document

    @cached_property
    def _seats(self) -> Sequence[Seat]:
        return seats_of(self.model, self.document)

    @cached_property
    def memory(self) -> Memory:
        """Scores of the masked rows so far."""
        from tokapp.explanations.memory import Memory

        return Memory()

    @cached_property
    def prediction(self) -> Prediction:
        """What the model says about the document."""
        return self.model.predict([self.document])[0]

    def explain(
        self,
        targets: Sequence[Target] | None = None,
        *,
        budget: int | None = None,
        wanted_error: float | None = None,
        prediction: Prediction | None = None,
        method: str = OURS,
        progress: Callable[[float], None] | None = None,
    ) -> list[Attribution]:
        """As `tokapp.explanations.explain`; `evaluations` of what comes out counts rows that were known, too.

        What was evaluated before `progress` raised stays usable.
        """
        from tokapp.explanations.targets import check_target

        method = named(method)
        if targets is None:
            targets = targets_of(prediction or self.prediction)
        for target in targets:
            check_target(self.model, self.document, target)
        if not targets:
            return []
        games = games_for(self.model, self._seats, list(dict.fromkeys(targets)))
        found: dict[Target, Attribution] = {}
        for place, game in enumerate(games):
            report = None if progress is None else _share(progress, place, len(games))
            evaluate = partial(game.evaluate, ask=self.memory.ask)
            valued = value_players(
                method,
                evaluate,
                len(game.players),
                budget,
                seed=seed_of(self.model, self.document),
                wanted_error=wanted_error,
                progress=report,
                integrate=game.integrate,
            )
            found.update((one.target, one) for one in attributions_of(game, self.document, valued))
        return [found[target] for target in targets]


def seats_of(model: Model, document: Document) -> list[Seat]:
    """A document as every member of an ensemble, or the one model, sees it."""
    from tokapp.explanations.game import Seat
    from tokapp.models import EnsembleModel

    members = model.members if isinstance(model, EnsembleModel) else (model,)
    return [Seat.take(member, document) for member in members]


def games_for(model: Model, seats: Sequence[Seat], targets: Sequence[Target]) -> Sequence[Game | JointGame]:
    """The games whose payoffs are the targets, one per window that decides about some of them."""
    from tokapp.explanations.cuts import cut_games
    from tokapp.explanations.game import games_of
    from tokapp.explanations.joint import joint_games_of
    from tokapp.models import EnsembleModel

    if isinstance(model, EnsembleModel):
        return joint_games_of(model, seats, targets)
    cuts = [target for target in targets if target.kind == "cut"]
    return [*games_of(seats[0], [target for target in targets if target.kind != "cut"]), *cut_games(seats[0], cuts)]


def targets_of(prediction: Prediction) -> list[Target]:
    """What there is to explain in a prediction: its spans, then its document label."""
    targets = [Target.of_span(span) for span in prediction.spans]
    return targets if prediction.label is None else [*targets, Target("document", prediction.label)]


def seed_of(model: Model, document: Document) -> int:
    """The seed of a document's coalitions: two people see the same values."""
    digest = hashlib.sha256(f"{model.fingerprint}:{document.hash}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def attributions_of(game: Game | JointGame, document: Document, valued: Valuation) -> list[Attribution]:
    """What a method said about a game, target by target."""
    estimate = valued.estimate
    texts = _texts(document, game.players, game.parts)
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
            parts=game.parts,
        )
        for column, target in enumerate(game.targets)
    ]


def _texts(document: Document, players: Sequence[Offset], parts: Sequence[int]) -> tuple[str, ...]:
    pieces = (document.question or "", *document.contexts)
    where = [document.text if part == TEXT else pieces[part] for part in parts] or [document.text] * len(players)
    return tuple(piece[start:end] for piece, (start, end) in zip(where, players, strict=True))


def _plain(column: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, ...]:
    return tuple(column.tolist())


def _share(progress: Callable[[float], None], place: int, count: int) -> Callable[[float], None]:
    return lambda done: progress((place + done) / count)
