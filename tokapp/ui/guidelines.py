"""The guidelines of a project: beside the text with what has changed since a person last read them, and to edit."""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.ui import access, session
from tokapp.ui.text import ago, escape, markdown, plain

if TYPE_CHECKING:
    from tokapp.store import Guidelines, Project

_EDIT = "pages/settings.py"
_HINT = "Markdown: # heading, - list, **bold**. No HTML, no pictures."


def title(project: Project) -> str:
    """`Guidelines`, and whether they have changed since the person of this tab read them."""
    newest = session.store().guidelines(project.id).version
    is_new = newest > session.store().guidelines_read(project.id, session.user_name())
    return f":material/menu_book: Guidelines{' (changed)' if is_new and newest > 1 else ' (new)' if is_new else ''}"


def draw_guidelines(project: Project) -> None:
    """The newest version; above it what has changed since the person of this tab last read it."""
    store, name = session.store(), session.user_name()
    newest = store.guidelines(project.id)
    if not newest.text.strip():
        st.caption("This project has no guidelines yet.")
    else:
        read = store.guidelines_read(project.id, name)
        if read < newest.version:
            _draw_news(project, newest, read)
        with st.container(height=520 if len(newest.text) > 1200 else "content", border=False):
            st.markdown(markdown(newest.text))
        st.caption(escape(f"Version {newest.version} by {newest.by}, {ago(newest.at)}"))
    if access.may("review"):
        st.page_link(_EDIT, label="Edit", icon=":material/edit:", query_params={"project": str(project.id)})


def _draw_news(project: Project, newest: Guidelines, read: int) -> None:
    store = session.store()
    former = store.guidelines(project.id, read)
    if former.version:
        with st.expander(f"Changed since you last read version {former.version}", expanded=True, key="guidelines_news"):
            draw_changes(former.text, newest.text)
    if st.button("Mark as read", key="guidelines_read", icon=":material/done_all:"):
        store.read_guidelines(project.id, session.user_name(), newest.version)
        st.rerun()


def changes(old: str, new: str) -> list[tuple[str, str]]:
    """The lines that differ between two texts, each with its sign; `…` stands between those that are far apart."""
    lines = list(unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=1))[2:]
    shown = (line for line in lines if line.strip())  # an empty neighbour says nothing, an empty change has its sign
    return [("…", "") if line.startswith("@@") else (line[:1], line[1:]) for line in shown][1:]


def draw_changes(old: str, new: str) -> None:
    """What was taken out and put in, line by line; as text, so that nothing of it is drawn."""
    found = changes(old, new)
    if not found:
        st.caption("Only line ends differ." if old != new else "No difference.")
        return
    st.markdown("  \n".join(_line(sign, text) for sign, text in found))


def _line(sign: str, text: str) -> str:
    words = escape(text) or "\u00a0"
    if sign == "+":
        return f":green-background[\\+ {words}]"
    return f":red-background[− {words}]" if sign == "-" else f":gray[{words if sign == ' ' else '…'}]"


def draw_editor(project: Project) -> None:
    """The guidelines as a text to change, and all versions there were."""
    store = session.store()
    newest = store.guidelines(project.id)
    if not access.may("review"):
        st.markdown(markdown(newest.text) if newest.text.strip() else ":gray[There are none yet.]")
        st.caption(access.refusal("review"))
        return
    write, look = st.columns(2, gap="medium")
    with write:
        text = st.text_area(
            "Guidelines", newest.text, key=f"guidelines_{project.id}_{newest.version}", height=340, help=_HINT
        )
        if access.button("Save", "review", key="guidelines_save", type="primary", disabled=text == newest.text):
            store.save_guidelines(project.id, text, session.user_name(), seen=newest.version)
            st.rerun()
    with look:
        st.caption("As it will look")
        with st.container(border=True, height=380):
            st.markdown(markdown(text) if text.strip() else ":gray[Write what each label means, with examples.]")


def draw_versions(project: Project) -> None:
    """Every version with who and when; what the chosen one changed, and its text."""
    found = {one.version: one for one in session.store().guideline_versions(project.id)}
    if not found:
        return
    number = st.selectbox(
        "Versions",
        list(found),
        key=f"guidelines_version_{project.id}_{max(found)}",
        format_func=lambda one: _describe(found[one]),
        width=420,
    )
    one = found[number]
    changed, whole = st.tabs(["What changed", "Whole text"])
    with changed:
        draw_changes(found[number - 1].text if number > 1 else "", one.text)
    with whole:
        st.markdown(markdown(one.text) if one.text.strip() else ":gray[Empty.]")


def _describe(one: Guidelines) -> str:
    return plain(f"{one.version}, {one.by}, {ago(one.at)}")
