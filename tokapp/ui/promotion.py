"""Another model comes into use: what the golden sets say, the question before it, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.documents import Json
from tokapp.jobs.catching_up import catch_up
from tokapp.ui import access, session
from tokapp.ui.flips import draw_flips
from tokapp.ui.text import ago, count, escape, plain

if TYPE_CHECKING:
    import pandas as pd

    from tokapp.evaluation.gate import Gate, LabelChange
    from tokapp.store.promotion_values import Judgement
    from tokapp.store.values import ModelRow, Project

_SHOWN = 0.0005
"""Differences that would be shown as 0.000 are none."""


@st.dialog("Use this model?")
def confirm_promotion(row: ModelRow, project: Project, found: Sequence[Judgement]) -> None:
    """Ask before another model takes over, for a reason where the gate is against it; offer to predict with it."""
    store = session.store()
    st.markdown(f"**{escape(row.name)}** will suggest spans in every project of {escape(project.task.title)}.")
    reason = _draw_reason([one for one in found if not one.is_passed])
    again = st.checkbox("Let it read every document that it has not read yet", value=True, key="predict_again")
    is_open = reason is None or bool(reason.strip())
    if access.button(
        "Use it", "promote", key="promote_yes", type="primary", icon=":material/check:", disabled=not is_open
    ):
        with session.guard():
            store.promote(row.name, by=session.user_name(), reason=reason or "")
            if again:
                catch_up(store, row.task)
            st.rerun()


def _draw_reason(against: Sequence[Judgement]) -> str | None:
    """Where the gate is against it: why it is to be used all the same; None where no reason is needed."""
    if not against:
        return None
    for one in against:
        st.warning(escape(_sentence(one)), icon=":material/gpp_maybe:")
    return st.text_area("Why use it all the same?", key="promote_reason", help="It is kept with the promotion.")


@st.dialog("Go back?")
def confirm_rollback(project: Project) -> None:
    """Ask before the previous model comes back; what was added since, it reads then."""
    st.markdown(
        "The model that was in use before takes over again, with everything it predicted. It reads what was added "
        "since. Nothing is deleted."
    )
    if access.button("Go back", "promote", key="rollback_yes", type="primary", icon=":material/undo:"):
        with session.guard():
            store = session.store()
            row = store.rollback(project.task.name, by=session.user_name())
            catch_up(store, row.task)
            st.rerun()


def draw_gate(project: Project, found: Sequence[Judgement]) -> None:
    """What the golden sets say about a version that is not in use, and every span that would flip."""
    for one in found:
        with st.container(border=True, key=f"gate_{one.project_id}"):
            if one.gate is None:
                _draw_unread(one)
                continue
            show, icon = (st.success, ":material/verified_user:") if one.is_passed else (st.error, ":material/gpp_bad:")
            show(escape(_sentence(one)), icon=icon)
            st.dataframe(
                gate_frame(one.gate), hide_index=True, key=f"gate_table_{one.project_id}", alt="Label by label"
            )
            if one.project_id == project.id:
                draw_flips(project, one)


def _sentence(found: Judgement) -> str:
    """Whether a candidate passes, in words."""
    documents = count(found.golden.documents, "golden document")
    where = f"{documents} of {plain(found.project)}"
    if found.gate is None:
        return f"It is not known how it does on the {where}: it must read them first."
    if found.is_passed:
        return f"It passes: on the {where} no label loses more than {found.gate.margin:g} F1."
    lost = ", ".join(f"{plain(one.label)} loses {one.loss:.3f}" for one in found.gate.failing)
    return f"It does not pass: on the {where}, {lost}; at most {found.gate.margin:g} F1 may be lost."


def _draw_unread(found: Judgement) -> None:
    names = " and ".join(plain(name) for name, _ in found.unread)
    documents = count(found.golden.documents, "golden document")
    st.info(escape(f"{names} must first read the {documents} of {plain(found.project)}."), icon=":material/info:")
    if access.button("Read them", "train", key=f"read_golden_{found.project_id}", icon=":material/bolt:"):
        store = session.store()
        ids = list(store.golden_documents(found.golden))
        for name, _ in found.unread:
            payload: dict[str, Json] = {"model": name, "document_ids": ids}
            store.enqueue("predict", project_id=found.project_id, payload=payload)
        st.rerun()


def gate_frame(gate: Gate) -> pd.DataFrame:
    """A line per label: how often people gave it, F1 before and after, and what that means."""
    import pandas as pd

    return pd.DataFrame(
        {
            "Label": [plain(one.label) for one in gate.labels],
            "Given by people": [one.support for one in gate.labels],
            "F1 in use": [f"{one.before:.3f}" for one in gate.labels],
            "F1 of this one": [f"{one.after:.3f}" for one in gate.labels],
            "Verdict": [_verdict(one, gate) for one in gate.labels],
        }
    )


def _verdict(change: LabelChange, gate: Gate) -> str:
    if abs(change.loss) < _SHOWN:
        return "stays"
    if change.loss < 0:
        return f"gains {-change.loss:.3f}"
    return f"loses {change.loss:.3f}, " + ("too much" if change in gate.failing else "within the margin")


def draw_promotions(row: ModelRow) -> None:
    """When a version came into use or went out of it, by whom, and why where the golden set was against it."""
    for one in session.store().promotions(row.task):
        if one.model == row.name:
            why = f" although it lost on the golden set: {one.reason}" if one.reason else ""
            st.caption(escape(f"{_DID[one.verb]} by {one.by} {ago(one.at)}{why}"))


_DID = {"promote": "Taken into use", "rollback": "Came back into use", "archive": "Put away"}
