"""The game behind an explanation: words are players, and a hidden word becomes mask tokens where it stands.

Hiding happens in the id array, so the length of a row and the position of every token and span never change: nothing
is tokenised again, and no batch needs padding.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tokapp.documents import Document, Offset, Target
from tokapp.errors import BadSpan
from tokapp.explanations.payoffs import Payoff, Scores, payoff_of, read_scores, span_words
from tokapp.models.encoding import Batch, Encoding

if TYPE_CHECKING:
    from tokapp.models.token_model import TokenModel

Floats = NDArray[np.float64]
log = logging.getLogger(__name__)

MOST_PLAYERS = 128
"""Above this many words, words far from every explained span are hidden together, as phrases."""

_TOKEN_BUDGET = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Game:
    """One row of a document with its players and the payoffs of its targets.

    `players` are character ranges in reading order: words, or phrases where the row has more than MOST_PLAYERS words.
    `player_of` [tokens] is the player of each token, -1 for tokens that are always shown.
    """

    model: TokenModel
    row: Encoding
    players: tuple[Offset, ...]
    player_of: NDArray[np.int32]
    targets: tuple[Target, ...]
    payoffs: tuple[Payoff, ...]

    def evaluate(self, shown: NDArray[np.bool_], *, progress: Callable[[int], None] | None = None) -> Floats:
        """Payoffs [rows, targets] of coalitions `shown` bool [rows, players]; `progress` gets the rows done so far."""
        payoffs = np.empty((len(shown), len(self.payoffs)))
        step = max(_TOKEN_BUDGET // max(len(self.row), 1), 1)
        for start in range(0, len(shown), step):
            scores = read_scores(self.model.forward(self._batch(shown[start : start + step])))
            for column, payoff in enumerate(self.payoffs):
                payoffs[start : start + step, column] = payoff(scores)
            if progress is not None:
                progress(min(start + step, len(shown)))
        return payoffs

    def _batch(self, shown: NDArray[np.bool_]) -> Batch:
        """Masked copies of the row; what belongs to hidden words (ids, features) is blanked."""
        row, shape = self.row, (len(shown), len(self.row))
        is_shown = np.concatenate([shown, np.ones((len(shown), 1), np.bool_)], axis=1)[:, self.player_of]
        features = None
        if row.features is not None:
            features = np.where(is_shown[:, :, None], row.features, np.float32(0))
        return Batch(
            input_ids=np.where(is_shown, row.input_ids, mask_id(self.model)),
            attention_mask=np.ones(shape, np.int64),
            type_ids=np.tile(row.type_ids, (len(shown), 1)),
            part=np.tile(row.part, (len(shown), 1)),
            features=features,
            sentences=None if row.sentences is None else np.tile(row.sentences, (len(shown), 1)),
        )


def mask_id(model: TokenModel) -> int:
    """The token that stands for a hidden one: mask, else unknown, else padding (which stays visible to attention)."""
    tokenizer = model.tokenizer
    for token in (tokenizer.mask_token_id, tokenizer.unk_token_id, tokenizer.pad_token_id):
        if token is not None:
            return int(token)
    return 0


def games_of(model: TokenModel, document: Document, targets: Sequence[Target]) -> list[Game]:
    """One game per row (window) that decides about some of the targets, in the order of the rows.

    A text within the model's length is one row, and one game serves all targets. In a longer one a span is explained
    in the window that owns most of it, a document label in the window that speaks loudest for it, the others shown.
    """
    rows = model.encode([document])
    shown = [read_scores(model.forward(model.collate([row]))) for row in rows] if len(rows) > 1 else []
    by_row: dict[int, list[tuple[Target, Payoff]]] = {}
    for target in targets:
        place, payoff = _place(model, target, rows, shown)
        by_row.setdefault(place, []).append((target, payoff))
    return [_game(model, rows[place], by_row[place]) for place in sorted(by_row)]


def _place(model: TokenModel, target: Target, rows: Sequence[Encoding], shown: Sequence[Scores]) -> tuple[int, Payoff]:
    """The row in which a target is explained, and its payoff there."""
    if target.kind == "span":
        owned = [len(span_words(row, target)) for row in rows]
        if not max(owned):
            raise BadSpan(f"the model sees no token in the span [{target.start}, {target.end}); choose another one")
        place = int(np.argmax(owned))
        return place, payoff_of(model, target, rows[place], [])
    if len(rows) == 1:
        return 0, payoff_of(model, target, rows[0], [])
    everything = list(zip(rows, shown, strict=True))
    alone = [float(payoff_of(model, target, row, [])(scores)[0]) for row, scores in everything]
    place = int(np.argmax(alone))
    log.info("long text explained in one window label=%s windows=%d window=%d", target.label, len(rows), place)
    return place, payoff_of(model, target, rows[place], everything[:place] + everything[place + 1 :])


def _game(model: TokenModel, row: Encoding, decisions: Sequence[tuple[Target, Payoff]]) -> Game:
    present = np.unique(row.word_of[row.word_of >= 0])
    targets = tuple(target for target, _ in decisions)
    phrase_of = _phrases([row.words[word] for word in present], targets)
    count = int(phrase_of.max(initial=-1)) + 1
    members = [present[phrase_of == phrase] for phrase in range(count)]
    players = tuple((row.words[words[0]][0], row.words[words[-1]][1]) for words in members)
    player_of_word = np.full(len(row.words) + 1, -1, np.int32)
    player_of_word[present] = phrase_of
    return Game(model, row, players, player_of_word[row.word_of], targets, tuple(payoff for _, payoff in decisions))


def _phrases(words: Sequence[Offset], targets: Sequence[Target]) -> NDArray[np.int32]:
    """The player of each word: itself; beyond MOST_PLAYERS only for the words nearest to a span, runs for the rest."""
    count = len(words)
    if count <= MOST_PLAYERS:
        return np.arange(count, dtype=np.int32)
    starts, ends = np.asarray(words).T
    spans = [target for target in targets if target.kind == "span"]
    gaps = [np.maximum(np.maximum(span.start - ends, starts - span.end), 0) for span in spans]
    near = np.zeros(count, np.bool_)
    if gaps:
        near[np.argsort(np.min(gaps, axis=0), kind="stable")[: MOST_PLAYERS // 2]] = True
    length = -(-int((~near).sum()) // (MOST_PLAYERS - int(near.sum())))
    phrase_of, run = np.empty(count, np.int32), 0
    for word in range(count):
        run = 0 if near[word] or run == length or (word and near[word - 1]) else run
        phrase_of[word] = (phrase_of[word - 1] + (run == 0)) if word else 0
        run += 1
    return phrase_of
