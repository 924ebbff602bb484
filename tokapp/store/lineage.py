"""From what a person did to every model that learnt it; the way back is a model's snapshot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from tokapp.store.labelling import events
from tokapp.store.state import State, read_spans, replay
from tokapp.store.tables import ModelTable, SnapshotDocumentTable
from tokapp.store.values import Event


def learnt_by(session: Session, document_id: int) -> dict[int, tuple[str, ...]]:
    """The models that learnt what an event did to the labels that everybody shares, by its revision, oldest first.

    A model learnt it if it was trained on the document as it was when the event's effect stood; events that no model
    learnt are left out. Raises NotFound.
    """
    query = (
        select(ModelTable.name, SnapshotDocumentTable.revision)
        .join(SnapshotDocumentTable, SnapshotDocumentTable.snapshot_id == ModelTable.snapshot_id)
        .where(SnapshotDocumentTable.document_id == document_id, SnapshotDocumentTable.split == "train")
        .order_by(ModelTable.id)
    )
    past, found = events(session, document_id), defaultdict[int, list[str]](list)
    for name, revision in session.execute(query):
        for event in _standing(past, revision):
            found[event].append(name)
    return {event: tuple(names) for event, names in found.items()}


def _standing(past: Sequence[Event], revision: int) -> list[int]:
    """Revisions of the events whose effect stands at a later revision."""
    state = replay(past, until=revision)
    return [event.revision for event in past if event.revision <= revision and _stands(event, state)]


def _stands(event: Event, state: State) -> bool:
    """Whether all that the event put in is there, and nothing that it took away; not for one that did neither."""
    before, after = _half(event.before), _half(event.after)
    come, gone = ({span.identity for span in read_spans(half.get("spans"))} for half in (after, before))
    here = {span.identity for span in state.spans}
    is_called = "label" in after and after["label"] != before.get("label")
    if not come and not gone and not is_called:
        return False
    return come <= here and not (gone - come) & here and (not is_called or state.label == after["label"])


def _half(half: object) -> Mapping[str, Any]:
    return cast(Mapping[str, Any], half) if isinstance(half, Mapping) else {}
