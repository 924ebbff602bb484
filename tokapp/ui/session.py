"""What a page needs before it can do anything: settings, store, project, person, model, and a net for errors."""

from __future__ import annotations

import getpass
import hashlib
import logging
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from tokapp.errors import Forbidden, NotFound, TokappError
from tokapp.settings import Settings
from tokapp.store.people_values import User
from tokapp.ui.turns import in_turn

if TYPE_CHECKING:
    from tokapp.models import Model
    from tokapp.models.encoding import Encoder
    from tokapp.store import Store
    from tokapp.store.values import Project, ProjectSummary

_log = logging.getLogger(__name__)
_SIGNED_IN = "_signed_in"


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


def model(name: str) -> Model:
    """A loaded model, shared by all sessions and never changed; at most two stay in memory. Raises ModelUnavailable."""
    return _load_model(name, settings())


@st.cache_resource(max_entries=2, show_spinner="Loading the model …")
def _load_model(name: str, chosen: Settings) -> Model:
    from tokapp.models import load_model

    return load_model(name, settings=chosen)


def encoder(name: str) -> Encoder | None:
    """What cuts texts for a model, without the model's weights; None while it is being made. Raises ModelUnavailable.

    Its libraries take seconds to load the first time, in which nobody's labels may wait.
    """
    made = _encoder_to_be(name, settings())
    return made.result() if made.done() else None


@st.cache_resource(max_entries=4, show_spinner=False)
def _encoder_to_be(name: str, chosen: Settings) -> Future[Encoder]:
    def make() -> Encoder:
        from tokapp.models.loading import load_encoder

        return load_encoder(name, settings=chosen)

    pool = ThreadPoolExecutor(1, "encoder")
    made = pool.submit(make)
    pool.shutdown(wait=False)
    return made


def user() -> User | None:
    """Who works in this tab, as the store knows them at this moment; None before somebody has signed in.

    Without sign-in it is the local user, who may do everything. Raises BadInput where strangers could reach a server
    without sign-in, Forbidden for a person whom the provider knows and the store does not.
    """
    chosen = settings()
    if chosen.auth == "none":
        chosen.require_private(st.get_option("server.address"))
        name = os.environ.get("TOKAPP_USER") or _account_name()
        return User(name, "admin", None, True, False, datetime.min.replace(tzinfo=UTC), "")
    return _account_of_tab() if chosen.auth == "local" else _account_of_provider()


def enter(person: User) -> None:
    """Sign a person in, in this tab, until their password changes or their account is closed."""
    st.session_state[_SIGNED_IN] = (person.name, person.stamp)


def _account_of_tab() -> User | None:
    name, stamp = st.session_state.get(_SIGNED_IN, ("", ""))
    found = store().find_user(name) if name else None
    return found if found is not None and found.is_active and found.stamp == stamp else None


def _account_of_provider() -> User | None:
    """The account of the address that the provider vouches for."""
    if not st.user.get("is_logged_in"):
        return None
    email = str(st.user.get("email") or "")
    if not email or st.user.get("email_verified") is False:
        raise Forbidden("The provider does not vouch for an e-mail address of yours. Ask an admin.")
    found = store().find_user_by_email(email)
    if found is None or not found.is_active:
        raise Forbidden(f"There is no open account for {email}. Ask an admin to add one.")
    return found


def user_name() -> str:
    """The name that what is done in this tab is stored under; raises Forbidden before somebody has signed in."""
    person = user()
    if person is None:
        raise Forbidden("Sign in first.")
    return person.name


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


def _turn_away_strangers() -> None:
    """Draw the door and nothing else unless somebody is signed in: a page may run without `app.py`."""
    from tokapp.ui import sign_in

    if not sign_in.admit():
        st.stop()


@contextmanager
def guard() -> Iterator[None]:
    """Turn an error into one sentence on the page; what is not ours goes to the log under an id that is shown."""
    with in_turn():
        _leave_page_discovery()
        _turn_away_strangers()
        with _sentences():
            yield


@contextmanager
def _sentences() -> Iterator[None]:
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
