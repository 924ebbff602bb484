"""Triplets of pooled states: what has one label is drawn together, what has another is pushed away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from tokapp.errors import TrainingError
from tokapp.models.network import Network, Outputs
from tokapp.training.examples import IGNORED, Example, labelled_examples, numbered
from tokapp.training.objective import inputs_of
from tokapp.training.state import TrainingState
from tokapp.training.steps.contrast import Contrast
from tokapp.training.steps.fine_tune import FineTune
from tokapp.training.trainer import fine_tune


def contrast(state: TrainingState, settings: Contrast) -> None:
    """Train the backbone of the state's network in place; the curve gets the loss of every epoch.

    Raises TrainingError for mode "head", for labels of one kind, and whatever `state.on_progress` raises.
    """
    learn = settings.learn.model_copy(update={"keep_best": False, "average": 1, "runs": 1, "patience": 0})
    if learn.mode == "head":
        raise TrainingError("contrast teaches the backbone, of which nothing learns by mode head; use lora or full")
    examples = _examples(state, learn)
    torch.manual_seed(state.seed if learn.seed is None else learn.seed)  # the projection is drawn
    with _projected(state.network, settings.width, state.device):
        fine_tune(state, learn, examples=examples, objective=Triplets(settings, state.network))
    state.runs = ()


def _examples(state: TrainingState, learn: FineTune) -> list[Example]:
    """Rows that have something to tell apart: those with a document label, or with words."""
    by_label = bool(state.network.design.labels)
    found = [one for one in labelled_examples(state, learn) if one.document != IGNORED or not by_label]
    kinds = {one.document for one in found} if by_label else {target for one in found for target in one.tokens.tolist()}
    if len(kinds - {IGNORED}) < 2:
        raise TrainingError("contrast needs labels of at least two kinds to tell apart; label documents of another one")
    return numbered(found)


def triplet_loss(states: Tensor, kinds: Tensor, *, margin: float, partners: int) -> Tensor:
    """Mean of max(0, |a - p| - |a - n| + margin) over drawn triplets of `states` [items, width]; 0 without any.

    Every item of a kind above 0 is an anchor, with up to `partners` drawn others of its kind and as many of any other
    kind; items of kind 0 are only pushed away. Draws come from torch's generator on the CPU.
    """
    losses = []
    for anchor in torch.nonzero(kinds > 0).flatten().tolist():
        same = kinds == kinds[anchor]
        near, far = same.clone(), torch.nonzero(~same).flatten()
        near[anchor] = False
        friends = torch.nonzero(near).flatten()
        count = min(partners, len(friends), len(far))
        if count:
            friend, stranger = (some[torch.randperm(len(some))[:count].to(some.device)] for some in (friends, far))
            here = states[anchor]
            losses.append((_distance(here, states[friend]) - _distance(here, states[stranger]) + margin).clamp_min(0))
    return torch.cat(losses).mean() if losses else states.sum() * 0.0


def _distance(one: Tensor, others: Tensor) -> Tensor:
    """Euclidean distances [others]; equal states are 1e-6 apart, where the gradient is still a number."""
    return (others - one).square().sum(dim=-1).clamp_min(1e-12).sqrt()


def pooled_documents(states: Tensor, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Mean states of labelled texts [items, width] and their kinds, label by label from 1."""
    mine = batch["document_targets"] != IGNORED
    part = batch["part"][mine].unsqueeze(-1).to(states.dtype)
    means = (states[mine] * part).sum(dim=1) / part.sum(dim=1).clamp_min(1)
    return means, batch["document_targets"][mine] + 1


def pooled_spans(states: Tensor, batch: Mapping[str, Tensor], classes: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Mean states of spans and of the words between two of them [items, width], and their kinds.

    Spans of a label count from 1 in the order of `classes`, words between spans are of kind 0.
    """
    labels = ["O", *dict.fromkeys(name[2:] for name in classes[1:])]
    items, kinds = [], []
    for row, targets in enumerate(batch["token_targets"].tolist()):
        for name, places in _stretches(targets, classes):
            items.append(states[row, places].mean(dim=0))
            kinds.append(labels.index(name))
    if not items:
        return states.new_zeros((0, states.shape[-1])), torch.zeros(0, dtype=torch.int64)
    return torch.stack(items), torch.tensor(kinds, device=states.device)


def _stretches(targets: Sequence[int], classes: Sequence[str]) -> Iterator[tuple[str, list[int]]]:
    """Labels ("O" for none) and places of words in a row that belong together."""
    places, label = list[int](), ""
    for place, target in enumerate(targets):
        if target == IGNORED:
            continue
        name = classes[target][2:] or "O"
        if places and (name != label or classes[target][:2] in ("B-", "S-")):
            yield label, places
            places = []
        places, label = [*places, place], name
    if places:
        yield label, places


class Triplets:
    """The objective of `contrast`: the triplet loss of a batch's projected states, which needs the whole batch."""

    in_pieces, is_judged = False, False

    def __init__(self, settings: Contrast, network: Network) -> None:
        self._settings, self._network = settings, network
        self.identity = settings.model_dump_json()

    def begin(self, batch: Mapping[str, Tensor]) -> None:
        """Nothing is to be known before."""

    def __call__(self, model: Any, batch: Mapping[str, Tensor]) -> tuple[Tensor, Outputs]:
        """The loss of a batch."""
        with _watched_states(self._network) as seen:
            outputs: Outputs = model(inputs_of(batch))
        pooled, kinds = self._pool(seen[0].float(), batch)
        states = self._network.get_submodule("projection")(pooled)
        loss = triplet_loss(states, kinds, margin=self._settings.margin, partners=self._settings.partners)
        return loss, outputs

    def _pool(self, states: Tensor, batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        design = self._network.design
        return pooled_documents(states, batch) if design.labels else pooled_spans(states, batch, design.classes)


@contextmanager
def _watched_states(network: Network) -> Iterator[list[Tensor]]:
    seen: list[Tensor] = []
    handle = network.encoder.register_forward_hook(lambda module, arguments, output: seen.append(output[0]))
    try:
        yield seen
    finally:
        handle.remove()


@contextmanager
def _projected(network: Network, width: int, device: torch.device) -> Iterator[None]:
    """A linear projection to `width` numbers on the network for the time being; it is not part of the model."""
    network.add_module("projection", nn.Linear(int(network.encoder_config.hidden_size), width).to(device))
    try:
        yield
    finally:
        del network.projection
