"""Verbs about models: train, build-models, push, and models list|show|compare|ensemble|promote|rollback|export."""

from __future__ import annotations

import getpass
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tokapp.cli.options import existing_file, find_task, new_file, open_store, read_file, settings, task_option
from tokapp.cli.predictions import flat, write_lines
from tokapp.errors import BadInput

if TYPE_CHECKING:
    from tokapp.documents import Document
    from tokapp.models.config import Mean
    from tokapp.store.values import ModelRow
    from tokapp.training import Progress

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@task_option
@click.option("--train", "train_file", required=True, type=existing_file, help="Labelled documents to learn from.")
@click.option(
    "--validation", "validation_file", required=True, type=existing_file, help="Labelled documents to select on."
)
@click.option("--recipe", "recipe_file", type=existing_file, help="Recipe as YAML [the default recipe].")
@click.option("--name", required=True, help="Name of the new model version.")
def train(task_name: str, train_file: Path, validation_file: Path, recipe_file: Path | None, name: str) -> None:
    """Train a model version on files of labelled documents."""
    from tokapp import training
    from tokapp.models.registry import check_name, describe
    from tokapp.training.processes import is_main

    task, name = find_task(task_name), check_name(name)
    sets = _apart(*(read_file(file, task, all_reviewed=True) for file in (train_file, validation_file)))
    recipe = training.load_recipe(recipe_file) if recipe_file else training.default_recipe(task)
    model = training.train(recipe, *sets, task=task, name=name, settings=settings(), on_progress=show_progress)
    if not is_main():
        return
    with open_store() as store:
        version = describe(settings().models / model.name)
        record = recipe.model_dump(mode="json")
        store.add_model(model.name, task.name, parent=recipe.parent, metrics=version.metrics, recipe=record)
    click.echo(f"\n{model.name} is trained; make it the one in use with: tokapp models promote {model.name}")


def _apart(train: list[Document], validation: list[Document]) -> tuple[list[Document], list[Document]]:
    """Both sets, the first without what would tell the second; says on standard error how many that are."""
    from tokapp.evaluation.splits import without_leaks

    kept = without_leaks(train, validation)
    if len(kept) < len(train):
        told = f"{len(train) - len(kept)} of {len(train)} training documents are copies of validation documents"
        click.echo(f"{told}, or of their groups: left out", err=True)
    return kept, validation


def show_progress(progress: Progress) -> None:
    f1 = "" if progress.validation_f1 is None else f"  validation F1 {progress.validation_f1:.3f}"
    if f1 or progress.step % 10 == 0:
        click.echo(f"step {progress.step} of {progress.steps}  loss {progress.loss:.4f}{f1}", err=True)


@click.command("build-models")
@click.option("--task", "task_name", help="Only this task: reviews, emails or rag.")
@click.option("--data", default="../shared/data", type=click.Path(file_okay=False, path_type=Path), show_default=True)
@click.option(
    "--output", type=click.Path(file_okay=False, path_type=Path), help="Folder to write [the shipped models]."
)
@click.option(
    "--evaluate", "only_evaluate", is_flag=True, help="Score the shipped models on their held-out data instead."
)
def build_models(task_name: str | None, data: Path, output: Path | None, only_evaluate: bool) -> None:
    """Rebuild the built-in models from data sets, or score them."""
    from tokapp.training import built_in

    if task_name and task_name not in built_in.NAMES:
        raise BadInput(f"there is no built-in model {task_name!r}; there are: {', '.join(built_in.NAMES)}")
    if not data.is_dir():
        raise BadInput(f"{data} is not a folder; name the folder of the data sets with --data")
    for name in [task_name] if task_name else built_in.NAMES:
        if only_evaluate:
            click.echo(built_in.evaluate(name, data))
        else:
            click.echo(f"{name}: written to {built_in.build(name, data, output, say=click.echo)}")


@click.group()
def models() -> None:
    """List, show, compare, combine, promote and roll back model versions."""


@models.command("list")
@click.option("--task", "task_name", help="Only this task.")
@json_option
def list_(task_name: str | None, as_json: bool) -> None:
    """List the model versions, newest first."""
    with open_store() as store:
        rows = store.models(task_name)
    if as_json:
        click.echo(_json([asdict(row) for row in rows]))
        return
    for row in rows:
        origin = row.parent or " + ".join(row.members)
        click.echo(f"{row.name:<24} {row.task:<10} {row.state:<10} {row.created:%Y-%m-%d %H:%M}  {origin}")


@models.command()
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """Show a version's parent, data, figures and recipe."""
    with open_store() as store:
        row = store.model(name)
    click.echo(_json(asdict(row)) if as_json else _page(row))


def _page(row: ModelRow) -> str:
    lines = [f"{row.name}  ({row.task}, {row.state})", f"  parent    {row.parent or 'none'}"]
    lines += [f"  {name:<40} {value}" for name, value in flat(row.metrics)]
    return "\n".join([*lines, "  recipe", *(f"    {name} {value}" for name, value in flat(row.recipe))])


@models.command()
@click.argument("old")
@click.argument("new")
@click.option("--data", "file", type=existing_file, help="Labelled documents to compare on.")
@click.option("-o", "--output", type=new_file, help="Write every changed span as JSONL.")
@json_option
def compare(old: str, new: str, file: Path | None, output: Path | None, as_json: bool) -> None:
    """Compare two versions: figures, and with --data which spans were gained, lost or changed."""
    with open_store() as store:
        rows = [store.model(name) for name in (old, new)]
    if rows[0].task != rows[1].task:
        raise BadInput(f"{old} is for {rows[0].task} and {new} for {rows[1].task}: they cannot be compared")
    report: dict[str, Any] = {
        "old": {"name": old, "metrics": rows[0].metrics},
        "new": {"name": new, "metrics": rows[1].metrics},
    }
    if file:
        report |= _changes(rows[0].task, old, new, file, output)
    click.echo(_json(report) if as_json else _side_by_side(report))


def _side_by_side(report: Mapping[str, Any]) -> str:
    """Every figure of both versions in a line of its own, with how much it changed; what changed in spans below."""
    before, after = (dict(flat(report[side]["metrics"])) for side in ("old", "new"))
    lines = [f"{'':<40} {report['old']['name']:>16} {report['new']['name']:>16} {'change':>10}"]
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name, "-"), after.get(name, "-")
        lines.append(f"{name:<40} {old:>16} {new:>16} {_change(old, new):>10}")
    lines += [f"spans {kind:<34} {report[kind]:>16,}" for kind in _KINDS if kind in report]
    return "\n".join(lines)


def _change(before: str, after: str) -> str:
    try:
        return f"{float(after) - float(before):+.3f}"
    except ValueError:  # a figure that only one of them has, or that is no number
        return ""


def _changes(task_name: str, old: str, new: str, file: Path, output: Path | None) -> dict[str, Any]:
    from tokapp.evaluation.comparison import compare_spans
    from tokapp.models import load_model

    documents = read_file(file, find_task(task_name))
    before, after = (load_model(name, settings=settings()).predict(documents) for name in (old, new))
    records = []
    for document, one, other in zip(documents, before, after, strict=True):
        changes = compare_spans(one.spans, other.spans)
        found = {kind: [asdict(one) for one in getattr(changes, kind)] for kind in _KINDS}
        records.append({"id": document.id, **found})
    if output:
        write_lines(output, records)
    return {"documents": len(documents), **{kind: sum(len(record[kind]) for record in records) for kind in _KINDS}}


_KINDS = ("gained", "lost", "changed")


@models.command()
@click.argument("name")
@click.argument("members", nargs=-1, required=True, metavar="MEMBER MEMBER...")
@click.option(
    "--mean",
    type=click.Choice(["arithmetic", "geometric"]),
    default="arithmetic",
    show_default=True,
    help="How the members' probabilities are averaged.",
)
@click.option("--weights", metavar="W,W,...", help="How much each member counts, with commas between [equally].")
@click.option("--fit", "file", type=existing_file, help="Labelled documents, new to all members, to fit weights on.")
@json_option
def ensemble(
    name: str, members: tuple[str, ...], mean: Mean, weights: str | None, file: Path | None, as_json: bool
) -> None:
    """Make a version in which several models, whatever their tokenizers, vote on every character.

    They must have the same labels; the version is for the task of the first one.
    """
    from tokapp.inference.ensembles import Wish, enter, make_ensemble

    if weights is not None and file is not None:
        raise click.UsageError("give either --weights or --fit")
    wish = Wish(name, members, mean, None if weights is None else _weights(weights))
    held_out = None if file is None else lambda task: read_file(file, task, all_reviewed=True)
    model = make_ensemble(wish, settings=settings(), held_out=held_out)
    with open_store() as store:
        row = enter(store, model)
    if as_json:
        click.echo(_json(asdict(row)))
        return
    for one in model.config.members:
        click.echo(f"{one.weight:.3f}  {one.name}")
    click.echo(f"{row.name} is made; make it the one in use with: tokapp models promote {row.name}")


def _weights(written: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in written.split(","))
    except ValueError as error:
        raise BadInput(f"--weights {written!r} is not a list of numbers such as 2,1") from error


@models.command()
@click.argument("name")
@click.option("--reason", default="", help="Why it is to be used although it loses on a golden set.")
@json_option
def promote(name: str, reason: str, as_json: bool) -> None:
    """Make a version the one in use for its task, if no label loses too much on a golden set."""
    with open_store() as store:
        store.promote(name, by=_me(), reason=reason)
        row = store.model(name)
    click.echo(_json(asdict(row)) if as_json else f"{row.name} is now in use for {row.task}")


@models.command()
@click.option("--task", "task_name", required=True, help="Task whose previous version comes back.")
@json_option
def rollback(task_name: str, as_json: bool) -> None:
    """Go back to the version that was in use before."""
    with open_store() as store:
        row = store.rollback(task_name, by=_me())
    click.echo(_json(asdict(row)) if as_json else f"{row.name} is in use for {row.task} again")


@models.command("export")
@click.argument("name")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="Zip file, or folder if it does not end in .zip.",
)
def export_(name: str, output: Path) -> None:
    """Write a version as a plain Hugging Face token classifier, for tools that know nothing of tokapp."""
    from tokapp.models import load_model
    from tokapp.models.export import export_plain, zip_plain

    model = load_model(name, settings=replace(settings(), precision="float32"))
    write = zip_plain if output.suffix.lower() == ".zip" else export_plain
    click.echo(f"{name}: written to {write(model, output)}")


@click.command()
@click.argument("model")
@click.argument("target", metavar="OWNER/NAME")
@click.option("--public", is_flag=True, help="Let everybody see it [only its owner].")
@click.option("--yes", is_flag=True, help="Send it without asking once more.")
def push(model: str, target: str, public: bool, yes: bool) -> None:
    """Send a version to the model hub, with the token of TOKAPP_HUB_TOKEN or HF_TOKEN."""
    from tokapp.models import load_model
    from tokapp.models.hub import check_target
    from tokapp.models.hub import push as send

    check_target(target, settings().hub_token)
    if not yes:
        who = "everybody" if public else "its owner alone"
        click.confirm(f"Send {model} to the hub as {target}, where {who} can see it?", abort=True)
    loaded = load_model(model, settings=replace(settings(), precision="float32"))
    click.echo(f"{model} is at {send(loaded, target, settings().hub_token, is_private=not public)}")


def _me() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "terminal"


def _json(value: Mapping[str, Any] | list[Any]) -> str:
    return json.dumps(
        value,
        indent=2,
        ensure_ascii=False,
        default=lambda one: one.isoformat() if isinstance(one, datetime) else str(one),
    )


COMMANDS = (train, build_models, models, push)
