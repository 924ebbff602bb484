"""Model versions as the store knows them; which one is promoted follows from an append-only list of events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from tokapp.documents import Json
from tokapp.errors import BadInput, NotFound
from tokapp.store.activity import note
from tokapp.store.model_tables import ModelEventTable
from tokapp.store.tables import ModelTable, PredictionTable, now
from tokapp.store.values import ModelRow, ModelState


def add_model(
    session: Session,
    name: str,
    task: str,
    *,
    parent: str | None = None,
    snapshot_id: int | None = None,
    project_id: int | None = None,
    is_built_in: bool = False,
    metrics: Mapping[str, Json] | None = None,
    recipe: Mapping[str, Json] | None = None,
) -> ModelRow:
    """Register a model version as a candidate, or bring its metrics and recipe up to date if it is known.

    A built-in model is promoted at once when its task has no promoted model yet.
    """
    if not name.strip():
        raise BadInput("a model needs a name")
    row = session.scalar(select(ModelTable).where(ModelTable.name == name))
    if row is not None and row.task != task:
        raise BadInput(f"there is a model {name!r} of task {row.task} already: choose another name")
    if row is None:
        row = ModelTable(name=name, task=task, is_built_in=is_built_in, created=now(), metrics={}, recipe={})
        session.add(row)
        note(session, f"new model {name}", project_id=project_id)
    row.parent, row.snapshot_id = parent or row.parent, snapshot_id or row.snapshot_id
    row.project_id = project_id or row.project_id
    row.metrics, row.recipe = dict(metrics or row.metrics), dict(recipe or row.recipe)
    session.flush()
    if row.is_built_in and not _stack(session, task):
        _append(session, row, "promote", "tokapp")
    return _value(row, _states(session, task))


def model(session: Session, name: str) -> ModelRow:
    """The model of that name; raises NotFound."""
    row = find_model(session, name)
    return _value(row, _states(session, row.task))


def find_model(session: Session, name: str) -> ModelTable:
    """The row of a model; raises NotFound."""
    row = session.scalar(select(ModelTable).where(ModelTable.name == name))
    if row is None:
        raise NotFound(f"there is no model {name!r}: train it, or choose one that exists")
    return row


def models(session: Session, task: str | None = None) -> list[ModelRow]:
    """Every model version, of one task or of all, newest first."""
    query = select(ModelTable).order_by(ModelTable.id.desc())
    if task is not None:
        query = query.where(ModelTable.task == task)
    rows = session.scalars(query).all()
    states = {name: _states(session, name) for name in {row.task for row in rows}}
    return [_value(row, states[row.task]) for row in rows]


def promoted(session: Session, task: str) -> ModelRow | None:
    """The model that predicts for a task now, if one was promoted."""
    stack = _stack(session, task)
    row = session.get(ModelTable, stack[-1]) if stack else None
    return None if row is None else _value(row, _states(session, task))


def promote(session: Session, name: str, by: str, *, reason: str = "", gate: Sequence[Json] = ()) -> ModelRow:
    """Make a model the one that its task uses; promoting the promoted one again changes nothing.

    `gate` is what the promotion gate said, `reason` why that did not matter; both are kept with the event.
    """
    row = find_model(session, name)
    if _stack(session, row.task)[-1:] != [row.id]:
        _append(session, row, "promote", by, reason=reason, gate=gate)
        why = f" against the golden set: {reason}" if reason else ""
        note(session, f"promoted the model {name}{why}", by=by, project_id=row.project_id)
    return _value(row, _states(session, row.task))


def rollback(session: Session, task: str, by: str) -> ModelRow:
    """Go back to the model that was promoted before; raises NotFound if there was none."""
    stack = _stack(session, task)
    if len(stack) < 2:
        raise NotFound(f"task {task} has no earlier promoted model to go back to")
    row = session.get_one(ModelTable, stack[-2])
    _append(session, row, "rollback", by)
    note(session, f"rolled back to the model {row.name}", by=by, project_id=row.project_id)
    return _value(row, _states(session, task))


def archive(session: Session, name: str, by: str) -> ModelRow:
    """Put a model away; raises BadInput for the promoted one. Promoting it again brings it back."""
    row = find_model(session, name)
    if _stack(session, row.task)[-1:] == [row.id]:
        raise BadInput(f"{name} is the promoted model of task {row.task}: promote another one first")
    _append(session, row, "archive", by)
    note(session, f"archived the model {name}", by=by, project_id=row.project_id)
    return _value(row, _states(session, row.task))


def default_model(session: Session, project_id: int, task: str) -> ModelTable | None:
    """The promoted model of the task, else the one that predicted in the project last, else None."""
    stack = _stack(session, task)
    if stack:
        return session.get(ModelTable, stack[-1])
    latest = (
        select(PredictionTable.model_id)
        .where(PredictionTable.project_id == project_id)
        .order_by(PredictionTable.id.desc())
        .limit(1)
    )
    return session.scalar(select(ModelTable).where(ModelTable.id.in_(latest)))


def _append(
    session: Session, row: ModelTable, verb: str, by: str, *, reason: str = "", gate: Sequence[Json] = ()
) -> None:
    event = ModelEventTable(task=row.task, model_id=row.id, verb=verb, by=by, at=now(), reason=reason, gate=list(gate))
    session.add(event)
    session.flush()


def _events(session: Session, task: str) -> list[tuple[str, int]]:
    query = select(ModelEventTable.verb, ModelEventTable.model_id).where(ModelEventTable.task == task)
    return [(verb, model_id) for verb, model_id in session.execute(query.order_by(ModelEventTable.id))]


def _stack(session: Session, task: str) -> list[int]:
    return promotion_stack(_events(session, task))


def promotion_stack(events: Iterable[tuple[str, int]]) -> list[int]:
    """Models in the order of their promotion, the present one last; (verb, model) events in order."""
    stack: list[int] = []
    for verb, model_id in events:
        if verb == "promote":
            stack.append(model_id)
        elif verb == "rollback":
            stack.pop()
        else:
            stack = [other for other in stack if other != model_id]
            stack = [other for other, before in zip(stack, [None, *stack], strict=False) if other != before]
    return stack


def _states(session: Session, task: str) -> dict[int, ModelState]:
    states: dict[int, ModelState] = {}
    events = _events(session, task)
    for verb, model_id in events:
        states[model_id] = "archived" if verb == "archive" else "candidate"
    for model_id in promotion_stack(events)[-1:]:
        states[model_id] = "promoted"
    return states


def _value(row: ModelTable, states: Mapping[int, ModelState]) -> ModelRow:
    return ModelRow(
        name=row.name,
        task=row.task,
        state=states.get(row.id, "candidate"),
        parent=row.parent,
        snapshot_id=row.snapshot_id,
        project_id=row.project_id,
        created=row.created,
        is_built_in=row.is_built_in,
        metrics=row.metrics,
        recipe=row.recipe,
    )
