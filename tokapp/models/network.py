"""The network: a backbone with a token head, and where asked an additive document head."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Self

import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor, nn
from transformers import Cache, PreTrainedConfig, PreTrainedModel

from tokapp.errors import ModelUnavailable
from tokapp.models.backbone import argument_names
from tokapp.models.bottleneck import BOTTLENECK_MARK, add_bottlenecks, blocks_of
from tokapp.models.config import Bottleneck, Lora, NetworkConfig

LORA_MARK = "lora_"
"""Part of the name of every tensor of a low-rank adapter."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """A padded batch on the network's device: [rows, tokens], features [rows, tokens, k].

    `sentences` is the sentence of each word at its first token, -1 elsewhere. `embeds` [rows, tokens, width] stand in
    for the embeddings of `input_ids`.
    """

    input_ids: Tensor
    attention_mask: Tensor
    type_ids: Tensor
    part: Tensor
    features: Tensor | None = None
    sentences: Tensor | None = None
    embeds: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the network says, in float32.

    `token_logits` [rows, tokens, classes]; None without token classes. With a document head: `document_logits`
    [rows, labels], `evidence` [rows, tokens, labels] (what a token would vote for) and `salience` [rows, tokens] (how
    loudly, as logits): over the tokens of the labelled part, document_logits = sum_i softmax(salience)_i evidence_i.
    With a guard head: `category_logits` [rows, tokens, categories] beside the token classes, which are risk levels, and
    `prompt_logits` and `prompt_category_logits` of the same kind, which mean something at a prompt's last token.
    """

    token_logits: Tensor | None
    document_logits: Tensor | None = None
    evidence: Tensor | None = None
    salience: Tensor | None = None
    category_logits: Tensor | None = None
    prompt_logits: Tensor | None = None
    prompt_category_logits: Tensor | None = None


class Network(nn.Module):
    """A backbone that sees tokens, features that stand beside them, and the heads of a task."""

    def __init__(self, encoder: PreTrainedModel, config: NetworkConfig) -> None:
        super().__init__()
        self.design = config
        if config.shape.layers is not None:
            _keep_layers(encoder, config.shape.layers)
        self.encoder: nn.Module = encoder
        self.takes_types = "token_type_ids" in argument_names(encoder)
        width = int(encoder.config.hidden_size) + config.feature_width
        self.tokens = _token_head(width, config) if config.classes else None
        self.document = AdditiveHead(width, len(config.labels), config.shape.dropout) if config.labels else None
        if config.lora is not None:
            self.add_adapter(config.lora)
        if config.bottleneck is not None:
            self.add_bottlenecks(config.bottleneck)

    def forward(self, inputs: Inputs) -> Outputs:
        """Logits of a batch."""
        hidden = self.states(inputs)
        if inputs.features is not None:
            hidden = torch.cat((hidden, inputs.features), dim=-1)
        logits = self.tokens(hidden).float() if self.tokens is not None else None
        if logits is not None and inputs.sentences is not None:
            logits = smooth(logits, inputs.sentences, self.design.shape.smoothing)
        if self.document is None:
            return Outputs(logits)
        return Outputs(logits, *self.document(hidden, inputs.part))

    def read_on(self, ids: Tensor, past: Cache) -> Outputs:
        """Token logits [1, tokens, classes] of `ids` [1, tokens] behind what `past` holds; then it holds them, too.

        For causal backbones without features beside them (`TokenModel.is_causal`).
        """
        states = self.encoder(input_ids=ids, past_key_values=past, use_cache=True).last_hidden_state
        return Outputs(self.tokens(states.float()).float() if self.tokens is not None else None)

    def states(self, inputs: Inputs) -> Tensor:
        """The backbone's token states [rows, tokens, width], in float32 whatever it computes in."""
        types = {"token_type_ids": inputs.type_ids} if self.takes_types else {}
        shown = {"input_ids": inputs.input_ids}
        if inputs.embeds is not None:
            shown = {"inputs_embeds": inputs.embeds.to(self.embeddings.weight.dtype)}
        output = self.encoder(**shown, attention_mask=inputs.attention_mask, **types)
        states: Tensor = output.last_hidden_state
        return states.float()

    @property
    def embeddings(self) -> nn.Embedding:
        """The backbone's table of what token ids begin as."""
        table: nn.Embedding = self.encoder.get_input_embeddings()  # type: ignore[operator]  # of every backbone
        return table

    def train(self, mode: bool = True) -> Self:
        """Set the mode; a backbone of which nothing learns keeps its dropout off, so that heads learn on its states."""
        super().train(mode)
        self.encoder.train(mode and any(parameter.requires_grad for parameter in self.encoder.parameters()))
        return self

    def add_adapter(self, lora: Lora) -> None:
        """Put a low-rank adapter on every linear layer of the backbone."""
        linear = [name for name, module in self.encoder.named_modules() if isinstance(module, nn.Linear)]
        names = [name for name in linear if BOTTLENECK_MARK not in name]
        settings = LoraConfig(
            r=lora.rank, lora_alpha=lora.alpha, lora_dropout=lora.dropout, target_modules=names, bias="none"
        )
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing", category=FutureWarning)  # peft's
            self.encoder = get_peft_model(self.encoder, settings)

    def add_bottlenecks(self, settings: Bottleneck) -> None:
        """Put a bottleneck adapter behind every block of the backbone; it changes nothing before it learns."""
        base: Any = getattr(self.encoder, "get_base_model", lambda: self.encoder)
        add_bottlenecks(base(), settings)

    def merge_adapter(self) -> None:
        """Add the low-rank adapter to the backbone's own weights, which makes the forward pass plain again.

        Bottleneck adapters are no such sum, and stay.
        """
        merge: Any = getattr(self.encoder, "merge_and_unload", None)
        if merge is not None:
            self.encoder = merge()

    @property
    def encoder_config(self) -> PreTrainedConfig:
        """Configuration of the backbone."""
        config: PreTrainedConfig = self.encoder.config  # type: ignore[assignment]  # nn.Module types every attribute
        return config

    @property
    def heads(self) -> list[nn.Module]:
        """The parts that are new, not the backbone's."""
        return [head for head in (self.tokens, self.document) if head is not None]


def is_adapter(name: str) -> bool:
    """Whether a tensor belongs to an adapter, not to the backbone or the heads."""
    return LORA_MARK in name or BOTTLENECK_MARK in name


class AdditiveHead(nn.Module):
    """Attention pooling whose classifier stands before the sum, so that each token's share is exact.

    Javed et al. 2022, Additive MIL, eq. 4: logits = sum_i a_i f(h_i) instead of f(sum_i a_i h_i).
    """

    def __init__(self, width: int, labels: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.attention = nn.Sequential(nn.Linear(width, 128), nn.Tanh(), nn.Linear(128, 1))
        self.votes = nn.Sequential(nn.Linear(width, 128), nn.GELU(), nn.Linear(128, labels))

    def forward(self, hidden: Tensor, part: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Document logits [rows, labels], evidence [rows, tokens, labels], salience [rows, tokens]."""
        hidden = self.dropout(hidden)
        evidence, salience = self.votes(hidden).float(), self.attention(hidden).squeeze(-1).float()
        return pool(evidence, salience, part), evidence, salience


def pool(evidence: Tensor, salience: Tensor, part: Tensor) -> Tensor:
    """Sum of evidence weighed by the softmax of salience over the tokens of `part` (zero if there are none)."""
    masked = salience.masked_fill(~part, torch.finfo(salience.dtype).min)
    weights = torch.softmax(masked, dim=-1) * part
    return (weights.unsqueeze(-1) * evidence).sum(dim=1)


def smooth(logits: Tensor, sentences: Tensor, share: float) -> Tensor:
    """Logits [rows, tokens, classes] drawn by `share` to their mean over the tokens of the same sentence.

    `sentences` [rows, tokens]; tokens of none (-1) keep their logits.
    """
    is_same = (sentences[:, :, None] == sentences[:, None, :]) & (sentences[:, None, :] >= 0)
    weights = is_same.to(logits.dtype)
    mean = (weights @ logits) / weights.sum(dim=-1, keepdim=True).clamp(min=1)
    return torch.where(sentences[:, :, None] >= 0, torch.lerp(logits, mean, share), logits)


def _keep_layers(encoder: PreTrainedModel, count: int) -> None:
    """Drop a backbone's layers after the first `count`; raises ModelUnavailable if it does not have that many."""
    total = int(encoder.config.num_hidden_layers)
    if count > total:
        raise ModelUnavailable(f"the backbone has {total} layers, {count} are asked for; set layers to fewer, or none")
    del blocks_of(encoder, total)[count:]
    encoder.config.num_hidden_layers = count


def _token_head(width: int, config: NetworkConfig) -> nn.Sequential:
    drop, hidden, classes = config.shape.dropout, config.shape.hidden, len(config.classes)
    if not hidden:
        return nn.Sequential(nn.Dropout(drop), nn.Linear(width, classes))
    return nn.Sequential(
        nn.Dropout(drop), nn.Linear(width, hidden), nn.GELU(), nn.Dropout(drop), nn.Linear(hidden, classes)
    )
