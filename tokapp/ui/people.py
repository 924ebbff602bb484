"""Accounts on the screen: the table, a new one, another role, another password."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tokapp.errors import BadInput
from tokapp.store.passwords import LONGEST, SHORTEST
from tokapp.store.users import ROLES
from tokapp.ui import access, session
from tokapp.ui.tables import selected_row
from tokapp.ui.text import ago, escape, plain

if TYPE_CHECKING:
    from tokapp.roles import Role
    from tokapp.store.people_values import User

_FORM = 620
"""Pixels: what people type here is short, however wide the screen."""
_MEANINGS = {
    "reader": "looks at everything",
    "annotator": "labels",
    "reviewer": "also reviews and trains",
    "admin": "also imports, exports, puts models in use, and manages people",
}


def draw_accounts() -> None:
    """Every account; what can be done with the one that is selected."""
    found = session.store().users()
    if not found:
        st.caption("No accounts yet.")
        return
    selection = st.dataframe(
        {
            "Name": [plain(one.name) for one in found],
            "Role": [one.role for one in found],
            "E-mail": [plain(one.email or "") for one in found],
            "Account": ["open" if one.is_active else "closed" for one in found],
            "Password": ["set" if one.has_password else "none" for one in found],
            "Added": [ago(one.created) for one in found],
        },
        hide_index=True,
        placeholder="–",
        on_select="rerun",
        selection_mode="single-row",
        key="accounts",
        alt="Accounts with their roles",
    )
    place = selected_row(selection)
    if place is None or place >= len(found):
        st.caption(":material/touch_app: Select a row to change it.")
        return
    with session.guard():
        _draw_account(found[place])


def _draw_account(person: User) -> None:
    with st.container(border=True, key="account", width=_FORM):
        st.markdown(f"**{escape(person.name)}**")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            role = _choose_role(f"role_{person.name}", person.role)
            if access.button("Change role", "administer", key="role_change", disabled=role == person.role):
                session.store().set_role(person.name, role, by=session.user_name())
                st.rerun()
            label = "Deactivate" if person.is_active else "Activate"
            if access.button(label, "administer", key="active_change"):
                session.store().set_active(person.name, not person.is_active, by=session.user_name())
                st.rerun()
        with st.form("password_of", clear_on_submit=True, border=False):
            new = _new_password("password_new", f"New password for {plain(person.name)}")
            if st.form_submit_button("Set password", key="password_set"):
                access.require("administer")
                session.store().set_password(person.name, new, by=session.user_name())
                st.success("The password is set. Whoever was signed in with the former one is signed out.")


def draw_new_account() -> None:
    """The form for another account."""
    is_local = session.settings().auth != "oidc"
    with st.form("account_new", border=True, width=_FORM):
        st.markdown("**New account**")
        name = st.text_input("Name", key="account_name", max_chars=100, autocomplete="off")
        email = st.text_input("E-mail, for sign-in with your organisation", key="account_email", max_chars=320)
        role = _choose_role("account_role", "annotator")
        password = _new_password("account_password", "First password") if is_local else ""
        if st.form_submit_button("Add", key="account_add", type="primary"):
            access.require("administer")
            session.store().add_user(name, role, email=email, password=password or None, by=session.user_name())
            st.rerun()


def draw_own_password() -> None:
    """The form with which everybody changes their own password; the one in use is asked for again."""
    with st.form("own_password", clear_on_submit=True, border=True, width=_FORM):
        st.markdown("**Your password**")
        old = st.text_input(
            "Password now", key="own_old", type="password", max_chars=LONGEST, autocomplete="current-password"
        )
        new = _new_password("own_new", "New password")
        again = _new_password("own_again", "New password once more")
        if not st.form_submit_button("Change password", key="own_change"):
            return
    if new != again:
        raise BadInput("The two new passwords differ.")
    name = session.user_name()
    if session.store().sign_in(name, old) is None:
        raise BadInput("The password now in use is another one.")
    session.enter(session.store().set_password(name, new, by=name))
    st.success("Your password is changed.", icon=":material/check:")


def _choose_role(key: str, role: Role) -> Role:
    return st.selectbox(
        "Role", ROLES, index=ROLES.index(role), key=key, format_func=lambda one: f"{one}: {_MEANINGS[one]}", width=420
    )


def _new_password(key: str, label: str) -> str:
    return st.text_input(
        label,
        key=key,
        type="password",
        max_chars=LONGEST,
        autocomplete="new-password",
        help=f"{SHORTEST} characters or more.",
    )
