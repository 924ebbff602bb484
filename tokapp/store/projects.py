"""Projects and their tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Text, cast, exists, func, select
from sqlalchemy.orm import Session

from tokapp.documents import wholes
from tokapp.errors import BadInput, NotFound
from tokapp.store.activity import note
from tokapp.store.models import default_model
from tokapp.store.state import read_reasons, read_spans
from tokapp.store.tables import (
    DocumentLabelTable,
    DocumentTable,
    JobTable,
    LabellingTable,
    LabelTable,
    PredictionTable,
    ProjectTable,
    TaskTable,
    now,
)
from tokapp.store.values import Project, ProjectSummary
from tokapp.tasks import Label, Task, task_from_json, task_to_json


def create_project(session: Session, name: str, task: Task, *, is_sample: bool = False) -> Project:
    """A new project with its own copy of the task; raises BadInput if the name is empty, too long or taken."""
    _check_name(session, name)
    row = ProjectTable(name=name, seed=name, is_sample=is_sample, created=now())
    session.add(row)
    session.flush()
    _write_task(session, row.id, task)
    note(session, f"created the project {name}", project_id=row.id)
    return Project(row.id, row.name, task, row.created, row.is_sample)


def project(session: Session, id_or_name: int | str) -> Project:
    """The project of that id or name; raises NotFound."""
    column = ProjectTable.id if isinstance(id_or_name, int) else ProjectTable.name
    row = session.scalar(select(ProjectTable).where(column == id_or_name))
    if row is None:
        raise NotFound(f"there is no project {id_or_name!r}: create it, or choose one that exists")
    return Project(row.id, row.name, task_of(session, row.id), row.created, row.is_sample)


def identity(session: Session) -> str:
    """What no other database has: the moment in which the first project was made; "" without projects."""
    first = session.scalar(select(ProjectTable.created).order_by(ProjectTable.id).limit(1))
    return "" if first is None else first.isoformat()


def task_of(session: Session, project_id: int) -> Task:
    """The task of a project; raises NotFound."""
    row = session.scalar(select(TaskTable).where(TaskTable.project_id == project_id))
    if row is None:
        raise NotFound(f"there is no project {project_id}: choose one that exists")
    labels = session.scalars(select(LabelTable).where(LabelTable.task_id == row.id).order_by(LabelTable.position)).all()
    return Task(
        name=row.name,
        title=row.title,
        span_labels=_labels(labels, "span"),
        document_labels=_labels(labels, "document"),
        part="answer" if row.part == "answer" else "text",
        view="mail" if row.view == "mail" else "plain",
        noun=row.noun,
        description=row.description,
        discontinuous=row.discontinuous,
    )


def rename_project(session: Session, project_id: int, name: str) -> Project:
    """Give a project another name; its splits stay as they were drawn."""
    row = session.get(ProjectTable, project_id)
    if row is None:
        raise NotFound(f"there is no project {project_id}: choose one that exists")
    if name != row.name:
        _check_name(session, name)
        note(session, f"renamed {row.name} to {name}", project_id=project_id)
        row.name = name
        session.flush()
    return project(session, project_id)


def update_task(session: Session, project_id: int, task: Task) -> Project:
    """Replace a project's task; raises BadInput if something disappears that people have used."""
    old = task_of(session, project_id)
    gone = {*old.span_names, *old.document_names} - {*task.span_names, *task.document_names}
    used = sorted(label for label in gone if _is_used(session, project_id, label))
    if used:
        raise BadInput(f"label {used[0]!r} is in use in this project and cannot be removed: relabel its spans first")
    if old.discontinuous and not task.discontinuous and _has_pieces(session, project_id):
        raise BadInput("there are spans of several pieces in this project: remove them first, or keep them allowed")
    _put_task(session, project_id, task)
    note(session, "changed the labels", project_id=project_id)
    return project(session, project_id)


def add_label(session: Session, project_id: int, label: Label, by: str, *, is_of_whole: bool = False) -> Project:
    """Let people mark with one more label, the last of its kind; what is labelled and trained stays as it is.

    Raises NotFound, and BadInput where the label's name or key is taken or its form is wrong.
    """
    task = task_of(session, project_id)
    here = (*task.span_labels, *task.document_labels)
    check_text(label.name + label.description + label.group, where="label")
    if label.name.casefold() in {one.name.casefold() for one in here}:
        raise BadInput(f"there is a label {label.name!r} already: choose another name, or restore it if it is deleted")
    taken = [one.name for one in here if label.key and one.key == label.key]
    if taken:
        raise BadInput(f"the key {label.key!r} belongs to {taken[0]!r}: choose another one")
    spans, wholes = task.span_labels, task.document_labels
    grown = replace(
        task,
        span_labels=spans if is_of_whole else (*spans, label),
        document_labels=(*wholes, label) if is_of_whole else wholes,
    )
    _put_task(session, project_id, task_from_json(task_to_json(grown), where="label"))
    note(session, f"added the label {label.name}", by=by, project_id=project_id)
    return project(session, project_id)


def summaries(session: Session) -> list[ProjectSummary]:
    """Every project with its counts, by name."""
    rows = session.scalars(select(ProjectTable).order_by(ProjectTable.name)).all()
    return [_summary(session, project(session, row.id)) for row in rows]


def _summary(session: Session, found: Project) -> ProjectSummary:
    by_status = select(DocumentTable.status, func.count()).where(DocumentTable.project_id == found.id)
    counts = dict(session.execute(by_status.group_by(DocumentTable.status)).all())
    trained = select(func.max(JobTable.finished)).where(
        JobTable.project_id == found.id, JobTable.kind == "train", JobTable.state == "done"
    )
    predicted = _predicted(session, found)
    return ProjectSummary(found, sum(counts.values()), counts.get("labelled", 0), predicted, session.scalar(trained))


def _predicted(session: Session, found: Project) -> int:
    model = default_model(session, found.id, found.task.name)
    if model is None:
        return 0
    query = select(func.count()).where(PredictionTable.project_id == found.id, PredictionTable.model_id == model.id)
    return session.scalar(query) or 0


def _check_name(session: Session, name: str) -> None:
    if not name.strip():
        raise BadInput("a project needs a name")
    if len(name) > 200:
        raise BadInput(f"a project's name has at most 200 characters, this one has {len(name)}")
    check_text(name, where="project name")
    if session.scalar(select(ProjectTable.id).where(ProjectTable.name == name)) is not None:
        raise BadInput(f"there is a project {name!r} already: choose another name")


def check_text(text: str, *, where: str) -> None:
    """Raise BadInput if a text holds half of a surrogate pair, which no database can keep."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadInput(
            f"character {error.start} is half of a surrogate pair (U+{ord(text[error.start]):04X}): "
            "repair the text where it was made, or remove that character",
            where=where,
        ) from error


def _is_used(session: Session, project_id: int, label: str) -> bool:
    here = (
        select(DocumentTable.id)
        .join(DocumentLabelTable, DocumentLabelTable.document_id == DocumentTable.id)
        .where(DocumentTable.project_id == project_id, DocumentLabelTable.label == label)
    )
    return bool(session.scalar(select(exists(here)))) or label in _labels_of_reasons(session, project_id)


def _labels_of_reasons(session: Session, project_id: int) -> set[str]:
    query = select(LabellingTable.reasons).join(DocumentTable, DocumentTable.id == LabellingTable.document_id)
    marked = query.where(DocumentTable.project_id == project_id, cast(LabellingTable.reasons, Text) != "[]")
    return {reason.label for reasons in session.scalars(marked) for reason in read_reasons(reasons)}


def _has_pieces(session: Session, project_id: int) -> bool:
    query = select(LabellingTable.spans).join(DocumentTable, DocumentTable.id == LabellingTable.document_id)
    found = session.scalars(query.where(DocumentTable.project_id == project_id))
    return any(len(whole) > 1 for spans in found for whole in wholes(read_spans(spans)))


def _labels(rows: Sequence[LabelTable], kind: str) -> tuple[Label, ...]:
    return tuple(Label(row.name, row.color, row.key, row.description, row.group) for row in rows if row.kind == kind)


def _put_task(session: Session, project_id: int, task: Task) -> None:
    session.query(TaskTable).where(TaskTable.project_id == project_id).delete()
    session.flush()
    _write_task(session, project_id, task)


def _write_task(session: Session, project_id: int, task: Task) -> None:
    row = TaskTable(
        project_id=project_id,
        name=task.name,
        title=task.title,
        part=task.part,
        view=task.view,
        noun=task.noun,
        description=task.description,
        discontinuous=task.discontinuous,
    )
    session.add(row)
    session.flush()
    kinds = [("span", label) for label in task.span_labels] + [("document", label) for label in task.document_labels]
    for position, (kind, label) in enumerate(kinds):
        session.add(
            LabelTable(
                task_id=row.id,
                kind=kind,
                position=position,
                name=label.name,
                color=label.color,
                key=label.key,
                description=label.description,
                group=label.group,
            )
        )
    session.flush()
