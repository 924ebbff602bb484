"""Heads that guess hidden tokens from the backbone's states: the backbone's own, or a new one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModelForMaskedLM, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput

from tokapp.errors import ModelUnavailable
from tokapp.models import backbone as backbones
from tokapp.models.network import Inputs, Network

HIDDEN = -100
"""Target of tokens that are not to be guessed."""


class Guesser(nn.Module):
    """A network's backbone with a head that guesses hidden tokens; the loss is found at those alone."""

    def __init__(self, network: Network, head: nn.Module) -> None:
        super().__init__()
        self.encoder, self.head = network.encoder, head
        self._states = network.states

    def forward(self, input_ids: Tensor, attention_mask: Tensor, labels: Tensor) -> Tensor:
        """Sum of the cross-entropies at the tokens [rows, tokens] whose label is not `HIDDEN`, in nats."""
        nothing = torch.zeros_like(input_ids)
        states = self._states(Inputs(input_ids, attention_mask, nothing, nothing.bool()))
        asked = labels != HIDDEN
        return functional.cross_entropy(self.head(states[asked]).float(), labels[asked], reduction="sum")


class NewHead(nn.Module):
    """The head of BERT (Devlin et al. 2019), tied to the backbone's embeddings: states [n, width] to [n, tokens]."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        table = network.embeddings
        self.dense = nn.Linear(int(network.encoder_config.hidden_size), table.embedding_dim)
        self.norm, self.bias = nn.LayerNorm(table.embedding_dim), nn.Parameter(torch.zeros(table.num_embeddings))
        self.weight = table.weight

    def forward(self, states: Tensor) -> Tensor:
        return functional.linear(self.norm(functional.gelu(self.dense(states))), self.weight, self.bias)


class OwnHead(nn.Module):
    """What a masked language model has above its backbone, tied to the embeddings as they are in the network."""

    def __init__(self, model: PreTrainedModel, network: Network) -> None:
        super().__init__()
        setattr(model, model.base_model_prefix, _Given(network.embeddings))
        outputs: Any = model.get_output_embeddings()  # type: ignore[no-untyped-call]  # theirs
        if outputs is not None and outputs.weight.shape == network.embeddings.weight.shape and _is_tied(model):
            outputs.weight = network.embeddings.weight
        self.model = model

    def forward(self, states: Tensor) -> Tensor:
        logits: Tensor = self.model(inputs_embeds=states.unsqueeze(0)).logits[0]
        return logits


class _Given(nn.Module):
    """Stands where the backbone was, and gives the states that it is handed."""

    def __init__(self, table: nn.Embedding) -> None:
        super().__init__()
        self.embeddings = SimpleNamespace(word_embeddings=table)  # what some heads look for

    def forward(self, *_: Any, inputs_embeds: Tensor, **__: Any) -> BaseModelOutput:
        return BaseModelOutput(last_hidden_state=inputs_embeds)


def _is_tied(model: PreTrainedModel) -> bool:
    return bool(getattr(model.config, "tie_word_embeddings", True))


def find_head(network: Network) -> tuple[nn.Module, bool]:
    """A head for a network's backbone, and whether it is the backbone's own."""
    try:
        source = backbones.resolve(network.design.backbone)
        if all(name.endswith("Model") for name in backbones.load_config(source).architectures or ()):
            return NewHead(network), False
        model, report = backbones.load_with_report(source, AutoModelForMaskedLM)
        backbones.check_complete(source, report)
    except ModelUnavailable:
        return NewHead(network), False
    return OwnHead(model, network), True
