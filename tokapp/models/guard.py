"""Qwen3Guard's stream models: a causal backbone whose heads judge a prompt at its end and a response at each token.

Source: Qwen3Guard Technical Report (2025), the stream variant; names of parameters as in its published weights.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from transformers import Cache, PreTrainedConfig, Qwen3Config, Qwen3Model, Qwen3PreTrainedModel

from tokapp.errors import ModelUnavailable
from tokapp.models import backbone as backbones
from tokapp.models.backbone import Backbone
from tokapp.models.chat import ChatEncoder
from tokapp.models.config import NetworkConfig, Shape
from tokapp.models.network import Inputs, Network, Outputs
from tokapp.models.token_model import TokenModel
from tokapp.tasks import Label, Task, slug

LEVELS: tuple[Literal["Safe", "Unsafe", "Controversial"], ...] = ("Safe", "Unsafe", "Controversial")
"""Risk classes in the order of their ids."""
CLASSES = ("O", "I-Unsafe", "I-Controversial")
"""The same as token classes: what is Safe is outside of every span."""

RESPONSE_CATEGORIES = (
    "Violent",
    "Sexual Content or Sexual Acts",
    "Suicide & Self-Harm",
    "Politically Sensitive Topics",
    "PII",
    "Copyright Violation",
    "Non-violent Illegal Acts",
    "Unethical Acts",
)
PROMPT_CATEGORIES = (*RESPONSE_CATEGORIES, "Jailbreak")

_COUNTS = {
    "num_risk_level": len(CLASSES),
    "num_category": len(RESPONSE_CATEGORIES),
    "num_query_risk_level": len(CLASSES),
    "num_query_category": len(PROMPT_CATEGORIES),
}


class StreamGuardHead(nn.Module):
    """Risk and category of every token, once as part of a response and once as the end of a prompt ("query").

    x = Norm(W_pre h), risk = softmax(W_risk x), category = softmax(W_cat x) (Qwen3Guard report, stream architecture).
    The report writes LayerNorm; ports of it to inference servers have RMSNorm, and so has this.
    """

    def __init__(self, width: int, inner: int, *, eps: float = 1e-6) -> None:
        super().__init__()
        self.risk_level_category_pre = nn.Linear(width, inner, bias=False)
        self.risk_level_category_layernorm = nn.RMSNorm(inner, eps=eps)
        self.risk_level_head = nn.Linear(inner, len(CLASSES), bias=False)
        self.category_head = nn.Linear(inner, len(RESPONSE_CATEGORIES), bias=False)
        self.query_risk_level_category_pre = nn.Linear(width, inner, bias=False)
        self.query_risk_level_category_layernorm = nn.RMSNorm(inner, eps=eps)
        self.query_risk_level_head = nn.Linear(inner, len(CLASSES), bias=False)
        self.query_category_head = nn.Linear(inner, len(PROMPT_CATEGORIES), bias=False)

    def forward(self, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Logits of risk [..., 3] and category [..., 8], then those of the prompt: risk [..., 3], category [..., 9]."""
        response = self.risk_level_category_layernorm(self.risk_level_category_pre(hidden))
        prompt = self.query_risk_level_category_layernorm(self.query_risk_level_category_pre(hidden))
        return (
            self.risk_level_head(response),
            self.category_head(response),
            self.query_risk_level_head(prompt),
            self.query_category_head(prompt),
        )


class GuardCheckpoint(Qwen3PreTrainedModel):  # type: ignore[no-untyped-call]  # theirs
    """The weights as they are published, so that the library's own loader reads, checks and reports them."""

    _keys_to_ignore_on_load_unexpected: set[str] | list[str] | None = ["lm_head"]  # noqa: RUF012 - theirs

    def __init__(self, config: Qwen3Config) -> None:
        super().__init__(config)
        self.model = Qwen3Model(config)
        for name, part in _head_for(config).named_children():
            self.add_module(name, part)  # beside the backbone, not within a head
        self.post_init()  # type: ignore[no-untyped-call]  # theirs

    @classmethod
    def from_pretrained(cls, *arguments: Any, code_revision: str | None = None, **options: Any) -> Any:
        """As the library's, less the one option that it knows for models that bring code."""
        return super().from_pretrained(*arguments, **options)

    def head(self) -> StreamGuardHead:
        """The parts beside the backbone as one module."""
        head = _head_for(self.config)
        for name, _ in head.named_children():
            setattr(head, name, getattr(self, name))
        return head


def _head_for(config: Qwen3Config) -> StreamGuardHead:
    return StreamGuardHead(config.hidden_size, int(config.guard_inner_size), eps=config.rms_norm_eps)


class GuardNetwork(Network):
    """A guard model behind the interface of our own networks; its token classes are the risk levels of a response."""

    def __init__(self, checkpoint: GuardCheckpoint, config: NetworkConfig) -> None:
        nn.Module.__init__(self)
        self.design, self.encoder, self.tokens, self.document = config, checkpoint.model, None, None
        self.guard, self.takes_types = checkpoint.head(), False

    def forward(self, inputs: Inputs) -> Outputs:
        """Logits of a batch; those about the prompt stand at every token, and mean something at the prompt's last."""
        return self._judged(self.states(inputs))

    def read_on(self, ids: Tensor, past: Cache) -> Outputs:
        """Logits of `ids` behind what `past` holds."""
        states = self.encoder(input_ids=ids, past_key_values=past, use_cache=True).last_hidden_state
        return self._judged(states.float())

    def _judged(self, states: Tensor) -> Outputs:
        risk, category, prompt, prompt_category = (logits.float() for logits in self.guard(states))
        return Outputs(risk, category_logits=category, prompt_logits=prompt, prompt_category_logits=prompt_category)


def load_guard(source: Backbone, *, device: torch.device) -> TokenModel:
    """A guard model ready to predict and to stream; no code of its own is run.

    Its documents are responses, and their question is the prompt. `predict` gives runs of Unsafe and of Controversial
    words, since risk is what every token is judged for; `stream` gives categories and the prompt's own verdict, too.
    It cannot be trained here. Raises ModelUnavailable for weights that do not fit, other numbers of classes than the
    report's, or a tokenizer without the marks of turns.
    """
    _check_counts(source, backbones.load_config(source))
    checkpoint, report = backbones.load_with_report(source, GuardCheckpoint)
    backbones.check_complete(source, report)
    config = NetworkConfig(
        backbone=source.name,
        backbone_hash=source.hash,
        shape=Shape(document="none", scheme="io", max_length=backbones.own_length(checkpoint)),
        classes=CLASSES,
        storage="full",
    )
    tokenizer, name = backbones.load_tokenizer(source), Path(source.name).name
    encoder = ChatEncoder(tokenizer, max_length=config.shape.max_length)
    return TokenModel(
        name, guard_task(name), GuardNetwork(checkpoint, config), tokenizer, device=device, encoder=encoder
    )


def guard_task(name: str) -> Task:
    """What a guard model marks in responses."""
    labels = (
        Label("Unsafe", "#c4373f", description="Harmful in most contexts."),
        Label("Controversial", "#b8790a", description="Harmful or not, by the context or by whom one asks."),
    )
    return Task(name=slug(name), title=name[:100], span_labels=labels, part="answer", noun="response")


def _check_counts(source: Backbone, config: PreTrainedConfig) -> None:
    for field, count in _COUNTS.items():
        found = getattr(config, field, count)
        if found != count:
            raise ModelUnavailable(
                f"{source.name} has {field} {found}, and this version of tokapp knows the names of {count}; "
                "get a tokapp that knows the model"
            )
    if not isinstance(getattr(config, "guard_inner_size", None), int):
        raise ModelUnavailable(f"the config.json of {source.name} has no guard_inner_size; get the model again")
