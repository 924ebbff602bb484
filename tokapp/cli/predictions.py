"""Verbs about what a model says: predict, explain."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

import click

from tokapp.cli.options import (
    existing_file,
    find_task,
    load_chosen,
    model_option,
    new_file,
    read_file,
    task_option,
)
from tokapp.documents import Document, Players, Span, Target
from tokapp.errors import BadInput
from tokapp.explanations.methods import METHODS, OURS
from tokapp.tasks import Task


@click.command()
@click.argument("inputs", nargs=-1, type=existing_file)
@task_option
@model_option
@click.option("--text", help="One text instead of files; -o may be left out then, and JSONL is printed.")
@click.option("-o", "--output", type=new_file, help="File to write: .jsonl or .parquet.")
@click.option("--batch-size", type=click.IntRange(1), help="Most documents in one forward pass.")
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    help="Who scores [ray where TOKAPP_RAY_ADDRESS is set, else local].",
)
def predict(
    inputs: tuple[Path, ...],
    task_name: str,
    model_name: str | None,
    text: str | None,
    output: Path | None,
    batch_size: int | None,
    engine: str | None,
) -> None:
    """Mark spans in one text, or in the documents of files, however many they are.

    When it is stopped or killed, the same command goes on where it was. A text or a few documents are answered at once
    where a worker runs (tokapp run, tokapp worker) that has the model loaded.
    """
    from tokapp.cli import scoring

    if (text is None) == (not inputs):
        raise click.UsageError("give either files or --text")
    task = find_task(task_name)
    if text is not None:
        scoring.predict_text(text, task, model_name, output)
    elif output is None:
        raise click.UsageError("files of documents need -o: where to write what is found")
    else:
        scoring.predict_inputs(inputs, task, model_name, output, scoring.Way(batch_size, engine))


@click.command()
@task_option
@model_option
@click.option("--text", help="One text to explain.")
@click.option("--input", "file", type=existing_file, help="File of documents to explain.")
@click.option(
    "--span", "spans", multiple=True, metavar="START:END:LABEL", help="Explain this span instead of the predicted ones."
)
@click.option("--edge", type=click.Choice(("start", "end")), help="Explain why spans begin, or end, where they do.")
@click.option("--against", default="", metavar="LABEL", help="Explain why this label was not chosen; O: why nothing.")
@click.option("--over", type=click.Choice(get_args(Players)), default="text", show_default=True, help="Whose words.")
@click.option("--budget", type=click.IntRange(4), help="Most masked forward passes a document.")
@click.option(
    "--error",
    type=click.FloatRange(0, 1, min_open=True),
    help="Stop before the budget is spent when every normalised squared error is estimated to be at most this.",
)
@click.option("--method", type=click.Choice(METHODS), default=OURS, show_default=True, help="How words are valued.")
@click.option("-o", "--output", required=True, type=new_file, help="JSONL file to write.")
def explain(
    task_name: str,
    model_name: str | None,
    text: str | None,
    file: Path | None,
    spans: tuple[str, ...],
    edge: Literal["start", "end"] | None,
    against: str,
    over: Players,
    budget: int | None,
    error: float | None,
    method: str,
    output: Path,
) -> None:
    """Say which words made the model mark each span."""
    from tokapp.explanations import explain as explain_by
    from tokapp.explanations import targets_of
    from tokapp.explanations.export import explanation_record

    if (text is None) == (file is None):
        raise click.UsageError("give either --text or --input")
    task = find_task(task_name)
    if text == "":
        raise BadInput("--text is empty: there is nothing to explain")
    documents = [Document("text-1", text, task.name)] if text is not None else read_file(file, task) if file else []
    model = load_chosen(task, model_name)
    records = []
    for document in documents:
        prediction = model.predict([document])[0]
        chosen = [_target(span, document, task) for span in spans] or targets_of(prediction)
        targets = [
            replace(one, kind=edge or one.kind, against=against, over=over)
            for one in chosen
            if one.has_place or not edge
        ]
        attributions = explain_by(
            model, document, targets, budget=budget, wanted_error=error, prediction=prediction, method=method
        )
        records.append(explanation_record(document, prediction, attributions))
    write_lines(output, records)
    count = sum(len(record["attributions"]) for record in records)
    click.echo(f"{len(documents)} documents, {count} explanations, written to {output}")


def flat(scores: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, str]]:
    """Nested figures as lines: dotted name and value."""
    for name, value in scores.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", f"{value:.3f}" if isinstance(value, float) else str(value)


def _target(written: str, document: Document, task: Task) -> Target:
    try:
        start, end, label = written.split(":", 2)
        span = Span(int(start), int(end), label)
    except ValueError as error:
        raise BadInput(f"--span {written!r} is not START:END:LABEL with whole numbers and START < END") from error
    task.check(Document(document.id, document.text, task.name, (span,)))
    return Target.of_span(span)


def write_lines(output: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """Write one JSON object a line; the file appears whole or not at all."""
    output.parent.mkdir(parents=True, exist_ok=True)
    temporary = output.with_name(f".{output.name}.part")
    with temporary.open("w", encoding="utf-8", newline="\n") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    temporary.replace(output)


COMMANDS = (predict, explain)
