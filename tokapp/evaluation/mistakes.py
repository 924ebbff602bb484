"""What went wrong, span by span: missed, spurious, under a wrong label, or with a wrong edge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tokapp.documents import Span
from tokapp.evaluation.cases import Case
from tokapp.evaluation.comparison import compare_spans

MistakeKind: TypeAlias = Literal["missed", "spurious", "wrong label", "wrong edge"]

MISTAKES: dict[MistakeKind, str] = {
    "missed": "People marked it, the model has nothing there.",
    "spurious": "The model marked it, people have nothing there.",
    "wrong label": "Both marked it, under different labels.",
    "wrong edge": "Both marked it with the same label, from or to another place.",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """A span that is not as people marked it; `key` names the document. One of the two spans may be missing."""

    kind: MistakeKind
    key: str
    gold: Span | None
    predicted: Span | None

    @property
    def span(self) -> Span:
        """The span to show: people's where there is one."""
        shown = self.gold or self.predicted
        assert shown is not None  # one of the two is there
        return shown


def mistakes(cases: Iterable[Case]) -> list[Mistake]:
    """Every mistake, document by document in reading order; each span is in one at most.

    Spans that share characters are paired as in `compare_spans`; a pair whose labels differ is a wrong label, whether
    or not its edges differ too.
    """
    return [one for case in cases for one in sorted(_of(case), key=lambda one: one.span.key)]


def _of(case: Case) -> Iterator[Mistake]:
    changes = compare_spans(case.gold, case.predicted)
    yield from (Mistake("missed", case.key, span, None) for span in changes.lost)
    yield from (Mistake("spurious", case.key, None, span) for span in changes.gained)
    for pair in changes.changed:
        kind: MistakeKind = "wrong edge" if pair.old.label == pair.new.label else "wrong label"
        yield Mistake(kind, case.key, pair.old, pair.new)
