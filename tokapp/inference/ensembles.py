"""Making ensembles: which models vote together, how much each counts, and the version that remembers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tokapp.documents import Document, Json
from tokapp.errors import BadInput
from tokapp.evaluation.calibration import fit_temperature
from tokapp.inference.engine import predict
from tokapp.inference.voting import align, ballots, combine, joined_words
from tokapp.inference.weights import Floats, Ints, fit_weights, log_loss
from tokapp.models import registry
from tokapp.models.config import Calibration, EnsembleConfig, Mean, Member
from tokapp.models.ensemble import EnsembleModel, check_members, finest_classes
from tokapp.models.loading import load_network
from tokapp.settings import Settings
from tokapp.tasks import Task
from tokapp.words import split_words

if TYPE_CHECKING:
    from tokapp.models.token_model import TokenModel
    from tokapp.store import Store
    from tokapp.store.values import ModelRow


@dataclass(frozen=True, slots=True)
class Wish:
    """An ensemble as somebody asks for it: the names of its members, their mean, and weights (None: equal ones)."""

    name: str
    members: tuple[str, ...]
    mean: Mean = "arithmetic"
    weights: tuple[float, ...] | None = None


def make_ensemble(
    wish: Wish, *, settings: Settings, held_out: Callable[[Task], Sequence[Document]] | None = None
) -> EnsembleModel:
    """Load the members, let them vote, and save that as a version of the home folder under the first free name.

    `held_out` gives documents of the members' task that no member has learnt from: weights and temperature are fitted
    on them.
    Raises BadInput for members that cannot vote together, ModelUnavailable and ModelCorrupt for those that cannot be
    loaded (an ensemble cannot be a member).
    """
    names = tuple(_lasting_name(name) for name in wish.members)
    _check_names(names)
    members = [load_network(name, settings=settings) for name in names]
    folder = settings.models / registry.free_name(settings.models, wish.name)
    model = join(folder.name, members, names=names, mean=wish.mean, weights=wish.weights)
    figures: dict[str, Json] = {}
    if held_out is not None:
        weights, temperature, figures = fitted(model, held_out(model.task))
        task = model.task
        model = join(folder.name, model.members, names=model.names, mean=wish.mean, weights=weights, task=task)
        model.recalibrate(model.config.calibration.model_copy(update={"temperature": temperature}))
    created = datetime.now(UTC).isoformat(timespec="seconds")
    model.card = {"name": model.name, "task": model.task.name, "created": created, **recipe_of(model.config)}
    model.metrics = {"fit": figures} if figures else {}
    text = _card_text(model, created, figures)
    registry.save_ensemble(folder, model.config, model.task, metrics=model.metrics, card=model.card, card_text=text)
    return model


def _check_names(names: Sequence[str]) -> None:
    if len(names) < 2:
        raise BadInput("an ensemble takes two models or more: name another one")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise BadInput(f"{twice} is named twice: give it a higher weight instead")


def _lasting_name(name: str) -> str:
    """A folder's whole path, since a version is read from anywhere; any other name as it is."""
    path = Path(name).expanduser()
    return str(path.resolve()) if "/" in name and path.is_dir() else name


def join(
    name: str,
    members: Sequence[TokenModel],
    *,
    names: Sequence[str] | None = None,
    mean: Mean = "arithmetic",
    weights: Sequence[float] | None = None,
    task: Task | None = None,
) -> EnsembleModel:
    """Loaded models as an ensemble that is not saved; its task is that of the first one if not given. Raises BadInput.

    `names` are what the members are loaded by (their own names, if not given). Thresholds are the weighted means of the
    members', and the shortest span that any member gives may be given.
    """
    check_members(members)
    shares = _shares(weights, len(members))
    named = [
        Member(name=one, fingerprint=member.exact_fingerprint, weight=share)
        for one, member, share in zip(names or [one.name for one in members], members, shares, strict=True)
    ]
    task = task or members[0].task
    config = EnsembleConfig(
        members=tuple(named),
        classes=finest_classes([member.classes for member in members], task.span_names),
        labels=task.document_names if all(member.document_labels for member in members) else (),
        mean=mean,
        calibration=_common_calibration([member.config.calibration for member in members], shares, task.span_names),
    )
    return EnsembleModel(name, task, members, config)


def _shares(weights: Sequence[float] | None, count: int) -> list[float]:
    """Weights that sum to 1; raises BadInput saying what is wrong with them."""
    wanted = np.ones(count) if weights is None else np.asarray(weights, np.float64)
    if len(wanted) != count:
        raise BadInput(f"there are {len(wanted)} weights for {count} members: give one to each")
    if not np.isfinite(wanted).all() or (wanted < 0).any() or not wanted.sum() > 0:
        raise BadInput("weights are 0 or more, and one of them is above 0")
    shares: list[float] = (wanted / wanted.sum()).tolist()
    return shares


def _common_calibration(
    members: Sequence[Calibration], weights: Sequence[float], labels: Sequence[str]
) -> Calibration:
    pairs = list(zip(members, weights, strict=True))
    means = {label: sum(weight * one.thresholds.get(label, 0.5) for one, weight in pairs) for label in labels}
    thresholds = {label: mean for label, mean in means.items() if any(label in one.thresholds for one in members)}
    return Calibration(thresholds=thresholds, least_words=min(one.least_words for one in members))


def fitted(model: EnsembleModel, held_out: Sequence[Document]) -> tuple[list[float], float, dict[str, Json]]:
    """Weights in the order of the members, temperature, and what the log-loss per word was before and after.

    Raises BadInput if no document has spans or was gone through.
    """
    documents = [document for document in held_out if document.is_reviewed or document.spans]
    if not documents:
        raise BadInput("none of the held-out documents has labels, so no weights can be fitted on them")
    votes, truth = _cases(model, documents)
    mean, equal = model.config.mean, np.full(len(votes), 1 / len(votes))
    weights = fit_weights(votes, truth, mean)
    mixed = np.log(np.maximum(combine(votes, weights.tolist(), mean), 1e-12))
    losses = {"equal": log_loss(votes, truth, equal, mean), "fitted": log_loss(votes, truth, weights, mean)}
    figures: dict[str, Json] = {f"log_loss_{name}_weights": loss for name, loss in losses.items()}
    counts: dict[str, Json] = {"documents": len(documents), "words": len(truth)}
    return weights.tolist(), fit_temperature(mixed, truth), counts | figures


def _cases(model: EnsembleModel, documents: Sequence[Document]) -> tuple[Floats, Ints]:
    """What the members say of every word that one of them sees [members, words, classes], and the truth [words]."""
    from tokapp.training.examples import word_targets

    for document in documents:
        model.task.check(document)
    words = [joined_words(predict(member, documents)) for member in model.members]
    own = [ballots(one) for one in words]
    votes = align(own, [one.classes for one in words], model.classes, model.config.weights)
    cut = [split_words(document.text) for document in documents]
    truth = [word_targets(one.spans, offsets, model.classes) for one, offsets in zip(documents, cut, strict=True)]
    seen = votes.any(axis=(0, 2))
    return votes[:, seen], np.concatenate(truth)[seen]


def recipe_of(config: EnsembleConfig) -> dict[str, Json]:
    """What an ensemble is made of, for the store and for people: its mean and, by name, its members."""
    members: dict[str, Json] = {
        member.name: {"weight": member.weight, "fingerprint": member.fingerprint} for member in config.members
    }
    return {"ensemble": {"mean": config.mean, "members": members}}


def enter(store: Store, model: EnsembleModel) -> ModelRow:
    """Enter an ensemble into the store as a candidate; raises BadInput if a model of another task has its name."""
    recipe = recipe_of(model.config)
    return store.add_model(model.name, model.task.name, metrics=model.metrics, recipe=recipe)


def _card_text(model: EnsembleModel, created: str, figures: Mapping[str, Json]) -> str:
    """The card as Markdown."""
    way = f"the {model.config.mean} mean of their probabilities"
    lines = [f"# {model.name}", "", f"{model.task.title}: {model.task.description}", ""]
    lines += [f"- Made on {created} as an ensemble: the models below vote on every character by {way}"]
    lines += [f"- Labels: {', '.join(dict.fromkeys((*model.task.span_names, *model.document_labels)))}", ""]
    lines += ["| member | weight | fingerprint |", "|---|---|---|"]
    lines += [f"| {one.name} | {one.weight:.3f} | {one.fingerprint[:12]} |" for one in model.config.members]
    if figures:
        lines += ["", "## Fitted on held-out documents", "", "| measure | value |", "|---|---|"]
        lines += [f"| {name} | {value:.4g} |" for name, value in figures.items() if isinstance(value, (int, float))]
    return "\n".join([*lines, ""])
