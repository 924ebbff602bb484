"""Queue: in which order documents come to be labelled, and which ones are next."""

from functools import partial

import streamlit as st

import tokapp.ui.ready  # noqa: F401
from tokapp.ranking import ORDERINGS, Ordering, find_ordering
from tokapp.store import JobRow, Project
from tokapp.ui import access, layout, progress, queue, session, workloads
from tokapp.ui.giving import draw_giving
from tokapp.ui.queue_table import draw_filters, draw_queue
from tokapp.ui.text import ago, count, escape, number, plural

TITLES = {one.name: one.title for one in ORDERINGS}
HELD_OUT = (
    "These are held-out documents (validation and test). Only they feed the figures of a model: figures on documents "
    "that were picked by a model would say nothing about all the others."
)


def draw_order(project: Project) -> Ordering:
    """The orders as a row of choices, and what the chosen one means."""
    picked = st.pills(
        "Order",
        list(TITLES),
        default=queue.choice(project.id).ordering,
        format_func=TITLES.__getitem__,
        key=f"order_{project.id}",
        required=True,
    )
    ordering = find_ordering(picked or "oldest")
    st.caption(escape(ordering.says))
    return ordering


def open_scoring(project: Project, ordering: Ordering) -> JobRow | None:
    """The job that scores the documents for this order, while it waits or runs."""
    jobs = session.store().jobs(project.id, "rank")
    return next((job for job in jobs if progress.is_open(job) and job.payload["ordering"] == ordering.name), None)


def draw_scoring(project: Project, ordering: Ordering) -> bool:
    """When the documents were scored, and a button to score them; whether there are scores to order by."""
    found = session.store().ranking(project.id, ordering.name)
    job = open_scoring(project, ordering)
    if job is not None:
        progress.show_job(job)
        return found is not None
    with st.container(horizontal=True, vertical_alignment="center"):
        label = "Score the documents" if found is None else "Score again"
        if access.button(label, "train", key="score", icon=":material/leaderboard:"):
            session.store().enqueue("rank", project_id=project.id, payload={"ordering": ordering.name})
            st.rerun()
        if found is not None:
            with_model = f" with {found.model}" if found.model else ""
            st.caption(escape(f"{count(found.documents, 'document')} scored{with_model}, {ago(found.created)}"))
    jobs = (one for one in session.store().jobs(project.id, "rank") if one.payload["ordering"] == ordering.name)
    last = next(jobs, None)
    if last is not None and last.state == "failed":
        st.warning(escape(last.error), icon=":material/info:")
    return found is not None


def draw_share(ordering: Ordering) -> float:
    """How many documents are drawn at random beside the picked ones, and why."""
    if not ordering.is_active:
        return queue.SHARE
    percent = st.slider("Random share in %", 5, 50, 10, 5, key="share", width=360)
    return percent / 100


with session.guard():
    project = layout.need_project()
    noun = plural(project.task.noun)
    layout.heading("Queue", f"Which {noun} come next, and in which order.")
    ordering = draw_order(project)
    is_ready = draw_scoring(project, ordering) if ordering.is_scored else True
    with st.expander("Filters and random share", icon=":material/tune:"):
        where = draw_filters(project)
        share = draw_share(ordering)
    chosen = queue.Choice(ordering.name, share, where)
    if is_ready:
        workloads.draw_mine(project)
        upcoming = queue.upcoming(project.id, chosen, limit=50)
        if upcoming:
            link = {"project": str(project.id), "doc": str(upcoming[0].document.id)}
            if st.button("Label in this order", key="begin", type="primary", icon=":material/play_arrow:"):
                queue.choose(project.id, chosen)
                queue.remember_draw(chosen, upcoming[0])
                st.switch_page("pages/label.py", query_params=link)
            draw_queue(project, upcoming, ordering)
            st.caption(f"The next {number(len(upcoming))}. Done and skipped {noun} leave the queue.")
            if ordering.is_active and share > 0:
                st.caption(f":material/casino: Every {round(1 / share)}th is drawn at random. {HELD_OUT}")
            if not ordering.is_review:
                ids = partial(queue.to_give, project.id, chosen)
                draw_giving(project, lambda: len(ids()), ids, where="queue")
        else:
            layout.empty_state(f"No {noun} are left in this order", "Widen the filters, or pick another order.")
    elif open_scoring(project, ordering) is None:
        layout.empty_state("Not scored yet", f"Score the {noun} once; the order then stays until you score them again.")
