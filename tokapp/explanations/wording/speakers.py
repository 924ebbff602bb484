"""Who gives reasons for decisions, one after another: people's notes, the template, or a language model."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokapp.documents import Document, Target
from tokapp.explanations import explain
from tokapp.explanations.wording.chat import ask_chat
from tokapp.explanations.wording.notes import note_of
from tokapp.explanations.wording.reason import Source, Wording
from tokapp.explanations.wording.template import template_reason
from tokapp.settings import Settings

if TYPE_CHECKING:
    from tokapp.models import Model
    from tokapp.store import Thread


@dataclass(frozen=True, slots=True)
class Speaker:
    """Gives a reason for each decision about a document, None where there is none.

    `is_free` says that it can be asked about a changed text, too; a person who left a note cannot.
    """

    source: Source
    tell: Callable[[Document, Sequence[Target]], Sequence[Wording | None]]
    is_free: bool = True


def by_note(threads_of: Callable[[Document], Sequence[Thread]] = lambda _: ()) -> Speaker:
    """What people noted, from the comments on a document and from its `meta`."""

    def tell(document: Document, targets: Sequence[Target]) -> list[Wording | None]:
        threads = threads_of(document)
        return [note_of(document, target, threads) for target in targets]

    return Speaker("note", tell, is_free=False)


def by_template(
    model: Model,
    *,
    lexicons: Mapping[str, Collection[str]] | None = None,
    language: str = "en",
    budget: int | None = None,
) -> Speaker:
    """The template, from the words that people marked with a label (`lexicons`), or the model's own reasons."""
    words = lexicons or {}

    def tell(document: Document, targets: Sequence[Target]) -> list[Wording | None]:
        found = explain(model, document, targets, budget=budget)
        return [
            template_reason(
                document, one.target, attribution=one, lexicon=words.get(one.target.label, ()), language=language
            )
            for one in found
        ]

    return Speaker("template", tell)


def by_chat(settings: Settings, *, language: str = "en") -> Speaker:
    """The configured language model: every reason is one request, and costs what a request costs.

    Telling raises ReasonUnavailable where none can be had.
    """
    return Speaker(
        "llm", lambda document, targets: [ask_chat(settings, document, one, language=language) for one in targets]
    )
