"""The ledger of suggestions on the screen: which decisions are meant, and the tables of their rates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

import streamlit as st

from tokapp.evaluation.decisions import Decision, Rates, ReliabilityBin, Share, rates, rates_by, reliability
from tokapp.ui import session
from tokapp.ui.outcome_charts import rate_bars, reliability_curve
from tokapp.ui.text import count, escape, number, percent, plain

if TYPE_CHECKING:
    import pandas as pd

    from tokapp.store import Project
    from tokapp.tasks import Task

Group: TypeAlias = Literal["label", "model", "person"]
GROUPS: Mapping[Group, Callable[[Decision], str]] = {
    "label": lambda one: one.label,
    "model": lambda one: one.model or "unknown",
    "person": lambda one: one.by,
}
_QUIET = {"displayModeBar": False}


def decisions_of(project: Project) -> list[Decision]:
    """Every decision of a project, as of its last event."""
    store = session.store()
    return _decisions(store.identity(), project.id, store.newest_event(project.id))


@st.cache_data(max_entries=8, show_spinner=False)
def _decisions(identity: str, project_id: int, newest: int) -> list[Decision]:
    return session.store().decisions(project_id)


def draw_choices(found: Sequence[Decision], project: Project) -> list[Decision]:
    """Draw a filter for each group; the decisions that fit."""
    kept = list(found)
    for column, (group, name_of) in zip(st.columns(3), GROUPS.items(), strict=True):
        names = sorted({name_of(one) for one in found})
        chosen = column.selectbox(
            group.capitalize(),
            [None, *names],
            key=f"ledger_{group}_{project.id}",
            format_func=lambda one: plain(one) if one else "all",
        )
        kept = [one for one in kept if chosen in (None, name_of(one))]
    return kept


def draw_overall(found: Sequence[Decision]) -> None:
    """How many were decided on, and what became of them."""
    whole = rates(found)
    columns = st.columns(4)
    columns[0].metric("Decided on", number(whole.total), border=True)
    for column, (word, share) in zip(columns[1:], _shares(whole).items(), strict=True):
        column.metric(word, say_share(share), border=True, help=_interval(share))


def draw_reliability(found: Sequence[Decision]) -> None:
    """Whether suggestions that the model is surer of are accepted more often."""
    st.subheader("Are sure suggestions accepted more often?", anchor=False)
    bins = reliability(found)
    if not bins:
        st.caption("None of these suggestions came with a confidence.")
        return
    curve, table = st.columns([5, 4], gap="medium")
    with curve:
        alt = "Share of accepted suggestions by how sure the model was"
        st.plotly_chart(reliability_curve(bins), key="reliability", config=_QUIET, alt=alt)
    with table:
        st.dataframe(
            bin_frame(bins),
            hide_index=True,
            placeholder="–",
            key="reliability_table",
            alt="The same figures as a table",
        )
        st.caption("Bars and ranges are 95 % Wilson intervals. On the dashed line a model is as sure as it is right.")


def draw_groups(found: Sequence[Decision]) -> None:
    """The rates per label, per model and per person."""
    st.subheader("What became of suggestions", anchor=False)
    group = st.segmented_control(
        "Per", list(GROUPS), default="label", key="per", bind="query-params", required=True, width="content"
    )
    chosen: Group = group or "label"
    by_name = rates_by(found, GROUPS[chosen])
    bars, table = st.columns([2, 3], gap="medium")
    with bars:
        st.plotly_chart(rate_bars(by_name), key="rates", config=_QUIET, alt=f"Outcomes per {chosen}")
    with table:
        st.dataframe(
            rate_frame(by_name, chosen),
            hide_index=True,
            placeholder="–",
            key="rate_table",
            alt="The same figures as a table",
        )


def rate_frame(by_name: Mapping[str, Rates], group: str) -> pd.DataFrame:
    """A line per group: how many were decided on, and the share of each outcome with its interval."""
    import pandas as pd

    rows = [
        {group.capitalize(): plain(name), "Decided on": one.total}
        | {word: f"{say_share(share)} ({_interval(share)})" for word, share in _shares(one).items()}
        for name, one in by_name.items()
    ]
    return pd.DataFrame(rows)


def bin_frame(bins: Sequence[ReliabilityBin]) -> pd.DataFrame:
    """A line per bin of confidence."""
    import pandas as pd

    return pd.DataFrame(
        {
            "Sure": [f"{percent(one.low)} to {percent(one.high)}" for one in bins],
            "On average": [percent(one.confidence) for one in bins],
            "Accepted": [say_share(one.accepted) for one in bins],
            "95 % interval": [_interval(one.accepted) for one in bins],
            "Of": [one.accepted.total for one in bins],
        }
    )


def draw_checks(found: Sequence[Decision], noun: str) -> None:
    """How many planted suggestions each person accepted; only reviewers come here."""
    st.subheader("Planted checks", anchor=False)
    planted = [one for one in found if one.planted]
    if not planted:
        st.caption("Nobody has decided on a planted suggestion yet. Reviewers choose on Settings how many there are.")
        return
    by_name = rates_by(planted, GROUPS["person"])
    st.dataframe(
        check_frame(by_name),
        hide_index=True,
        placeholder="–",
        key="checks",
        alt="Planted suggestions that people accepted",
    )
    kinds = rates_by(planted, lambda one: one.planted)
    told = "; ".join(f"{kind}: {one.accepted} of {one.total} accepted" for kind, one in kinds.items())
    st.caption(f"{told[:1].upper()}{told[1:]}. {_CARE.format(noun=noun)}")


def check_frame(by_name: Mapping[str, Rates]) -> pd.DataFrame:
    """A line per person: planted suggestions they decided on, and the share that they accepted with its interval."""
    import pandas as pd

    shares = {name: one.share("accepted") for name, one in by_name.items()}
    return pd.DataFrame(
        {
            "Person": [plain(name) for name in shares],
            "Planted": [one.total for one in shares.values()],
            "Accepted": [one.count for one in shares.values()],
            "Share": [say_share(one) for one in shares.values()],
            "95 % interval": [_interval(one) for one in shares.values()],
        }
    )


def say_share(share: Share) -> str:
    """`82 %`; a dash for none."""
    return "–" if share.value is None else percent(share.value)


def _interval(share: Share) -> str:
    return f"{percent(share.low)} to {percent(share.high)}"


def _shares(found: Rates) -> dict[str, Share]:
    return {
        "Accepted": found.share("accepted"),
        "Edited": found.share("edited"),
        "Rejected": found.share("rejected"),
    }


def say_rules(task: Task) -> str:
    """What counts as which outcome."""
    if not task.document_labels:
        return _RULES
    return f"{_RULES} To call a whole {escape(task.noun)} otherwise than suggested counts as edited."


def say_standing(number_of: int, noun: str) -> str:
    """What is kept out of training and export, and why."""
    is_one = number_of == 1
    return (
        f"{count(number_of, noun)} {'does' if is_one else 'do'} not count as labelled: a planted suggestion was "
        f"accepted there. Correct {'it' if is_one else 'them'} on Label."
    )


_RULES = (
    "Each suggestion counts once, as its last decision stands; what was undone does not count. "
    "Accepted and then changed by the same person counts as edited, then removed as rejected."
)
_CARE = (
    "Few checks say little: look at the intervals. A planted suggestion can be right by chance; then remove it and "
    "mark it by hand. A {noun} in which one stands is neither exported nor trained on."
)
