"""Labels on the screen that people may mark with, those that were deleted, and what deleting one touches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import streamlit as st

from tokapp.store.retired import task_without
from tokapp.ui import access, session
from tokapp.ui.text import ago, count, escape, plain, plural

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tokapp.store import Project
    from tokapp.store.label_values import LabelUse, RetiredLabel
    from tokapp.tasks import Task

_Choice: TypeAlias = Literal["kept", "left out"]
_CHOICES: tuple[_Choice, ...] = ("kept", "left out")


def open_task(project: Project) -> Task:
    """The task with the labels that people may mark with."""
    gone = session.store().retired_labels(project.id)
    return task_without(project.task, gone) if gone else project.task


def draw_labels(project: Project) -> None:
    """Every label; for the chosen one what it touches, and the button that deletes or restores it."""
    task, gone = project.task, session.store().retired_labels(project.id)
    names = list(dict.fromkeys((*task.span_names, *task.document_names)))
    st.caption(
        "A deleted label cannot be marked with and is suggested no more. What people marked with it stays, shown as "
        "deleted. It can be restored at any time."
    )
    name = st.selectbox(
        "Label",
        names,
        key=f"labels_{project.id}",
        format_func=lambda one: plain(f"{one} (deleted)" if one in gone else one),
        width=420,
    )
    st.markdown(f"Used by {escape(say_use(session.store().label_use(project.id, name), task.noun))}.")
    if name in gone:
        _draw_deleted(project, gone[name])
    else:
        _draw_deletion(project, name)


def _draw_deletion(project: Project, name: str) -> None:
    choice = st.radio(
        "In exports and training sets it is",
        _CHOICES,
        key=f"label_choice_{project.id}_{name}",
        horizontal=True,
        captions=("as if nothing had happened", "its spans are not written, and new models do not learn it"),
        disabled=not access.may("review"),
    )
    if access.button(f"Delete {escape(name)}", "review", key="label_delete", icon=":material/delete:"):
        session.store().retire_label(project.id, name, session.user_name(), is_kept=choice == "kept")
        st.rerun()


def _draw_deleted(project: Project, one: RetiredLabel) -> None:
    st.caption(escape(f"Deleted by {one.by}, {ago(one.at)}. In exports and training sets it is {_word(one)}."))
    with st.container(horizontal=True):
        if access.button(f"Restore {escape(one.name)}", "review", key="label_restore", icon=":material/undo:"):
            session.store().restore_label(project.id, one.name, session.user_name())
            st.rerun()
        other = "Leave it out" if one.is_kept else "Keep it"
        help = "Of exports and training sets" if one.is_kept else "In exports and training sets"
        if access.button(other, "review", key="label_other", type="tertiary", help=help):
            session.store().retire_label(project.id, one.name, session.user_name(), is_kept=not one.is_kept)
            st.rerun()


def say_use(use: LabelUse, noun: str) -> str:
    """`12 spans of 2 people in 5 reviews, 40 suggestions of 2 models (a, b)`."""
    people = f" of {use.people} {'person' if use.people == 1 else 'people'}" if use.people else ""
    marked = f"{count(use.spans, 'span')}{people} in {count(use.documents, noun)}"
    models = f" of {count(len(use.models), 'model')} ({', '.join(use.models)})" if use.models else ""
    return f"{marked}, {count(use.suggestions, 'suggestion')}{models}"


def draw_choice(project: Project, *, of: Literal["export", "training"]) -> None:
    """What an export or a training set makes of deleted labels; nothing if there are none."""
    gone = session.store().retired_labels(project.id)
    if not gone:
        return
    told = say_choice(gone)
    if of == "training" and any(not one.is_kept for one in gone.values()):
        told += " A model that knows a label which is left out cannot be trained further: start from a backbone."
    st.info(escape(told), icon=":material/label_off:")


def say_choice(gone: Mapping[str, RetiredLabel]) -> str:
    """Which deleted labels are kept and which are left out, as it was chosen when they were deleted."""
    parts = []
    for choice in _CHOICES:
        names = [one.name for one in gone.values() if _word(one) == choice]
        if names:
            noun = "label" if len(names) == 1 else plural("label")
            parts.append(f"{choice.capitalize()}, as chosen on Settings: the deleted {noun} {', '.join(names)}.")
    return " ".join(parts)


def _word(one: RetiredLabel) -> _Choice:
    return "kept" if one.is_kept else "left out"
