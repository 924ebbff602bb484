"""The game of several models that vote: a hidden word is hidden in every member's own tokens at once.

Words are ranges of the text and so the same players for all members. What a coalition is worth is the log-odds of the
combined vote, and not a mean of the members' log-odds: it is the ensemble's decision that is explained.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tokapp.documents import Offset, Target
from tokapp.errors import BadSpan
from tokapp.explanations.game import Ask, Seat, View, masked_scores, seat_players, views_of, words_seen
from tokapp.explanations.payoffs import LIMIT, Payoff, Scores, log_odds, span_words
from tokapp.inference.decoding import continue_spans
from tokapp.inference.gathering import inside_odds
from tokapp.inference.voting import align, combine
from tokapp.models.encoding import Encoding
from tokapp.models.ensemble import EnsembleModel
from tokapp.models.token_model import TokenModel

Floats = NDArray[np.float64]
Words = NDArray[np.intp]
Ballot: TypeAlias = Callable[[Sequence[Scores]], Floats]
"""What a member says about a target in masked rows: probabilities of its own classes at a span's words [rows, words,
classes] (zeros where it abstains), or the probability of a document label [rows]."""


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """A member in the window of its own tokens, with a ballot for each target."""

    model: TokenModel
    views: tuple[View, ...]
    ballots: tuple[Ballot, ...]

    def cast(self, shown: NDArray[np.bool_], report: Callable[[int], None], ask: Ask) -> list[Floats]:
        """Its ballots for coalitions [rows, players], target by target; `report` gets the rows done so far."""
        parts: list[list[Floats]] = [[] for _ in self.ballots]
        for some, scores in ask(self.model, self.views, shown):
            for part, ballot in zip(parts, self.ballots, strict=True):
                part.append(ballot(scores))
            report(some.stop)
        return [np.concatenate(part) for part in parts]


@dataclass(frozen=True, slots=True, eq=False)
class JointGame:
    """A game of all members together; `players` are words that at least one of them has a token for."""

    model: EnsembleModel
    sides: tuple[Side, ...]
    players: tuple[Offset, ...]
    targets: tuple[Target, ...]

    def evaluate(
        self, shown: NDArray[np.bool_], *, progress: Callable[[int], None] | None = None, ask: Ask | None = None
    ) -> Floats:
        """Payoffs [rows, targets] of coalitions `shown` bool [rows, players]; `progress` gets the rows done so far."""
        cast = []
        for turn, side in enumerate(self.sides):

            def report(done: int, before: int = turn * len(shown)) -> None:
                if progress is not None:
                    progress((before + done) // len(self.sides))

            cast.append(side.cast(shown, report, ask or masked_scores))
        pairs = zip(self.targets, zip(*cast, strict=True), strict=True)
        payoffs = [_payoff(self.model, target, votes) for target, votes in pairs]
        return np.stack(payoffs, axis=1)


def joint_games_of(model: EnsembleModel, seats: Sequence[Seat], targets: Sequence[Target]) -> list[JointGame]:
    """One game for all targets that every member, from its own seat, decides about in the same window.

    Members with windows of different lengths each take part with the one that decides for them, as if they were alone.
    Raises BadSpan for a span in which no member sees a token.
    """
    groups: dict[tuple[int, ...], list[Target]] = {}
    for target in targets:
        if not any(_sees(seat, target) for seat in seats):
            raise BadSpan(f"no member sees a token in the span [{target.start}, {target.end}); choose another one")
        groups.setdefault(tuple(_place(seat, target) for seat in seats), []).append(target)
    return [_game(model, seats, places, groups[places]) for places in sorted(groups)]


def _sees(seat: Seat, target: Target) -> bool:
    """Whether a member has an opinion about a target."""
    return target.kind == "document" or any(len(span_words(window[0], target)) for window in seat.windows)


def _place(seat: Seat, target: Target) -> int:
    """The window in which a member decides; the first one if it abstains."""
    return seat.place(target)[0] if _sees(seat, target) else 0


def _game(
    model: EnsembleModel, seats: Sequence[Seat], places: Sequence[int], targets: Sequence[Target]
) -> JointGame:
    windows = [seat.windows[place] for seat, place in zip(seats, places, strict=True)]
    present = reduce(np.union1d, [words_seen(window[0]) for window in windows])
    players, player_of = seat_players(windows[0][0].words, present, targets)
    voted = {target: _words_voted_on(windows, target) for target in targets if target.kind == "span"}
    sides = []
    for seat, window in zip(seats, windows, strict=True):
        ballots = (
            _span_ballot(seat.model, target, window, voted[target])
            if target in voted
            else _document_ballot(seat.place(target)[1])
            for target in targets
        )
        sides.append(Side(seat.model, views_of(window, player_of), tuple(ballots)))
    return JointGame(model, tuple(sides), players, tuple(targets))


def _words_voted_on(windows: Sequence[Sequence[Encoding]], target: Target) -> Words:
    """The words of a span that at least one member has an opinion about."""
    return reduce(np.union1d, [span_words(window[0], target) for window in windows])


def _document_ballot(payoff: Payoff) -> Ballot:
    return lambda scores: 1 / (1 + np.exp(-payoff(scores)))


def _span_ballot(member: TokenModel, target: Target, window: Sequence[Encoding], words: Words) -> Ballot:
    is_mine = np.isin(words, span_words(window[0], target))
    mine = words[is_mine]

    def ballot(scores: Sequence[Scores]) -> Floats:
        logits = [_word_logits(member, row, one, mine) for row, one in zip(window, scores, strict=True)]
        votes = np.zeros((logits[0].shape[0], len(words), len(member.classes)))
        votes[:, is_mine] = _softmax(_deciding(member, np.stack(logits)))
        return votes

    return ballot


def _word_logits(member: TokenModel, row: Encoding, scores: Scores, words: Words) -> Floats:
    """Logits of words [rows, words, classes] as predictions have them; words inside a token do not begin a span."""
    assert scores.tokens is not None  # only models with token classes vote
    logits = scores.tokens[:, row.word_index[words]] / member.config.calibration.temperature
    owned = np.flatnonzero(row.word_index >= 0)
    shared = owned[np.diff(row.word_index[owned], prepend=-1) == 0]
    is_shared = np.isin(words, shared)
    if is_shared.any():
        inside = logits[:, is_shared]
        moved = continue_spans(inside.reshape(-1, inside.shape[-1]), member.classes)
        logits[:, is_shared] = moved.reshape(inside.shape)
    return logits


def _deciding(member: TokenModel, logits: Floats) -> Floats:
    """Of the logits of a window's rows [chunks, rows, words, classes] those that the member's reducer is about."""
    odds: Floats = inside_odds(logits.reshape(-1, logits.shape[-1])).reshape(logits.shape[:-1])
    decides = odds.argmax(axis=0) if member.config.shape.reducer == "max" else odds.argmin(axis=0)
    found: Floats = np.take_along_axis(logits, decides[None, ..., None], axis=0)[0]
    return found


def _softmax(logits: Floats) -> Floats:
    powers: Floats = np.exp(logits - logits.max(axis=-1, keepdims=True))
    powers /= powers.sum(axis=-1, keepdims=True)
    return powers


def _payoff(model: EnsembleModel, target: Target, votes: Sequence[Floats]) -> Floats:
    """Log-odds of the combined vote [rows]: of a document label, or on average over a span's words of its label."""
    config = model.config
    if target.kind == "document":
        probable = np.asarray(config.weights) @ np.stack(votes)
        with np.errstate(divide="ignore"):
            odds: Floats = np.clip(np.log(probable) - np.log1p(-probable), -LIMIT, LIMIT)
        return odds
    heat = config.calibration.temperature
    aligned = align(votes, [member.classes for member in model.members], config.classes, config.weights)
    mixed = combine(aligned, config.weights, config.mean, temperature=heat)
    columns = [index for index, name in enumerate(config.classes) if name[2:] == target.label]
    with np.errstate(divide="ignore"):
        mean: Floats = log_odds(np.log(mixed), columns).mean(axis=1)
    return mean
