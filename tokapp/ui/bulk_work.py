"""Doing something in many documents at once, and turning it back as one: at once if they are few, else as a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokapp.store import SHARED
from tokapp.ui.text import count

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tokapp.documents import Json
    from tokapp.store import Bulk, Hit, Labelling, Store
    from tokapp.store.bulk_values import BulkVerb, Outcome, Way
    from tokapp.ui.ledger import Ledger

AT_ONCE = 300
"""Documents that a person waits for; more are left to a worker."""

_DID: dict[BulkVerb, str] = {"accept": "accepted", "reject": "rejected", "add": "marked"}
_NAMED = 5


def start(
    store: Store,
    labelling: Labelling,
    verb: BulkVerb,
    hits: Sequence[Hit],
    ledger: Ledger,
    *,
    by: str,
    layer: str = SHARED,
    progress: Callable[[float], object] | None = None,
) -> Bulk:
    """Do it to the hits, in a layer; raises BadInput if there is none."""
    bulk = store.begin_bulk(labelling.project_id, verb, hits, by=by, layer=layer)
    return go_on(store, bulk, labelling, ledger, by=by, progress=progress)


def turn(
    store: Store,
    bulk: Bulk,
    way: Way,
    labelling: Labelling,
    ledger: Ledger,
    *,
    by: str,
    progress: Callable[[float], object] | None = None,
) -> Bulk:
    """Undo it as one, or do it again."""
    return go_on(store, store.turn_bulk(bulk.id, way, by=by), labelling, ledger, by=by, progress=progress)


def go_on(
    store: Store,
    bulk: Bulk,
    labelling: Labelling,
    ledger: Ledger,
    *,
    by: str,
    progress: Callable[[float], object] | None = None,
) -> Bulk:
    """Finish what waits, or leave it to a worker; what is done to the document on the screen counts as this tab's."""
    ledger.bulk = bulk.id
    if bulk.outcomes.get("waiting", 0) > AT_ONCE:
        payload: dict[str, Json] = {"bulk": bulk.id, "by": by, "turn": bulk.turn}
        store.enqueue("bulk", project_id=bulk.project_id, payload=payload)
        return bulk
    while waiting := bulk.outcomes.get("waiting", 0):
        if progress is not None:
            progress(1 - waiting / bulk.documents)
        bulk = store.run_bulk(bulk.id, by=by)
    after = store.open_for_labelling(labelling.id, layer=labelling.layer).revision
    if after == labelling.revision + 1:
        ledger.keep(labelling.id, labelling.revision, after)
    return bulk


def say(store: Store, bulk: Bulk, noun: str) -> str:
    """What became of it, in sentences: in how many documents, and which were left alone because they had changed."""
    counts = {name: bulk.outcomes.get(name, 0) for name in ("waiting", "done", "same", "changed", "undone", "kept")}
    parts = [f"{bulk.by} {_DID[bulk.verb]} {count(bulk.spans, 'span')}{_where(bulk, counts, noun)}."]
    if counts["waiting"]:
        parts.append(f"{count(counts['waiting'], noun)} still to do.")
    if bulk.way == "undo" and counts["kept"]:
        parts.append(f"Changed since and not undone: {_names(store, bulk, 'kept')}.")
    if bulk.way == "redo" and counts["undone"]:
        parts.append(f"Changed since and not done again: {_names(store, bulk, 'undone')}.")
    if counts["changed"]:
        parts.append(f"Changed by somebody before it could be done, and left alone: {_names(store, bulk, 'changed')}.")
    return " ".join(parts)


def _where(bulk: Bulk, counts: Mapping[str, int], noun: str) -> str:
    if bulk.way == "undo":
        return f"; undone in {count(counts['undone'], noun)}"
    return f" in {count(counts['done'] + counts['kept'], noun)}{' again' if bulk.way == 'redo' else ''}"


def _names(store: Store, bulk: Bulk, outcome: Outcome) -> str:
    found = [name for _, name in store.bulk_documents(bulk.id, outcome, limit=_NAMED + 1)]
    return ", ".join(found[:_NAMED]) + (" and others" if len(found) > _NAMED else "")
