"""Models with different tokenizers vote on characters.

Words belong to the text and not to a tokenizer, so they are the same for every member; a member reads a word off one of
its tokens (later tokens of a word are not trained to say anything), and what it says of the word it says of each of the
word's characters. Averaging characters and taking the mean of log q over a word's characters therefore gives the
average of the words, which is what is computed; `character_probabilities` shows the characters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tokapp.documents import Document, Prediction, Span, WordScores
from tokapp.inference.decoding import decode, flatten, read_classes
from tokapp.models.config import EnsembleConfig, Mean
from tokapp.models.ensemble import EnsembleModel, labels_of

Floats = NDArray[np.float64]

_TINY = 1e-12
_COARSER = ({"B": "B", "I": "I", "E": "I", "S": "B"}, dict.fromkeys("BIES", "I"))
"""What the marks of a finer scheme become in bio and in io."""


def projection(classes: tuple[str, ...], onto: tuple[str, ...]) -> Floats:
    """0/1 matrix [classes, onto] that sums the probabilities of classes to those of coarser ones."""
    matrix = np.zeros((len(classes), len(onto)))
    for row, name in enumerate(classes):
        matrix[row, onto.index(_coarsened(name, onto))] = 1.0
    return matrix


def _coarsened(name: str, onto: tuple[str, ...]) -> str:
    """What a class is where there are only those of `onto`: itself, or else one of the same label."""
    if name == "O":
        return name
    wanted = [f"{marks.get(name[0], name[0])}{name[1:]}" for marks in ({}, *_COARSER)]
    same = [one for one in onto[1:] if one[2:] == name[2:]]
    return next(one for one in (*wanted, *same) if one in onto)


def ballots(words: WordScores) -> Floats:
    """What a member says of every word [words, classes]; zeros for a word that its tokenizer gives no token for.

    Such a word is outside for certain where the member is alone. Among several it has no opinion.
    """
    probabilities = words.probabilities.astype(np.float64)
    return np.where((probabilities[:, 1:] > 0).any(axis=1, keepdims=True), probabilities, 0.0)


def align(
    votes: Sequence[Floats], members: Sequence[tuple[str, ...]], onto: tuple[str, ...], weights: Sequence[float]
) -> Floats:
    """As `align_tensors`, for arrays."""
    return align_tensors([torch.from_numpy(vote) for vote in votes], members, onto, weights).numpy()


def align_tensors(
    votes: Sequence[Tensor], members: Sequence[tuple[str, ...]], onto: tuple[str, ...], weights: Sequence[float]
) -> Tensor:
    """Ballots [..., own classes] of members with these classes as ones on the finest classes [members, ..., onto].

    A member that cannot tell some of them apart, as B-x from S-x, splits what it says of them together as those who can
    do on average, evenly where nobody has an opinion: how probable a label is stays each member's own saying.
    """
    if all(classes == onto for classes in members):
        return torch.stack(list(votes))
    held_by = [torch.from_numpy(projection(onto, classes)) for classes in members]
    held = [vote @ holds.T for vote, holds in zip(votes, held_by, strict=True)]
    known = [(holds @ holds.sum(dim=0)) == 1 for holds in held_by]
    parts = zip(weights, known, held, strict=True)
    example = torch.stack([weight * (knows * one) for weight, knows, one in parts]).sum(dim=0)
    return torch.stack([one * _split(example, holds) for one, holds in zip(held, held_by, strict=True)])


def _split(example: Tensor, holds: Tensor) -> Tensor:
    """How each coarse class is split [..., fine classes] by an example over the fine ones; `holds` [fine, coarse]."""
    total, even = example @ holds @ holds.T, 1 / (holds @ holds.sum(dim=0))
    return torch.where(total > _TINY, example / total.clamp(min=_TINY), even)


def combine(votes: Floats, weights: Sequence[float], mean: Mean, *, temperature: float = 1.0) -> Floats:
    """As `combine_tensors`, for arrays."""
    return combine_tensors(torch.from_numpy(votes), weights, mean, temperature=temperature).numpy()


def combine_tensors(votes: Tensor, weights: Sequence[float], mean: Mean, *, temperature: float = 1.0) -> Tensor:
    """Distributions [..., classes] from those of the members [members, ..., classes].

    q = sum_m w_m q_m ("arithmetic"), or prod_m q_m^w_m over its sum ("geometric"). A member whose row is all zeros
    abstains there, and the others' weights count for it; where all abstain, the first class (O) is certain.
    """
    share = votes.new_tensor(list(weights)).reshape(-1, *[1] * (votes.ndim - 2)) * (votes != 0).any(dim=-1)
    total = share.sum(dim=0)
    share = (share / torch.where(total > 0, total, 1.0))[..., None]
    if mean == "arithmetic":
        mixed = (share * votes).sum(dim=0)
    else:
        mixed = torch.softmax((share * votes.clamp(min=_TINY).log()).sum(dim=0), dim=-1)
    if temperature != 1.0:
        mixed = torch.softmax(mixed.clamp(min=_TINY).log() / temperature, dim=-1)
    certain = torch.eye(1, votes.shape[-1], dtype=votes.dtype)[0]
    return torch.where(total[..., None] > 0, mixed, certain)


def divergence(votes: Floats, weights: Sequence[float]) -> Floats:
    """How far members are apart at every word [words], from `votes` [members, words, labels]: 0 equal, 1 disjoint.

    The Jensen-Shannon divergence of several distributions (Lin 1991, section V), H(sum_m w_m q_m) - sum_m w_m H(q_m),
    as a share of the highest one possible, the entropy of the weights. Members that abstain do not count.
    """
    share = np.asarray(weights)[:, None] * votes.any(axis=-1)
    share = share / np.where(share.sum(axis=0) > 0, share.sum(axis=0), 1.0)
    apart = _entropy((share[..., None] * votes).sum(axis=0)) - (share * _entropy(votes)).sum(axis=0)
    highest = _entropy(share.T)
    part: Floats = np.divide(apart, highest, out=np.zeros_like(apart), where=highest > 1e-9)
    return np.clip(part, 0.0, 1.0)


def _entropy(probabilities: Floats) -> Floats:
    logs = np.log(probabilities, out=np.zeros_like(probabilities), where=probabilities > 0)
    entropy: Floats = -(probabilities * logs).sum(axis=-1)
    return entropy


def character_probabilities(words: WordScores, length: int) -> tuple[tuple[str, ...], Floats]:
    """Label names ("O" first) and their probabilities at every character of a text [length, labels].

    Marks (B, I, E, S) are summed. White space has the mean of its neighbours, which counts only inside of a span; what
    lies before the first word or behind the last has its one neighbour's, and in a text without words O is certain.
    """
    tags = read_classes(words.classes)
    inside = words.probabilities.astype(np.float64) @ tags.member
    values = np.concatenate([words.probabilities[:, :1].astype(np.float64), inside], axis=1)
    if not len(values):
        values, word_at = np.eye(1, len(tags.labels) + 1), np.zeros((2, length), np.int64)
    else:
        word_at = _neighbours(words.offsets, length)
    return ("O", *tags.labels), (values[word_at[0]] + values[word_at[1]]) / 2


def _neighbours(offsets: NDArray[np.int32], length: int) -> NDArray[np.int64]:
    """The words before and after every character [2, length], which inside of a word are this word."""
    places = np.arange(length)
    before = np.searchsorted(offsets[:, 0], places, side="right") - 1
    after = np.searchsorted(offsets[:, 1], places, side="right")
    return np.clip(np.stack([before, after]), 0, len(offsets) - 1)


def agreement(span: Span, members: Sequence[Sequence[Span]]) -> float:
    """The share of a span's characters that a member's own spans of its label cover, averaged over the members."""
    covered = [
        sum(max(0, min(span.end, one.end) - max(span.start, one.start)) for one in own if one.label == span.label)
        for own in members
    ]
    return min(sum(covered) / (len(members) * (span.end - span.start)), 1.0)


def vote_on_words(members: Sequence[WordScores], config: EnsembleConfig) -> WordScores:
    """The combined scores of words, with the members' disagreement, from what each member says of the same words."""
    own = [ballots(words) for words in members]
    votes = align(own, [words.classes for words in members], config.classes, config.weights)
    heat = config.calibration.temperature
    mixed = combine(votes, config.weights, config.mean, temperature=heat)
    kinds = ("O", *(f"I-{name}" for name in labels_of(config.classes)))
    apart = divergence(votes @ projection(config.classes, kinds), config.weights)
    return WordScores(members[0].offsets, mixed.astype(np.float32), config.classes, apart.astype(np.float32))


def vote(
    model: EnsembleModel, documents: Sequence[Document], members: Sequence[Sequence[Prediction]]
) -> list[Prediction]:
    """Predictions of an ensemble, in the order of the documents, from those of its members [members][documents].

    Spans are decoded as those of any model, from the combined probabilities of the words.
    """
    voted = vote_on_words([joined_words(own) for own in members], model.config)
    starts = flatten([len(words_of(one).offsets) for one in members[0]])
    found = decode(
        voted.probabilities,
        voted.classes,
        voted.offsets,
        starts,
        thresholds=model.config.calibration.thresholds,
        least_words=model.config.calibration.least_words,
        origin=f"model:{model.name}",
    )
    return [
        Prediction(
            document.id,
            model.name,
            tuple(replace(span, agreement=agreement(span, [one.spans for one in own])) for span in spans),
            _part(voted, slice(int(starts[index]), int(starts[index + 1]))),
            _document_scores(model.config, [one.document_scores for one in own]),
        )
        for index, (document, own, spans) in enumerate(
            zip(documents, zip(*members, strict=True), found, strict=True)
        )
    ]


def joined_words(predictions: Sequence[Prediction]) -> WordScores:
    """The words of several predictions of one model, one after the other."""
    words = [words_of(one) for one in predictions]
    offsets, probabilities = ([getattr(one, name) for one in words] for name in ("offsets", "probabilities"))
    return WordScores(np.concatenate(offsets), np.concatenate(probabilities), words[0].classes)


def words_of(prediction: Prediction) -> WordScores:
    """The words behind a prediction."""
    if prediction.words is None:
        raise ValueError(f"the prediction for {prediction.document_id} came without its words")
    return prediction.words


def _part(words: WordScores, inside: slice) -> WordScores:
    apart = None if words.disagreement is None else words.disagreement[inside]
    return WordScores(words.offsets[inside], words.probabilities[inside], words.classes, apart)


def _document_scores(config: EnsembleConfig, members: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The weighted mean of the members' probabilities of document labels."""
    return {
        label: sum(weight * scores[label] for weight, scores in zip(config.weights, members, strict=True))
        for label in config.labels
    }
