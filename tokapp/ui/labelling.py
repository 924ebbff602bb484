"""Storing what a person did on the label page: every action once, in order, and never over somebody else's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast
from uuid import uuid4

from tokapp.documents import Span
from tokapp.errors import BadInput, StaleRevision, StoreUnavailable, TokappError
from tokapp.store import Bulk, Edit, Labelling, Store, Verb
from tokapp.store.bulk_values import Way
from tokapp.ui import bulk_work
from tokapp.ui.ledger import Conflict, Ledger
from tokapp.ui.span_editor import Entry, Submission, check_entry


@dataclass(frozen=True, slots=True)
class Difference:
    """Spans that only one of two versions has."""

    only_theirs: tuple[Span, ...]
    only_mine: tuple[Span, ...]


def store_submission(store: Store, submission: Submission, ledger: Ledger, *, by: str) -> list[Edit]:
    """Record every action that has no answer yet, and put the answers into the ledger; gives the edits that are new.

    Once an action is refused, the later ones of that document are refused with it, since they were drawn upon it.
    Raises StoreUnavailable without an answer: the browser keeps the action and sends it again.
    """
    ledger.answers = {
        entry.edit.token: ledger.answers[entry.edit.token]
        for entry in submission.entries
        if entry.edit.token in ledger.answers
    }
    last: dict[int, int | str] = {}
    fresh: list[Edit] = []
    for entry in submission.entries:
        token = entry.edit.token
        if token not in ledger.answers:
            ledger.answers[token] = _answer(store, entry, last.get(entry.document, entry.seen), submission, ledger, by)
            fresh += [entry.edit] if isinstance(ledger.answers[token], int) else []
        last[entry.document] = ledger.answers[token]
    return fresh


def refuse(submission: Submission, ledger: Ledger, reason: str) -> None:
    """Answer every action with the reason why it is not stored."""
    ledger.answers = {entry.edit.token: reason for entry in submission.entries}


def record(store: Store, labelling: Labelling, edit: Edit, ledger: Ledger, *, by: str) -> Labelling:
    """Record an action that was taken outside of the editor, on the state that the page shows.

    Raises StaleRevision, and BadInput where the person may not change this document now.
    """
    _open(store, labelling.id, ledger, by)
    after = store.record(labelling.id, labelling.revision, by, edit, layer=labelling.layer)
    ledger.keep(labelling.id, labelling.revision, after.revision)
    return after


def new_edit(verb: Verb, *, spans: Iterable[Span] = (), label: str | None = None) -> Edit:
    """An edit with a token of its own."""
    return Edit(verb, tuple(spans), label, token=uuid4().hex)


def compare(theirs: Iterable[Span], mine: Iterable[Span]) -> Difference:
    """What stands between two versions of the spans of a document, in reading order."""
    left, right = {span.identity: span for span in theirs}, {span.identity: span for span in mine}
    return Difference(
        only_theirs=tuple(sorted(span for key, span in left.items() if key not in right)),
        only_mine=tuple(sorted(span for key, span in right.items() if key not in left)),
    )


def keep_mine(store: Store, theirs: Labelling, mine: Iterable[Span], ledger: Ledger, *, by: str) -> Labelling:
    """Make `mine` the document's spans, as actions upon the version that `theirs` shows; raises StaleRevision."""
    difference = compare(theirs.document.spans, mine)
    labelling = theirs
    if difference.only_theirs:
        labelling = record(store, labelling, new_edit("remove", spans=difference.only_theirs), ledger, by=by)
    if difference.only_mine:
        labelling = record(store, labelling, new_edit("add", spans=difference.only_mine), ledger, by=by)
    return labelling


def settle(ledger: Ledger, revision: int) -> None:
    """End the conflict: a person chose, and `revision` is what stands now.

    The refused actions are answered by it. A person may choose before the browser has heard of the refusal, and must
    not hear of it afterwards.
    """
    for token in ledger.conflict.refused if ledger.conflict else ():
        if token in ledger.answers:
            ledger.answers[token] = revision
    ledger.conflict = None


def _open(store: Store, document: int, ledger: Ledger, by: str) -> Labelling:
    """The document as it opens for the person, or for a reviewer; raises BadInput where it may not be changed now."""
    labelling, seat = store.open_for(document, by)
    if seat.closed and not (ledger.layer is not None and seat.is_ready):
        raise BadInput(seat.closed)
    return labelling if ledger.layer is None else store.open_for_labelling(document, layer=ledger.layer)


def _answer(store: Store, entry: Entry, seen: int | str, submission: Submission, ledger: Ledger, by: str) -> int | str:
    """The revision that the action made, or why it was refused; `seen` is the answer to the action before."""
    if isinstance(seen, str):
        _keep(ledger, entry, submission)
        return seen
    seen = ledger.advance(entry.document, seen)
    try:
        labelling = _open(store, entry.document, ledger, by)
        check_entry(entry, labelling, store.project(labelling.project_id).task)
        turned = _bulk_of(store, labelling, entry, seen, by)
        after = store.record(entry.document, seen, by, entry.edit, layer=labelling.layer)
    except StaleRevision:
        ledger.conflict = Conflict(entry.document, ())
        _keep(ledger, entry, submission)
        return "somebody else changed this document. Choose a version above."
    except StoreUnavailable:
        raise
    except TokappError as error:
        return str(error)
    made = min(after.revision, seen + 1)  # a repeated token gives the newest state, which may be somebody else's
    ledger.keep(entry.document, seen, made)
    if turned is not None:
        bulk_work.turn(store, turned, cast(Way, entry.edit.verb), after, ledger, by=by)
    return made


def _bulk_of(store: Store, labelling: Labelling, entry: Entry, seen: int, by: str) -> Bulk | None:
    """The person's own action on many documents that this undo or redo belongs to: it is turned back as one.

    Only where the entry is new: a repeated one has been answered, and what is on top now is something else.
    """
    if entry.edit.verb not in ("undo", "redo") or labelling.revision != seen:
        return None
    bulk = store.bulk_to_turn(entry.document, cast(Way, entry.edit.verb), layer=labelling.layer)
    return bulk if bulk is not None and bulk.by == by and bulk.documents > 1 else None


def _keep(ledger: Ledger, entry: Entry, submission: Submission) -> None:
    """Remember the person's version as it is drawn now, and what was refused."""
    conflict = ledger.conflict
    if conflict is not None and entry.document == conflict.document:
        mine = submission.drawn.get(entry.document, conflict.mine)
        ledger.conflict = Conflict(entry.document, mine, tuple(dict.fromkeys((*conflict.refused, entry.edit.token))))
