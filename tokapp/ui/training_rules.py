"""When a training starts by itself: the rules of a project, how far each is, and why the last one started."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.jobs.starting import LEAST_DECISIONS, Standing, standing
from tokapp.store.training_rules import TrainingRules
from tokapp.ui import access, session
from tokapp.ui.text import ago, duration, escape, number, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokapp.store.values import JobRow, Project

_CORRECTIONS, _HOURS, _ACCEPTED = 50, 24, 0.7
"""What is offered to those who chose nothing yet."""


def draw_rules(project: Project, past: Sequence[JobRow]) -> None:
    """The rules to choose, how far each one is, and why the last training started."""
    store = session.store()
    now = store.training_rules(project.id)
    if past:
        reason = past[0].payload.get("reason")
        says = f"it started by itself: {reason}" if reason else "somebody started it by hand"
        st.caption(escape(f"The last training began {ago(past[0].created)}; {says}."))
    title = "Trainings start by themselves" if now.is_on else "Let trainings start by themselves"
    with st.expander(title, icon=":material/schedule:", key=f"rules_{project.id}"):
        off = "" if now.is_on else "Off unless you choose otherwise. "
        st.caption(f"{off}A new version is a candidate: it is never used without you.")
        if now.is_on:
            _draw_state(now, standing(store, project.id, now))
        chosen = _draw_form(project, now)
        if access.button("Set", "train", key="rules_set", disabled=chosen == now):
            with session.guard():
                store.choose_training_rules(project.id, chosen, session.user_name())
                st.rerun()


def _draw_state(rules: TrainingRules, found: Standing) -> None:
    for line in states(rules, found, datetime.now(UTC)):
        st.markdown(f"- {escape(line)}")


def states(rules: TrainingRules, found: Standing, now: datetime) -> list[str]:
    """How far each of the rules is, in words."""
    lines = []
    if rules.corrections is not None:
        lines.append(f"{number(found.corrections)} of {number(rules.corrections)} corrections")
    if rules.hours is not None:
        left = timedelta(hours=rules.hours) - (now - found.since) if found.since is not None else timedelta(0)
        when = f"in {duration(left.total_seconds())}" if left > timedelta(0) else "now"
        lines.append(f"The next one is due {when}" + ("" if found.corrections else ", once something was corrected"))
    if rules.accept_below is not None and found.accepted is not None:
        share = found.accepted
        if share.value is None or share.total < LEAST_DECISIONS:
            lines.append(f"{number(share.total)} of the {LEAST_DECISIONS} decisions that say how many are accepted")
        else:
            lines.append(
                f"{percent(share.value)} accepted ({percent(share.low)} to {percent(share.high)}); it starts when all "
                f"of that is below {percent(rules.accept_below)}"
            )
    return lines


def _draw_form(project: Project, now: TrainingRules) -> TrainingRules:
    may = access.may("train")
    columns = st.columns(3)
    with columns[0]:
        is_on = st.toggle("After corrections", now.corrections is not None, key="rule_corrections", disabled=not may)
        count = st.number_input(
            "Corrections", 1, 1_000_000, now.corrections or _CORRECTIONS, key="rule_count", disabled=not is_on
        )
    with columns[1]:
        is_timed = st.toggle("On a schedule", now.hours is not None, key="rule_schedule", disabled=not may)
        hours = st.number_input("Every … hours", 1, 8760, now.hours or _HOURS, key="rule_hours", disabled=not is_timed)
    with columns[2]:
        is_judged = st.toggle(
            "When fewer are accepted", now.accept_below is not None, key="rule_accept", disabled=not may
        )
        below = round(100 * (now.accept_below or _ACCEPTED))
        share = st.number_input("Less than … % accepted", 1, 99, below, key="rule_share", disabled=not is_judged)
    return TrainingRules(
        int(count) if is_on else None, int(hours) if is_timed else None, share / 100 if is_judged else None
    )
