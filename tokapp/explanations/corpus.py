"""What a model goes by over a whole corpus: the words that count most for each label, and those that should not."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count

from tokapp.documents import Attribution, Target
from tokapp.ranking.shortcuts import shortcuts_in
from tokapp.words import split_words

_EXAMPLES = 5
_KEPT = 2000
_STRONG = 0.1
"""Share of the absolute values of a decision from which on a word is strong."""
_CLEAR = 2.0
"""How many standard errors a word must be away from zero to count as strong."""
_ELSEWHERE = 2
_WHY = {"name": "looks like a name", "header": "in a header line", "signature": "in a signature"}


@dataclass(frozen=True, slots=True, order=True)
class Example:
    """A decision in which a word has that value."""

    strength: float
    value: float = field(compare=False)
    document: int
    target: Target = field(compare=False)


@dataclass(frozen=True, slots=True)
class WordUse:
    """What a word (in any case) does for decisions about a label, over all places where it stands.

    `weight` is the mean of |value|, `mean` of value, in log-odds; `examples` are the strongest, strongest first.
    """

    label: str
    word: str
    weight: float
    mean: float
    count: int
    documents: int
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class WrongReason:
    """A strong word that should not decide, and `why` not; `share` is its part of the decision's absolute values."""

    label: str
    word: str
    why: str
    share: float
    example: Example


@dataclass(frozen=True, slots=True)
class Corpus:
    """Word uses by weight, wrong reasons by share, both largest first, and how many decisions they come from."""

    decisions: int
    words: tuple[WordUse, ...]
    wrong: tuple[WrongReason, ...]


@dataclass(slots=True)
class _Use:
    """The sums behind a `WordUse`."""

    total: float = 0.0
    weight: float = 0.0
    count: int = 0
    documents: set[int] = field(default_factory=set)
    examples: list[Example] = field(default_factory=list)

    def add(self, example: Example) -> None:
        """Count one place."""
        self.total += example.value
        self.weight += example.strength
        self.count += 1
        self.documents.add(example.document)
        if len(self.examples) < _EXAMPLES:
            heapq.heappush(self.examples, example)
        else:
            heapq.heappushpop(self.examples, example)


def summarise(rows: Iterable[tuple[int, str, Attribution]]) -> Corpus:
    """What explanations of documents (id, text, attribution) say together, read once, one after the other.

    Only decisions against all else over the text's own words count, and only single words. Wrong reasons are guessed
    from outside: strong words outside of the explained span that are numbers, stand in header lines or signatures, look
    like names (and are nowhere written small), or count at an edge of the text more than twice what they do elsewhere.
    """
    reading = _Reading()
    for document, text, attribution in rows:
        if not (attribution.target.against or attribution.parts):
            reading.add(document, text, attribution)
    return reading.result()


@dataclass(slots=True)
class _Reading:
    """What was read so far; of suspects only the `_KEPT` strongest."""

    decisions: int = 0
    uses: dict[tuple[str, str], _Use] = field(default_factory=dict)
    small: set[str] = field(default_factory=set)
    suspects: list[tuple[float, int, WrongReason]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)

    def add(self, document: int, text: str, attribution: Attribution) -> None:
        """Read one explanation."""
        self.decisions += 1
        self.small.update(word for start, end in split_words(text) if (word := text[start:end]).islower())
        for example, word in _words(document, attribution):
            self.uses.setdefault((attribution.target.label, word.casefold()), _Use()).add(example)
        for one in _suspects(document, text, attribution):
            push = heapq.heappush if len(self.suspects) < _KEPT else heapq.heappushpop
            push(self.suspects, (one.share, next(self.numbers), one))

    def result(self) -> Corpus:
        """Everything in its order."""
        ordered = sorted(self.suspects, key=lambda entry: -entry[0])
        kept = tuple(one for _, _, one in ordered if _is_kept(one, self.small, self.uses))
        words = [_use(label, word, use) for (label, word), use in self.uses.items()]
        return Corpus(self.decisions, tuple(sorted(words, key=lambda one: -one.weight)), kept)


def _words(document: int, attribution: Attribution) -> Iterator[tuple[Example, str]]:
    for text, value in zip(attribution.texts, attribution.values, strict=True):
        if not any(map(str.isspace, text)):
            yield Example(abs(value), value, document, attribution.target), text


def _use(label: str, word: str, use: _Use) -> WordUse:
    examples = tuple(sorted(use.examples, reverse=True))
    return WordUse(label, word, use.weight / use.count, use.total / use.count, use.count, len(use.documents), examples)


def _suspects(document: int, text: str, attribution: Attribution) -> Iterator[WrongReason]:
    """Strong words of a decision with the first reason that speaks against each."""
    total = sum(map(abs, attribution.values))
    places = shortcuts_in(text)
    last, target = len(attribution.words) - 1, attribution.target
    rows = zip(attribution.words, attribution.texts, attribution.values, attribution.errors, strict=True)
    for place, ((start, end), word, value, error) in enumerate(rows):
        is_inside = target.has_place and start < target.end and end > target.start
        if is_inside or value <= _CLEAR * error or value < _STRONG * total or not any(map(str.isalnum, word)):
            continue
        found = next((_WHY[kind] for kind, (left, right) in places if left < end and start < right), None)
        why = "a number" if any(map(str.isdigit, word)) else found
        why = why or ("the first word" if place == 0 else "the last word" if place == last else None)
        if why:
            yield WrongReason(target.label, word, why, value / total, Example(abs(value), value, document, target))


def _is_kept(one: WrongReason, small: set[str], uses: dict[tuple[str, str], _Use]) -> bool:
    """Whether what the whole corpus says about a word does not clear it."""
    if one.why == _WHY["name"]:
        return one.word.lower() not in small
    if not one.why.startswith("the "):
        return True
    use = uses.get((one.label, one.word.casefold()))
    if use is None or use.count <= _ELSEWHERE:
        return False
    return one.example.strength > 2 * (use.weight - one.example.strength) / (use.count - 1)
