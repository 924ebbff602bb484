"""A model in the hand: documents in, predictions and reasons out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from transformers import Cache, PreTrainedTokenizerFast

from tokapp.documents import Attribution, Document, Json, Prediction, Target
from tokapp.errors import BadInput, ModelUnavailable
from tokapp.models.backbone import argument_names, own_length
from tokapp.models.causal import empty_cache, is_causal
from tokapp.models.config import Calibration, NetworkConfig
from tokapp.models.encoding import Batch, Encoder, Encoding, collate, find_features, find_view
from tokapp.models.network import Inputs, Network, Outputs
from tokapp.models.pieces import InPieces
from tokapp.models.turns import Turns
from tokapp.settings import Precision, Reducer
from tokapp.tasks import Task, task_to_json

if TYPE_CHECKING:
    from tokapp.inference.streaming import Mode, Rule, Session

WORTHWHILE = 1.1
"""How many times as fast bfloat16 has to be."""


class TokenModel:
    """A trained network with its tokenizer, its task and its card; safe to use from several threads.

    `name` is the version. `classes` are the token classes ("O" first), or the document labels for models whose spans
    come from evidence. `card` holds what is known about its making, `metrics` its figures. `precision` is what the
    backbone computes in.
    """

    def __init__(
        self,
        name: str,
        task: Task,
        network: Network,
        tokenizer: PreTrainedTokenizerFast,
        *,
        device: torch.device | None = None,
        card: Mapping[str, Json] | None = None,
        metrics: Mapping[str, Json] | None = None,
        fingerprint: str = "",
        encoder: Encoder | None = None,
    ) -> None:
        self.name, self.task, self.card, self.metrics = name, task, dict(card or {}), dict(metrics or {})
        self.network = network.to(device or torch.device("cpu")).eval()
        self.encoder = encoder or encoder_for(tokenizer, task, network.design)
        self.precision: Precision = "float32"
        self._fingerprint, self._lock = fingerprint, Turns()
        self._ways: tuple[str, ...] = ()  # in which it predicts otherwise than it was made to
        self._pieces = InPieces(self.device)

    @property
    def config(self) -> NetworkConfig:
        """How the network is built and calibrated."""
        return self.network.design

    @property
    def classes(self) -> tuple[str, ...]:
        """Columns of `WordScores.probabilities`."""
        return self.config.classes or self.config.labels

    @property
    def span_labels(self) -> tuple[str, ...]:
        """The labels that it can give to spans."""
        return tuple(dict.fromkeys(name[2:] for name in self.config.classes[1:])) or self.config.labels

    @property
    def document_labels(self) -> tuple[str, ...]:
        """The labels that it gives probabilities to for the whole document."""
        comes_from_spans = self.config.shape.document == "spans"
        return self.config.labels or (self.task.document_names if comes_from_spans else ())

    @property
    def backbone(self) -> str:
        """Name of the backbone."""
        return self.config.backbone

    @property
    def tokenizer(self) -> PreTrainedTokenizerFast:
        """The tokenizer of the backbone."""
        return self.encoder.tokenizer

    @property
    def device(self) -> torch.device:
        """Where the network stands."""
        return next(self.network.parameters()).device

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over weights, configuration, task, precision and reducer: equal ones give equal predictions."""
        found = self.exact_fingerprint
        return hashlib.sha256(":".join((found, *self._ways)).encode()).hexdigest() if self._ways else found

    @property
    def exact_fingerprint(self) -> str:
        """The fingerprint that it has in float32 and with its own reducer, whatever it uses now."""
        return self._fingerprint or _fingerprint(self.network, self.task)

    def use_bfloat16(self, gain: float) -> None:
        """Compute in bfloat16 from now on; heads and probabilities stay in float32.

        `gain` is how many times as fast this is here; raises ModelUnavailable if it does not pay.
        """
        if gain < WORTHWHILE:
            raise ModelUnavailable(
                f"bfloat16 is {gain:.2f} times as fast as float32 on {self.device} for products of the shape that "
                f"{self.name} has, which does not pay; set TOKAPP_PRECISION=float32"
            )
        self._go_another_way("bfloat16")
        self.network.encoder.to(torch.bfloat16)
        self.precision = "bfloat16"

    def reduce_by(self, reducer: Reducer) -> None:
        """Judge words of answers by another one of the rows that their passages are packed into; see `Shape`.

        Temperatures and thresholds stay those that were fitted with the reducer before.
        """
        if reducer != self.config.shape.reducer:
            self._go_another_way(reducer)
            shape = self.config.shape.model_copy(update={"reducer": reducer})
            self.network.design = self.config.model_copy(update={"shape": shape})

    def _go_another_way(self, way: str) -> None:
        self._fingerprint = self.exact_fingerprint
        self._ways += (way,)
        self.__dict__.pop("fingerprint", None)

    def encode(self, documents: Sequence[Document]) -> list[Encoding]:
        """Rows for `forward`, in the order of the documents; long documents give several."""
        return self.encoder.encode(documents)

    def collate(self, rows: Sequence[Encoding]) -> Batch:
        """Rows padded to one batch."""
        return collate(rows, pad_id=self.tokenizer.pad_token_id or 0)

    def forward(self, batch: Batch) -> Outputs:
        """Raw outputs of a batch, in float32, on the model's device; no gradients, one thread at a time.

        Without enough memory the batch is run in pieces; ModelError if a single row does not fit.
        """
        with self._lock, torch.inference_mode():
            return self._pieces.run(self._forward, batch)

    def embed(self, ids: Tensor) -> Tensor:
        """The embeddings of token ids [rows, tokens, width] as `forward_embedded` takes them, without positions.

        Raises BadInput for a backbone that takes none.
        """
        if "inputs_embeds" not in argument_names(self.network.encoder):
            raise BadInput(f"the backbone of {self.name} takes no embeddings, so it has no gradients to explain by")
        found: Tensor = self.network.embeddings(ids)
        return found.detach().float()

    def forward_embedded(self, inputs: Inputs, embeds: Tensor, features: Tensor | None = None) -> Outputs:
        """Raw outputs with gradients, for embeddings [rows, tokens, width] and features in place of the inputs' own."""
        with self._lock, torch.enable_grad():
            outputs: Outputs = self.network(replace(inputs, embeds=embeds, features=features))
        return outputs

    def _forward(self, batch: Batch) -> Outputs:
        outputs: Outputs = self.network(to_inputs(batch, self.device))
        return outputs

    @cached_property
    def is_causal(self) -> bool:
        """Whether a token's logits depend on nothing but the tokens up to it, so that a text can be read on and on."""
        shape, reads_as_is = self.config.shape, self.task.view == "plain"
        alone = shape.features is None and not shape.smoothing and reads_as_is and bool(self.config.classes)
        return alone and is_causal(self.network.encoder, self.network.encoder_config)

    @property
    def positions(self) -> int:
        """How many tokens the backbone has positions for."""
        return own_length(self.network.encoder)

    def new_cache(self) -> Cache:
        """A cache for `read_on` that holds nothing yet."""
        return empty_cache(self.network.encoder_config)

    def read_on(self, ids: Sequence[int], past: Cache) -> Outputs:
        """Raw outputs [1, tokens, ...] of token ids behind what `past` holds, which then holds these, too.

        The work is that of these tokens alone. One thread at a time; for models that are causal.
        """
        with self._lock, torch.inference_mode():
            return self.network.read_on(torch.tensor([list(ids)], device=self.device), past)

    def document_probabilities(self, logits: Tensor) -> Tensor:
        """Calibrated probabilities of the document labels from document logits [..., labels]."""
        return torch.softmax(logits / self.config.calibration.document_temperature, dim=-1)

    def predict(
        self,
        documents: Sequence[Document],
        batch_size: int | None = None,
        *,
        progress: Callable[[int], None] | None = None,
    ) -> list[Prediction]:
        """Predictions in the order of the documents; `progress` is called with the number of documents done."""
        from tokapp.inference.engine import predict

        return predict(self, documents, batch_size=batch_size, progress=progress)

    def stream(
        self,
        prompt: str | Sequence[int] | Document | None = None,
        *,
        window: int = 2,
        rule: Rule = "report",
        mode: Mode = "levels",
        lookahead: int = 2,
    ) -> Session:
        """A session that judges a text token by token while it is still being written; see `Session`.

        `prompt` is what the text answers: a question, token ids, or a document with question and contexts. `window`
        tokens in a row have to be risky before the session stops, by `rule`; `mode` is how Controversial counts. Models
        that look both ways read `lookahead` words behind the one they judge; causal models need none and wait for none.
        Raises BadInput for settings or a prompt that the model cannot use.
        """
        from tokapp.inference.streaming import open_session

        return open_session(self, prompt, window=window, rule=rule, mode=mode, lookahead=lookahead)

    def explain(
        self, document: Document, targets: Sequence[Target] | None = None, budget: int | None = None
    ) -> list[Attribution]:
        """Why: Shapley values of the words for each target (None: everything that is predicted)."""
        from tokapp.explanations import explain

        return explain(self, document, targets, budget=budget)

    def recalibrate(self, calibration: Calibration) -> None:
        """Use other temperatures and thresholds from now on."""
        self.network.design = self.config.model_copy(update={"calibration": calibration})
        self._fingerprint = ""
        self.__dict__.pop("fingerprint", None)

    def __repr__(self) -> str:
        where = f"device={self.device}, precision={self.precision}"
        return f"TokenModel({self.name!r}, task={self.task.name!r}, backbone={self.backbone!r}, {where})"


def encoder_for(tokenizer: PreTrainedTokenizerFast, task: Task, config: NetworkConfig) -> Encoder:
    """The encoder that fits a task and a network."""
    return Encoder(
        tokenizer,
        max_length=config.shape.max_length,
        part=task.part,
        view=find_view(task.view),
        features=find_features(config.shape.features),
        sentences=config.shape.smoothing > 0,
    )


def to_inputs(batch: Batch, device: torch.device) -> Inputs:
    """The batch as tensors on a device."""
    return Inputs(
        torch.from_numpy(batch.input_ids).to(device),
        torch.from_numpy(batch.attention_mask).to(device),
        torch.from_numpy(batch.type_ids).to(device),
        torch.from_numpy(batch.part).to(device),
        None if batch.features is None else torch.from_numpy(batch.features).to(device),
        None if batch.sentences is None else torch.from_numpy(batch.sentences).to(device),
    )


def _fingerprint(network: Network, task: Task) -> str:
    digest = hashlib.sha256(network.design.model_dump_json().encode())
    digest.update(json.dumps(task_to_json(task), sort_keys=True).encode())
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(tensor.detach().float().cpu().numpy()).tobytes())
    return digest.hexdigest()
