"""Token classifiers that others published: plain Hugging Face folders and hub names."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from transformers import AutoModelForTokenClassification, Cache

from tokapp.errors import ModelUnavailable
from tokapp.models import backbone as backbones
from tokapp.models.config import NetworkConfig, Shape
from tokapp.models.guard import load_guard
from tokapp.models.network import Inputs, Network, Outputs
from tokapp.models.token_model import TokenModel
from tokapp.tasks import Label, Task, slug

_COLORS = ("#2f7fd1", "#c4373f", "#2c8a57", "#b8790a", "#b13f96", "#5b6bd6", "#7a7a2c", "#1d8a99", "#8a4b2f", "#666f7a")
DETECTOR = ("O", "I-unsupported")
"""Classes of detectors of what the passages beside an answer do not support."""
_COARSE = {"B": "B", "I": "I", "E": "I", "S": "B"}
"""Marks of labels whose ends are not all told apart."""
_TAG = re.compile(r"(?:([BIESLU])[-_])?(.+)")


def load_published(name: str, *, device: torch.device, allowed_code: Collection[str] = ()) -> TokenModel:
    """A token classifier or guard model from a folder or hub name; a classifier's task is made from its label names.

    Raises ModelUnavailable if it cannot be reached, or has no trained token classification head.
    """
    source = backbones.resolve(name, allowed_code=allowed_code)
    if backbones.is_guard(backbones.load_config(source)):
        return load_guard(source, device=device)
    model, report = backbones.load_with_report(source, AutoModelForTokenClassification)
    if any(key.startswith(("classifier", "score")) for key in report["missing_keys"]):
        raise ModelUnavailable(
            f"{name!r} has no trained token classification head; train a model with it as the backbone first"
        )
    backbones.check_complete(source, report)
    classes = classes_of(model.config.id2label)
    config = NetworkConfig(
        backbone=source.name,
        backbone_hash=source.hash,
        shape=Shape(document="none", scheme="bio", max_length=backbones.own_length(model)),
        classes=classes,
        storage="full",
    )
    network = PublishedNetwork(model, config)
    return TokenModel(
        Path(name).name, task_for(Path(name).name, classes), network, backbones.load_tokenizer(source), device=device
    )


class PublishedNetwork(Network):
    """A published classifier behind the interface of our own networks."""

    def __init__(self, model: Any, config: NetworkConfig) -> None:
        nn.Module.__init__(self)
        self.design, self.encoder, self.tokens, self.document = config, model, None, None
        self.takes_types = "token_type_ids" in backbones.argument_names(model)

    def forward(self, inputs: Inputs) -> Outputs:
        """Token logits of a batch."""
        return Outputs(self._run(inputs).logits.float())

    def read_on(self, ids: Tensor, past: Cache) -> Outputs:
        """Token logits of `ids` behind what `past` holds."""
        return Outputs(self.encoder(input_ids=ids, past_key_values=past, use_cache=True).logits.float())

    def states(self, inputs: Inputs) -> Tensor:
        """The token states under the classifier [rows, tokens, width]."""
        states: Tensor = self._run(inputs, output_hidden_states=True).hidden_states[-1]
        return states.float()

    def _run(self, inputs: Inputs, **options: bool) -> Any:  # every family of models has an output class of its own
        types = {"token_type_ids": inputs.type_ids} if self.takes_types else {}
        return self.encoder(input_ids=inputs.input_ids, attention_mask=inputs.attention_mask, **types, **options)


def classes_of(names: dict[int, str]) -> tuple[str, ...]:
    """Token classes in column order; raises ModelUnavailable if there is no outside class at 0.

    Marks are B and I, and E and S for labels that have all four (L and U are other names of these). Two unnamed classes
    (LABEL_0, LABEL_1) are read as outside and inside, as hallucination detectors publish them.
    """
    ordered = [names[index] for index in sorted(names)]
    if ordered == ["LABEL_0", "LABEL_1"]:
        return DETECTOR
    if ordered[0].upper() != "O" or "O" in (name.upper() for name in ordered[1:]):
        raise ModelUnavailable(f"the model's first class must be O (outside), its classes are {', '.join(ordered)}")
    tags = [_read_tag(name) for name in ordered[1:]]
    return "O", *(f"{mark if set('BIES') <= _marks_of(label, tags) else _COARSE[mark]}-{label}" for mark, label in tags)


def _read_tag(name: str) -> tuple[str, str]:
    """Mark (B, I, E or S) and label of a class name; a name without a mark is I."""
    match = _TAG.fullmatch(name)
    mark, label = (match[1] or "I", match[2]) if match else ("I", name)
    return {"L": "E", "U": "S"}.get(mark, mark), label


def _marks_of(label: str, tags: Sequence[tuple[str, str]]) -> set[str]:
    return {mark for mark, name in tags if name == label}


def task_for(name: str, classes: tuple[str, ...]) -> Task:
    """A task with the span labels behind token classes; a hallucination detector's is about answers."""
    labels = dict.fromkeys(name[2:] for name in classes[1:])
    coloured = tuple(Label(label, _COLORS[index % len(_COLORS)]) for index, label in enumerate(labels))
    part: Literal["text", "answer"] = "answer" if classes == DETECTOR else "text"
    return Task(name=slug(name), title=name[:100], span_labels=coloured, part=part)
