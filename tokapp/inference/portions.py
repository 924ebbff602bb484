"""Many documents cut into portions: what is read, scored and stored at a time, so that memory stays flat."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from tokapp.documents import Document, Prediction, WordScores
from tokapp.formats import Failure
from tokapp.inference.engine import CHUNK, predict
from tokapp.inference.memory import Trim

if TYPE_CHECKING:
    from tokapp.models import Model

CHARACTERS = 1_000_000
"""Characters of a portion: what a worker that dies had in hand is lost, so that even long documents cost minutes."""
_REMEMBERED = 4096
_SHORT = 64


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a person should know about a file as a whole."""

    file: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Portion:
    """Documents in order, with their `keys` in a store if they come from one, and what was met on the way to them."""

    documents: tuple[Document, ...]
    keys: tuple[int, ...] = ()
    failures: tuple[Failure, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def items(self) -> int:
        """How many documents and failures it took from its source."""
        return len(self.documents) + len(self.failures)


Item: TypeAlias = Document | tuple[int, Document] | Failure | Note
"""A document may come with its key in a store."""
Source: TypeAlias = Callable[[], Iterator[Portion]]
"""Gives the portions, the same ones whenever it is asked."""
Scored: TypeAlias = Iterator[tuple[Portion, list[Prediction]]]


def cut(items: Iterable[Item], *, most: int = CHUNK, characters: int = CHARACTERS) -> Iterator[Portion]:
    """Portions of at most `most` items, closed by the document that reaches `characters`."""
    part, count, length = _Part(), 0, 0
    for item in items:
        length += part.add(item)
        if isinstance(item, Note):
            continue
        count += 1
        if count >= most or length >= characters:
            yield part.close()
            part, count, length = _Part(), 0, 0
    if count or part.notes:
        yield part.close()


def size(document: Document) -> int:
    """Characters of a document that a model reads."""
    return len(document.text) + len(document.question or "") + sum(map(len, document.contexts))


@dataclass(slots=True)
class _Part:
    documents: list[Document] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def add(self, item: Item) -> int:
        """Take an item; gives how long it is."""
        if isinstance(item, tuple):
            key, item = item
            self.keys.append(key)
        if isinstance(item, Document):
            self.documents.append(item)
            return size(item)
        if isinstance(item, Failure):
            self.failures.append(item)
        else:
            self.notes.append(item)
        return 0

    def close(self) -> Portion:
        return Portion(tuple(self.documents), tuple(self.keys), tuple(self.failures), tuple(self.notes))


def score(
    model: Model,
    portions: Iterable[Portion],
    *,
    batch_size: int | None = None,
    progress: Callable[[int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Scored:
    """Each portion with the predictions of its documents, in order, one portion in memory at a time.

    `progress` gets how many documents of the portion in hand are done. Raises JobCancelled as the engine does.
    """
    once, trim = Once(model), Trim()

    def passed(done: int) -> None:
        trim()
        if progress is not None:
            progress(done)

    for portion in portions:
        yield portion, once.predict(portion.documents, batch_size=batch_size, progress=passed, cancelled=cancelled)


class Once:
    """Scores equal documents once: within a portion, and short ones, which people write again and again, for longer."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._known: OrderedDict[str, Prediction] = OrderedDict()

    def predict(
        self,
        documents: Sequence[Document],
        *,
        batch_size: int | None = None,
        progress: Callable[[int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> list[Prediction]:
        """Predictions in the order of the documents; `progress` gets how many of them are done."""
        hashes = [document.hash for document in documents]
        new = {digest: one for digest, one in zip(hashes, documents, strict=True) if digest not in self._known}
        share = len(documents) / max(len(new), 1)
        told = None if progress is None else lambda done: progress(int(done * share))
        made = predict(self._model, list(new.values()), batch_size=batch_size, progress=told, cancelled=cancelled)
        found = {**self._recall(hashes), **dict(zip(new, made, strict=True))}
        self._remember(found)
        return [
            replace(found[digest], document_id=document.id) for digest, document in zip(hashes, documents, strict=True)
        ]

    def _recall(self, hashes: Iterable[str]) -> dict[str, Prediction]:
        return {digest: self._known[digest] for digest in hashes if digest in self._known}

    def _remember(self, found: dict[str, Prediction]) -> None:
        """Keep the short ones, those met last for longest."""
        for digest, prediction in found.items():
            if digest not in self._known and prediction.words is not None and len(prediction.words.offsets) <= _SHORT:
                self._known[digest] = replace(prediction, words=_alone(prediction.words))
            if digest in self._known:
                self._known.move_to_end(digest)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


def _alone(words: WordScores) -> WordScores:
    """A copy: word scores are views into the arrays of all documents that were scored together."""
    apart = None if words.disagreement is None else words.disagreement.copy()
    return WordScores(words.offsets.copy(), words.probabilities.copy(), words.classes, apart)
