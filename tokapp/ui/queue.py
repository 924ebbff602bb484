"""Which document comes next: the order that a person picked on the Queue page, for this tab."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.errors import NotFound
from tokapp.ranking import find_ordering
from tokapp.store.values import DocumentFilter, Order
from tokapp.ui import session

if TYPE_CHECKING:
    from tokapp.store.values import Queued

MOST_GIVEN = 1000
"""Documents of the queue that can be given to people at once."""

SHARE = 0.1
"""Share of held-out documents, drawn at random, in a queue that a model orders."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An order with the filters and the random share that go with it."""

    ordering: str = "oldest"
    share: float = SHARE
    where: DocumentFilter = field(default_factory=DocumentFilter)

    @property
    def order(self) -> Order:
        """What the store sorts by."""
        ordering = find_ordering(self.ordering)
        return Order(ordering.name, ordering.is_active, ordering.is_review, self.share)


def choice(project_id: int) -> Choice:
    """What was picked for a project in this tab; the oldest first if nothing was."""
    found: Choice = st.session_state.get(f"_queue_{project_id}", Choice())
    return found


def choose(project_id: int, chosen: Choice) -> None:
    """Label in this order from now on."""
    st.session_state[f"_queue_{project_id}"] = chosen


def upcoming(project_id: int, chosen: Choice, limit: int) -> list[Queued]:
    """The next documents; none for an order without scores."""
    try:
        return session.store().queue(project_id, chosen.order, chosen.where, limit=limit, person=session.user_name())
    except NotFound:
        return []


def to_give(project_id: int, chosen: Choice, most: int = MOST_GIVEN) -> list[int]:
    """The first documents of the queue that nobody was given, in its order."""
    found = session.store().queue(project_id, chosen.order, chosen.where, limit=most, person="")
    return [one.document.id for one in found]


def next_document(project_id: int, *, after: int | None = None) -> int | None:
    """The document to label next in the order that was picked; None when nothing is left."""
    chosen, store, person = choice(project_id), session.store(), session.user_name()
    if chosen == Choice():
        return store.next_to_label(project_id, after, person=person)
    found = (one for one in upcoming(project_id, chosen, limit=2) if one.document.id != after)
    following = next(found, None)
    if following is None:
        return None
    remember_draw(chosen, following)
    return following.document.id


def remember_draw(chosen: Choice, queued: Queued) -> None:
    """Mark a held-out document that the queue drew at random from all of them: figures on these hold for all others."""
    is_random = queued.is_drawn or chosen.ordering == "random"
    if is_random and chosen.where == DocumentFilter() and queued.document.split != "train":
        session.store().mark_drawn(queued.document.id, session.user_name())
