"""Each person's own version of a document: the last finished state that they left behind, derived from the events."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from tokapp.documents import Span
from tokapp.evaluation.planting import is_planted
from tokapp.store.labelling import event_value
from tokapp.store.layers import twice_finished
from tokapp.store.state import State, advance
from tokapp.store.tables import DocumentTable, EventTable
from tokapp.store.values import SHARED, Event, Finished


def finished_versions(session: Session, project_id: int) -> list[Finished]:
    """The versions of the documents that at least two persons worked on, by document, then by person.

    What people label without seeing each other is left out until all of them have handed in.
    """
    query = select(EventTable).where(or_(_one_after_the_other(project_id), _blind(project_id)))
    rows = session.scalars(query.order_by(EventTable.document_id, EventTable.layer, EventTable.revision))
    histories = groupby((event_value(row) for row in rows), key=lambda event: (event.document_id, event.layer))
    found = [version for _, events in histories for version in versions_in(events)]
    return sorted(found, key=lambda one: (one.document_id, one.by, one.is_blind))


def _one_after_the_other(project_id: int) -> ColumnElement[bool]:
    worked = (
        select(EventTable.document_id)
        .join(DocumentTable, DocumentTable.id == EventTable.document_id)
        .where(DocumentTable.project_id == project_id, EventTable.verb != "import", EventTable.layer == SHARED)
        .group_by(EventTable.document_id)
        .having(func.count(EventTable.by.distinct()) > 1)
    )
    return (EventTable.layer == SHARED) & EventTable.document_id.in_(worked)


def _blind(project_id: int) -> ColumnElement[bool]:
    return (EventTable.layer != SHARED) & EventTable.document_id.in_(twice_finished(project_id))


def versions_in(events: Iterable[Event]) -> list[Finished]:
    """The versions in the events of one layer of a document (in order of revision), by person.

    A person's version is the state after their last event that left the document labelled: handing it in, or changing
    it afterwards. What came from a file is nobody's version.
    """
    state, found = State(), dict[str, Finished]()
    for event in events:
        state = advance(state, event)
        if state.status == "labelled" and event.verb != "import":
            is_blind = event.layer != SHARED
            found[event.by] = Finished(event.document_id, event.by, _own(state.spans), event.at, is_blind)
    return [found[name] for name in sorted(found)]


def _own(spans: Iterable[Span]) -> tuple[Span, ...]:
    """What stems from a planted suggestion is nobody's word."""
    return tuple(span for span in spans if not is_planted(span))
