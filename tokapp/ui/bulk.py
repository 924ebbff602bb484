"""Many at once: suggestions by a filter, or every place of the same words, in this document or in the whole project.

What an action would touch is shown first, place by place, and each place can be unticked. It is undone as one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

import streamlit as st

from tokapp.documents import Span
from tokapp.store import SHARED, Hit, Piece, SuggestionFilter
from tokapp.ui import access, bulk_work, session
from tokapp.ui.deleted_labels import open_task
from tokapp.ui.progress import open_job, show_job
from tokapp.ui.span_editor import asked_bulk
from tokapp.ui.text import ago, count, escape, number, shorten

if TYPE_CHECKING:
    from tokapp.store import Bulk, Labelling, Project
    from tokapp.store.bulk_values import BulkVerb, Way
    from tokapp.ui.ledger import Ledger

SHOWN = 2000
"""Places that are listed, each with a tick of its own."""
MOST = 50_000
"""Places that one action takes at most; a second one goes on from there."""

_What: TypeAlias = Literal["suggestions", "words", "past"]
_TITLES: dict[_What, str] = {"suggestions": "Suggestions", "words": "Same words", "past": "Done so far"}
_FOUND = "bulk_found"
_EVERYWHERE = {False: "This {noun}", True: "The whole project"}


@dataclass(frozen=True, slots=True)
class _Opening:
    """What the dialog begins with; `number` keeps the controls of one opening apart from those of the next."""

    number: int
    what: _What
    text: str
    label: str


def draw_bulk(labelling: Labelling, project: Project, ledger: Ledger, editor: str) -> None:
    """Open the dialog for whoever has just asked for it in the editor mounted under `editor`."""
    asked = asked_bulk(editor)
    if asked is None:
        return
    st.session_state.pop(_FOUND, None)
    number = st.session_state["bulk_opened"] = st.session_state.get("bulk_opened", 0) + 1
    is_span = isinstance(asked, Span)
    text = labelling.document.surface(asked) if isinstance(asked, Span) else ""
    label = asked.label if isinstance(asked, Span) else ""
    _draw_dialog(labelling, project, ledger, _Opening(number, "words" if is_span else "suggestions", text, label))


def draw_outcome(labelling: Labelling, project: Project, ledger: Ledger) -> None:
    """What the last action of this tab did, with the way back; its progress while a worker is at it."""
    if ledger.bulk is None:
        return
    bulk = session.store().bulk(ledger.bulk)
    if bulk.project_id != project.id:
        return
    running = open_job(project.id, "bulk")
    if running is not None:
        show_job(running)
        return
    with st.container(border=True, key="bulk_outcome"):
        _draw_past(bulk, labelling, project, ledger, place="outcome")


@st.dialog("Many at once", width="large")
def _draw_dialog(labelling: Labelling, project: Project, ledger: Ledger, opening: _Opening) -> None:
    with session.guard():
        what = st.radio(
            "What",
            list(_TITLES),
            format_func=_TITLES.__getitem__,
            index=list(_TITLES).index(opening.what),
            key=f"bulk_what_{opening.number}",
            horizontal=True,
            label_visibility="collapsed",
        )
        if what == "past":
            for bulk in session.store().bulks(project.id, limit=10):
                with st.container(border=True):
                    _draw_past(bulk, labelling, project, ledger, place="list")
        elif what == "words":
            _draw_words(labelling, project, ledger, opening)
        else:
            _draw_suggestions(labelling, project, ledger, opening.number)


def _draw_suggestions(labelling: Labelling, project: Project, ledger: Ledger, opened: int) -> None:
    store, task = session.store(), open_task(project)
    everywhere = _choose_where(project, f"bulk_where_{opened}")
    layer = SHARED if everywhere else labelling.layer
    left, middle, right = st.columns([2, 3, 3])
    label = left.selectbox(
        "Label", ["", *task.span_names], format_func=lambda name: name or "Any", key=f"bulk_label_{opened}"
    )
    least, most = middle.slider("Sure between", 0, 100, (0, 100), 1, format="%d %%", key=f"bulk_range_{opened}")
    models = [one.name for one in store.models(task.name)]
    model = right.selectbox(
        "Model", ["", *models], format_func=lambda name: name or "The one in use", key=f"bulk_model_{opened}"
    )
    where = SuggestionFilter(
        label or None, least / 100, most / 100, model or None, None if everywhere else labelling.id
    )
    hits = _found(where, lambda: store.suggestion_hits(project.id, where, layer=layer))
    if not hits:
        st.caption("No open suggestion fits.")
        return
    ticked = _draw_table(hits, project, key=f"bulk_table_{opened}_{hash(where)}")
    with st.container(horizontal=True):
        _draw_action("accept", f"Accept {number(len(ticked))}", ticked, labelling, ledger, layer=layer, type="primary")
        _draw_action("reject", f"Reject {number(len(ticked))}", ticked, labelling, ledger, layer=layer)


def _draw_words(labelling: Labelling, project: Project, ledger: Ledger, opening: _Opening) -> None:
    store, names = session.store(), open_task(project).span_names
    if not names:
        return
    everywhere = _choose_where(project, f"bulk_words_where_{opening.number}")
    layer = SHARED if everywhere else labelling.layer
    left, right = st.columns([3, 2])
    at = next((index for index, name in enumerate(names) if name == opening.label), 0)
    text = left.text_input("Words", opening.text, key=f"bulk_text_{opening.number}", max_chars=500)
    label = right.selectbox("Mark as", names, at, key=f"bulk_words_label_{opening.number}")
    with st.container(horizontal=True):
        inside = st.checkbox("Inside of words too", key=f"bulk_inside_{opening.number}")
        match_case = st.checkbox("Match case", key=f"bulk_case_{opening.number}")
    if not text:
        st.caption("Type the words to find, or choose Mark all like this in the card of a span.")
        return
    document = None if everywhere else labelling.id
    piece = Piece(text, str(label), whole_words=not inside, match_case=match_case, document_id=document)
    hits = _found(piece, lambda: store.piece_hits(project.id, piece, layer=layer))
    if not hits:
        st.caption("No further place: what there is is marked.")
        return
    ticked = _draw_table(hits, project, key=f"bulk_table_{opening.number}_{hash(piece)}")
    _draw_action("add", f"Mark {number(len(ticked))}", ticked, labelling, ledger, layer=layer, type="primary")


def _choose_where(project: Project, key: str) -> bool:
    """Whether the whole project is meant."""
    words = {wide: title.format(noun=project.task.noun) for wide, title in _EVERYWHERE.items()}
    return bool(
        st.radio(
            "Where", list(words), format_func=words.__getitem__, key=key, horizontal=True, label_visibility="collapsed"
        )
    )


def _found(question: object, search: Callable[[], Iterator[Hit]]) -> list[Hit]:
    """The hits of a question: searched for once as long as the dialog is open and the question is the same."""
    kept = st.session_state.get(_FOUND)
    if kept is None or kept[0] != question:
        with st.spinner("Searching …"):
            kept = (question, list(islice(search(), MOST)))
        st.session_state[_FOUND] = kept
    return cast(list[Hit], kept[1])


def _draw_table(hits: Sequence[Hit], project: Project, *, key: str) -> list[Hit]:
    """The places with a tick each; gives those that are ticked."""
    import pandas as pd

    shown = hits[:SHOWN]
    labels = Counter(hit.span.label for hit in shown)
    parts = ", ".join(f"{number(many)} {name}" for name, many in labels.most_common(6))
    documents = count(len({hit.document_id for hit in shown}), project.task.noun)
    st.caption(escape(f"{count(len(shown), 'place')} in {documents}: {parts}. Untick what shall stay as it is."))
    frame = pd.DataFrame(
        {
            "Take": [True] * len(shown),
            "Before": [_cut(hit.left, at_start=True) for hit in shown],
            "Text": [shorten(hit.text, 60) for hit in shown],
            "After": [_cut(hit.right, at_start=False) for hit in shown],
            "Label": [hit.span.label for hit in shown],
            "Sure": [hit.span.score for hit in shown],
            "In": [hit.name for hit in shown],
        }
    )
    if all(hit.span.score is None for hit in shown):
        frame = frame.drop(columns="Sure")
    columns = {
        "Take": st.column_config.CheckboxColumn(width="small"),
        "Sure": st.column_config.NumberColumn(format="percent", width="small"),
    }
    edited = st.data_editor(
        frame,
        key=key,
        hide_index=True,
        placeholder="–",
        height=min(38 + 35 * len(shown), 340),
        column_config=columns,
        disabled=[name for name in frame.columns if name != "Take"],
    )
    ticked = [hit for hit, take in zip(shown, edited["Take"], strict=True) if take]
    further = hits[SHOWN:]
    if further and st.checkbox(f"And the {number(len(further))} places that are not listed", key=f"{key}_further"):
        ticked += further
    return ticked


def _cut(text: str, *, at_start: bool) -> str:
    """Some words of what stands before (cut at the start) or after, on one line."""
    if at_start:
        return shorten(text, 200) if len(text) < 40 else "… " + shorten(text.partition(" ")[2] or text, 200)
    return shorten(text, 200) if len(text) < 40 else shorten(text.rpartition(" ")[0] or text, 200) + " …"


def _draw_action(
    verb: BulkVerb,
    words: str,
    hits: Sequence[Hit],
    labelling: Labelling,
    ledger: Ledger,
    *,
    layer: str,
    type: Literal["primary", "secondary"] = "secondary",
) -> None:
    if access.button(words, "annotate", key=f"bulk_{verb}", type=type, disabled=not hits):
        bar = st.progress(0.0)
        by = session.user_name()
        store = session.store()
        bulk_work.start(store, labelling, verb, hits, ledger, by=by, layer=layer, progress=bar.progress)
        st.rerun()


def _draw_past(bulk: Bulk, labelling: Labelling, project: Project, ledger: Ledger, *, place: str) -> None:
    """One action in words, and the button that turns it back."""
    store = session.store()
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(
            f"{escape(bulk_work.say(store, bulk, project.task.noun))} :gray[{escape(ago(bulk.at))}]", width="content"
        )
        way: Way = "redo" if bulk.way == "undo" and not bulk.outcomes.get("kept") else "undo"
        words = "Do it again" if way == "redo" else "Undo all of it"
        if access.button(words, "annotate", key=f"bulk_turn_{place}_{bulk.id}", type="tertiary"):
            by = session.user_name()
            bulk_work.turn(
                store, bulk, way, store.open_for_labelling(labelling.id, layer=labelling.layer), ledger, by=by
            )
            st.rerun()
