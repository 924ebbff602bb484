"""Agreement: how well people agree who labelled the same documents, and where they differ."""

import streamlit as st

import tokapp.ui.ready  # noqa: F401
from tokapp.evaluation.agreement import (
    MEASURES,
    AgreementReport,
    Measure,
    PeriodLength,
    Study,
    find_measure,
    measure_agreement,
)
from tokapp.store import Project
from tokapp.ui import layout, session
from tokapp.ui.agreement import WAYS, Way, label_frame, show_value, studies_of
from tokapp.ui.agreement_charts import over_time, pair_map
from tokapp.ui.text import count, escape, number, plain, plural, shorten

TITLES = {measure.name: measure.title for measure in MEASURES}
SHOWN = 10
_PERIODS: tuple[PeriodLength, ...] = ("month", "week")


def draw_way(studies: dict[Way, Study]) -> Study:
    """What people did in the chosen way, and what it means for the figures."""
    way = next(iter(studies))
    if len(studies) > 1:
        picked = st.segmented_control(
            "They worked", list(studies), default=way, key="way", format_func=WAYS.__getitem__, required=True
        )
        way = picked or way
    st.caption(
        ":material/visibility_off: These people labelled without seeing each other."
        if way == "blind"
        else ":material/visibility: These people worked one after the other and saw what stood there before. "
        "People who do not see each other's labels agree less."
    )
    return studies[way]


def draw_choices(study: Study, project: Project) -> tuple[Measure, PeriodLength, Study]:
    """The measure, the length of a period, and the part of the study that is about the chosen label and persons."""
    first = st.columns([3, 2, 4, 2], vertical_alignment="bottom")
    name = first[0].selectbox(
        "Measure", list(TITLES), key="measure", bind="query-params", format_func=TITLES.__getitem__
    )
    label = first[1].selectbox(
        "Label",
        [None, *study.labels],
        key=f"agreement_label_{project.id}",
        format_func=lambda one: plain(one or "all labels"),
    )
    persons = first[2].multiselect(
        "People", study.persons, default=study.persons, key=f"agreement_people_{project.id}", format_func=plain
    )
    period = first[3].segmented_control("Over time per", _PERIODS, default="month", key="period", required=True)
    measure = find_measure(name)
    st.caption(escape(measure.says))
    return measure, period or "month", study.only(persons=persons, label=label)


def draw_overall(report: AgreementReport, noun: str) -> None:
    """The one figure, what it stands on, and why there is none if so."""
    columns = st.columns(3)
    columns[0].metric("Agreement", show_value(report.overall.value), border=True)
    columns[1].metric("People", number(len(report.persons)), border=True)
    columns[2].metric(f"Shared {plural(noun)}", number(report.overall.documents), border=True)
    if report.overall.value is None:
        st.info(_why_undefined(report, noun), icon=":material/info:")


def _why_undefined(report: AgreementReport, noun: str) -> str:
    if report.overall.documents == 0:
        return escape(f"No {noun} was finished by all of these people. Pick fewer people, or another measure.")
    return (
        "There is nothing to compare here: nobody marked anything, or everything got the same label. "
        "Pick all labels, or go on labelling."
    )


def draw_charts(report: AgreementReport) -> None:
    """Who agrees with whom, and how it went over time."""
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader("Between two people", anchor=False)
        st.plotly_chart(pair_map(report), key="pairs", config={"displayModeBar": False}, alt="Agreement of every pair")
    with right:
        st.subheader("Over time", anchor=False)
        st.plotly_chart(over_time(report), key="time", config={"displayModeBar": False}, alt="Agreement over time")
        st.caption("A document counts when the last of its people finished it.")


def draw_labels(report: AgreementReport) -> None:
    """A line per label."""
    st.subheader("Per label", anchor=False)
    if report.labels:
        st.dataframe(label_frame(report), hide_index=True, placeholder="–", key="labels", alt="Agreement per label")
        st.caption("Behind the agreement: how many spans each person marked.")
    else:
        st.caption("Nobody marked anything in these documents.")


def draw_disputes(report: AgreementReport, study: Study, project: Project, *, page: str) -> None:
    """The documents on which people differ most, each a link to the page on which that is settled."""
    st.subheader("Where people differ most", anchor=False)
    if not report.disputes:
        st.caption("On no document.")
    for one in report.disputes[:SHOWN]:
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.page_link(
                page,
                label=escape(shorten(study.texts[one.document_id], 90)),
                icon=":material/ink_highlighter:",
                query_params={"project": str(project.id), "doc": one.document_id},
            )
            st.caption(
                f"{one.contested} of {count(one.spans, 'span')} not shared by all {one.persons} people", width="content"
            )
    if len(report.disputes) > SHOWN:
        st.caption(f"These are {SHOWN} of {count(len(report.disputes), 'document')} with differences.")


with session.guard():
    project = layout.need_project()
    noun = project.task.noun
    layout.heading("Agreement", f"How well people agree who labelled the same {plural(noun)}.")
    studies = studies_of(session.store(), project)
    if not studies:
        layout.empty_state(
            f"No {noun} has been finished by two people yet",
            f"Give {plural(noun)} to two people each on Documents, or let a second person correct labelled ones.",
            icon="handshake",
        )
        st.stop()
    everything = draw_way(studies)
    measure, period, study = draw_choices(everything, project)
    if len(study.persons) < 2:
        layout.empty_state("Agreement takes two", "Pick at least two people.", icon="group_add")
        st.stop()
    report = measure_agreement(study, measure, period=period)
    draw_overall(report, noun)
    draw_charts(report)
    draw_labels(report)
    is_blind = any(everything is one for way, one in studies.items() if way == "blind")
    draw_disputes(report, study, project, page=f"pages/{'review' if is_blind else 'label'}.py")
