"""The queue of documents to label: stored orders, and what comes next in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select, true, update
from sqlalchemy.orm import Session

from tokapp.errors import NotFound
from tokapp.store.assignments import LEFT, in_blind_round, in_unfinished_round, mine, nobodys
from tokapp.store.filters import Query, model_id_of, narrow
from tokapp.store.table import rows_of
from tokapp.store.tables import DocumentTable, RankingScoreTable, RankingTable, now
from tokapp.store.values import DocumentFilter, Order, Queued, Ranking

_HELD_OUT = ("validation", "test")


def begin(session: Session, project_id: int, name: str, model: str | None) -> int:
    """A ranking that has no scores yet and does not count."""
    row = RankingTable(project_id=project_id, name=name, model=model, documents=0, is_complete=False, created=now())
    session.add(row)
    session.flush()
    return row.id


def add_scores(session: Session, ranking_id: int, scores: Sequence[tuple[int, float]]) -> None:
    """Scores of documents, none of which has one in this ranking yet."""
    rows = [{"ranking_id": ranking_id, "document_id": pk, "score": float(score)} for pk, score in scores]
    if rows:
        session.execute(insert(RankingScoreTable), rows)


def complete(session: Session, ranking_id: int) -> None:
    """Let a ranking count in the place of every other one of its name."""
    row = session.get_one(RankingTable, ranking_id)
    count = select(func.count()).select_from(RankingScoreTable).where(RankingScoreTable.ranking_id == ranking_id)
    values = {"is_complete": True, "documents": session.scalar(count) or 0}
    session.execute(update(RankingTable).where(RankingTable.id == ranking_id).values(values))
    others = (RankingTable.project_id == row.project_id, RankingTable.name == row.name, RankingTable.id != ranking_id)
    session.execute(delete(RankingTable).where(*others))


def ranking(session: Session, project_id: int, name: str) -> Ranking | None:
    """The ranking of that name that counts now."""
    row = _row(session, project_id, name)
    return None if row is None else Ranking(row.name, row.model, row.documents, row.created)


def queue(
    session: Session, project_id: int, order: Order, where: DocumentFilter, *, limit: int, person: str | None = None
) -> list[Queued]:
    """The next documents, for a person first those that were given to them, then those that were given to nobody.

    Raises NotFound if nobody has scored the documents for that order.
    """
    found = _row(session, project_id, order.name)
    if order.name not in ("oldest", "random") and found is None:
        raise NotFound(f"nobody has put the documents in the order {order.name!r} yet: do that first")
    model_id = model_id_of(session, project_id, where.model)
    base = narrow(select(DocumentTable.id), where, project_id=project_id, model_id=model_id)
    done = _done(session, project_id, order)
    places: list[tuple[int, float | None, bool, bool]] = []
    for is_mine, condition in _parts(order, found, person):
        picked, drawn = _sources(session, base.where(condition), order, found, limit)
        scores, chosen = dict[int, float | None](picked), set(drawn)
        ids = _interleaved([pk for pk, _ in picked], drawn, done, order.share)
        places += [(pk, scores.get(pk), pk in chosen, is_mine) for pk in ids]
    rows = rows_of(session, [pk for pk, *_ in places[:limit]], model_id)
    return [Queued(rows[pk], score, is_drawn, is_mine) for pk, score, is_drawn, is_mine in places[:limit]]


def _parts(order: Order, found: RankingTable | None, person: str | None) -> list[tuple[bool, ColumnElement[bool]]]:
    """What is in the queue, in parts that come one after the other, each with whether it was given to the person."""
    if order.is_review:
        untouched = DocumentTable.updated < found.created if found is not None else true()
        labelled = and_(DocumentTable.status == "labelled", untouched, ~in_blind_round())
        return [(False, or_(labelled, _to_decide()) if order.name == "people" else labelled)]
    if person is None:
        return [(False, DocumentTable.status.in_(LEFT))]
    return [(True, mine(person)), (False, nobodys())]


def _to_decide() -> ColumnElement[bool]:
    return and_(in_blind_round(), ~in_unfinished_round())


def _sources(
    session: Session, base: Query, order: Order, found: RankingTable | None, limit: int
) -> tuple[list[tuple[int, float | None]], list[int]]:
    """Documents in the order with their scores, and held-out ones in random order where the order is active."""
    if found is None:
        by = DocumentTable.hash if order.name == "random" else DocumentTable.id
        return [(pk, None) for (pk,) in session.execute(base.order_by(by, DocumentTable.id).limit(limit))], []
    scored = base.join(RankingScoreTable, RankingScoreTable.document_id == DocumentTable.id)
    scored = scored.where(RankingScoreTable.ranking_id == found.id).add_columns(RankingScoreTable.score)
    if not order.is_active:
        return _best(session, scored, limit), []
    held_out = DocumentTable.split.in_(_HELD_OUT)
    # Content hashes stand in no order that anything in the text decides.
    drawn = session.execute(base.where(held_out).order_by(DocumentTable.hash).limit(limit))
    return _best(session, scored.where(~held_out), limit), [pk for (pk,) in drawn]


def _best(session: Session, scored: Query, limit: int) -> list[tuple[int, float | None]]:
    query = scored.order_by(RankingScoreTable.score.desc(), DocumentTable.id).limit(limit)
    return [(pk, score) for pk, score in session.execute(query)]


def _done(session: Session, project_id: int, order: Order) -> int:
    """How many documents have been dealt with: the place in the queue at which it goes on."""
    query = select(func.count(DocumentTable.id)).where(DocumentTable.project_id == project_id)
    if not order.is_review:
        return session.scalar(query.where(DocumentTable.status.not_in(LEFT))) or 0
    found = _row(session, project_id, order.name)
    return 0 if found is None else session.scalar(query.where(DocumentTable.updated >= found.created)) or 0


def _interleaved(picked: Sequence[int], drawn: Sequence[int], done: int, share: float) -> Iterator[int]:
    """Picked documents, and one that was drawn at every `1 / share`-th place; what is left over at the end."""
    every = round(1 / share) if share > 0 else 0
    rest, random = list(picked), list(drawn) if every else []
    place = done
    while rest or random:
        takes_random = bool(random) and (not rest or place % every == every - 1)
        yield (random if takes_random else rest).pop(0)
        place += 1


def _row(session: Session, project_id: int, name: str) -> RankingTable | None:
    query = select(RankingTable).where(
        RankingTable.project_id == project_id, RankingTable.name == name, RankingTable.is_complete
    )
    return session.scalar(query.order_by(RankingTable.id.desc()).limit(1))
