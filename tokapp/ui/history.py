"""The history of a document: who changed what, newest first, and the way back to any point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.store.values import SHARED, Edit
from tokapp.ui import access, session
from tokapp.ui.labelling import new_edit, record
from tokapp.ui.ledger import Ledger
from tokapp.ui.text import ago, count, escape, shorten

if TYPE_CHECKING:
    from tokapp.documents import Json
    from tokapp.store.values import Event, Labelling, Verb

SHOWN = 50
"""Changes that are listed; older ones stay stored."""

_DID: dict[Verb, str] = {
    "add": "marked {after}",
    "remove": "removed {before}",
    "relabel": "changed {before} to {after}",
    "move": "moved {before} to {after}",
    "join": "made {after} one span of several pieces",
    "accept": "accepted {after}",
    "reject": "rejected a suggestion",
    "set_label": "called the whole text {label}",
    "submit": "was done",
    "reopen": "opened it again",
    "skip": "skipped it",
    "undo": "undid a change",
    "redo": "redid a change",
    "import": "came with {after}",
    "adjudicate": "decided between versions",
    "restore": "went back to an earlier point",
    "mark_reasons": "marked what is a reason, and what is none",
    "clear_reasons": "took marks of reasons away",
}


def draw_history(labelling: Labelling, ledger: Ledger) -> None:
    """A button that opens the list of changes; each one has a way back to how everything was after it."""
    says = "Who changed what, and the way back"
    with st.popover("History", icon=":material/history:", key="history", on_change="rerun", help=says) as opened:
        if opened.open:
            _draw_events(labelling, ledger)


def _draw_events(labelling: Labelling, ledger: Ledger) -> None:
    events = session.store().events(labelling.id, labelling.layer)
    if not events:
        st.caption("Nobody has changed anything here yet.")
        return
    st.caption(f"{count(len(events), 'change')}, the newest first. Going back is a change, too: nothing is lost.")
    learnt = session.store().learnt_by(labelling.id) if labelling.layer == SHARED else {}
    for event in events[::-1][:SHOWN]:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(
                f"**{escape(event.by)}** {escape(say(event, labelling.document.text))} :gray[{escape(ago(event.at))}]"
                + _learnt(learnt.get(event.revision, ())),
                width="content",
            )
            is_now = event.revision == labelling.revision
            label = "Go back to here"
            if access.button(label, "annotate", disabled=is_now, key=f"restore_{event.revision}", type="tertiary"):
                edit = Edit("restore", revision=event.revision, token=new_edit("restore").token)
                record(session.store(), labelling, edit, ledger, by=session.user_name())
                st.rerun()


def _learnt(models: Sequence[str]) -> str:
    """Which models learnt it; nothing if none did."""
    return f" :violet[learnt by {escape(', '.join(models))}]" if models else ""


def say(event: Event, text: str) -> str:
    """An event in words: what was marked, removed, accepted, and so on."""
    before, after = _pieces(event.before, text), _pieces(event.after, text)
    label = event.after.get("label") if isinstance(event.after, Mapping) else None
    return _DID[event.verb].format(before=before, after=after, label=label or "nothing")


def _pieces(half: Json, text: str) -> str:
    """The marked pieces of an event's half, or how many there are."""
    spans = half.get("spans") if isinstance(half, Mapping) else None
    found = [span for span in spans if isinstance(span, list)] if isinstance(spans, list) else []
    if len(found) == 1:
        start, end, label, *_ = found[0]
        return f"“{shorten(text[int(str(start)) : int(str(end))], 40)}” as {label}"
    return count(len(found), "span") if found else "no span"
