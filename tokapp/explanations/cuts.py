"""Why a stream was cut where it was: the words of the conversation up to there, for the risk at that very token.

Models that stream read from left to right, so what comes behind the token has no say and is no player.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from tokapp.documents import TEXT, Document, Offset, Players, Target
from tokapp.errors import BadInput, BadSpan
from tokapp.explanations.decisions import decide
from tokapp.explanations.game import MOST_PLAYERS, Game, Seat
from tokapp.explanations.payoffs import Payoff, Scores
from tokapp.explanations.sources import SourceWord, pieces_of, seat_phrases, source_word_of, source_words
from tokapp.explanations.views import View
from tokapp.inference.streaming.seam import completed
from tokapp.models.config import NetworkConfig
from tokapp.models.encoding import Encoding
from tokapp.models.token_model import TokenModel

if TYPE_CHECKING:
    from tokapp.models import Model


def cut_target(model: Model, text: str, place: Offset, levels: Sequence[str]) -> Target:
    """Why a stream was cut at the token of these characters; one that shows none stands for the whole character.

    `levels` are those that count as risky; where the model knows no levels, all of its labels do.
    """
    start, end = place
    known = [level for level in levels if level in model.span_labels] or model.span_labels
    return Target("cut", "+".join(known), min(start, len(text) - 1), max(end, min(start, len(text) - 1) + 1))


def cut_games(seat: Seat, targets: Sequence[Target]) -> list[Game]:
    """One game for every token at which some of the targets say that the stream was cut, and words that they ask about.

    Players are the words of question, passages and text up to the token, or of question and passages alone. Raises
    BadSpan where the model has no such token, BadInput for a conversation that it cannot read in one go.
    """
    together: dict[tuple[int, int, Players], list[Target]] = {}
    for target in targets:
        together.setdefault((target.start, target.end, target.over), []).append(target)
    return [_game(seat, some) for some in together.values()]


def _game(seat: Seat, targets: Sequence[Target]) -> Game:
    first, document = targets[0], seat.document
    row = _row(seat, first)
    words: list[SourceWord] = source_words(document)
    asked = len(words)
    words += [(TEXT, start, min(end, first.end)) for start, end in row.words]
    word_of = np.where(row.word_of >= 0, row.word_of + asked, source_word_of(document, row))
    present = np.unique(word_of[word_of >= 0]).astype(np.int32)
    if first.over == "sources":
        present = present[present < asked]
    pieces = {**pieces_of(document), TEXT: document.text}
    players, parts, player_of = seat_phrases(pieces, words, present, most=MOST_PLAYERS)
    payoffs = tuple(_payoff(seat.model.config, target) for target in targets)
    is_text_alone = set(parts) <= {TEXT}
    views = (View(row, player_of[word_of]),)
    return Game(seat.model, views, players, tuple(targets), payoffs, () if is_text_alone else parts)


def _payoff(config: NetworkConfig, target: Target) -> Payoff:
    """Log-odds of the risk at the last token of a row."""

    def payoff(scores: Sequence[Scores]) -> Tensor:
        (own,) = scores
        if own.tokens is None:
            raise ValueError("a stream without token classes is cut by none of them")
        return decide(target, config.classes, own.tokens[:, -1:].double() / config.calibration.temperature)

    return payoff


def _row(seat: Seat, target: Target) -> Encoding:
    """The conversation up to a token as one row, which ends with it."""
    place = (target.start, target.end)
    if place not in seat.cuts:
        seat.cuts[place] = _read(seat.model, seat.document, target)
    return seat.cuts[place]


def _read(model: TokenModel, document: Document, target: Target) -> Encoding:
    text = document.text[: _settled(document.text, target.end)]
    rows = model.encode([replace(document, text=text)])
    if len(rows) > 1:
        raise BadInput(f"the conversation up to the cut is longer than the {model.positions} tokens of {model.name}")
    (row,) = rows
    tokens = np.flatnonzero(row.part)
    spans = completed([(int(start), int(end)) for start, end in row.offsets[tokens]])
    found = [token for token, span in zip(tokens.tolist(), spans, strict=True) if span == (target.start, target.end)]
    if not found:
        near = ", ".join(f"[{a}, {b})" for a, b in spans if a < target.end and b > target.start) or "none"
        raise BadSpan(f"{model.name} has no token at [{target.start}, {target.end}); those there are: {near}")
    return _until(row, found[-1] + 1)


def _settled(text: str, end: int) -> int:
    """The first place behind a token at which a text can be cut without changing its tokens: before white space."""
    for place in range(end, len(text)):
        if text[place].isspace() and not text[place - 1].isspace():
            return place
    return len(text)


def _until(row: Encoding, stop: int) -> Encoding:
    """The first tokens of a row."""
    names = ("input_ids", "type_ids", "offsets", "word_of", "part", "owned", "source")
    return replace(row, **{name: getattr(row, name)[:stop] for name in names if getattr(row, name) is not None})
