"""The door: nothing of a page is drawn before somebody is known, and a way out again."""

from __future__ import annotations

import streamlit as st
from streamlit.errors import StreamlitAPIException

from tokapp.errors import BadInput, Forbidden, TokappError
from tokapp.store.passwords import LONGEST
from tokapp.ui import session
from tokapp.ui.text import escape


def admit() -> bool:
    """Whether somebody is signed in; draws the way to sign in, or the reason why not, where nobody is."""
    try:
        if session.user() is not None:
            return True
        _draw_door()
    except Forbidden as error:
        st.error(escape(str(error)), icon=":material/block:")
        if st.user.get("is_logged_in"):
            draw_sign_out()
    except TokappError as error:
        st.error(escape(str(error)), icon=":material/error:")
    return False


def draw_sign_out() -> None:
    """The way out, where there was a way in; what the tab has kept of this person goes with them."""
    if session.settings().auth == "none":
        return
    if st.button("Sign out", key="sign_out", icon=":material/logout:", type="tertiary"):
        is_provider = session.settings().auth == "oidc"
        st.session_state.clear()
        if is_provider:
            st.logout()
        st.rerun()


def _draw_door() -> None:
    with st.columns([1, 1.2, 1])[1]:
        st.title("Sign in", anchor=False)
        if session.settings().auth == "oidc":
            _draw_provider()
        elif session.store().users():
            _draw_form()
        else:
            st.info("There is no account yet. Add the first one in a terminal:", icon=":material/person_add:")
            st.code("tokapp users add NAME --role admin", language=None)


def _draw_form() -> None:
    with st.form("sign_in", border=True):
        name = st.text_input("Name", key="sign_in_name", max_chars=100, autocomplete="username")
        password = st.text_input(
            "Password", key="sign_in_password", type="password", max_chars=LONGEST, autocomplete="current-password"
        )
        if not st.form_submit_button("Sign in", key="sign_in_go", type="primary", width="stretch"):
            return
    found = session.store().sign_in(name.strip(), password)
    if found is None:
        raise BadInput("Name or password is wrong, or the account is closed.")
    session.enter(found)
    st.rerun()


def _draw_provider() -> None:
    if st.button("Sign in with your organisation", key="sign_in_go", type="primary", icon=":material/login:"):
        try:
            st.login()
        except StreamlitAPIException as error:
            raise BadInput(
                "sign-in is not configured: install tokapp[oidc], and give .streamlit/secrets.toml an [auth] section"
            ) from error
