"""People: who may come in and as what, and everybody's own password."""

import streamlit as st

import tokapp.ui.ready  # noqa: F401
from tokapp.ui import access, layout, people, session, workloads

with session.guard():
    layout.heading("People", "Who works here, and what each may do.")
    mode = session.settings().auth
    if mode == "none":
        st.info(
            "Nobody has to sign in: this server can only be reached from this machine.", icon=":material/lock_open:"
        )
    project = session.current_project()
    if project is not None:
        with session.guard():
            workloads.draw_workloads(project)
    if access.may("administer"):
        st.subheader("Accounts", anchor=False)
        people.draw_accounts()
        with session.guard():
            people.draw_new_account()
    if mode == "local":
        with session.guard():
            people.draw_own_password()
    elif mode == "oidc" and not access.may("administer"):
        st.caption("You sign in with your organisation, which also keeps your password.")
