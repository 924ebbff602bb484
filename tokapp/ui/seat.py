"""Where the person of this tab works on a document: in everybody's labels, or in a version that nobody else sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tokapp.ui import access, session
from tokapp.ui.text import escape

if TYPE_CHECKING:
    from tokapp.store.values import Labelling


def open_mine(document: int) -> Labelling:
    """A document as it opens for the person of this tab; raises NotFound."""
    return session.store().open_for(document, session.user_name())[0]


def draw_seat(labelling: Labelling) -> bool:
    """Say whose version this is where it is not everybody's; whether it may be changed."""
    seat = session.store().seat(labelling.id, session.user_name())
    if seat.closed:
        st.info(escape(seat.closed), icon=":material/lock:")
        if seat.is_ready and access.may("review"):
            link = {"project": str(labelling.project_id), "doc": str(labelling.id)}
            st.page_link("pages/review.py", label="Decide", icon=":material/gavel:", query_params=link)
    elif seat.people:
        others = len(seat.people) - 1
        who = "Somebody else labels" if others == 1 else f"{others} others label"
        said = f"Your own version. {who} this, too, and nobody sees another's before all have handed in."
        st.caption(f":material/visibility_off: {said}")
    return not seat.closed
