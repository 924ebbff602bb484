"""From what a person did to what the event says: checks an edit against the state and gives its difference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce
from typing import TypeAlias

from tokapp.documents import LONGEST_GROUP, Json, Reason, Span
from tokapp.errors import BadInput, BadSpan, UnknownLabel
from tokapp.evaluation.planting import is_planted
from tokapp.reasons import cleared, marked
from tokapp.store.state import Change, State, write_keys, write_reasons, write_spans
from tokapp.store.values import Edit, Status, Verb
from tokapp.tasks import Task

Difference: TypeAlias = tuple[dict[str, Json], dict[str, Json]]
"""Before and after, as an event holds them."""


def difference(state: State, edit: Edit, by: str, *, task: Task, length: int) -> Difference:
    """What an edit takes away and puts in (all verbs but undo, redo and import).

    Raises BadSpan (outside of the text of `length` characters, or not there), UnknownLabel or BadInput.
    """
    make = _VERBS.get(edit.verb)
    if make is None:
        raise BadInput(f"{edit.verb!r} is not an edit; use one of {', '.join(_VERBS)}")
    _check_spans(edit.spans, state, task, length)
    for reason in edit.reasons:
        task.check_reason(reason, length)
    before, after = make(state, edit, by, task)
    if edit.verb not in _STATUS and state.status in _left_by(edit.verb) and not changes_nothing(before, after):
        before, after = {**before, "status": state.status}, {**after, "status": "started"}
    return before, after


def _left_by(verb: Verb) -> tuple[Status, ...]:
    """The states that an edit ends; what a reviewer is deciding on is not finished before it is handed in again.

    Reasons say nothing about how far the labels are.
    """
    if verb in _ABOUT_REASONS:
        return ()
    return ("new", "skipped", "labelled") if verb == "adjudicate" else ("new", "skipped")


def changes_nothing(before: Change, after: Change) -> bool:
    """Whether an event with these halves would leave everything as it is."""
    return all((before.get(field) or None) == (after.get(field) or None) for field in _FIELDS)


def _check_spans(spans: Sequence[Span], state: State, task: Task, length: int) -> None:
    """A piece of a span that is there may be changed and removed, also where no new one may be made."""
    groups = {span.group for span in state.spans}
    for span in spans:
        if span.end > length:
            raise BadSpan(f"span [{span.start}, {span.end}) ends after the text, which has {length} characters")
        if span.label not in task.span_names:
            known = ", ".join(task.span_names) or "none"
            raise UnknownLabel(f"task {task.name} has no label {span.label!r}; it has: {known}")
        if span.group not in groups and span.group and not task.discontinuous:
            raise BadSpan(_NO_PIECES.format(task.name))
        if len(span.group) > LONGEST_GROUP:
            raise BadSpan(f"the name of a group has at most {LONGEST_GROUP} characters, this one {len(span.group)}")


def _add(state: State, edit: Edit, by: str, task: Task) -> Difference:
    there = {span.identity for span in state.spans}
    fresh = [_owned(span, by) for span in edit.spans if span.identity not in there]
    return {"spans": []}, {"spans": write_spans(replace(span, score=None) for span in fresh)}


def _remove(state: State, edit: Edit, by: str, task: Task) -> Difference:
    return {"spans": write_spans(_find(state, span) for span in edit.spans)}, {"spans": []}


def _replace(state: State, edit: Edit, by: str, task: Task) -> Difference:
    """Relabel and move, each span of the first half into the one at its place in the second.

    A first one may also be a suggestion, which is then settled.
    """
    half, odd = divmod(len(edit.spans), 2)
    if odd or not half:
        raise BadInput(f"{edit.verb} needs two spans, before and after; it got {len(edit.spans)}")
    pairs = [
        (old, new) for old, new in zip(edit.spans, edit.spans[half:], strict=False) if old.identity != new.identity
    ]
    there = {span.identity: span for span in state.spans}
    gone = [there[old.identity] for old, _ in pairs if old.identity in there]
    suggested = [old for old, _ in pairs if old.identity not in there]
    kept = there.keys() - {span.identity for span in gone}
    new = [replace(_owned(new, by), score=None) for _, new in pairs if new.identity not in kept]
    before: dict[str, Json] = {"spans": write_spans(gone)}
    after: dict[str, Json] = {"spans": write_spans(new)}
    if suggested:
        before["suggestions"] = write_spans(suggested)
        after["settled"] = write_keys({old.key for old in suggested} - state.settled)
    return before, after


def _join(state: State, edit: Edit, by: str, task: Task) -> Difference:
    """The first span gets further pieces: all of them share the pieces' group from now on."""
    if len(edit.spans) < 2:
        raise BadInput(f"join needs a span and a further piece of it; it got {len(edit.spans)}")
    if not task.discontinuous:
        raise BadSpan(_NO_PIECES.format(task.name))
    stem, *pieces = edit.spans
    group = stem.group or pieces[0].group
    if not group or any((piece.group, piece.label) != (group, stem.label) for piece in pieces):
        raise BadSpan("the pieces of one span share its label and its group: reload")
    old = _find(state, stem)
    grown = [] if stem.group else [replace(old, group=group)]
    there = {span.identity for span in state.spans}
    new = [replace(_owned(piece, by), score=None) for piece in pieces if piece.identity not in there]
    return {"spans": write_spans([old] if grown else [])}, {"spans": write_spans([*grown, *new])}


def _accept(state: State, edit: Edit, by: str, task: Task) -> Difference:
    there = {span.identity for span in state.spans}
    accepted = [_owned(span, by) for span in edit.spans if span.identity not in there]
    after: dict[str, Json] = {"spans": write_spans(accepted), "settled": _newly_settled(state, edit)}
    return {"spans": [], "suggestions": write_spans(edit.spans), "settled": []}, after


def _reject(state: State, edit: Edit, by: str, task: Task) -> Difference:
    suggestions = write_spans(edit.spans)
    return {"suggestions": suggestions, "settled": []}, {"settled": _newly_settled(state, edit)}


def _set_label(state: State, edit: Edit, by: str, task: Task) -> Difference:
    if edit.label is not None and edit.label not in task.document_names:
        known = ", ".join(task.document_names) or "none"
        raise UnknownLabel(f"task {task.name} has no document label {edit.label!r}; it has: {known}")
    return {"label": state.label}, {"label": edit.label}


def _adjudicate(state: State, edit: Edit, by: str, task: Task) -> Difference:
    """What a reviewer decided takes the place of what stood there; spans keep the name of whoever marked them."""
    there, wanted = {span.identity for span in state.spans}, {span.identity for span in edit.spans}
    gone = write_spans(span for span in state.spans if span.identity not in wanted)
    new = write_spans(replace(span, score=None) for span in edit.spans if span.identity not in there)
    before, after = _set_label(state, edit, by, task)
    ruled = write_keys(set(edit.ruled) - state.ruled)
    return {**before, "spans": gone, "ruled": []}, {**after, "spans": new, "ruled": ruled}


def _mark_reasons(state: State, edit: Edit, by: str, task: Task) -> Difference:
    return _to_reasons(state, reduce(marked, (replace(one, by=by) for one in edit.reasons), state.reasons))


def _clear_reasons(state: State, edit: Edit, by: str, task: Task) -> Difference:
    return _to_reasons(state, reduce(cleared, edit.reasons, state.reasons))


def _to_reasons(state: State, wanted: Sequence[Reason]) -> Difference:
    """What leads to these reasons; a mark that stays keeps the name of whoever made it."""
    gone = write_reasons(one for one in state.reasons if one not in wanted)
    return {"reasons": gone}, {"reasons": write_reasons(one for one in wanted if one not in state.reasons)}


def back_to(state: State, past: State) -> Difference:
    """What leads from a state to an earlier one."""
    there, wanted = {span.identity for span in state.spans}, {span.identity for span in past.spans}
    reasons_before, reasons_after = _to_reasons(state, past.reasons)
    before: dict[str, Json] = {
        **reasons_before,
        "spans": write_spans(span for span in state.spans if span.identity not in wanted),
        "settled": write_keys(state.settled - past.settled),
        "ruled": write_keys(state.ruled - past.ruled),
        "label": state.label,
        "status": state.status,
    }
    after: dict[str, Json] = {
        **reasons_after,
        "spans": write_spans(span for span in past.spans if span.identity not in there),
        "settled": write_keys(past.settled - state.settled),
        "ruled": write_keys(past.ruled - state.ruled),
        "label": past.label,
        "status": past.status,
    }
    return before, after


def _to_status(state: State, edit: Edit, by: str, task: Task) -> Difference:
    return {"status": state.status}, {"status": _STATUS[edit.verb]}


def _newly_settled(state: State, edit: Edit) -> list[Json]:
    return write_keys({span.key for span in edit.spans} - state.settled)


def _owned(span: Span, by: str) -> Span:
    """What a person marks is theirs; a planted suggestion stays one, whoever accepts it."""
    return span if is_planted(span) else replace(span, origin=f"person:{by}")


def _find(state: State, wanted: Span) -> Span:
    found = {span.identity: span for span in state.spans}.get(wanted.identity)
    if found is None:
        raise BadSpan(f"there is no span [{wanted.start}, {wanted.end}) {wanted.label!r} to remove: reload")
    return found


def open_suggestions(predicted: Sequence[Span], state: State) -> tuple[Span, ...]:
    """Predicted spans that nobody has settled, and that no person's span covers.

    A person's span covers a suggestion of the same range, and one of its own label that it overlaps.
    """
    ranges = {(span.start, span.end) for span in state.spans}

    def is_open(span: Span) -> bool:
        if span.key in state.settled or (span.start, span.end) in ranges:
            return False
        return not any(mine.label == span.label and mine.overlaps(span) for mine in state.spans)

    return tuple(span for span in predicted if is_open(span))


_NO_PIECES = "task {} allows no spans of several pieces; Settings can allow them"
_FIELDS = ("spans", "settled", "ruled", "reasons", "label", "status")
_ABOUT_REASONS = ("mark_reasons", "clear_reasons")
_STATUS = {"submit": "labelled", "reopen": "started", "skip": "skipped"}
_VERBS: dict[str, Callable[[State, Edit, str, Task], Difference]] = {
    "add": _add,
    "remove": _remove,
    "relabel": _replace,
    "move": _replace,
    "join": _join,
    "accept": _accept,
    "reject": _reject,
    "set_label": _set_label,
    "adjudicate": _adjudicate,
    "submit": _to_status,
    "reopen": _to_status,
    "skip": _to_status,
    "mark_reasons": _mark_reasons,
    "clear_reasons": _clear_reasons,
}
