"""Choosing the words that a batch teaches, as ssToken does; see `steps.weigh_tokens` for what is theirs and ours."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from tokapp.documents import Json
from tokapp.errors import TrainingError
from tokapp.models.attention import LastLayer
from tokapp.training.examples import IGNORED, Example
from tokapp.training.steps.weigh_tokens import WeighTokens


def token_scores(fell: Tensor, attention: Tensor | None, gamma: float) -> Tensor:
    """Scores [words] of one row: gamma (fell - min) / (max - min) + (1 - gamma) attention.

    `fell` is by how much each word's loss is lower than the earlier model's; all alike, they count as 0.
    """
    risen = (fell - fell.min()) / (fell.max() - fell.min() + 1e-8)
    return gamma * risen if attention is None else gamma * risen + (1 - gamma) * attention


def highest(scores: Tensor, ratio: float) -> Tensor:
    """Which are among the ceil(ratio n) highest of n scores; of equal ones the first."""
    kept = torch.zeros(len(scores), dtype=torch.bool, device=scores.device)
    kept[scores.argsort(descending=True, stable=True)[: kept_of(len(scores), ratio)]] = True
    return kept


def kept_of(count: int, ratio: float) -> int:
    """How many of so many words are learnt from."""
    return math.ceil(ratio * count - 1e-9)  # 0.07 * 100 is a little over 7


def word_losses(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy of every word's own class [rows, tokens], 0 where there is none; without a gradient."""
    return cross_entropy(logits.detach().transpose(1, 2), targets, ignore_index=IGNORED, reduction="none")


class Weighing:
    """The choice of words in one run of a fine-tuning.

    `is_new` says that the heads have learnt nothing yet. Raises TrainingError where there is nothing to choose by.
    """

    def __init__(self, settings: WeighTokens, examples: Sequence[Example], *, per_epoch: int, is_new: bool) -> None:
        self.settings, self.examples, self._per_epoch, self._is_new = settings, examples, per_epoch, is_new
        has_prompt = any(example.row.source is not None for example in examples)
        self.gamma = settings.gamma if settings.gamma is not None else 0.5 if has_prompt else 1.0
        if self.gamma < 1 and not has_prompt:
            raise TrainingError(
                "weigh_tokens: single texts have no passages to look at; leave gamma out, or set it to 1"
            )
        self._losses: dict[str, Sequence[Tensor]] = {}
        self._counts: dict[str, dict[int, int]] = {"seen": {}, "kept": {}}

    @property
    def is_choosing(self) -> bool:
        """Whether there is an earlier model to compare with by now."""
        return "history" in self._losses

    @property
    def looks(self) -> bool:
        """Whether attention counts."""
        return self.is_choosing and self.gamma < 1

    def wants(self, step: int) -> Sequence[str]:
        """For what the losses of all words are to be read before `step`: "first", to list labels by, and "history"."""
        names = ["first"] if self.settings.recheck and step == 0 else []
        epoch, within = divmod(step, self._per_epoch)
        first = 1 if self._is_new else 0
        if self.settings.ratio < 1 and not within and epoch >= first:
            names += ["history"] if self.settings.history == "epoch" or epoch == first else []
        return [name for name in names if name == "history" or name not in self._losses]

    def keep(self, name: str, losses: Sequence[Tensor]) -> None:
        """Keep the losses of every example's words [words] under a name of `wants`."""
        self._losses[name] = losses

    @property
    def first(self) -> Sequence[Tensor]:
        """Losses of every example's words before the first step."""
        return self._losses["first"]

    def choose(self, logits: Tensor, batch: Mapping[str, Tensor], layer: LastLayer | None) -> Tensor:
        """Word targets [rows, tokens] of a batch, IGNORED for words that are left out this time."""
        targets, chosen = batch["token_targets"], torch.full_like(batch["token_targets"], IGNORED)
        losses, looked = word_losses(logits, targets), self._looked(batch, layer)
        for row, number in enumerate(batch["numbers"].tolist()):
            places = torch.nonzero(targets[row] != IGNORED).flatten()
            if len(places):
                fell = self._losses["history"][number].to(losses.device) - losses[row, places]
                scores = token_scores(fell, None if looked is None else looked[row, places], self.gamma)
                mine = targets[row, places]
                kept = self._highest(scores, mine)
                chosen[row, places[kept]] = mine[kept]
                self._count(mine, mine[kept])
        return chosen

    def _looked(self, batch: Mapping[str, Tensor], layer: LastLayer | None) -> Tensor | None:
        if layer is None:
            return None
        if not layer.is_known:
            raise TrainingError("weigh_tokens: this backbone does not show its attention; set gamma to 1")
        prompt = torch.zeros_like(batch["part"])
        for row, number in enumerate(batch["numbers"].tolist()):
            source = self.examples[number].row.source
            if source is not None:
                prompt[row, : len(source)] = torch.from_numpy(source >= 0).to(prompt.device)
        return layer.on(prompt)

    def _highest(self, scores: Tensor, classes: Tensor) -> Tensor:
        kept = torch.zeros_like(scores, dtype=torch.bool)
        for group in self._groups(classes):
            kept[group] = highest(scores[group], self.settings.ratio)
        return kept

    def _groups(self, classes: Tensor) -> Sequence[Tensor]:
        return [classes == 0, classes != 0] if self.settings.guard else [torch.ones_like(classes, dtype=torch.bool)]

    def total(self, targets: Tensor, weights: Tensor) -> Tensor:
        """What the words that `choose` will leave of a batch weigh together, as far as that is known before.

        Words of a group count with their mean weight: exactly, where classes do not weigh differently.
        """
        total = torch.zeros((), device=weights.device)
        for row in targets:
            mine = row[row != IGNORED]
            for group in self._groups(mine):
                if group.any():
                    total = total + weights[mine[group]].mean() * kept_of(int(group.sum()), self.settings.ratio)
        return total.clamp_min(1e-9)

    def _count(self, seen: Tensor, kept: Tensor) -> None:
        for name, classes in (("seen", seen), ("kept", kept)):
            for one, many in zip(*(part.tolist() for part in torch.unique(classes, return_counts=True)), strict=True):
                self._counts[name][one] = self._counts[name].get(one, 0) + many

    def balance(self, classes: Sequence[str]) -> dict[str, Json]:
        """The share of each class's words that were learnt from since words are chosen, and of all words together."""
        seen, kept = self._counts["seen"], self._counts["kept"]
        shares: dict[str, Json] = {name: kept.get(at, 0) / seen[at] for at, name in enumerate(classes) if seen.get(at)}
        return {"all words": sum(kept.values()) / sum(seen.values()), **shares} if seen else {}

    def tensors(self) -> dict[str, Tensor]:
        """What a checkpoint must hold."""
        found = {name: torch.cat(list(losses)) for name, losses in self._losses.items()}
        for name, counts in self._counts.items():
            found[f"{name}_classes"] = torch.tensor(sorted(counts.items()), dtype=torch.int64).reshape(-1, 2)
        return found

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from what a checkpoint held."""
        sizes = [int((example.tokens != IGNORED).sum()) for example in self.examples]
        self._losses = {name: torch.split(tensors[name], sizes) for name in ("first", "history") if name in tensors}
        for name in self._counts:
            self._counts[name] = dict(tensors[f"{name}_classes"].tolist())
