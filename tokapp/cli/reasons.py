"""What `explain-eval` says about reasons in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tokapp.documents import Json

if TYPE_CHECKING:
    from tokapp.documents import Document
    from tokapp.explanations.judging.self_consistency import Consistency
    from tokapp.explanations.judging.spoken import Spoken
    from tokapp.explanations.wording import Source
    from tokapp.explanations.wording.speakers import Speaker
    from tokapp.models import Model
    from tokapp.tasks import Task

SOURCES: tuple[Source, ...] = ("note", "template", "llm")


def checked_reasons(
    model: Model, documents: Sequence[Document], source: Source, *, language: str, budget: int | None
) -> list[Consistency]:
    """The reasons of one source for every decision about the documents, with what the tests say of them."""
    from tokapp.explanations.judging.self_consistency import check_reasons

    speaker = _speaker(model, documents, source, language, budget)
    return [found for one in documents for found in check_reasons(model, one, speaker, budget=budget)]


def _speaker(
    model: Model, documents: Sequence[Document], source: Source, language: str, budget: int | None
) -> Speaker:
    import os

    from tokapp.explanations.wording import lexicons_of
    from tokapp.explanations.wording.speakers import by_chat, by_note, by_template
    from tokapp.settings import Settings

    if source == "note":
        return by_note()
    if source == "llm":
        return by_chat(Settings.from_environment(os.environ), language=language)
    return by_template(model, lexicons=lexicons_of(documents), language=language, budget=budget)


def spoken_reasons(
    name: str, documents: Sequence[Document], task: Task, *, budget: int | None, tell: Callable[[int], None]
) -> list[Spoken]:
    """What a language model decides about the documents and says why; `tell` gets how many are done."""
    from tokapp.explanations.judging.spoken import judge_spoken
    from tokapp.models.language_model import load_language_model

    model = load_language_model(name)
    labels, found = task.document_names or task.span_names, []
    for place, document in enumerate(documents, start=1):
        found.append(judge_spoken(model, document, labels, noun=task.noun, budget=budget))
        tell(place)
    return found


def reasons_record(source: Source, found: Sequence[Consistency]) -> dict[str, Json]:
    """Means, then every reason, in JSON's values."""
    from dataclasses import asdict

    from tokapp.explanations.judging.extractive import NAME
    from tokapp.explanations.judging.self_consistency import score_reasons

    return {
        "source": source,
        "measure": NAME,
        **asdict(score_reasons(found)),
        "decisions_checked": [asdict(one) for one in found],
    }


def reasons_lines(source: Source, found: Sequence[Consistency]) -> list[str]:
    """A few lines about reasons: what they are measured by, and which way is better."""
    from tokapp.explanations.judging.extractive import NAME
    from tokapp.explanations.judging.self_consistency import score_reasons

    scores = score_reasons(found)
    mean = "-" if scores.match is None else f"{scores.match:.3f}"
    return [
        f"reasons ({source}): {scores.decisions} decisions",
        f"{NAME}: {mean}, mean of {scores.matched} where it is defined (1 same evidence, 0 unrelated, -1 opposite)",
        f"word put in: {scores.insertions_passed} of {scores.insertions} passed (label stays, or the reason names it)",
        f"hint put in: {scores.hints_passed} of {scores.hints} passed",
    ]


def spoken_record(found: Sequence[Spoken]) -> dict[str, Json]:
    """The mean, then every document, in JSON's values."""
    from dataclasses import asdict

    return {"cc_shap": _mean(found), "documents": [asdict(one) for one in found]}


def spoken_lines(found: Sequence[Spoken]) -> list[str]:
    """The mean, then a line for each document with what was decided and said."""
    mean = _mean(found)
    lines = [f"CC-SHAP of the language model: {'-' if mean is None else f'{mean:.3f}'} (1 same evidence, -1 opposite)"]
    for one in found:
        score = "-" if one.score is None else f"{one.score:+.3f}"
        lines.append(f"  {score:>6}  {one.document_id}  {one.label}: {' '.join(one.reason.split())[:120]!r}")
    return lines


def _mean(found: Sequence[Spoken]) -> float | None:
    known = [one.score for one in found if one.score is not None]
    return sum(known) / len(known) if known else None
