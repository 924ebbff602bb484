"""From a model and a prompt to a session of the right kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tokapp.documents import Document
from tokapp.errors import BadInput, ModelUnavailable
from tokapp.inference.gathering import softmax
from tokapp.inference.streaming.causal import CausalReader, Judge
from tokapp.inference.streaming.debounce import Mode, Rule, debounce
from tokapp.inference.streaming.judging import Floats, Judgement, judge_words
from tokapp.inference.streaming.rereading import RereadingReader
from tokapp.inference.streaming.session import Session
from tokapp.inference.streaming.sources import check_ids
from tokapp.inference.streaming.voices import ByWord
from tokapp.models.config import NetworkConfig
from tokapp.models.network import Outputs

if TYPE_CHECKING:
    from tokapp.models.token_model import TokenModel

Prompt = str | Sequence[int] | Document | None


def open_session(
    model: TokenModel, prompt: Prompt = None, *, window: int = 2, rule: Rule = "report", mode: Mode = "levels"
) -> Session:
    """A session of a model that begins behind `prompt`: a question, token ids, or a document's question and contexts.

    Raises BadInput for settings that make no sense, a prompt that the model has no use for or no room for, and
    ModelUnavailable for a model that says nothing a stream could show.
    """
    told = debounce(rule, window=window, mode=mode)
    config = model.config
    if prompt is not None and model.encoder.part != "answer":
        raise BadInput(f"{model.name} judges a text alone, so its stream takes no prompt; leave it out")
    if model.is_causal:
        voice, judge = ByWord(), word_judge(config)
        return Session(CausalReader(model, judge, voice, opening=_opening(model, prompt)), told, mode)
    if not config.classes and len(config.labels) < 2:
        raise ModelUnavailable(f"{model.name} has neither token classes nor two document labels to stream verdicts of")
    return Session(RereadingReader(model, _document(model, prompt)), told, mode)


def word_judge(config: NetworkConfig) -> Judge:
    """What a token classifier's logits say, at its own temperature."""

    def judge(outputs: Outputs) -> list[Judgement]:
        if outputs.token_logits is None:
            raise TypeError("a token classifier gives token logits")
        logits: Floats = outputs.token_logits[0].cpu().numpy()
        return judge_words(softmax(logits / np.float32(config.calibration.temperature)), config)

    return judge


def _opening(model: TokenModel, prompt: Prompt) -> Sequence[int]:
    """The tokens that stand before a text; token ids of a caller stand as they are."""
    if prompt is None or isinstance(prompt, str | Document):
        return model.encoder.opening(_document(model, prompt))
    return check_ids(prompt, len(model.tokenizer))


def _document(model: TokenModel, prompt: Prompt) -> Document:
    """A document without text yet, with what the prompt puts beside it."""
    if isinstance(prompt, Document):
        return Document("stream", "", model.task.name, question=prompt.question, contexts=prompt.contexts)
    if prompt is None or isinstance(prompt, str):
        return Document("stream", "", model.task.name, question=prompt)
    raise BadInput(f"{model.name} judges whole words, so its prompt is text and no token ids; give text or a document")
