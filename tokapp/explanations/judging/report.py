"""All judgements of all methods about a model's decisions on some documents, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tokapp.documents import Attribution, Document, Json
from tokapp.errors import BadInput
from tokapp.explanations.coalitions import default_budget
from tokapp.explanations.explainer import attributions_of, games_for, seats_of, seed_of, targets_of
from tokapp.explanations.judging.accuracy import normalised_error, split_half_error, stability
from tokapp.explanations.judging.faithfulness import faithfulness
from tokapp.explanations.judging.ledgers import DocumentLedger, MethodLedger
from tokapp.explanations.judging.plausibility import Plausibility, marked_reasons, marked_words, mean_plausibility
from tokapp.explanations.methods import METHODS, OURS, SEEDLESS, Evaluate, value_players

if TYPE_CHECKING:
    from tokapp.explanations.game import Game
    from tokapp.explanations.joint import JointGame
    from tokapp.models import Model

ENUMERATED = 12
"""Up to this many words all coalitions are the reference; beyond, a budget of REFERENCE times what is judged."""
REFERENCE = 8
RANDOM = "random order"

_LEAST_REFERENCE = 2048
_SEEDS, _ORDERS = 2, 5
_SEED_LIMIT = 1 << 32


@dataclass(frozen=True, slots=True)
class MethodScores:
    """Means over decisions and seeds of one method; None where there is nothing to say.

    `error` is against all coalitions (texts of at most ENUMERATED words), `error_long` against the large budget.
    `evaluations` is a mean over the games: a document, or a window of a long one.
    """

    method: str
    error: float | None
    error_long: float | None
    comprehensiveness: float | None
    sufficiency: float | None
    stability: float | None
    plausibility: Plausibility | None
    evaluations: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """Scores of every method, and what they rest on: decisions in short and in long texts.

    `reference_error` is the split-half estimate of the long texts' reference, on the scale of `error_long`, which can
    tell nothing below it.
    """

    documents: int
    enumerated: int
    sampled: int
    reference_error: float | None
    methods: tuple[MethodScores, ...]

    def to_record(self) -> dict[str, Json]:
        """Its JSON form."""
        return asdict(self)


@dataclass(frozen=True, slots=True, eq=False)
class _Truth:
    """A game's reference, and how to play it: from a table where all of it was evaluated already."""

    evaluate: Evaluate
    found: list[Attribution]
    exact: bool


def judge(
    model: Model,
    documents: Sequence[Document],
    *,
    budget: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> Judgement:
    """Judge every method, and a random order, on what a model decides about documents.

    `budget` is of masked forward passes a document, as in `explain`, which all decisions about it share. `progress`
    gets shares of 1 and may raise to stop. Raises BadInput where the model decides nothing.
    """
    found = []
    for place, document in enumerate(documents, start=1):
        found.append(judge_document(model, document, budget=budget))
        if progress is not None:
            progress(place / len(documents))
    return summarise(found, model_name=model.name)


def judge_document(
    model: Model, document: Document, *, budget: int | None = None, check: Callable[[], None] | None = None
) -> DocumentLedger:
    """What `judge` finds about one document, before means are taken over several; `check` may raise to stop."""
    ledger = DocumentLedger({method: MethodLedger() for method in (*METHODS, RANDOM)})
    for game in _games(model, document):
        truth = _truth_of(game, document, budget, _watched(game.evaluate, check))
        sampled = [] if truth.exact else truth.found
        ledger.enumerated += len(truth.found) - len(sampled)
        ledger.reference_errors += [split_half_error(one) for one in sampled]
        _judge_game(ledger.methods, truth, _runs_of(game, document, truth, budget), document)
    return ledger


def summarise(found: Sequence[DocumentLedger], *, model_name: str) -> Judgement:
    """Means over all decisions about these documents; raises BadInput if there is none."""
    judged = [one for one in found if one.decisions]
    if not judged:
        raise BadInput(f"{model_name} marks nothing in these {len(found)} documents: there is nothing to explain")
    return Judgement(
        documents=len(judged),
        enumerated=sum(one.enumerated for one in judged),
        sampled=sum(len(one.reference_errors) for one in judged),
        reference_error=_mean([error for one in judged for error in one.reference_errors]),
        methods=tuple(_scores_of(method, MethodLedger.of(judged, method)) for method in (*METHODS, RANDOM)),
    )


def _scores_of(method: str, ledger: MethodLedger) -> MethodScores:
    return MethodScores(
        method,
        _mean(ledger.errors),
        _mean(ledger.errors_long),
        _mean(ledger.comprehensiveness),
        _mean(ledger.sufficiency),
        _mean(ledger.stability),
        mean_plausibility(ledger.marked),
        _mean(ledger.evaluations) or 0.0,
    )


def _games(model: Model, document: Document) -> Iterator[Game | JointGame]:
    """The games about everything that is predicted, those without a word left out."""
    targets = list(dict.fromkeys(targets_of(model.predict([document])[0])))
    if targets:
        yield from (game for game in games_for(model, seats_of(model, document), targets) if game.players)


def _watched(evaluate: Evaluate, check: Callable[[], None] | None) -> Evaluate:
    """The same game, which calls `check` after each batch of masked rows."""
    if check is None:
        return evaluate

    def watched(shown: NDArray[np.bool_], *, progress: Callable[[int], None] | None = None) -> NDArray[np.float64]:
        return evaluate(shown, progress=lambda _: check())

    return watched


def _truth_of(game: Game | JointGame, document: Document, budget: int | None, evaluate: Evaluate) -> _Truth:
    players = len(game.players)
    if players <= ENUMERATED:
        table: list[NDArray[np.float64]] = []

        def remember(shown: NDArray[np.bool_], *, progress: Callable[[int], None] | None = None) -> NDArray[np.float64]:
            table.append(evaluate(shown, progress=progress))
            return table[-1]

        valued = value_players(OURS, remember, players, 1 << players, seed=0)
        return _Truth(looked_up(table[0]), attributions_of(game, document, valued), True)
    most = max(_LEAST_REFERENCE, REFERENCE * (default_budget(players) if budget is None else budget))
    seed = (seed_of(game.model, document) + _SEEDS) % _SEED_LIMIT
    valued = value_players(OURS, evaluate, players, most, seed=seed)
    return _Truth(evaluate, attributions_of(game, document, valued), valued.exact)


def looked_up(payoffs: NDArray[np.float64]) -> Evaluate:
    """A game from the payoffs of all its coalitions; row r shows the players whose bits are set in r."""

    def evaluate(shown: NDArray[np.bool_], *, progress: Callable[[int], None] | None = None) -> NDArray[np.float64]:
        found: NDArray[np.float64] = payoffs[shown @ (1 << np.arange(shown.shape[1]))]
        if progress is not None:
            progress(len(shown))
        return found

    return evaluate


def _runs_of(
    game: Game | JointGame, document: Document, truth: _Truth, budget: int | None
) -> dict[str, list[list[Attribution]]]:
    """What each method says, seed by seed and target by target."""
    first, players = seed_of(game.model, document), len(game.players)
    runs = {}
    for method in METHODS:
        seeds = [(first + turn) % _SEED_LIMIT for turn in range(1 if method in SEEDLESS else _SEEDS)]
        valued = [
            value_players(method, truth.evaluate, players, budget, seed=seed, integrate=game.integrate)
            for seed in seeds
        ]
        found = [attributions_of(game, document, one) for one in valued]
        runs[str(method)] = found * (_SEEDS // len(found))
    rng = np.random.default_rng(first)
    runs[RANDOM] = [_shuffled(truth.found, rng) for _ in range(_ORDERS)]
    return runs


def _shuffled(found: Sequence[Attribution], rng: np.random.Generator) -> list[Attribution]:
    values = tuple(float(value) for value in rng.permutation(len(found[0].words)) + 1)
    return [replace(one, values=values, evaluations=0, exact=False, method=RANDOM) for one in found]


def _judge_game(
    ledgers: Mapping[str, MethodLedger], truth: _Truth, runs: Mapping[str, list[list[Attribution]]], document: Document
) -> None:
    marks = [marked_reasons(document, one.target) for one in truth.found]
    for method, ledger in ledgers.items():
        for found in runs[method]:
            ledger.evaluations.append(found[0].evaluations)
            marked = (marked_words(*pair) for pair in zip(found, marks, strict=True))
            ledger.marked += [one for one in marked if one is not None]
            faithful = faithfulness(found, truth.evaluate)
            ledger.comprehensiveness += [one.comprehensiveness for one in faithful]
            ledger.sufficiency += [one.sufficiency for one in faithful]
            if method != RANDOM:
                errors = ledger.errors if truth.exact else ledger.errors_long
                errors += [normalised_error(one, other) for one, other in zip(found, truth.found, strict=True)]
        ledger.stability += [stability(one, other) for one, other in zip(runs[method][0], runs[method][1], strict=True)]


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
