"""The verb that judges explanations."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tokapp.cli.options import existing_file, find_task, load_chosen, model_option, open_store, read_file
from tokapp.cli.reasons import (
    SOURCES,
    checked_reasons,
    reasons_lines,
    reasons_record,
    spoken_lines,
    spoken_reasons,
    spoken_record,
)
from tokapp.errors import BadInput

if TYPE_CHECKING:
    from tokapp.documents import Document
    from tokapp.explanations.judging import Judgement, MethodScores
    from tokapp.explanations.wording import Source
    from tokapp.tasks import Task

_DOCUMENTS = 20
_COLUMNS = ("method", "error", "long", "compr.", "suff.", "stability", "evaluations")
_PLAUSIBLE = ("AUPRC", "token F1", "IOU F1")


@click.command("explain-eval")
@click.option("--task", "task_name", help="Built-in task (reviews, emails, rag) or task file, of the documents' file.")
@model_option
@click.option("--data", "file", type=existing_file, help="File of documents to explain.")
@click.option("--project", "project_name", help="Project in place of a file: where people marked reasons.")
@click.option(
    "--documents",
    "most",
    type=click.IntRange(1),
    default=_DOCUMENTS,
    show_default=True,
    help="How many of them, from the start.",
)
@click.option("--budget", type=click.IntRange(4), help="Most masked forward passes a document [as in explain].")
@click.option("--reasons", type=click.Choice(SOURCES), help="Check reasons in words, too; llm asks TOKAPP_LLM_URL.")
@click.option("--language", default="en", show_default=True, help="Language of these reasons, as en or de.")
@click.option("--language-model", "speaks", help="Folder or hub name of a causal model to measure CC-SHAP of.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain_eval(
    task_name: str | None,
    model_name: str | None,
    file: Path | None,
    project_name: str | None,
    most: int,
    budget: int | None,
    reasons: Source | None,
    language: str,
    speaks: str | None,
    as_json: bool,
) -> None:
    """Judge explanations, beside those of shap's explainers, of leaving one word out, and of chance."""
    from tokapp.explanations.judging import judge

    task, documents = _of_project(project_name, most) if project_name else _of_file(task_name, file, most)
    model = load_chosen(task, model_name)
    judgement = judge(model, documents, budget=budget, progress=_teller(len(documents)))
    found = None if reasons is None else checked_reasons(model, documents, reasons, language=language, budget=budget)
    said = None if speaks is None else spoken_reasons(speaks, documents, task, budget=budget, tell=_counter(documents))
    if as_json:
        record = {"model": model.name, "budget": budget, **judgement.to_record()}
        record |= {} if reasons is None or found is None else {"reasons": reasons_record(reasons, found)}
        record |= {} if said is None else {"language_model": spoken_record(said)}
        click.echo(json.dumps(record, indent=2))
        return
    click.echo(f"{model.name} on {judgement.documents} of {len(documents)} documents, in which it marks something")
    lines = [*_table(judgement.methods), "", *_notes(judgement)]
    lines += [] if reasons is None or found is None else ["", *reasons_lines(reasons, found)]
    lines += [] if said is None else ["", *spoken_lines(said)]
    for line in lines:
        click.echo(line)


def _of_file(task_name: str | None, file: Path | None, most: int) -> tuple[Task, list[Document]]:
    if task_name is None or file is None:
        raise click.UsageError("name the documents: --task and --data, or --project")
    task = find_task(task_name)
    return task, read_file(file, task)[:most]


def _of_project(name: str, most: int) -> tuple[Task, list[Document]]:
    with open_store() as store:
        project = store.project(name)
        documents = store.marked_documents(project.id, most)
    if not documents:
        raise BadInput("nobody has marked reasons in it yet: mark some on the Explain page", where=name)
    return project.task, documents


def _teller(documents: int) -> Callable[[float], None] | None:
    """A line on standard error that changes, for a person who waits; a log is spared it."""
    if not sys.stderr.isatty():
        return None

    def tell(share: float) -> None:
        end = "\r\x1b[K" if share >= 1 else ""
        click.echo(f"\r  {round(share * documents)} of {documents} documents judged{end}", err=True, nl=False)

    return tell


def _counter(documents: Sequence[Document]) -> Callable[[int], None]:
    """The same for documents that are done one by one."""
    tell = _teller(len(documents))
    return lambda done: None if tell is None else tell(done / len(documents))


def _table(methods: Sequence[MethodScores]) -> list[str]:
    """Aligned lines: a header, then one per method; plausibility where people marked reasons."""
    is_marked = any(one.plausibility for one in methods)
    rows = [(*_COLUMNS, *(_PLAUSIBLE if is_marked else ())), *(_row(one, is_marked) for one in methods)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]


def _row(one: MethodScores, is_marked: bool) -> tuple[str, ...]:
    figures = [_figure(one.error, 4), _figure(one.error_long, 4)]
    figures += [_figure(value, 3) for value in (one.comprehensiveness, one.sufficiency, one.stability)]
    cells = (one.method, *figures, f"{one.evaluations:.0f}")
    if not is_marked or one.plausibility is None:
        return (*cells, *("-" for _ in _PLAUSIBLE if is_marked))
    found = one.plausibility
    return (*cells, *(_figure(value, 3) for value in (found.auprc, found.token_f1, found.iou_f1)))


def _figure(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _notes(judgement: Judgement) -> list[str]:
    """What the columns are measured against."""
    own, plausible = judgement.reference_error, judgement.methods[0].plausibility
    sure = "" if own is None else f", whose own split-half error is {own:.4f}"
    notes = [
        f"error: normalised, against all coalitions of texts of at most 12 words ({judgement.enumerated} decisions)",
        f"long: the same in longer texts, against a large budget ({judgement.sampled} decisions){sure}",
        "compr., suff.: log-odds lost without the top words (more is better) and with nothing else (less is better)",
        "stability: rank correlation of two seeds",
    ]
    if plausible:
        notes.append(f"AUPRC, F1 (top {plausible.top} words): against words that people marked; not about faithfulness")
    return notes


COMMANDS = (explain_eval,)
