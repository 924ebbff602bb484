"""Streams of guard models: a verdict on the prompt, then risk and category of every token of the response."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokapp.documents import Document
from tokapp.inference.streaming.causal import CausalReader
from tokapp.inference.streaming.judging import Judgement, judge_levels, shares
from tokapp.inference.streaming.prompts import Prompt, as_document
from tokapp.inference.streaming.sources import check_ids
from tokapp.inference.streaming.voices import ByToken
from tokapp.models.chat import ChatEncoder
from tokapp.models.guard import LEVELS, PROMPT_CATEGORIES, RESPONSE_CATEGORIES
from tokapp.models.network import Outputs

if TYPE_CHECKING:
    from tokapp.models.token_model import TokenModel


def guard_reader(
    model: TokenModel, encoder: ChatEncoder, prompt: Prompt | None
) -> tuple[CausalReader, Judgement | None]:
    """What reads a response, and what is said about its prompt at the token that ends the user's turn.

    A prompt of token ids is everything up to there; whoever gives ids also gives those that stand between the turns,
    which are read and not judged. Without a prompt nothing is said, and the response follows an empty turn.
    """
    if prompt is None or isinstance(prompt, str | Document):
        document = as_document(model, prompt)
        turn, rest = encoder.turns(document)
        is_empty = not document.question and not document.contexts
    else:
        turn, rest, is_empty = check_ids(prompt, len(model.tokenizer)), [], not len(prompt)
    reader = CausalReader(model, judge_response, ByToken(), prompt=turn, before=rest, in_template=not rest)
    return reader, None if is_empty or reader.prompted is None else judge_prompt(reader.prompted)


def judge_response(outputs: Outputs) -> list[Judgement]:
    """What the response heads say about each token."""
    return judge_levels(shares(outputs.token_logits), shares(outputs.category_logits), LEVELS, RESPONSE_CATEGORIES)


def judge_prompt(outputs: Outputs) -> Judgement:
    """What the prompt heads say at the last token."""
    risk, category = shares(outputs.prompt_logits), shares(outputs.prompt_category_logits)
    return judge_levels(risk, category, LEVELS, PROMPT_CATEGORIES)[-1]
