"""Metrics over tag sequences as T-FREX and seqeval define them, to compare with published figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tokapp.documents import Span
from tokapp.evaluation.spans import Counts, Scores, exact_scores
from tokapp.words import split_words

TRAPS = (
    'Published tables call seqeval\'s count of whole spans "token level"; it is the exact figure here.',
    "Feature level: a feature that is one word too long costs two false positives and one false negative.",
    "Feature level: of two right features that touch, only the last one counts.",
)


def spans_of_tags(tags: Sequence[str]) -> tuple[Span, ...]:
    """Spans over token positions in lenient IOB2: a stray I, or an I of another label, opens one (as in seqeval)."""
    spans, start = [], 0
    for place in range(len(tags) + 1):
        tag = tags[place] if place < len(tags) else "O"
        before = tags[place - 1] if place else "O"
        if before != "O" and not (tag[0] == "I" and tag[1:] == before[1:].replace("B-", "I-", 1)):
            spans.append(Span(start, place, before[2:] or "entity"))
        if tag != "O" and (tag[0] == "B" or before == "O" or tag[1:] != before[1:]):
            start = place
    return tuple(spans)


def entity_scores(predicted: Sequence[Sequence[str]], gold: Sequence[Sequence[str]]) -> Scores:
    """Exact entity match over tag sequences in lenient IOB2 (T-FREX calls this "token level")."""
    pairs = zip(gold, predicted, strict=True)
    return exact_scores([(spans_of_tags(truth), spans_of_tags(guess)) for truth, guess in pairs])


def token_scores(predicted: Sequence[Sequence[str]], gold: Sequence[Sequence[str]]) -> Scores:
    """Precision, recall, F1 of tags other than O, token by token."""
    right = said = there = 0
    for guess, truth in zip(predicted, gold, strict=True):
        right += sum(a == b != "O" for a, b in zip(guess, truth, strict=True))
        said += sum(tag != "O" for tag in guess)
        there += sum(tag != "O" for tag in truth)
    return Counts(right, said, right, there).scores


def feature_counts(predicted: Sequence[str], gold: Sequence[str]) -> tuple[int, int, int]:
    """True positives, false positives and false negatives of T-FREX's hand-written "feature level" counter.

    Kept as published, with its quirks (a feature that is one word too long counts as two false positives, and of two
    that touch only the last can be right), for comparison with the paper's tables only. Tags are "B", "I", "O".
    """
    right, false = _prediction_pass(predicted, gold)
    return right, false, _gold_pass(predicted, gold)


def feature_scores(documents: Iterable[tuple[str, Sequence[Span], Sequence[Span]]]) -> Scores:
    """Precision, recall, F1 of `feature_counts` over (text, gold spans, predicted spans), labels put aside."""
    right = false = missed = 0
    for text, gold, predicted in documents:
        counts = feature_counts(tags_of(text, predicted), tags_of(text, gold))
        right, false, missed = right + counts[0], false + counts[1], missed + counts[2]
    return Counts(right, right + false, right, right + missed).scores


def tags_of(text: str, spans: Sequence[Span]) -> list[str]:
    """B, I or O for every word of a text; where spans overlap the one that begins first holds its words."""
    words = split_words(text)
    tags = ["O"] * len(words)
    for span in sorted(spans):
        inside = [at for at, (start, end) in enumerate(words) if start < span.end and span.start < end]
        free = [at for at in inside if tags[at] == "O"]
        for place, at in enumerate(free):
            tags[at] = "I" if place else "B"
    return tags


def _prediction_pass(predicted: Sequence[str], gold: Sequence[str]) -> tuple[int, int]:
    right = false = 0
    is_open = False
    for guess, truth in zip(predicted, gold, strict=True):
        if guess == "B":
            is_open = truth == "B"
            false += not is_open
        elif guess == "I":
            if is_open and truth != "I":
                false += 1
                is_open = False
            false += not is_open
        else:
            right += is_open and truth == "O"
            is_open = False
    return right + is_open, false


def _gold_pass(predicted: Sequence[str], gold: Sequence[str]) -> int:
    missed, is_open = 0, False
    for guess, truth in zip(predicted, gold, strict=True):
        if truth == "B":
            is_open = guess == "B"
            missed += not is_open
        elif is_open and guess != truth:
            missed += 1
            is_open = False
        elif truth == "O":
            is_open = False
    return missed
