"""CC-SHAP of a language model that decides and then says why (Parcalabescu & Frank 2024, section 4, post hoc).

One text, one question and the model's own words make one row, so that each masked forward pass, with every word of the
answer given (teacher forcing), is worth something for the decision and for all tokens of the reason at once. Unlike the
authors, we hide whole words where they stand, take our own estimator in place of shap's partition, let the cues
("The best answer is", "Why? Because") be no players, and choose the answer among the letters that were offered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

import numpy as np
import torch
from numpy.typing import NDArray

from tokapp.documents import Document, Offset
from tokapp.errors import BadInput
from tokapp.explanations.decisions import LIMIT
from tokapp.explanations.game import seat_players
from tokapp.explanations.judging.consistency import cc_shap, contribution
from tokapp.explanations.methods import OURS, value_players
from tokapp.models.device import batch_tokens
from tokapp.models.encoding import words_of_tokens
from tokapp.models.language_model import LanguageModel
from tokapp.words import split_words

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

LONGEST = 100
"""Tokens that a reason may have."""

_MOST_LOGITS = 1 << 24
_ANSWER = "The best answer is: ("
_WHY = ") Why? Because"


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a language model decided about a document, the reason it gave, and how much of the same words both rest on.

    `words` are the players in reading order, `prediction` and `explanation` the mean share of each in what speaks for
    the answer and for the tokens of the reason (signed, absolute values of a token sum to 1). `score` is their cosine,
    None where one of them is zero or nothing was said. `tokens` is how many tokens the reason has.
    """

    document_id: str
    model: str
    label: str
    reason: str
    words: tuple[Offset, ...]
    prediction: tuple[float, ...]
    explanation: tuple[float, ...]
    score: float | None
    tokens: int
    evaluations: int


@dataclass(frozen=True, slots=True, eq=False)
class SpokenGame:
    """The words of a text as players; a row is worth the log-odds of the answer, and those of each token of the reason.

    `row` are all tokens but the last, `player_of` the player of each (-1: always shown), `places` the tokens before
    those that are judged, `judged` these tokens.
    """

    model: LanguageModel
    row: Ids
    player_of: NDArray[np.int32]
    players: tuple[Offset, ...]
    places: Ids
    judged: Ids

    def evaluate(self, shown: NDArray[np.bool_], *, progress: Callable[[int], None] | None = None) -> Floats:
        """Log-odds [rows, 1 + tokens of the reason] of coalitions bool [rows, players]."""
        kept = len(self.row) - int(self.places[0])
        step = min(batch_tokens(self.model.device) // len(self.row), _MOST_LOGITS // (kept * self.model.pieces))
        payoffs = np.empty((len(shown), len(self.judged)))
        for start in range(0, len(shown), max(step, 1)):
            some = slice(start, start + max(step, 1))
            payoffs[some] = self._odds(shown[some], kept)
            if progress is not None:
                progress(min(some.stop, len(shown)))
        return payoffs

    def _odds(self, shown: NDArray[np.bool_], kept: int) -> Floats:
        is_shown = np.concatenate([shown, np.ones((len(shown), 1), np.bool_)], axis=1)[:, self.player_of]
        ids = np.where(is_shown, self.row, self.model.hidden_piece)
        logits = self.model.last_logits(torch.from_numpy(ids), kept)[:, self.places - int(self.places[0])]
        chosen = torch.from_numpy(self.judged).to(logits.device)[None, :, None].expand(len(ids), -1, 1)
        own = logits.gather(2, chosen)[..., 0]
        others = logits.scatter(2, chosen, float("-inf")).logsumexp(2)
        odds: Floats = (own - others).double().cpu().numpy().clip(-LIMIT, LIMIT)
        return odds


def judge_spoken(
    model: LanguageModel,
    document: Document,
    labels: Sequence[str],
    *,
    noun: str = "text",
    budget: int | None = None,
    longest: int = LONGEST,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Spoken:
    """Ask a language model for one of at least two labels and for its reason, and compare what both rest on.

    Both are its most probable words, so that the same question has the same answer. `budget` counts masked forward
    passes, as in `explain`. Raises BadInput for a text without words or too long for the model, or too few or too many
    labels.
    """
    if not 2 <= len(labels) <= len(ascii_uppercase):
        raise BadInput(f"a language model chooses among 2 to {len(ascii_uppercase)} labels, not {len(labels)}")
    game, label, said = spoken_game(model, document, labels, noun=noun, longest=longest)
    valued = value_players(OURS, game.evaluate, len(game.players), budget, seed=seed, progress=progress)
    prediction, explanation = valued.estimate.values[:, :1], valued.estimate.values[:, 1:]
    return Spoken(
        document.id,
        model.name,
        label,
        said,
        game.players,
        tuple(contribution(prediction).tolist()),
        tuple(contribution(explanation).tolist()),
        cc_shap(prediction, explanation),
        explanation.shape[1],
        valued.evaluations,
    )


def spoken_game(
    model: LanguageModel, document: Document, labels: Sequence[str], *, noun: str, longest: int
) -> tuple[SpokenGame, str, str]:
    """The game about a model's answer and reason, the label that it chose, and the words of its reason."""
    opening, closing = model.turn()
    text = model.cut(document.text)
    before = [*opening, *model.cut(_introduction(document, noun)).ids]
    asked = [*before, *text.ids, *_ids(model, _question(labels, noun)), *closing, *_ids(model, _ANSWER)]
    why = _ids(model, _WHY)
    if len(asked) + len(why) + 2 > model.positions:
        raise BadInput(
            f"it has {len(text.ids)} tokens, which with the question are more than {model.name} can read "
            f"({model.positions}): take a shorter text or another model",
            where=f"document {document.id!r}",
        )
    letters = [_ids(model, letter)[0] for letter in ascii_uppercase[: len(labels)]]
    choice = int(model.last_logits(torch.tensor([asked]), 1)[0, 0, letters].argmax())
    answered = [*asked, letters[choice], *why]
    reason = model.go_on(answered, longest)
    row = np.array([*answered, *reason][: -1 if reason else None], np.int64)
    players, player_of = _seats(document, text.offsets)
    where = np.full(len(row), -1, np.int32)
    where[len(before) : len(before) + len(text.ids)] = player_of
    places = np.array([len(asked) - 1, *range(len(answered) - 1, len(answered) - 1 + len(reason))], np.int64)
    game = SpokenGame(model, row, where, players, places, np.array([letters[choice], *reason], np.int64))
    return game, labels[choice], str(model.tokenizer.decode(reason, skip_special_tokens=True)).strip()


def _seats(document: Document, offsets: Sequence[Offset]) -> tuple[tuple[Offset, ...], NDArray[np.int32]]:
    """The players, and the player of each token of the text."""
    words = split_words(document.text)
    word_of = words_of_tokens(np.asarray(offsets, np.int32).reshape(-1, 2), words, len(document.text))
    present = np.unique(word_of[word_of >= 0])
    if not len(present):
        raise BadInput("it has no words to explain", where=f"document {document.id!r}")
    players, player_of = seat_players(words, present, [])
    return players, player_of[word_of]


def _ids(model: LanguageModel, text: str) -> list[int]:
    return list(model.cut(text).ids)


def _introduction(document: Document, noun: str) -> str:
    """What stands before the text; question and passages of an answer are no players either."""
    asked = [] if document.question is None else [f"Question: {document.question}"]
    return "\n".join([*asked, *(f"Passage: {one}" for one in document.contexts), f"{noun.capitalize()}: "])


def _question(labels: Sequence[str], noun: str) -> str:
    options = "\n".join(f"({letter}) {label}" for letter, label in zip(ascii_uppercase, labels, strict=False))
    return f"\n\nWhich label fits this {noun} best?\n{options}\n\n"
