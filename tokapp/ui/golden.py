"""The golden set of a project on the screen: what is frozen, how much a label may lose, and freezing anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tokapp.store.values import DocumentFilter
from tokapp.ui import access, session
from tokapp.ui.tables import selected_rows
from tokapp.ui.text import ago, count, escape, plain, plural, shorten

if TYPE_CHECKING:
    import pandas as pd

    from tokapp.store import DocumentRow, Project

_TEST = DocumentFilter(status="labelled", split="test")
_ROWS = 1000


def draw_golden(project: Project) -> None:
    """What every new model is judged on before it may be used, and how strictly."""
    with st.expander("Golden set", icon=":material/verified_user:", key=f"golden_{project.id}"):
        _draw_standing(project)
        rows = session.store().documents(project.id, _TEST, limit=_ROWS)
        if rows:
            _draw_freezing(project, rows)


def _draw_standing(project: Project) -> None:
    store, noun = session.store(), project.task.noun
    golden = store.golden_set(project.id)
    if golden is None:
        st.markdown(
            f"There is none yet, so any model can be used. Freeze finished {escape(plural(noun))} of the test part: "
            "every new model is then judged on the same ones, label by label."
        )
        return
    st.markdown(
        f"**{escape(count(golden.documents, noun))}**, frozen by {escape(golden.by)} {ago(golden.at)}. "
        "Later corrections do not change them."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        now = store.promotion_margin(project.id)
        margin = st.number_input(
            "A label may lose (F1)",
            0.0,
            1.0,
            now,
            step=0.01,
            key=f"margin_{project.id}_{now}",
            width=180,
            disabled=not access.may("promote"),
        )
        if access.button("Set", "promote", key="margin_set", disabled=margin == now):
            store.choose_promotion_margin(project.id, margin, session.user_name())
            st.rerun()


def _draw_freezing(project: Project, rows: list[DocumentRow]) -> None:
    noun = project.task.noun
    st.caption(f"Select {escape(plural(noun))} to freeze only these; without a selection it is all of them.")
    state = st.dataframe(
        golden_frame(rows),
        hide_index=True,
        height=min(38 + 35 * len(rows), 250),
        on_select="rerun",
        selection_mode="multi-row",
        key=f"golden_rows_{project.id}",
        alt="Finished documents of the test part",
    )
    chosen = [rows[place].id for place in selected_rows(state) if place < len(rows)]
    label = f"Freeze {count(len(chosen) or len(rows), noun)}"
    if access.button(label, "promote", key="freeze", icon=":material/ac_unit:"):
        with session.guard():
            session.store().freeze_golden_set(project.id, session.user_name(), chosen or None)
            st.rerun()


def golden_frame(rows: list[DocumentRow]) -> pd.DataFrame:
    """Finished documents, one line each."""
    import pandas as pd

    return pd.DataFrame(
        {
            "Text": [shorten(row.preview, 200) for row in rows],
            "Spans": [row.spans for row in rows],
            "Id": [plain(row.external_id) for row in rows],
            "Source": [plain(row.source) for row in rows],
        }
    )
