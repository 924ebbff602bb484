"""On which side of the split a document stands, and which documents would carry what is judged on into training.

A side is settled when a document comes in and never changes. It follows from the document's group alone, except where
a copy of it (same text but for case, white space and form of characters) stands on another side already.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from tokapp.evaluation.splits import SPLITS, Split, split_of
from tokapp.store.batches import batches
from tokapp.store.tables import DocumentTable

_ORDER = {split: place for place, split in enumerate(SPLITS)}
_BATCH = 2000


class Sides:
    """Gives documents that come in their side, one after the other."""

    def __init__(self, session: Session, project_id: int, seed: str, likes: Iterable[str]) -> None:
        self._seed = seed
        self._known: dict[str, Split] = {}
        for part in batches(likes, _BATCH):
            query = select(DocumentTable.likeness, DocumentTable.split).where(
                DocumentTable.project_id == project_id, DocumentTable.likeness.in_(part)
            )
            for like, split in session.execute(query):
                self._enter(like, cast(Split, split))

    def place(self, group: str, like: str) -> Split:
        """The side of a document of that group and likeness.

        A document without a group goes to its copies. One whose group and copies stand on different sides cannot stand
        on either without a leak: it gets the earlier side, where `straddling` finds it and keeps it from training.
        """
        own, copies = split_of(group, seed=self._seed), self._known.get(like)
        if copies is not None:
            own = copies if group == like else min(own, copies, key=_ORDER.__getitem__)
        self._enter(like, own)
        return own

    def _enter(self, like: str, split: Split) -> None:
        self._known[like] = min(self._known.get(like, split), split, key=_ORDER.__getitem__)


def straddling(session: Session, project_id: int) -> list[int]:
    """Ids of the documents that have a copy, or a member of their group, on a later side, ascending.

    Later is validation after train, and test after both. There are none unless files bring the same text in two groups,
    or copies came in before copies were looked for.
    """
    found = {pk for key in (DocumentTable.group, DocumentTable.likeness) for pk in _behind(session, project_id, key)}
    return sorted(found)


def _behind(session: Session, project_id: int, key: InstrumentedAttribute[str]) -> list[int]:
    here, rank = DocumentTable.project_id == project_id, _rank()
    last = (
        select(key.label("shared"), func.max(rank).label("last"))
        .where(here, key != "")
        .group_by(key)
        .having(func.max(rank) > func.min(rank))
        .subquery()
    )
    query = select(DocumentTable.id).join(last, key == last.c.shared).where(here, rank < last.c.last)
    return list(session.scalars(query))


def _rank() -> ColumnElement[int]:
    return case(_ORDER, value=DocumentTable.split, else_=0)
