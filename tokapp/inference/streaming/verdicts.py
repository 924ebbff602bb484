"""What a stream says: a verdict for every token, one for the prompt, and where to stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tokapp.errors import ModelError

Piece: TypeAlias = str | Sequence[int]
"""Text, or token ids of the model's own tokenizer."""
Level: TypeAlias = Literal["Safe", "Controversial", "Unsafe"]

SAFE: Level = "Safe"
SEVERITY: Mapping[Level, int] = {"Safe": 0, "Controversial": 1, "Unsafe": 2}
"""Levels by how bad they are (the ids of published models are in another order)."""


@dataclass(frozen=True, slots=True)
class TokenVerdict:
    """What is said about one token of the streamed text; once given it is never revised.

    `index` counts the judged tokens from 0. `start` and `end` are code points; `text`, at `session.text[start:end]`, is
    what the token shows. One that ends within a character shows nothing, and the one that completes it shows it. `risk`
    is the probability of anything but Safe, `scores` that of every level; `label` is the level that is decided on.
    `category` says of what kind the risk is, `category_score` how probably; both are None where the label is Safe.
    `flagged` says that the debouncing rule counts this token as risky together with those before it.
    """

    index: int
    start: int
    end: int
    text: str
    risk: float
    label: Level
    category: str | None
    flagged: bool
    scores: Mapping[Level, float]
    category_score: float | None = None


@dataclass(frozen=True, slots=True)
class PromptVerdict:
    """What a guard model says about the prompt as a whole, at its last token; fields as in `TokenVerdict`."""

    risk: float
    label: Level
    category: str | None
    scores: Mapping[Level, float]
    category_score: float | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the debouncing rule fired: at the token `index`, when the text up to `character` had been read.

    `label` is the worst level within the rule's window; `category` that of the token.
    """

    index: int
    character: int
    label: Level
    category: str | None


class StreamFull(ModelError):
    """The model has no positions left; everything that fitted has been judged.

    `verdicts` are those of the call that raised this, `rest` is what was not read (text or ids, as it came in).
    """

    def __init__(self, model: str, *, limit: int, rest: Piece) -> None:
        left = f"{len(rest)} {'characters' if isinstance(rest, str) else 'tokens'}"
        super().__init__(
            f"{model} has positions for {limit} tokens and this stream has used them, with {left} left unread; "
            "the verdicts so far stand. Open another stream for the rest"
        )
        self.limit, self.rest = limit, rest
        self.verdicts: tuple[TokenVerdict, ...] = ()
