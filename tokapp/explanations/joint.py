"""The game of several models that vote: a hidden word is hidden in every member's own tokens at once.

Words are ranges of the text and so the same players for all members. What a coalition is worth is the log-odds of the
combined vote, and not a mean of the members' log-odds: it is the ensemble's decision that is explained.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tokapp.documents import Offset, Target
from tokapp.explanations.decisions import LIMIT, decide
from tokapp.explanations.game import Ask, Seat, Table, mask_id, masked_scores, unseen
from tokapp.explanations.gradients import Leg, integrate
from tokapp.explanations.payoffs import Payoff, Scores, word_logits
from tokapp.explanations.targets import asked_words
from tokapp.explanations.views import View
from tokapp.inference.voting import align_tensors, combine_tensors
from tokapp.models.encoding import Encoding
from tokapp.models.ensemble import EnsembleModel
from tokapp.models.token_model import TokenModel

Floats = NDArray[np.float64]
Words = NDArray[np.intp]
Ballot: TypeAlias = Callable[[Sequence[Scores]], Tensor]
"""What a member says about a target in masked rows: probabilities of its own classes at a span's words [rows, words,
classes] (zeros where it abstains), or those of a document label and the one that it stands against [rows, labels]."""

_TINY = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """A member in the window of its own tokens, with a ballot for each target."""

    model: TokenModel
    views: tuple[View, ...]
    ballots: tuple[Ballot, ...]

    def cast(self, shown: NDArray[np.bool_], report: Callable[[int], None], ask: Ask) -> list[Tensor]:
        """Its ballots for coalitions [rows, players], target by target; `report` gets the rows done so far."""
        parts: list[list[Tensor]] = [[] for _ in self.ballots]
        for some, scores in ask(self.model, self.views, shown):
            for part, votes in zip(parts, self.vote(scores), strict=True):
                part.append(votes)
            report(some.stop)
        return [torch.cat(part) for part in parts]

    def vote(self, scores: Sequence[Scores]) -> list[Tensor]:
        """Its ballots for rows of which it has the scores."""
        return [ballot(scores) for ballot in self.ballots]


@dataclass(frozen=True, slots=True, eq=False)
class JointGame:
    """A game of all members together; `players` are words that at least one of them has a token for."""

    model: EnsembleModel
    sides: tuple[Side, ...]
    players: tuple[Offset, ...]
    targets: tuple[Target, ...]
    parts: tuple[int, ...] = ()

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
        return self._joined(cast).numpy()

    def worth(self, scores: Sequence[Scores]) -> Tensor:
        """Payoffs [rows, targets] of the scores of every side's views."""
        sizes = [len(side.views) for side in self.sides]
        stops = np.cumsum(sizes).tolist()
        own = [scores[stop - size : stop] for size, stop in zip(sizes, stops, strict=True)]
        return self._joined([side.vote(some) for side, some in zip(self.sides, own, strict=True)])

    def integrate(self, steps: int, *, progress: Callable[[int], None] | None = None) -> Floats:
        """Integrated gradients [players, targets] of the combined vote, along all members' embeddings at once."""
        legs = [Leg(side.model, view, mask_id(side.model)) for side in self.sides for view in side.views]
        sizes = {"players": len(self.players), "targets": len(self.targets)}
        return integrate(legs, self.worth, **sizes, steps=steps, progress=progress)

    def _joined(self, cast: Sequence[Sequence[Tensor]]) -> Tensor:
        pairs = zip(self.targets, zip(*cast, strict=True), strict=True)
        return torch.stack([_payoff(self.model, target, votes) for target, votes in pairs], dim=1)


def joint_games_of(model: EnsembleModel, seats: Sequence[Seat], targets: Sequence[Target]) -> list[JointGame]:
    """One game for all targets that every member, from its own seat, decides about in the same window.

    Members with windows of different lengths each take part with the one that decides for them, as if they were alone.
    Raises BadSpan for a span in which no member sees a token.
    """
    groups: dict[tuple[str, tuple[int, ...]], list[Target]] = {}
    for target in targets:
        if not any(_sees(seat, target) for seat in seats):
            raise unseen(target, "no member of the ensemble")
        groups.setdefault((target.over, tuple(_place(seat, target) for seat in seats)), []).append(target)
    return [_game(model, seats, places, groups[over, places]) for over, places in sorted(groups)]


def _sees(seat: Seat, target: Target) -> bool:
    """Whether a member has an opinion about a target."""
    return not target.has_place or any(len(asked_words(window[0], target)) for window in seat.windows)


def _place(seat: Seat, target: Target) -> int:
    """The window in which a member decides; the first one if it abstains."""
    return seat.place(target) if _sees(seat, target) else 0


def _game(
    model: EnsembleModel, seats: Sequence[Seat], places: Sequence[int], targets: Sequence[Target]
) -> JointGame:
    windows = [seat.window(place) for seat, place in zip(seats, places, strict=True)]
    table = Table.lay(seats, places, targets)
    voted = {target: _words_voted_on(windows, target) for target in targets if target.has_place}
    sides = []
    for seat, place, window in zip(seats, places, windows, strict=True):
        ballots = (
            _word_ballot(seat.model, target, window, voted[target])
            if target in voted
            else _document_ballot([seat.payoff(one, place) for one in _sides(target)])
            for target in targets
        )
        sides.append(Side(seat.model, table.views(seat, place), tuple(ballots)))
    return JointGame(model, tuple(sides), table.players, tuple(targets), table.parts)


def _sides(target: Target) -> list[Target]:
    """A decision for a document label, and if it stands against another one also for that."""
    sides = [target.label, target.against] if target.against else [target.label]
    return [replace(target, label=label, against="") for label in sides]


def _words_voted_on(windows: Sequence[Sequence[Encoding]], target: Target) -> Words:
    """The words that a target is read off and at least one member has an opinion about."""
    asked = np.concatenate([asked_words(window[0], target) for window in windows])
    return np.array(list(dict.fromkeys(asked.tolist())), np.intp)


def _document_ballot(payoffs: Sequence[Payoff]) -> Ballot:
    return lambda scores: torch.stack([payoff(scores) for payoff in payoffs], dim=1).sigmoid()


def _word_ballot(member: TokenModel, target: Target, window: Sequence[Encoding], words: Words) -> Ballot:
    is_mine = np.isin(words, asked_words(window[0], target))
    read, places = word_logits(member.config, window, words[is_mine]), torch.from_numpy(np.flatnonzero(is_mine))

    def ballot(scores: Sequence[Scores]) -> Tensor:
        votes = torch.softmax(read(scores), dim=-1)
        return votes.new_zeros(len(votes), len(words), votes.shape[-1]).index_copy(1, places, votes)

    return ballot


def _payoff(model: EnsembleModel, target: Target, votes: Sequence[Tensor]) -> Tensor:
    """Log-odds of the combined vote [rows]: of a document label, or of what is decided at words."""
    config = model.config
    if not target.has_place:
        probable = torch.einsum("m,mrl->rl", votes[0].new_tensor(config.weights), torch.stack(list(votes)))
        against = probable[:, 1] if target.against else 1 - probable[:, 0]
        return (probable[:, 0].log() - against.log()).clamp(-LIMIT, LIMIT)
    aligned = align_tensors(votes, [member.classes for member in model.members], config.classes, config.weights)
    mixed = combine_tensors(aligned, config.weights, config.mean, temperature=config.calibration.temperature)
    return decide(target, config.classes, mixed.clamp(min=_TINY).log())
