"""The document table: search, filters, sorting and pages, all answered by the store."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast, get_args

import streamlit as st

from tokapp.evaluation.splits import Split
from tokapp.store.values import DocumentFilter, DocumentRow
from tokapp.ui import giving, layout, session
from tokapp.ui.tables import document_columns, document_frame, selected_rows
from tokapp.ui.text import count, escape, number, plain, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokapp.store.filters import Sort
    from tokapp.store.values import Project, Status

PAGE_SIZE = 50
_ANY_CONFIDENCE = (0, 100)
_STATUS = ("new", "started", "labelled", "skipped")
_SORTS: dict[str, str] = {
    "id": "Order of import",
    "confidence": "Least confident first",
    "-confidence": "Most confident first",
    "-updated": "Changed last first",
    "status": "Status",
    "source": "Source",
    "-id": "Newest import first",
}


def draw_filters(project: Project) -> tuple[DocumentFilter, Sort]:
    """Draw search, filters and sorting; search, status and sorting stand in the address."""
    row = st.columns([4, 2, 3, 2], vertical_alignment="bottom")
    search = row[0].text_input(
        "Search", key="search", bind="query-params", placeholder="Words in the text, or an id", icon=":material/search:"
    )
    status = row[1].selectbox(
        "Status", [None, *_STATUS], key="status", bind="query-params", format_func=lambda one: one or "any"
    )
    sort = row[2].selectbox("Sort by", list(_SORTS), key="sort", bind="query-params", format_func=_SORTS.__getitem__)
    where = DocumentFilter(search=(search or "").strip(), status=cast("Status | None", status))
    used = sum(st.session_state.get(key, unset) != unset for key, unset in _more_keys(project).items())
    title = f"Filters · {used}" if used else "Filters"
    with row[3].popover(title, icon=":material/filter_list:", key="more_filters", width="stretch"):
        where = _more(project, where)
    return where, cast("Sort", sort)


def _more_keys(project: Project) -> dict[str, object]:
    """The keys of the further filters, and their values when they let everything through."""
    names = ("label", "source", "split", "person")
    return {**{f"{name}_{project.id}": None for name in names}, f"confidence_{project.id}": _ANY_CONFIDENCE}


def _more(project: Project, where: DocumentFilter) -> DocumentFilter:
    labels = list(dict.fromkeys([*project.task.span_names, *project.task.document_names]))
    label = st.selectbox(
        "Has label", [None, *labels], key=f"label_{project.id}", format_func=lambda one: plain(one or "any")
    )
    source = st.selectbox(
        "Source",
        [None, *session.store().sources(project.id)],
        key=f"source_{project.id}",
        format_func=lambda one: plain(one or "any"),
    )
    split = st.selectbox(
        "Part", [None, *get_args(Split)], key=f"split_{project.id}", format_func=lambda one: one or "any"
    )
    people = [one.person for one in session.store().workloads(project.id)]
    person = st.selectbox(
        "Waits for", [None, *people], key=f"person_{project.id}", format_func=lambda one: plain(one or "anybody")
    )
    low, high = st.slider("Confidence in %", 0, 100, _ANY_CONFIDENCE, key=f"confidence_{project.id}")
    return replace(
        where,
        person=person,
        label=label,
        source=source,
        split=split,
        min_confidence=low / 100 if low > 0 else None,
        max_confidence=high / 100 if high < 100 else None,
    )


def _clear(project: Project) -> None:
    st.session_state.update({"search": "", "status": None})
    for key in _more_keys(project):
        st.session_state.pop(key, None)


def draw_table(project: Project, where: DocumentFilter, sort: Sort) -> list[DocumentRow]:
    """Draw one page of the table; the selected rows."""
    store = session.store()
    found = store.count_documents(project.id, where)
    if found == 0:
        nouns = plural(project.task.noun)
        layout.empty_state(f"No {nouns} fit", "Search for fewer words, or let the filters go.", icon="filter_list_off")
        st.button("Clear search and filters", key="clear", icon=":material/close:", on_click=_clear, args=(project,))
        return []
    pages = -(-found // PAGE_SIZE)
    model = store.promoted(project.task.name)
    actions = st.container()
    # Another filter or order starts on its own first page with nothing selected.
    state = f"{project.id}_{hash((where, sort))}"
    table = st.container()
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        page = st.pagination(pages, key=f"page_{state}", width="stretch") if pages > 1 else 1
        first = (page - 1) * PAGE_SIZE + 1
        last = min(page * PAGE_SIZE, found)
        shown = f"{number(first)}–{number(last)} of {count(found, project.task.noun)}"
        st.caption(escape(shown), width="content")
    rows = store.documents(project.id, where, sort=sort, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE)
    selection = table.dataframe(
        document_frame(rows, store.surfaces([row.id for row in rows], model.name if model else None)),
        column_config=document_columns(
            has_labels=bool(project.task.document_labels),
            has_spans=bool(project.task.span_labels),
            has_changes=sort == "-updated",
        ),
        hide_index=True,
        placeholder="–",
        height="content" if len(rows) <= 16 else 600,
        on_select="rerun",
        selection_mode="multi-row",
        key=f"documents_{state}_{page}",
        alt="Documents of the project",
    )
    chosen = [rows[place] for place in selected_rows(selection) if place < len(rows)]
    with actions:
        _draw_actions(project, chosen)
    return chosen


def _draw_actions(project: Project, rows: Sequence[DocumentRow]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="row_actions"):
        if len(rows) != 1:
            selected = f"{count(len(rows), project.task.noun)} selected. " if rows else ""
            st.caption(f":material/touch_app: {escape(selected)}Select one row to label or explain it.")
            return
        [row] = rows
        link = {"project": str(project.id), "doc": str(row.id)}
        st.page_link("pages/label.py", label="Label", icon=":material/ink_highlighter:", query_params=link)
        st.page_link("pages/explain.py", label="Explain", icon=":material/troubleshoot:", query_params=link)
        st.caption(escape(row.preview[:160]), width="stretch")


def draw_giving_out(project: Project, where: DocumentFilter, sort: Sort, chosen: Sequence[DocumentRow]) -> None:
    """The form that gives out what is selected, else what the filters let through."""
    store = session.store()
    giving.draw_giving(
        project,
        lambda: store.count_documents(project.id, where),
        lambda most: [row.id for row in store.documents(project.id, where, sort=sort, limit=most)],
        picked=[row.id for row in chosen],
        where="documents",
    )
