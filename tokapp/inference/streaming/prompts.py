"""What a streamed text answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from tokapp.documents import Document
from tokapp.errors import BadInput

if TYPE_CHECKING:
    from tokapp.models.token_model import TokenModel

Prompt: TypeAlias = str | Sequence[int] | Document
"""A question, token ids, or a document whose question and contexts count, and not its text."""


def as_document(model: TokenModel, prompt: Prompt | None) -> Document:
    """A document without text yet, with what the prompt puts beside it; raises BadInput for token ids."""
    if isinstance(prompt, Document):
        return Document("stream", "", model.task.name, question=prompt.question, contexts=prompt.contexts)
    if prompt is None or isinstance(prompt, str):
        return Document("stream", "", model.task.name, question=prompt)
    raise BadInput(f"{model.name} judges whole words, so its prompt is text and no token ids; give text or a document")
