"""Giving documents to people: which ones, to whom, how many people each, and whether they see each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tokapp.ui import access, session
from tokapp.ui.text import count, escape, number, plain, plural

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tokapp.store.team_values import Given
    from tokapp.store.values import Project

_MOST = 100_000


def draw_giving(
    project: Project,
    found: Callable[[], int],
    first: Callable[[int], Sequence[int]],
    *,
    picked: Sequence[int] = (),
    where: str,
) -> None:
    """Draw the form where the person may give documents out.

    `found()` is how many there are, `first(n)` gives the ids of the first n of them, and `picked` are those selected by
    hand, which take their place. `where` tells the form of one page from that of another.
    """
    if not access.may("assign"):
        return
    title = f"Give {escape(plural(project.task.noun))} to people"
    key = f"{where}_{project.id}"
    with st.expander(title, icon=":material/assignment_ind:", key=f"give_box_{key}", on_change="rerun") as box:
        if box.open:
            with session.guard():
                _draw_form(project, found(), first, picked, key)
            _draw_outcome(project)


def _draw_form(
    project: Project, found: int, first: Callable[[int], Sequence[int]], picked: Sequence[int], key: str
) -> None:
    names = people_to_give_to()
    noun = project.task.noun
    columns = st.columns([3, 1.4, 1.4], vertical_alignment="bottom")
    people = columns[0].multiselect("To", names, key=f"give_to_{key}", format_func=plain, placeholder="Choose people")
    if picked:
        wanted = len(picked)
        columns[1].metric("Selected", number(wanted))
    else:
        most = min(found, _MOST)
        limit = columns[1].number_input(
            "How many", 1, max(most, 1), max(most, 1), key=f"give_count_{key}_{most}", help="The first ones, as listed."
        )
        wanted = int(limit)
    copies = columns[2].number_input(
        f"People per {noun}", 1, max(len(people), 1), 1, key=f"give_copies_{key}_{len(people)}"
    )
    is_blind = copies > 1 and st.toggle(
        "Nobody sees the others' labels until all have handed in", value=True, key=f"give_blind_{key}"
    )
    st.caption(_preview(wanted, len(people), int(copies), noun))
    if access.button("Give", "assign", key=f"give_{key}", type="primary", disabled=not people or not wanted):
        ids = picked or first(wanted)
        given = session.store().give(
            project.id, ids, people, copies=int(copies), is_blind=is_blind, by=session.user_name()
        )
        st.session_state[f"_given_{project.id}"] = given
        st.rerun()


def people_to_give_to() -> list[str]:
    """Everybody whose account is open and who may label; without accounts the person of this tab."""
    found = [one.name for one in session.store().users() if one.is_active and "annotate" in access.ABILITIES[one.role]]
    return found or [session.user_name()]


def _preview(documents: int, people: int, copies: int, noun: str) -> str:
    if not people:
        return f"Evenly: choose several people, and each gets a part of the {escape(plural(noun))}."
    share = documents * copies / people
    each = f"about {number(round(share))}" if share != int(share) else number(int(share))
    return escape(f"{count(documents, noun)}, {count(copies, 'person')} each: everybody gets {each}.").replace(
        "persons", "people"
    )


def _draw_outcome(project: Project) -> None:
    given: Given | None = st.session_state.pop(f"_given_{project.id}", None)
    if given is None:
        return
    noun = project.task.noun
    shares = ", ".join(f"{name} {number(part)}" for name, part in given.people)
    if given.documents:
        st.success(escape(f"{count(given.documents, noun)} given: {shares}."), icon=":material/assignment_turned_in:")
    if given.left_out:
        why = "done already, or given to somebody before"
        st.info(escape(f"{count(given.left_out, noun)} left out: {why}."), icon=":material/info:")
