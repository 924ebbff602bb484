"""Verbs about documents: import and export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tokapp.cli.options import existing_file, find_task, new_file, open_store, tell
from tokapp.errors import BadInput

if TYPE_CHECKING:
    from tokapp.formats import Failure


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=existing_file)
@click.option("--project", "project_name", required=True, help="Project to add to; made when it does not exist.")
@click.option("--task", "task_name", help="Task of a new project: reviews, emails, rag or a task file.")
def import_(files: tuple[Path, ...], project_name: str, task_name: str | None) -> None:
    """Add documents from files to a project."""
    from tokapp.store.importing import import_file
    from tokapp.store.uploads import find_or_make_project

    failures: list[Failure] = []
    with open_store() as store:
        project = find_or_make_project(store, project_name, find_task(task_name) if task_name else None)
        points = [import_file(store, project, file, name=file.name, on_failure=failures.append) for file in files]
    added, known = sum(point.added for point in points), sum(point.duplicates for point in points)
    click.echo(f"{added} added, {known} duplicates, {len(failures)} failed")
    tell(failures)
    if failures and not added and not known:
        raise BadInput("nothing went in; see the reasons above")


@click.command()
@click.option("--project", "project_name", required=True, help="Project to write.")
@click.option("--format", "format_name", required=True, help="jsonl, csv, conll or spacy.")
@click.option("-o", "--output", required=True, type=new_file, help="File to write.")
@click.option("--all", "everything", is_flag=True, help="Also documents that nobody has labelled yet.")
def export(project_name: str, format_name: str, output: Path, everything: bool) -> None:
    """Write a project's documents with people's labels to a file."""
    from tokapp.formats import write_documents

    with open_store() as store:
        project = store.project(project_name)
        documents = list(store.gold(project.id, labelled_only=not everything))
    report = write_documents(documents, output, format_name, task=project.task)
    click.echo(f"{len(documents)} documents written to {output}")
    if not documents and not everything:
        click.echo("  nobody has labelled any of them yet: --all writes those too", err=True)
    for line in report.lines:
        click.echo(f"  {line}", err=True)


COMMANDS = (import_, export)
