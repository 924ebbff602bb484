"""Models: versions on the same test part, what two of them mark differently, promote, roll back, let several vote."""

import streamlit as st

import tokapp.ui.ready  # noqa: F401
from tokapp.ui import access, layout, session, versions
from tokapp.ui.about import draw_details
from tokapp.ui.combining import draw_combining
from tokapp.ui.comparing import draw_comparison
from tokapp.ui.golden import draw_golden
from tokapp.ui.plain_export import draw_plain_export
from tokapp.ui.progress import open_job, show_job
from tokapp.ui.promotion import confirm_promotion, confirm_rollback, draw_gate
from tokapp.ui.rechecking import draw_rechecking
from tokapp.ui.tables import selected_row
from tokapp.ui.text import count, escape

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
        in_use, found = chosen.state == "promoted", store.judgements(chosen.name)
        icon = ":material/verified:"
        if access.button("Use this model", "promote", key="promote", type="primary", icon=icon, disabled=in_use):
            confirm_promotion(chosen, project, found)
        icon, is_only = ":material/undo:", len(rows) < 2
        if access.button("Go back to the one before", "promote", key="rollback", icon=icon, disabled=is_only):
            confirm_rollback(project)
        where = {"project": str(project.id), "model": chosen.name}
        st.page_link("pages/evaluate.py", label="See where it fails", icon=":material/query_stats:", query_params=where)
    draw_gate(project, found)
    draw_details(project, chosen)
    draw_rechecking(chosen, project)
    draw_golden(project)
    draw_plain_export(chosen)
    draw_combining(project, rows)
    if len(rows) > 1:
        draw_comparison(project, rows, documents)
