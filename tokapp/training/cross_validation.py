"""Cross-validation: one recipe trained on every turn of a protocol with several seeds, each judged once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tokapp.documents import Document
from tokapp.evaluation.folds import Fold
from tokapp.evaluation.report import measure
from tokapp.settings import Settings
from tokapp.tasks import Task
from tokapp.training.progress import Progress
from tokapp.training.recipe import Recipe
from tokapp.training.run import run_steps


@dataclass(frozen=True, slots=True)
class FoldScore:
    """The test figures of a turn with a seed, and on how many documents it was trained, selected and judged."""

    fold: str
    seed: int
    documents: Mapping[str, int]
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Summary:
    """Mean of a figure over turns (of each turn first over its seeds), with a 95 % t interval; None for one turn.

    Turns share most of their training documents, so that the interval is somewhat too narrow.
    """

    mean: float
    low: float | None
    high: float | None


def cross_validate(
    recipe: Recipe,
    documents: Sequence[Document],
    turns: Sequence[Fold],
    seeds: Sequence[int],
    *,
    task: Task,
    settings: Settings,
    known: Sequence[FoldScore] = (),
    on_progress: Callable[[Progress], None] | None = None,
) -> Iterator[FoldScore]:
    """The score of every turn with every seed; those that are `known` are given back and not trained again.

    A model is selected on the turn's inner validation part alone, and its test documents are read once, at the end.
    """
    done = {(one.fold, one.seed): one for one in known}
    for turn in turns:
        for seed in seeds:
            found = done.get((turn.name, seed))
            yield found or _score(recipe, documents, turn, seed, task, settings, on_progress)


def _score(
    recipe: Recipe,
    documents: Sequence[Document],
    turn: Fold,
    seed: int,
    task: Task,
    settings: Settings,
    on_progress: Callable[[Progress], None] | None,
) -> FoldScore:
    sides = {name: [documents[at] for at in getattr(turn, name)] for name in ("train", "validation", "test")}
    state = run_steps(
        recipe.model_copy(update={"seed": seed}),
        sides["train"],
        sides["validation"],
        task=task,
        settings=settings,
        on_progress=on_progress,
    )
    figures = measure(state.model().predict(sides["test"]), sides["test"], task)
    return FoldScore(turn.name, seed, {name: len(side) for name, side in sides.items()}, figures)


def summarise(scores: Sequence[FoldScore]) -> dict[str, Summary]:
    """Every figure that all turns have, by name."""
    names = [name for name in scores[0].figures if all(name in one.figures for one in scores)] if scores else []
    turns = list(dict.fromkeys(one.fold for one in scores))
    return {
        name: _summary([_mean([one.figures[name] for one in scores if one.fold == turn]) for turn in turns])
        for name in names
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _summary(values: Sequence[float]) -> Summary:
    """Student's t over the turns."""
    from scipy.stats import t

    mean, turns = _mean(values), len(values)
    if turns < 2:
        return Summary(mean, None, None)
    spread = (sum((value - mean) ** 2 for value in values) / (turns - 1) / turns) ** 0.5
    reach = float(t.ppf(0.975, turns - 1)) * spread
    return Summary(mean, mean - reach, mean + reach)
