"""People's labels as training data: the current ones, and frozen snapshots."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import cast

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from tokapp.documents import Document
from tokapp.errors import BadInput, NotFound
from tokapp.evaluation.planting import without_plants
from tokapp.evaluation.splits import Split
from tokapp.store import documents as store_documents
from tokapp.store.activity import note
from tokapp.store.labelling import document_at, event_value
from tokapp.store.plants import standing
from tokapp.store.retired import left_out, without_labels
from tokapp.store.sides import straddling
from tokapp.store.state import replay
from tokapp.store.tables import DocumentTable, EventTable, SnapshotDocumentTable, SnapshotTable, now
from tokapp.store.values import SHARED, Event, Snapshot
from tokapp.store.what_if import Without, touched

_SPLITS: tuple[Split, ...] = ("train", "validation", "test")


def snapshot(session: Session, project_id: int, without: Without | None = None) -> Snapshot:
    """Freeze the labelled documents as they are; the same state gives the same snapshot. Raises BadInput if none is.

    What has a copy or a member of its group on a later side is left out, so that nothing judged on was learnt from.
    `without` leaves out more of what is learnt from.
    """
    query = select(DocumentTable.id, DocumentTable.revision, DocumentTable.split).where(
        DocumentTable.project_id == project_id, DocumentTable.status == "labelled"
    )
    unfit, behind = set(standing(session, project_id)), set(straddling(session, project_id))
    found = session.execute(query.order_by(DocumentTable.id)).all()
    dropped = touched(session, project_id, without) if without is not None else set[int]()
    rows = [(pk, revision, split) for pk, revision, split in found if pk not in unfit | behind | dropped]
    repeats = sum(pk in behind for pk, _, _ in found)
    if not rows:
        raise BadInput("no document of this project is labelled yet: label some and mark them as done")
    gone = left_out(session, project_id)
    digest = sha256(json.dumps([*rows, gone] if gone else rows).encode()).hexdigest()
    known = session.scalar(
        select(SnapshotTable).where(SnapshotTable.project_id == project_id, SnapshotTable.digest == digest)
    )
    return _value(known if known is not None else _freeze(session, project_id, rows, digest, gone, repeats))


def _freeze(
    session: Session,
    project_id: int,
    rows: Sequence[tuple[int, int, str]],
    digest: str,
    gone: Sequence[str],
    repeats: int,
) -> SnapshotTable:
    counts = Counter(split for _, _, split in rows)
    frozen = SnapshotTable(
        project_id=project_id,
        created=now(),
        digest=digest,
        counts={split: counts[split] for split in _SPLITS},
        left_out=list(gone),
    )
    session.add(frozen)
    session.flush()
    members = [
        {"snapshot_id": frozen.id, "document_id": pk, "revision": revision, "split": split}
        for pk, revision, split in rows
    ]
    session.execute(insert(SnapshotDocumentTable), members)
    note(session, f"kept the labels of {len(rows):,} documents for a training{_apart(repeats)}", project_id=project_id)
    return frozen


def _apart(repeats: int) -> str:
    return f"; {repeats:,} that repeat held-out ones are not learnt from" if repeats else ""


def find_snapshot(session: Session, snapshot_id: int) -> Snapshot:
    """The snapshot of that id; raises NotFound."""
    row = session.get(SnapshotTable, snapshot_id)
    if row is None:
        raise NotFound(f"there is no snapshot {snapshot_id}")
    return _value(row)


def snapshots(session: Session, project_id: int) -> list[Snapshot]:
    """Every snapshot of a project, newest first."""
    query = select(SnapshotTable).where(SnapshotTable.project_id == project_id).order_by(SnapshotTable.id.desc())
    return [_value(row) for row in session.scalars(query)]


def training_set(session: Session, snapshot_id: int) -> dict[Split, list[Document]]:
    """The documents of a snapshot by split, exactly as they were labelled when it was taken."""
    gone = find_snapshot(session, snapshot_id).left_out
    sides: dict[Split, list[Document]] = {split: [] for split in _SPLITS}
    for _, split, document in _frozen(session, snapshot_id):
        sides[split].append(without_labels(document, gone))
    return sides


def snapshot_ids(session: Session, snapshot_id: int, split: Split) -> list[int]:
    """Ids of the documents on one side of a snapshot, in the order in which `training_set` gives them."""
    find_snapshot(session, snapshot_id)
    query = select(SnapshotDocumentTable.document_id).where(
        SnapshotDocumentTable.snapshot_id == snapshot_id, SnapshotDocumentTable.split == split
    )
    return list(session.scalars(query.order_by(SnapshotDocumentTable.document_id)))


def _frozen(session: Session, snapshot_id: int, batch: int = 500) -> Iterator[tuple[int, Split, Document]]:
    query = select(SnapshotDocumentTable, DocumentTable.revision).join(
        DocumentTable, DocumentTable.id == SnapshotDocumentTable.document_id
    )
    query = query.where(SnapshotDocumentTable.snapshot_id == snapshot_id).order_by(SnapshotDocumentTable.document_id)
    members = session.execute(query).all()
    for start in range(0, len(members), batch):
        part = members[start : start + batch]
        moved = {member.document_id: member.revision for member, revision in part if member.revision != revision}
        past = _events(session, list(moved))
        documents = dict(store_documents.load(session, [member.document_id for member, _ in part]))
        for member, _ in part:
            document = documents[member.document_id]
            if member.document_id in moved:
                then = replay(past[member.document_id], until=member.revision)
                document = without_plants(document_at(document, then))
            yield member.document_id, cast(Split, member.split), document


def _events(session: Session, ids: Sequence[int]) -> dict[int, list[Event]]:
    past: dict[int, list[Event]] = defaultdict(list)
    here = (EventTable.document_id.in_(ids), EventTable.layer == SHARED)
    query = select(EventTable).where(*here).order_by(EventTable.revision)
    for row in session.scalars(query) if ids else ():
        past[row.document_id].append(event_value(row))
    return past


def _value(row: SnapshotTable) -> Snapshot:
    counts = cast(dict[Split, int], row.counts)
    return Snapshot(row.id, row.project_id, row.created, counts, row.digest, tuple(map(str, row.left_out)))
