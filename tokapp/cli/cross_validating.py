"""The verb that trains a recipe on every fold of a protocol: cross-validate."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from tokapp.cli.models import show_progress
from tokapp.cli.options import existing_file, find_task, new_file, read_file, settings, task_option
from tokapp.errors import BadInput
from tokapp.evaluation.folds import Protocol, folds

if TYPE_CHECKING:
    from tokapp.documents import Document
    from tokapp.training.cross_validation import FoldScore, Summary


@click.command("cross-validate")
@click.argument("file", type=existing_file)
@task_option
@click.option("--recipe", "recipe_file", type=existing_file, help="Recipe as YAML [the default recipe].")
@click.option("--protocol", type=click.Choice(get_args(Protocol)), default="groups", show_default=True)
@click.option("--folds", "count", type=click.IntRange(0), help="How many [5; bins: 10; leave-one-out: every category].")
@click.option(
    "--seeds", default="0", show_default=True, metavar="N,N,...", help="Seeds that each fold is trained with."
)
@click.option("--category", default="category", show_default=True, help="Field of meta that holds the category.")
@click.option("--group", metavar="FIELD", help="Field of meta that names the group, such as an app [group].")
@click.option(
    "-o", "--output", required=True, type=new_file, help="JSON file to write; it is gone on with if it is there."
)
def cross_validate(
    file: Path,
    task_name: str,
    recipe_file: Path | None,
    protocol: Protocol,
    count: int | None,
    seeds: str,
    category: str,
    group: str | None,
    output: Path,
) -> None:
    """Train a recipe on every fold and judge each model once on what it did not see.

    Groups and copies stay together. Models are selected on a part of the training documents. Every fold that is done
    stands in the output; the same command goes on after a stop.
    """
    from tokapp import training
    from tokapp.training.cross_validation import FoldScore
    from tokapp.training.cross_validation import cross_validate as run

    task, numbers = find_task(task_name), _numbers(seeds)
    documents = [_grouped(one, group) for one in read_file(file, task, all_reviewed=True) if one.is_reviewed]
    recipe = training.load_recipe(recipe_file) if recipe_file else training.default_recipe(task)
    wanted = {"groups": 5, "bins": 10, "leave-one-out": 0}[protocol] if count is None else count
    turns = folds(documents, protocol, count=wanted, category=category)
    plan = {"file": file.name, "protocol": protocol, "folds": len(turns), "category": category}
    plan |= {
        "task": task.name,
        "group": group,
        "recipe": recipe.model_dump(mode="json"),
        "documents": _digest([one.hash for one in documents]),
    }
    known, scores = _known(output, plan), list[FoldScore]()
    for score in run(
        recipe, documents, turns, numbers, task=task, settings=settings(), known=known, on_progress=show_progress
    ):
        scores.append(score)
        _write(output, plan, [*scores, *(one for one in known if one not in scores)])
        click.echo(_line(score))
    for name, summary in _summaries(scores).items():
        click.echo(f"  {name:<32} {_told(summary)}")


def _grouped(document: Document, field: str | None) -> Document:
    if field is None or document.meta.get(field) is None:
        return document
    return replace(document, meta={**document.meta, "group": document.meta[field]})


def _numbers(written: str) -> list[int]:
    try:
        return [int(part) for part in written.split(",")]
    except ValueError as error:
        raise BadInput(f"--seeds {written!r} is not a list of whole numbers such as 0,1,2") from error


def _digest(hashes: Sequence[str]) -> str:
    return sha256("\n".join(hashes).encode()).hexdigest()


def _known(output: Path, plan: Mapping[str, object]) -> list[FoldScore]:
    """The folds that are done already; raises BadInput where the file is of something else."""
    from tokapp.training.cross_validation import FoldScore

    if not output.exists():
        return []
    try:
        record = json.loads(output.read_text("utf-8"))
        if record["plan"] == json.loads(json.dumps(plan)):
            return [FoldScore(**one) for one in record["scores"]]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise BadInput("it holds something else than folds of this run: name another file, or remove it", where=str(output))


def _write(output: Path, plan: Mapping[str, object], scores: Sequence[FoldScore]) -> None:
    """Write what is there so far; the file is whole at any moment."""
    summary = {name: asdict(one) for name, one in _summaries(scores).items()}
    record = {"plan": plan, "summary": summary, "scores": [asdict(one) for one in scores]}
    output.parent.mkdir(parents=True, exist_ok=True)
    temporary = output.with_name(f".{output.name}.part")
    temporary.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", "utf-8")
    temporary.replace(output)


def _summaries(scores: Sequence[FoldScore]) -> dict[str, Summary]:
    from tokapp.training.cross_validation import summarise

    return summarise(scores)


def _line(score: FoldScore) -> str:
    f1 = score.figures.get("span_exact_f1", score.figures.get("document_macro_f1"))
    shown = "no figure" if f1 is None else f"F1 {f1:.3f}"
    return f"fold {score.fold}, seed {score.seed}: {shown} on {score.documents['test']} documents"


def _told(summary: Summary) -> str:
    between = "" if summary.low is None else f"  95 % interval {summary.low:.3f} to {summary.high:.3f}"
    return f"{summary.mean:.3f}{between}"


COMMANDS = (cross_validate,)
