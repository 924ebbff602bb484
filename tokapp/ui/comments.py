"""Comments beside the text: the threads of a document, a new one, an answer, and what is dealt with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tokapp.ui import access, session
from tokapp.ui.text import ago, escape, plain, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokapp.documents import Json, Span
    from tokapp.store import Comment, Labelling, Thread

_ABOUT = "_comment_about"
_LONGEST = 4000
_WHOLE = (-1, -1, "")
"""Stands for the whole document in the list of spans to comment on."""


def title(threads: Sequence[Thread]) -> str:
    """`Comments`, or how many of them wait for somebody."""
    waiting = sum(not one.is_resolved for one in threads)
    return f":material/comment: Comments ({waiting})" if waiting else ":material/comment: Comments"


def begin_on(labelling: Labelling, span: Span) -> None:
    """Let the next comment be about that span."""
    st.session_state[_ABOUT] = (labelling.id, span.key)


def counts(threads: Sequence[Thread]) -> list[Json]:
    """How many open threads each span has: [start, end, label, threads], for the editor."""
    found: dict[tuple[int, int, str], int] = {}
    for one in threads:
        if one.span is not None and one.is_there and not one.is_resolved:
            found[one.span.key] = found.get(one.span.key, 0) + 1
    return [[*key, number] for key, number in found.items()]


def draw_comments(labelling: Labelling, noun: str, threads: Sequence[Thread]) -> None:
    """The form for a new comment, and the threads."""
    _draw_new(labelling, noun)
    if not threads:
        st.caption(f"Nobody has commented on this {escape(noun)} yet.")
    draw_threads(labelling, noun, threads)


def draw_threads(labelling: Labelling, noun: str, threads: Sequence[Thread]) -> None:
    """The open threads, and those that are dealt with if wanted."""
    for one in threads:
        if not one.is_resolved:
            _draw_thread(one, labelling, noun)
    done = [one for one in threads if one.is_resolved]
    if done and st.toggle(f"Show {len(done)} resolved", key="comments_resolved"):
        for one in done:
            _draw_thread(one, labelling, noun)


def _draw_new(labelling: Labelling, noun: str) -> None:
    spans = {one.key: one for one in sorted((*labelling.document.spans, *labelling.suggestions))}
    asked, key = st.session_state.pop(_ABOUT, (None, None))
    chosen = f"comment_about_{labelling.id}"
    if asked == labelling.id and key in spans:
        st.session_state[chosen] = key
    elif st.session_state.get(chosen) not in spans:
        st.session_state[chosen] = _WHOLE
    about = st.selectbox(
        "Comment on",
        [_WHOLE, *spans],
        key=chosen,
        format_func=lambda one: f"the whole {noun}" if one == _WHOLE else _name(spans[one], labelling.document.text),
    )
    with st.form(f"comment_new_{labelling.id}", clear_on_submit=True, border=False):
        text = st.text_area(
            "Comment",
            key=f"comment_text_{labelling.id}",
            max_chars=_LONGEST,
            height=80,
            label_visibility="collapsed",
            placeholder="Say what is unclear, and to whom",
        )
        if st.form_submit_button("Comment", key="comment_send", disabled=not access.may("annotate")):
            access.require("annotate")
            span = spans.get(about)
            session.store().comment(labelling.id, text, session.user_name(), span=span, layer=labelling.layer)
            st.rerun()


def _draw_thread(thread: Thread, labelling: Labelling, noun: str) -> None:
    with st.container(border=True, gap="xsmall", key=f"thread_{thread.id}"):
        st.markdown(_heading(thread, labelling.document.text, noun))
        for line in thread.comments:
            _draw_line(line)
        if thread.is_resolved:
            if access.button("Reopen", "annotate", key=f"thread_reopen_{thread.id}", type="tertiary"):
                session.store().reopen(thread.id, session.user_name())
                st.rerun()
            return
        with st.form(f"thread_form_{thread.id}", clear_on_submit=True, border=False):
            text = st.text_input(
                "Reply", key=f"reply_{thread.id}", max_chars=_LONGEST, label_visibility="collapsed", placeholder="Reply"
            )
            with st.container(horizontal=True, gap="small"):
                may = access.may("annotate")
                says = st.form_submit_button("Reply", key=f"thread_reply_{thread.id}", disabled=not may)
                closes = st.form_submit_button("Resolve", key=f"thread_resolve_{thread.id}", disabled=not may)
        if says or closes:
            _act(thread, text, closes=closes)


def _act(thread: Thread, text: str, *, closes: bool) -> None:
    """What stands in the field is said before the thread is resolved, so that no word is lost."""
    access.require("annotate")
    name = session.user_name()
    if text.strip() or not closes:
        session.store().reply(thread.id, text, name)
    if closes:
        session.store().resolve(thread.id, name)
    st.rerun()


def _draw_line(line: Comment) -> None:
    who = f"**{escape(line.by)}** :gray[{escape(ago(line.at))}]"
    if line.verb == "say":
        st.markdown(f"{who}  \n" + "  \n".join(escape(one) for one in line.text.splitlines()))
    else:
        st.markdown(f"{who} :gray[{'resolved it' if line.verb == 'resolve' else 'opened it again'}]")


def _heading(thread: Thread, text: str, noun: str) -> str:
    """What the thread is about, and what became of it since."""
    if thread.span is None:
        return f":gray[On the whole {escape(noun)}]"
    now = text[thread.span.start : thread.span.end]
    words = f"“{escape(shorten(now, 60))}” :gray[{escape(plain(thread.span.label))}]"
    if not thread.is_there:
        return f"{words} :gray[(removed since)]"
    return words if now == thread.quote else f"{words} :gray[(was “{escape(shorten(thread.quote, 40))}”)]"


def _name(span: Span, text: str) -> str:
    return f"“{shorten(text[span.start : span.end], 40)}” {plain(span.label)}"
