"""Models: versions on the same test part, what two of them mark differently, promote, roll back, let several vote."""

import streamlit as st
import yaml

import tokapp.ui.ready  # noqa: F401
from tokapp.documents import Json
from tokapp.store.values import ModelRow, Project
from tokapp.ui import access, layout, session, versions
from tokapp.ui.combining import draw_combining
from tokapp.ui.progress import open_job, show_job
from tokapp.ui.tables import selected_row
from tokapp.ui.text import count, escape


@st.dialog("Use this model?")
def confirm_promotion(row: ModelRow, project: Project) -> None:
    """Ask before another model takes over; offer to predict everything with it."""
    st.markdown(f"**{escape(row.name)}** will suggest spans in every project of {escape(project.task.title)}.")
    again = st.checkbox("Predict all documents of this project with it", value=True, key="predict_again")
    if access.button("Use it", "promote", key="promote_yes", type="primary", icon=":material/check:"):
        store = session.store()
        store.promote(row.name, by=session.user_name())
        if again:
            store.enqueue("predict", project_id=project.id, payload={"model": row.name})
        st.rerun()


@st.dialog("Go back?")
def confirm_rollback(project: Project) -> None:
    """Ask before the previous model comes back."""
    st.markdown("The model that was in use before takes over again. Nothing is deleted.")
    if access.button("Go back", "promote", key="rollback_yes", type="primary", icon=":material/undo:"):
        with session.guard():
            session.store().rollback(project.task.name, by=session.user_name())
            st.rerun()


def draw_details(row: ModelRow) -> None:
    """Where a version comes from."""
    with st.expander(f"About {escape(row.name)}", key="about"):
        left, right = st.columns(2)
        left.markdown("**Recipe**")
        left.code(yaml.safe_dump(dict(row.recipe), sort_keys=False) if row.recipe else "not stored", language="yaml")
        right.markdown("**Figures when it was made**")
        right.json(dict(row.metrics), expanded=1)


def draw_comparison(project: Project, rows: list[ModelRow]) -> None:
    """Which spans of the test part two versions mark differently."""
    st.subheader("Compare", anchor=False)
    names = [row.name for row in rows]
    parent = next((row.parent for row in rows if row.parent in names), None) or names[-1]
    columns = st.columns(2)
    old = columns[0].selectbox("Before", names, index=names.index(parent), key="old", bind="query-params")
    new = columns[1].selectbox("After", names, index=0, key="new", bind="query-params")
    known = {name: versions.test_predictions(project, name, documents) for name in {old, new}}
    waiting = [name for name, found in known.items() if len(found) < len(documents)]
    if waiting:
        st.info(escape(f"{' and '.join(waiting)} must first predict the test part."), icon=":material/info:")
        if access.button("Predict the test part", "train", key="predict_test", icon=":material/bolt:"):
            for name in waiting:
                payload: dict[str, Json] = {"model": name, "document_ids": list(documents)}
                session.store().enqueue("predict", project_id=project.id, payload=payload)
            st.rerun()
        return
    rows_found = versions.differences(project, old, new, documents)
    kinds = {kind: sum(row.kind == kind for row in rows_found) for kind in ("gained", "lost", "changed")}
    for column, (kind, value) in zip(st.columns(3), kinds.items(), strict=True):
        column.metric(f"Spans {kind}", value, border=True)
    verdicts = {word: sum(row.verdict == word for row in rows_found) for word in ("better", "worse", "neither")}
    st.caption(f"Judged by people's labels: {', '.join(f'{value} {word}' for word, value in verdicts.items())}.")
    if not rows_found:
        st.success("Both mark exactly the same.", icon=":material/check:")
        return
    frame = versions.difference_frame(rows_found)
    state = st.dataframe(
        frame,
        hide_index=True,
        placeholder="–",
        column_config=versions.difference_columns(),
        key="differences",
        on_select="rerun",
        selection_mode="single-row",
        alt="Changed spans",
    )
    place = selected_row(state)
    if place is not None and place < len(rows_found):
        link = {"project": str(project.id), "doc": str(rows_found[place].document_id)}
        st.page_link("pages/label.py", label="Open it in Label", icon=":material/ink_highlighter:", query_params=link)


with session.guard():
    project = layout.need_project()
    store = session.store()
    layout.heading("Models", f"Every version for {project.task.title}, measured on the same documents.")
    rows = store.models(project.task.name)
    if not rows:
        layout.empty_state("No model yet", "Train one from the labels of this project.", icon="deployed_code")
        st.stop()
    documents = versions.test_documents(project)
    running = open_job(project.id, "predict")
    if running is not None:
        show_job(running)
    scores = {row.name: versions.figures(project, row.name, documents) for row in rows}
    scored = count(len(documents), f"labelled {project.task.noun}")
    st.caption(escape(f"Scored on {scored} that no training here learns from."))
    table = st.dataframe(
        versions.version_frame(rows, scores),
        hide_index=True,
        placeholder="–",
        column_config=versions.figure_columns(),
        on_select="rerun",
        selection_mode="single-row",
        key="versions",
        alt="Model versions with their figures",
    )
    place = selected_row(table)
    chosen = rows[place] if place is not None and place < len(rows) else rows[0]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{escape(chosen.name)}**", width="content")
        in_use = chosen.state == "promoted"
        icon = ":material/verified:"
        if access.button("Use this model", "promote", key="promote", type="primary", icon=icon, disabled=in_use):
            confirm_promotion(chosen, project)
        icon, is_only = ":material/undo:", len(rows) < 2
        if access.button("Go back to the one before", "promote", key="rollback", icon=icon, disabled=is_only):
            confirm_rollback(project)
    draw_details(chosen)
    draw_combining(project, rows)
    if len(rows) > 1:
        draw_comparison(project, rows)
