"""What a page needs before it can do anything: settings, store, project, person, model, and a net for errors."""

from __future__ import annotations

import getpass
import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from tokapp.errors import NotFound, TokappError
from tokapp.settings import Settings

if TYPE_CHECKING:
    from tokapp.models import TokenModel
    from tokapp.store import Store
    from tokapp.store.values import Project, ProjectSummary

_log = logging.getLogger(__name__)


def settings() -> Settings:
    """The settings of this process, from its environment; raises BadInput on a bad value."""
    return Settings.from_environment(os.environ)


def store() -> Store:
    """The store of this process: one object for all sessions; raises StoreUnavailable."""
    chosen = settings()
    chosen.home.mkdir(parents=True, exist_ok=True)
    return _open_store(chosen.database_url)


@st.cache_resource(show_spinner=False)
def _open_store(url: str) -> Store:
    from tokapp.store import Store

    return Store(url)


def model(name: str) -> TokenModel:
    """A loaded model, shared by all sessions and never changed; at most two stay in memory. Raises ModelUnavailable."""
    return _load_model(name, settings())


@st.cache_resource(max_entries=2, show_spinner="Loading the model …")
def _load_model(name: str, chosen: Settings) -> TokenModel:
    from tokapp.models import load_model

    return load_model(name, settings=chosen)


def user_name() -> str:
    """Who is working: the signed-in address if there is a login, else `TOKAPP_USER`, else the account's name."""
    signed_in = st.user.get("email") if st.user.get("is_logged_in") else None
    if isinstance(signed_in, str) and signed_in:
        return signed_in
    return os.environ.get("TOKAPP_USER") or _account_name()


def place() -> str:
    """Which store and which person this is, as a name that gives neither away: what a browser keeps for them has it."""
    return hashlib.sha256(f"{store().identity()}\n{user_name()}".encode()).hexdigest()[:16]


def _account_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        return "me"


def current_project() -> Project | None:
    """The project of the address (`?project=`), else of the session, else the first with documents; None if none."""
    wanted = st.query_params.get("project") or st.session_state.get("_project")
    found = _find_project(wanted) if wanted else None
    if found is None:
        summaries = store().projects()
        found = _first_to_look_at(summaries)
    if found is not None:
        choose_project(found.id)
    return found


def choose_project(project_id: int) -> None:
    """Make a project the current one, in the session and in the address."""
    st.session_state["_project"] = str(project_id)
    if st.query_params.get("project") != str(project_id):
        st.query_params["project"] = str(project_id)


def _find_project(wanted: str) -> Project | None:
    try:
        return store().project(int(wanted) if wanted.isdecimal() else wanted)
    except (NotFound, OverflowError):  # a number may be larger than any that a database holds
        st.warning("The project in the address does not exist. Showing another one.", icon=":material/link_off:")
        st.session_state.pop("_project", None)
        return None


def _first_to_look_at(summaries: list[ProjectSummary]) -> Project | None:
    if not summaries:
        return None
    return max(summaries, key=lambda one: (one.predicted > 0, one.documents > 0, -one.project.id)).project


def enter_app() -> None:
    """Say that `app.py` has run in this session, so that its pages need not ask for it."""
    st.session_state["_in_app"] = True


def _leave_page_discovery() -> None:
    """Run again under `app.py` if Streamlit opened this page by itself.

    The first requests of a fresh server may be links to pages. Streamlit then finds the page by its older discovery of
    `pages/` and leaves out `app.py`, until `st.navigation` has been called once in the process. Only the first run of
    a session is repeated: a later one may carry a click, which a repetition would lose.
    """
    is_first = not st.session_state.get("_has_run")
    st.session_state["_has_run"] = True
    PagesManager.uses_pages_directory = False
    if is_first and not st.session_state.get("_in_app"):
        st.rerun()


@contextmanager
def guard() -> Iterator[None]:
    """Turn an error into one sentence on the page; what is not ours goes to the log under an id that is shown."""
    _leave_page_discovery()
    try:
        yield
    except TokappError as error:
        _show(str(error))
    except Exception:  # noqa: BLE001  the edge of the page: no traceback may reach a person, and none is lost
        name = uuid4().hex[:8]
        _log.exception("page failed id=%s", name)
        _show(f"Something went wrong here. The details are in the server's log under {name}.")


def _show(sentence: str) -> None:
    from tokapp.ui.text import escape

    st.error(escape(sentence), icon=":material/error:")
