"""Several versions of a project vote as one: chosen here, and made at once, since nothing is trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.ui import access, session
from tokapp.ui.text import escape, plain

if TYPE_CHECKING:
    from tokapp.models.config import Mean
    from tokapp.store.values import ModelRow, Project

_MEANS: dict[Mean, str] = {
    "arithmetic": "The usual mean: a word counts as inside where the versions think so on average.",
    "geometric": "The mean of logarithms: a version that is sure of the contrary weighs more.",
}


def draw_combining(project: Project, rows: Sequence[ModelRow]) -> None:
    """The way to a version in which several of these vote; nothing while there are fewer than two to choose from."""
    names = [row.name for row in rows if not row.is_ensemble]
    if len(names) < 2:
        return
    with st.expander("Let several versions vote", icon=":material/how_to_vote:", key=f"combine_{project.id}"):
        left, right = st.columns(2)
        chosen = left.multiselect(
            "Versions", names, key=f"voters_{project.id}", format_func=plain, placeholder="Choose two or more"
        )
        name = right.text_input("Name of the new version", f"{project.task.name}-ensemble", key=f"voted_{project.id}")
        mean = st.segmented_control("Mean", list(_MEANS), default="arithmetic", required=True, key=f"mean_{project.id}")
        st.caption(f"{_MEANS[mean or 'arithmetic']} All of them count equally and stay as they are.")
        if access.button("Let them vote", "train", key="combine", icon=":material/add:", disabled=len(chosen) < 2):
            with session.guard():
                _make(name.strip(), chosen, mean or "arithmetic")
                st.rerun()


def _make(name: str, members: Sequence[str], mean: Mean) -> None:
    """Raises BadInput for versions that cannot vote together, ModelUnavailable and ModelCorrupt for a broken one."""
    from tokapp.inference.ensembles import Wish, enter, make_ensemble

    with st.spinner("Loading the versions …"):
        model = make_ensemble(Wish(name, tuple(members), mean), settings=session.settings())
    enter(session.store(), model)
    st.toast(f"{escape(model.name)} is there. Compare it below before you use it.", icon=":material/how_to_vote:")
