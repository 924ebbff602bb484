"""Explain: which words made the model decide so, with the error of the estimate."""

import math

import streamlit as st

import tokapp.ui.ready  # noqa: F401
from tokapp.explanations.export import write_csv, write_json, write_png
from tokapp.ui import access, layout, reasons, session
from tokapp.ui.attribution_view import attribution_view, words_of
from tokapp.ui.charts import word_bars
from tokapp.ui.document_search import draw_search
from tokapp.ui.document_view import draw_passages
from tokapp.ui.text import escape, escape_badge, number, percent, plural, shorten
from tokapp.ui.whole_project import draw_whole_project


def probability(log_odds: float) -> float:
    """The probability behind log-odds."""
    return 1 / (1 + math.exp(-log_odds))


with session.guard():
    project = layout.need_project()
    store, task = session.store(), project.task
    layout.heading("Explain", "Which words made the model decide so.")
    promoted = store.promoted(task.name)
    document_id = reasons.chosen_document(project, st.query_params.get("doc"))
    if document_id is None:
        layout.empty_state(f"No {plural(task.noun)} yet", "Upload some on the Documents page.")
        st.stop()
    if promoted is None:
        layout.empty_state("No model yet", "Label some documents and train one: there is nothing to explain before.")
        st.stop()
    draw_whole_project(project, promoted.name)
    draw_search(project, promoted.name)
    labelling = store.open_for_labelling(document_id, model=promoted.name)
    document = labelling.document
    layout.remember(doc=document_id)
    prediction = store.prediction(document_id, promoted.name)
    if prediction is None:
        access.require("annotate")
        with st.spinner("Marking spans …"):
            prediction = session.model(promoted.name).predict([document])[0]
        store.add_predictions(project.id, promoted.name, [(document_id, prediction)])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{escape(task.noun.capitalize())}** {escape(shorten(document.id, 40))}", width="content")
        st.badge(escape_badge(promoted.name), icon=":material/model_training:", color="violet")
        reasons.draw_steps(labelling, promoted.name, task.noun)
        link = {"project": str(project.id), "doc": str(document_id)}
        st.page_link("pages/label.py", label="Label it", icon=":material/ink_highlighter:", query_params=link)
    if document.question or document.contexts:
        with st.expander("Question and passages", icon=":material/menu_book:", key="passages"):
            draw_passages(document)
    targets = reasons.decisions(project, labelling, prediction)
    wanted = reasons.read_target(st.query_params.get("span"), document)
    if wanted is not None and wanted not in targets:
        targets.insert(0, wanted)
    if not targets:
        st.text(document.text)
        layout.empty_state(
            "The model marked nothing here", "Choose another one, or mark a span on the Label page and explain it."
        )
        st.stop()
    target = st.selectbox(
        "Decision",
        targets,
        index=targets.index(wanted) if wanted in targets else 0,
        format_func=lambda one: reasons.name_target(one, document, prediction),
        key=f"decision_{document_id}",
    )
    layout.remember(span=reasons.write_target(target))
    attribution = reasons.explain(store, labelling, promoted.name, target, targets)
    words = words_of(attribution)
    left, right = st.columns([3, 2], gap="large")
    with left:
        start, end = probability(attribution.base_value), probability(attribution.output_value)
        st.markdown(
            f"With every word hidden the model says **{percent(start)}**, with all of them **{percent(end)}** "
            f":gray[\\({attribution.base_value:+.2f} → {attribution.output_value:+.2f} log\\-odds\\)]"
        )
        reasons.draw_score(target, prediction, end)
        threshold = st.slider(
            "Hide words weaker than (% of the strongest)", 0, 100, 5, key="threshold", bind="query-params"
        )
        with st.container(border=True):
            attribution_view(document.text, words, target, threshold=threshold / 100, key=f"view_{document_id}")
        legend = "Orange speaks for the decision, blue against it; words that cannot be told from zero stay plain."
        st.caption(legend + (" The underlined piece is what the decision is about." * (target.kind == "span")))
        error = max(attribution.errors, default=0.0)
        way = "every combination of words was tried" if attribution.exact else f"largest error of a word ± {error:.2f}"
        st.caption(f":material/calculate: {number(attribution.evaluations)} evaluations of the model; {escape(way)}")
    with right:
        st.plotly_chart(
            word_bars(words), key="bars", config={"displaylogo": False}, alt="The strongest words with their errors"
        )
        with st.container(horizontal=True):
            files = (
                ("JSON", "json", "application/json", lambda: write_json([attribution])),
                ("CSV", "csv", "text/csv", lambda: write_csv([attribution])),
                ("PNG", "png", "image/png", lambda: write_png(attribution)),
            )
            for title, ending, mime, make in files:
                st.download_button(
                    title,
                    data=make,
                    file_name=f"why-{document_id}.{ending}",
                    mime=mime,
                    key=f"download_{ending}",
                    icon=":material/download:",
                    on_click="ignore",
                )
