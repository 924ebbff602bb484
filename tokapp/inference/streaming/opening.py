"""From a model and a prompt to a session of the right kind."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from tokapp.documents import Document
from tokapp.errors import BadInput, ModelUnavailable
from tokapp.inference.streaming.causal import CausalReader
from tokapp.inference.streaming.debounce import Mode, Rule, debounce
from tokapp.inference.streaming.guard import guard_reader
from tokapp.inference.streaming.judging import judge_logits
from tokapp.inference.streaming.prompts import Prompt, as_document
from tokapp.inference.streaming.rereading import RereadingReader
from tokapp.inference.streaming.session import Session
from tokapp.inference.streaming.sources import check_ids
from tokapp.inference.streaming.voices import ByWord
from tokapp.models.chat import ChatEncoder

if TYPE_CHECKING:
    from tokapp.models.token_model import TokenModel

LONGEST_LOOKAHEAD = 64
"""Words that a verdict may wait for at most."""


def open_session(
    model: TokenModel,
    prompt: Prompt | None = None,
    *,
    window: int = 2,
    rule: Rule = "report",
    mode: Mode = "levels",
    lookahead: int = 2,
) -> Session:
    """A session of a model that begins behind a prompt; see `TokenModel.stream`.

    Raises BadInput for settings that make no sense and for a prompt that the model has no use for or no room for,
    ModelUnavailable for a model that says nothing a stream could show.
    """
    told = debounce(rule, window=window, mode=mode)
    if not 0 <= lookahead <= LONGEST_LOOKAHEAD:
        raise BadInput(f"a verdict waits for 0 to {LONGEST_LOOKAHEAD} words behind its own, not {lookahead}")
    if isinstance(model.encoder, ChatEncoder):
        reader, said = guard_reader(model, model.encoder, prompt)
        return Session(reader, told, mode, said)
    if prompt is not None and model.encoder.part != "answer":
        raise BadInput(f"{model.name} judges a text alone, so its stream takes no prompt; leave it out")
    if model.is_causal:
        judge = partial(judge_logits, config=model.config)
        return Session(CausalReader(model, judge, ByWord(), prompt=_opening(model, prompt)), told, mode)
    if not model.config.classes and len(model.config.labels) < 2:
        raise ModelUnavailable(f"{model.name} has neither token classes nor two document labels to stream verdicts of")
    return Session(RereadingReader(model, as_document(model, prompt), lookahead=lookahead), told, mode)


def _opening(model: TokenModel, prompt: Prompt | None) -> Sequence[int]:
    """The tokens that stand before a text; token ids of a caller stand as they are."""
    if prompt is None or isinstance(prompt, str | Document):
        return model.encoder.opening(as_document(model, prompt))
    return check_ids(prompt, len(model.tokenizer))
