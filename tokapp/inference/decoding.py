"""From class probabilities per word to spans: the most probable sequence in which spans begin and end properly.

Many documents are decoded at once: their words stand one after the other, `starts` [documents + 1] says where each
document's words begin, with the total at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tokapp.documents import Span

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
AnyFloat = TypeVar("AnyFloat", bound=np.floating)

_TINY = 1e-12
_FOLLOWERS = {"B": "I", "S": "E"}
"""What a class that begins a span becomes where the span has begun before."""


@dataclass(frozen=True, slots=True, eq=False)
class Tags:
    """Token classes read as tags: `label_of` [classes] is 0 for O, else 1 + index into `labels`.

    `begins` [classes] marks the B and S classes; `allowed` [classes, classes] which class may follow which, where O
    stands for the ends of a document, too; `member` float32 [classes, labels] sums class probabilities to those of
    labels.
    """

    labels: tuple[str, ...]
    label_of: Ints
    begins: NDArray[np.bool_]
    allowed: NDArray[np.bool_]
    member: Floats


@lru_cache(maxsize=64)
def read_classes(classes: tuple[str, ...]) -> Tags:
    """Tags of class names such as ("O", "B-feature", "I-feature").

    A label may have I alone (any run of it is a span), B and I, or B, I, E and S (the last word, and a single one).
    """
    if not classes or classes[0] != "O":
        raise ValueError(f"the first class must be O, got {classes}")
    labels = tuple(dict.fromkeys(name[2:] for name in classes[1:]))
    label_of = np.array([0, *(1 + labels.index(name[2:]) for name in classes[1:])])
    marks = np.array([name[0] for name in classes])
    begins = np.isin(marks, ("B", "S"))
    goes_on = np.array([name[0] == "E" or (name[0] == "I" and f"B-{name[2:]}" in classes) for name in classes])
    stays_open = np.array([name[0] in "BI" and f"E-{name[2:]}" in classes for name in classes])
    is_within = (label_of[:, None] == label_of[None, :]) & np.isin(marks, ("B", "I"))[:, None]
    allowed = np.where(goes_on[None, :], is_within, ~stays_open[:, None])
    member = (label_of[:, None] == np.arange(1, len(labels) + 1)[None, :]).astype(np.float32)
    return Tags(labels, label_of, begins, allowed, member)


def decode(
    probabilities: Floats,
    classes: tuple[str, ...],
    offsets: NDArray[np.int32],
    starts: Ints,
    *,
    thresholds: Mapping[str, float] | None = None,
    least_words: int = 1,
    origin: str = "",
) -> list[tuple[Span, ...]]:
    """Spans of every document in reading order, from `probabilities` [words, classes] and `offsets` [words, 2].

    The sequence of classes is the most probable one that `Tags.allowed` allows. A span's score is the mean
    probability of its label over its words. `thresholds` per label (0.5 where not named): the probability from which
    a word counts as inside when O is the only other class. Spans of fewer than `least_words` words are left out.
    """
    tags = read_classes(classes)
    path = best_path(_biased(probabilities, tags, thresholds or {}), tags, starts)
    first, last, label = _no_shorter(runs(path, tags, starts), least_words)
    sums = np.concatenate(
        [np.zeros((1, len(tags.labels))), np.cumsum(probabilities @ tags.member, axis=0, dtype=np.float64)]
    )
    scores = (sums[last + 1, label] - sums[first, label]) / (last + 1 - first)
    spans = [
        Span(start, end, tags.labels[kind], min(max(score, 0.0), 1.0), origin)
        for start, end, kind, score in zip(
            offsets[first, 0].tolist(), offsets[last, 1].tolist(), label.tolist(), scores.tolist(), strict=True
        )
    ]
    cuts = np.searchsorted(first, starts).tolist()
    return [tuple(spans[cuts[index] : cuts[index + 1]]) for index in range(len(starts) - 1)]


def _biased(probabilities: Floats, tags: Tags, thresholds: Mapping[str, float]) -> Floats:
    """Weigh label columns by (1 - t) / t, which moves the draw against O from 0.5 to t."""
    odds = np.array(
        [1.0, *((1 - thresholds.get(name, 0.5)) / thresholds.get(name, 0.5) for name in tags.labels)], np.float32
    )
    return probabilities if np.all(odds == 1.0) else probabilities * odds[tags.label_of]


def best_path(weights: Floats, tags: Tags, starts: Ints) -> Ints:
    """Class of every word: the likeliest allowed sequence of each document.

    Where the likeliest class of each word already makes an allowed sequence, it is the answer; only the other
    documents are searched (Viterbi).
    """
    path: Ints = weights.argmax(axis=1)
    if tags.allowed.all() or not len(path):
        return path
    before, is_last = np.concatenate([[0], path[:-1]]), np.zeros(len(path), np.bool_)
    before[starts[:-1][starts[:-1] < len(path)]] = 0
    is_last[starts[1:][starts[1:] > 0] - 1] = True
    wrong = np.flatnonzero(~tags.allowed[before, path] | (is_last & ~tags.allowed[path, 0]))
    for document in np.unique(np.searchsorted(starts, wrong, side="right") - 1).tolist():
        inside = slice(int(starts[document]), int(starts[document + 1]))
        path[inside] = _search(np.log(weights[inside] + _TINY), tags.allowed)
    return path


def _search(scores: Floats, allowed: NDArray[np.bool_]) -> Ints:
    blocked = np.where(allowed, 0.0, -np.inf)
    best = scores[0] + blocked[0]
    back = np.zeros(scores.shape, np.int64)
    for place in range(1, len(scores)):
        ways = best[:, None] + blocked
        back[place] = ways.argmax(axis=0)
        best = ways.max(axis=0) + scores[place]
    path = np.empty(len(scores), np.int64)
    path[-1] = (best + blocked[:, 0]).argmax()
    for place in range(len(scores) - 1, 0, -1):
        path[place - 1] = back[place, path[place]]
    return path


def runs(path: Ints, tags: Tags, starts: Ints) -> tuple[Ints, Ints, Ints]:
    """First word, last word and label index of every span in a sequence of classes."""
    label = tags.label_of[path]
    is_start = np.zeros(len(path) + 1, np.bool_)
    is_start[starts] = True
    before = np.concatenate([[0], label[:-1]]) if len(label) else label
    opens = (label > 0) & (tags.begins[path] | (label != before) | is_start[:-1])
    goes_on = np.concatenate([(label[1:] > 0) & ~opens[1:], [False]]) if len(label) else opens
    first, last = np.flatnonzero(opens), np.flatnonzero((label > 0) & ~goes_on)
    return first, last, label[first] - 1


def _no_shorter(found: tuple[Ints, Ints, Ints], least: int) -> tuple[Ints, Ints, Ints]:
    first, last, label = found
    stays = last + 1 - first >= least
    return first[stays], last[stays], label[stays]


def continue_spans(logits: NDArray[AnyFloat], classes: tuple[str, ...]) -> NDArray[AnyFloat]:
    """Logits [words, classes] of words inside another word's token, which cannot begin a span.

    B-x goes over to I-x, and S-x to E-x.
    """
    moved = logits.copy()
    for begin, inside in followers(classes):
        moved[:, inside] = np.logaddexp(logits[:, inside], logits[:, begin])
        moved[:, begin] = -np.inf
    return moved


def followers(classes: tuple[str, ...]) -> list[tuple[int, int]]:
    """The classes that begin a span, each with the one that it goes over to where the span has begun before."""
    names = ((begin, f"{_FOLLOWERS.get(name[0])}{name[1:]}") for begin, name in enumerate(classes))
    return [(begin, classes.index(follower)) for begin, follower in names if follower in classes]


def decode_evidence(
    shares: Floats,
    label: str,
    column: int,
    offsets: NDArray[np.int32],
    *,
    least: float,
    score: float,
    least_words: int = 1,
    origin: str = "",
) -> tuple[Span, ...]:
    """Runs of words whose evidence for a document label is at least `least` of the strongest word's.

    `shares` [words, labels] are evidence shares of one document; every span gets the document label's probability.
    """
    strongest = float(shares[:, column].max(initial=0.0))
    if strongest <= 0:
        return ()
    path = (shares[:, column] >= least * strongest).astype(np.int64)
    found = runs(path, read_classes(("O", f"I-{label}")), np.array([0, len(path)]))
    first, last, _ = _no_shorter(found, least_words)
    return tuple(
        Span(int(offsets[a, 0]), int(offsets[b, 1]), label, score, origin) for a, b in zip(first, last, strict=True)
    )


def flatten(counts: Sequence[int]) -> Ints:
    """`starts` of documents with so many words each."""
    return np.concatenate([[0], np.cumsum(np.asarray(counts, np.int64))]).astype(np.int64)
