"""A reason in words, and the words of the text that it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from tokapp.documents import Document, Offset
from tokapp.explanations.wording.stop_words import STOP_WORDS
from tokapp.words import split_words

Source: TypeAlias = Literal["note", "template", "llm"]


@dataclass(frozen=True, slots=True)
class Wording:
    """Why a decision was made, in the words of `by`; `text` is data, to be shown as text and as nothing else.

    `words` are the places in the document that it names, in reading order; None where it is free text, whose own words
    tell them (`named_words`).
    """

    text: str
    source: Source
    by: str = ""
    words: tuple[Offset, ...] | None = None


def content_words(text: str) -> frozenset[str]:
    """The words of a text in one case, without stop words and punctuation."""
    words = (text[start:end].casefold() for start, end in split_words(text))
    return frozenset(word for word in words if word[0].isalnum() and word not in STOP_WORDS)


def named_words(reason: Wording, document: Document, *, label: str = "") -> tuple[Offset, ...]:
    """Where words of a reason stand in the text, in reading order; stop words and the words of the label name nothing.

    A reason repeats the label that it is about ("this is spam because ..."): that is the verdict and no evidence.
    """
    if reason.words is not None:
        return reason.words
    wanted = content_words(reason.text) - content_words(label)
    text = document.text
    return tuple((start, end) for start, end in split_words(text) if text[start:end].casefold() in wanted)
