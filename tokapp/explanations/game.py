"""The game behind an explanation: words are players, and what is shown of them is worth something for a decision."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tokapp.documents import Document, Offset, Players, Target
from tokapp.errors import BadSpan
from tokapp.explanations.gradients import Leg, integrate
from tokapp.explanations.payoffs import Payoff, Scores, payoff_of, read_scores
from tokapp.explanations.sources import pieces_of, seat_phrases, source_views, source_words, sources_seen
from tokapp.explanations.targets import asked_words
from tokapp.explanations.views import View
from tokapp.models.device import batch_tokens
from tokapp.models.encoding import Encoding

if TYPE_CHECKING:
    from tokapp.models.token_model import TokenModel

Floats = NDArray[np.float64]
log = logging.getLogger(__name__)

MOST_PLAYERS = 128
"""Above this many words, words far from every explained span are hidden together, as phrases."""

EVERYWHERE = -1
"""As a window: all of them, where what is hidden stands beside each."""


class Ask(Protocol):
    """Some coalitions after others [rows, players], each with the scores of every view."""

    def __call__(
        self, model: TokenModel, views: Sequence[View], shown: NDArray[np.bool_]
    ) -> Iterator[tuple[slice, list[Scores]]]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Game:
    """One window of a document with its players and the payoffs of its targets.

    `views` are its rows: one, or one per chunk of the passages beside an answer, in all of which a word hides at once.
    `players` are character ranges in reading order: words, or phrases where the window has more than MOST_PLAYERS. They
    lie in the text, or where there are `parts` in the question (0) and the passages of these numbers.
    """

    model: TokenModel
    views: tuple[View, ...]
    players: tuple[Offset, ...]
    targets: tuple[Target, ...]
    payoffs: tuple[Payoff, ...]
    parts: tuple[int, ...] = ()

    def evaluate(
        self, shown: NDArray[np.bool_], *, progress: Callable[[int], None] | None = None, ask: Ask | None = None
    ) -> Floats:
        """Payoffs [rows, targets] of coalitions `shown` bool [rows, players]; `progress` gets the rows done so far."""
        payoffs = np.empty((len(shown), len(self.payoffs)))
        for some, scores in (ask or masked_scores)(self.model, self.views, shown):
            payoffs[some] = self.worth(scores).numpy()
            if progress is not None:
                progress(some.stop)
        return payoffs


    def worth(self, scores: Sequence[Scores]) -> Tensor:
        """Payoffs [rows, targets] of the scores of every view."""
        return torch.stack([payoff(scores) for payoff in self.payoffs], dim=1)

    def integrate(self, steps: int, *, progress: Callable[[int], None] | None = None) -> Floats:
        """Integrated gradients [players, targets], by so many steps a target; see `tokapp.explanations.gradients`."""
        legs = [Leg(self.model, view, mask_id(self.model)) for view in self.views]
        sizes = {"players": len(self.players), "targets": len(self.targets)}
        return integrate(legs, self.worth, **sizes, steps=steps, progress=progress)


def masked_scores(
    model: TokenModel, views: Sequence[View], shown: NDArray[np.bool_]
) -> Iterator[tuple[slice, list[Scores]]]:
    """What `Ask` says, by forward passes."""
    mask, step = mask_id(model), max(batch_tokens(model.device) // max(len(view.row) for view in views), 1)
    for start in range(0, len(shown), step):
        some = slice(start, min(start + step, len(shown)))
        yield some, [read_scores(model.forward(view.masked(shown[some], mask=mask))) for view in views]


def mask_id(model: TokenModel) -> int:
    """The token that stands for a hidden one: mask, else unknown, else padding (which stays visible to attention)."""
    tokenizer = model.tokenizer
    for token in (tokenizer.mask_token_id, tokenizer.unk_token_id, tokenizer.pad_token_id):
        if token is not None:
            return int(token)
    return 0


@dataclass(frozen=True, slots=True, eq=False)
class Seat:
    """A model with a document's windows, and their scores while everything is shown where there are several."""

    model: TokenModel
    document: Document
    windows: list[list[Encoding]]
    shown: list[list[Scores]]
    cuts: dict[Offset, Encoding] = field(default_factory=dict)
    """Conversations up to a token, by the token's place: made once, since rows are known by who they are."""

    @classmethod
    def take(cls, model: TokenModel, document: Document) -> Seat:
        windows = windows_of(model.encode([document]))
        return cls(model, document, windows, [shown_scores(model, one) for one in windows] if len(windows) > 1 else [])

    def place(self, target: Target) -> int:
        """The window in which it decides about a target; raises BadSpan where it sees nothing of it."""
        if target.has_place:
            owned = [len(asked_words(window[0], target)) for window in self.windows]
            if not max(owned):
                raise unseen(target, "the model")
            return int(np.argmax(owned))
        if target.over == "sources":
            return EVERYWHERE
        if len(self.windows) == 1:
            return 0
        pairs = zip(self.windows, self.shown, strict=True)
        alone = [float(payoff_of(self.model, target, window, [])(scores)[0]) for window, scores in pairs]
        place = int(np.argmax(alone))
        log.info("long text in one window label=%s windows=%d window=%d", target.label, len(self.windows), place)
        return place

    def window(self, place: int) -> list[Encoding]:
        """The rows of a window."""
        return [row for window in self.windows for row in window] if place == EVERYWHERE else self.windows[place]

    def payoff(self, target: Target, place: int) -> Payoff:
        """What the rows of a window are worth for a target, with those of the others as they are when shown."""
        is_alone = target.has_place or place == EVERYWHERE
        pairs = [] if is_alone else [*zip(self.windows, self.shown, strict=False)]
        others = [row for pair in pairs[:place] + pairs[place + 1 :] for row in zip(*pair, strict=True)]
        return payoff_of(self.model, target, self.window(place), others)


def games_of(seat: Seat, targets: Sequence[Target]) -> list[Game]:
    """One game per window that decides about some of the targets, in the order of the windows.

    A text within the model's length is one window, and one game serves all targets. In a longer one a span is explained
    in the window that owns most of it, a document label in the window that speaks loudest for it, the others shown.
    """
    by_window: dict[tuple[str, int], list[Target]] = {}
    for target in targets:
        by_window.setdefault((target.over, seat.place(target)), []).append(target)
    return [_game(seat, place, by_window[over, place]) for over, place in sorted(by_window)]


def windows_of(rows: Sequence[Encoding]) -> list[list[Encoding]]:
    """The rows of a document by the words that they own."""
    starts = [place for place, row in enumerate(rows) if not row.chunk]
    return [list(rows[start:stop]) for start, stop in pairwise([*starts, len(rows)])]


def shown_scores(model: TokenModel, window: Sequence[Encoding]) -> list[Scores]:
    return [read_scores(model.forward(model.collate([row]))) for row in window]


def unseen(target: Target, who: str) -> BadSpan:
    """The error for a target that is read off words without a token in any window."""
    where = "in" if target.kind == "span" else "on both sides of an edge of"
    return BadSpan(f"{who} sees no token {where} the span [{target.start}, {target.end}); choose another one")


def _game(seat: Seat, place: int, targets: Sequence[Target]) -> Game:
    table = Table.lay([seat], [place], targets)
    payoffs = tuple(seat.payoff(target, place) for target in targets)
    return Game(seat.model, table.views(seat, place), table.players, tuple(targets), payoffs, table.parts)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The players of a game, in which `parts` they lie if not in the text, and the player of each word, -1 for none."""

    players: tuple[Offset, ...]
    parts: tuple[int, ...]
    player_of: NDArray[np.int32]
    over: Players

    @classmethod
    def lay(cls, seats: Sequence[Seat], places: Sequence[int], targets: Sequence[Target]) -> Table:
        """The players for targets over the same words: what somebody has a token for in a window of its own."""
        windows = [seat.window(place) for seat, place in zip(seats, places, strict=True)]
        document, over = seats[0].document, targets[0].over
        if over == "sources":
            present = reduce(np.union1d, [sources_seen(document, window) for window in windows])
            words = source_words(document)
            return cls(*seat_phrases(pieces_of(document), words, present, most=MOST_PLAYERS), over)
        present = reduce(np.union1d, [words_seen(window[0]) for window in windows])
        players, player_of = seat_players(windows[0][0].words, present, targets)
        return cls(players, (), player_of, over)

    def views(self, seat: Seat, place: int) -> tuple[View, ...]:
        """The rows of a seat's window with the players of their tokens."""
        window = seat.window(place)
        if self.over == "sources":
            return source_views(seat.document, window, self.player_of, seat.model.encoder.word_features)
        return tuple(View(row, self.player_of[row.word_of]) for row in window)


def words_seen(row: Encoding) -> NDArray[np.int32]:
    """The words that have a token in a row, in reading order."""
    seen: NDArray[np.int32] = np.unique(row.word_of[row.word_of >= 0])
    return seen


def seat_players(
    words: Sequence[Offset], present: NDArray[np.int32], targets: Sequence[Target]
) -> tuple[tuple[Offset, ...], NDArray[np.int32]]:
    """The players among the words that are present, and the player of each word [words + 1], the last one being -1."""
    phrase_of = _phrases([words[word] for word in present], targets)
    count = int(phrase_of.max(initial=-1)) + 1
    members = [present[phrase_of == phrase] for phrase in range(count)]
    players = tuple((words[some[0]][0], words[some[-1]][1]) for some in members)
    player_of = np.full(len(words) + 1, -1, np.int32)
    player_of[present] = phrase_of
    return players, player_of


def _phrases(words: Sequence[Offset], targets: Sequence[Target]) -> NDArray[np.int32]:
    """The player of each word: itself; beyond MOST_PLAYERS only for the words nearest to a span, runs for the rest."""
    count = len(words)
    if count <= MOST_PLAYERS:
        return np.arange(count, dtype=np.int32)
    starts, ends = np.asarray(words).T
    spans = [target for target in targets if target.has_place]
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
