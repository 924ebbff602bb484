"""Verbs about how good a model is: evaluate."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tokapp.cli.options import existing_file, find_task, load_chosen, model_option, read_file, task_option
from tokapp.cli.predictions import flat
from tokapp.errors import BadInput

if TYPE_CHECKING:
    from tokapp.documents import Document
    from tokapp.evaluation.assessment import Assessment, Line
    from tokapp.evaluation.cases import Case
    from tokapp.evaluation.significance import PairedTest
    from tokapp.models import Model
    from tokapp.tasks import Task


@click.command()
@task_option
@model_option
@click.option("--data", "file", required=True, type=existing_file, help="File of documents with people's labels.")
@click.option(
    "--train", "train_file", type=existing_file, help="What it learnt from, for baseline and new surface forms."
)
@click.option(
    "--against", multiple=True, metavar="MODEL", help="Another model, compared by a paired test; may be given again."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all tables.")
def evaluate(
    task_name: str,
    model_name: str | None,
    file: Path,
    train_file: Path | None,
    against: tuple[str, ...],
    as_json: bool,
) -> None:
    """Score a model on a file of labelled documents, with intervals over groups, errors and slices."""
    from tokapp.evaluation.assessment import assess, record_of
    from tokapp.evaluation.report import measure

    task = find_task(task_name)
    documents = _labelled(file, task)
    train = [] if train_file is None else read_file(train_file, task, all_reviewed=True)
    model = load_chosen(task, model_name)
    cases = _cases(model, documents)
    scores, found = measure([case.prediction for case in cases], documents, task), assess(task, cases, train)
    others = _compared(task, cases, model.name, against)
    if as_json:
        record = {"model": model.name, **scores, **record_of(found), "against": others}
        click.echo(json.dumps(record, indent=2))
        return
    click.echo(f"{model.name} on {len(documents)} documents in {found.groups} groups")
    for line in (*_lines(scores, found), *(str(one["verdict"]) for one in others)):
        click.echo(line)


def _labelled(file: Path, task: Task) -> list[Document]:
    documents = [one for one in read_file(file, task, all_reviewed=True) if one.is_reviewed]
    if not documents:
        raise BadInput(
            "no document in it has labels to compare with; add spans, a label or a spans column", where=str(file)
        )
    return documents


def _cases(model: Model, documents: Sequence[Document]) -> list[Case]:
    from tokapp.evaluation.cases import Case
    from tokapp.evaluation.splits import group_of

    predictions = model.predict(documents)
    return [
        Case(one.id, one, prediction, group_of(one), str(one.meta.get("source") or ""))
        for one, prediction in zip(documents, predictions, strict=True)
    ]


def _compared(task: Task, cases: Sequence[Case], name: str, against: Sequence[str]) -> list[Mapping[str, object]]:
    """The paired test against every other model; the p of several comparisons are raised as Holm does."""
    from tokapp.evaluation.assessment import compare
    from tokapp.evaluation.significance import PairedTest, holm, verdict

    documents, tests = [case.document for case in cases], dict[str, PairedTest]()
    for other in against:
        tests[other] = compare(task, cases, _cases(load_chosen(task, other), documents))
    raised = holm([test.p for test in tests.values()])
    found = [(other, replace(test, p=p)) for (other, test), p in zip(tests.items(), raised, strict=True)]
    return [{"model": other, "verdict": verdict(test, name, other), **_test_record(test)} for other, test in found]


def _test_record(test: PairedTest) -> Mapping[str, object]:
    return {
        "difference": test.difference,
        "interval": [test.low, test.high],
        "p": test.p,
        "wilcoxon_p": test.wilcoxon,
        "units": test.units,
        "differing": test.differing,
    }


def _lines(scores: Mapping[str, float], found: Assessment) -> Iterator[str]:
    """The figures for a terminal."""
    for name, value in flat(scores):
        yield f"  {name:<32} {value}"
    yield f"\n{'label':<16} {'match':<10} {'P':>6} {'R':>6} {'F1':>6}  {'95 % interval':<15} {'baseline F1':>11}"
    yield from map(_figures, found.lines)
    for kind in dict.fromkeys(one.kind for one in found.mistakes):
        yield f"{kind:<16} {sum(one.kind == kind for one in found.mistakes):>6}"
    for one in found.slices:
        yield f"{one.by}: {one.value:<24} {one.documents:>6} documents  F1 {one.counts.scores.f1:.3f}"


def _figures(line: Line) -> str:
    scores, between = line.scores, f"{line.low:.3f} to {line.high:.3f}"
    base = "-" if line.baseline is None else f"{line.baseline:.3f}"
    figures = f"{scores.precision:>6.3f} {scores.recall:>6.3f} {scores.f1:>6.3f}"
    return f"{line.label or 'all':<16} {line.match:<10} {figures}  {between:<15} {base:>11}"


COMMANDS = (evaluate,)
