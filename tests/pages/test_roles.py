"""The door and the roles: nobody sees a page before they are known, nobody changes what their role does not allow."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import ROOT, OpenPage, review
from tests.pages.test_pages import PAGES, shown
from tokapp.roles import Role
from tokapp.store import Edit, Project, Store
from tokapp.store.tables import Base
from tokapp.tasks import load_task

PASSWORD = "correct horse battery"
EVERY_PAGE = (*dict.fromkeys((*PAGES, "people")),)


@pytest.fixture
def local(home: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Accounts are asked for; an admin is there."""
    monkeypatch.setenv("TOKAPP_AUTH", "local")
    home.add_user("root", "admin", password=PASSWORD)
    return home


@pytest.fixture
def provider(home: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An identity provider is asked."""
    monkeypatch.setenv("TOKAPP_AUTH", "oidc")
    return home


@pytest.fixture
def enter(local: Store) -> Callable[..., AppTest]:
    """Open a page as somebody who has signed in as that role."""

    def run(role: Role, page: str, **address: object) -> AppTest:
        person = local.find_user(role) or local.add_user(role, role, password=PASSWORD)
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        at.session_state["_signed_in"] = (person.name, person.stamp)
        at.run()
        at.switch_page(f"pages/{page}.py")
        for name, value in address.items():
            at.query_params[name] = str(value)
        return at.run()

    return run


def fill_in(at: AppTest, name: str, password: str) -> AppTest:
    at.run()  # AppTest runs the entry script once and then the page alone, where the same form is another one
    at.text_input(key="sign_in_name").set_value(name)
    at.text_input(key="sign_in_password").set_value(password)
    return at.button(key="sign_in_go").click().run()


def force(at: AppTest, key: str) -> AppTest:
    """Press a button whether it is grey or not, as a forged message from a browser would."""
    button = at.button(key=key)
    button.proto.disabled = False
    return button.click().run()


def rows(store: Store) -> dict[str, int]:
    """How many rows each table has; the counts change with everything that is added."""
    with store._reading() as session:
        return {name: session.scalar(select(func.count()).select_from(one)) or 0 for name, one in TABLES}


TABLES = [(name, one) for name, one in Base.metadata.tables.items() if name not in ("sign_ins", "workers")]


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_nothing_of_a_page_is_drawn_for_a_stranger(
    page: str, project: Project, local: Store, open_page: OpenPage
) -> None:
    at = open_page(page, project=project.id, doc=1)
    assert [one.value for one in at.title] == ["Sign in"]
    assert not at.sidebar and not at.dataframe and not at.get("bidi_component") and not at.exception
    assert "Reviews" not in shown(at) and "dark mode" not in shown(at)


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_a_page_that_runs_without_the_entry_script_draws_nothing_either(
    page: str, project: Project, local: Store
) -> None:
    at = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=60)
    at.session_state["_has_run"] = True
    at.run()
    assert [one.value for one in at.title] == ["Sign in"] and [one.key for one in at.button] == ["sign_in_go"]
    assert not at.dataframe and not at.get("bidi_component") and "dark mode" not in shown(at)


@pytest.mark.parametrize("file", sorted((ROOT / "pages").glob("*.py")), ids=lambda file: file.stem)
def test_a_page_draws_inside_of_the_guard_only(file: Path) -> None:
    body = ast.parse(file.read_text("utf-8")).body
    quiet = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.Assign, ast.AnnAssign)
    loud = [node for node in body[1:] if not isinstance(node, quiet)]
    assert [ast.unparse(node.items[0]) for node in loud if isinstance(node, ast.With)] == ["session.guard()"]
    assert len(loud) == 1


def test_the_right_password_opens_the_page_of_the_link_and_is_not_kept(
    project: Project, local: Store, open_page: OpenPage
) -> None:
    at = fill_in(open_page("documents", project=project.id), "root", PASSWORD)
    assert [one.value for one in at.title] == ["Documents"]
    assert "sign_in_password" not in at.session_state


@pytest.mark.parametrize(
    ("name", "password"), [("root", "wrong"), ("nobody", PASSWORD), ("closed", PASSWORD), ("", "")]
)
def test_every_sign_in_in_vain_gets_the_same_answer(
    name: str, password: str, local: Store, open_page: OpenPage
) -> None:
    local.add_user("closed", "reader", password=PASSWORD)
    local.set_active("closed", False)
    at = fill_in(open_page(), name, password)
    assert [one.value.replace("\\", "") for one in at.error] == ["Name or password is wrong, or the account is closed."]
    assert [one.value for one in at.title] == ["Sign in"]


def test_too_many_attempts_have_to_wait(local: Store, open_page: OpenPage) -> None:
    at = open_page()
    for _ in range(5):
        fill_in(at, "root", "wrong")
    assert "Try again in 15 minutes" in shown(fill_in(at, "root", PASSWORD))


def test_without_accounts_the_door_says_how_to_add_the_first(
    home: Store, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKAPP_AUTH", "local")
    at = open_page()
    assert at.code[0].value == "tokapp users add NAME --role admin" and not at.text_input


@pytest.mark.parametrize("change", ["role", "closed", "password"])
def test_a_change_of_the_account_reaches_a_tab_that_is_open(
    change: str, project: Project, local: Store, enter: Callable[..., AppTest]
) -> None:
    at = enter("reviewer", "queue", project=project.id)
    if change == "role":
        local.set_role("reviewer", "reader")
        at.pills(key=f"order_{project.id}").set_value("margin").run()
        assert at.button(key="score").disabled
        return
    if change == "closed":
        local.set_active("reviewer", False)
    else:
        local.set_password("reviewer", PASSWORD + "!")
    assert [one.value for one in at.run().title] == ["Sign in"]


def test_a_reader_who_presses_what_is_grey_changes_nothing(
    project: Project, local: Store, enter: Callable[..., AppTest]
) -> None:
    local.add_documents(project.id, [review(100)], source="more")
    local.add_model("second", "reviews")
    failed = local.enqueue("predict", project_id=project.id, payload={"model": "reviews", "document_ids": [1]})
    local.request_cancel(failed.id)
    enter("reader", "home")
    before = rows(local)
    pressed = set()
    visits: list[tuple[str, dict[str, object]]] = [(page, {"project": project.id}) for page in EVERY_PAGE]
    visits.append(("explain", {"project": project.id, "view": "all"}))
    for page, address in visits:
        at = enter("reader", page, **address)
        assert not at.exception and not at.error, page
        keys = [one.key for one in at.button if one.key and one.key not in ("sign_out", "own_change")]
        for key in keys:
            at = enter("reader", page, **address)
            force(at, key)
            assert not at.exception, key
            pressed.add(key)
    assert {"predict", "new_create", "done", "skip", "start", "promote", "rollback", "explain_all"} <= pressed
    assert rows(local) == before
    promoted = local.promoted("reviews")
    assert promoted is not None and promoted.name == "reviews"
    assert [job.state for job in local.jobs(project.id)] == ["cancelled"]


def test_a_reader_scores_uploads_and_exports_nothing(
    project: Project, local: Store, enter: Callable[..., AppTest]
) -> None:
    at = enter("reader", "queue", project=project.id)
    at.pills(key=f"order_{project.id}").set_value("margin").run()
    assert at.button(key="score").disabled
    force(at, "score")
    at = enter("reader", "documents", project=project.id)
    at.file_uploader[0].upload("more.csv", b"id,text\n1,Quite another text\n").run()
    assert "may not add projects or documents" in (at.button(key="import_start").help or "")
    force(at, "import_start")
    at = enter("reader", "export", project=project.id)
    assert "may not export" in shown(at) and not at.get("download_button")
    assert local.count_documents(project.id) == 60 and local.jobs(project.id) == []


def test_what_a_reader_forges_in_the_editor_is_answered_and_not_stored(
    project: Project, local: Store, enter: Callable[..., AppTest]
) -> None:
    at = enter("reader", "label", project=project.id, doc=1)
    data = json.loads(at.get("bidi_component")[0].proto.json)
    assert data["disabled"] is True
    edit = {"token": "1" * 32, "doc": 1, "seen": data["revision"], "length": len(data["text"]), "verb": "submit"}
    edits = [{**edit, "spans": []}]
    at.session_state["label_editor"] = {"queue": {"have": 1, "doc": 1, "edits": edits, "drawn": [[1, []]]}}
    at.session_state["label_clicked"] = 1
    at.run()
    assert not at.exception
    answers = json.loads(at.get("bidi_component")[0].proto.json)["answers"]
    assert answers == {"1" * 32: "Your role (reader) may not label. Ask an admin."}
    assert local.open_for_labelling(1).revision == data["revision"]


def test_a_forged_click_on_a_document_label_is_refused(local: Store, enter: Callable[..., AppTest]) -> None:
    made = local.create_project("Mail", load_task("emails"))
    local.add_documents(made.id, [review(0)], source="x")
    at = enter("reader", "label", project=made.id, doc=1)
    at.session_state["label_clicked"] = 1
    at.session_state["document_label_1"] = "spam"
    assert "may not label" in shown(at.run())
    assert local.open_for_labelling(1).document.label is None


@pytest.mark.parametrize(
    ("role", "page", "key", "allowed"),
    [
        ("annotator", "label", "done", True),
        ("annotator", "train", "start", False),
        ("reviewer", "train", "start", True),
        ("reviewer", "models", "promote", False),
        ("reviewer", "home", "new_create", False),
        ("admin", "home", "new_create", True),
    ],
)
def test_each_role_may_what_it_says(
    role: Role, page: str, key: str, allowed: bool, project: Project, local: Store, enter: Callable[..., AppTest]
) -> None:
    local.add_model("second", "reviews")
    button = enter(role, page, project=project.id, doc=5).button(key=key)
    assert (not button.disabled) is allowed
    if not allowed:
        assert f"Your role ({role}) may not" in (button.help or "")


def test_what_an_annotator_does_is_stored_under_their_name(
    project: Project, local: Store, enter: Callable[..., AppTest]
) -> None:
    at = enter("annotator", "label", project=project.id, doc=1)
    at.button(key="done").click().run()
    assert [one.by for one in local.events(1)][-1] == "annotator"
    assert local.record(1, local.open_for_labelling(1).revision, "x", Edit("reopen")).status == "started"


def test_an_address_of_the_provider_is_mapped_to_its_account(provider: Store) -> None:
    provider.add_user("Ada L", "annotator", email="ada@example.com")
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.user = {"is_logged_in": True, "email": "Ada@Example.com"}
    assert "Ada L" in shown(at.run()) and not at.error


@pytest.mark.parametrize(
    ("user", "says"),
    [
        ({"is_logged_in": True, "email": "<b>eve</b>@example.com"}, "no open account for <b>eve</b>@example.com"),
        ({"is_logged_in": True, "email": "shut@example.com"}, "no open account"),
        ({"is_logged_in": True, "email": "ada@example.com", "email_verified": False}, "does not vouch"),
        ({"is_logged_in": True}, "does not vouch"),
    ],
)
def test_an_address_that_nobody_knows_is_told_so_and_sees_nothing(
    user: dict[str, object], says: str, provider: Store
) -> None:
    provider.add_user("ada", "admin", email="ada@example.com")
    provider.add_user("shut", "reader", email="shut@example.com")
    provider.set_active("shut", False)
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.user = user
    at.run()
    assert says in shown(at) and not at.title and not at.sidebar
    assert [one.key for one in at.button] == ["sign_out"]


def test_a_provider_that_is_not_configured_is_a_sentence(provider: Store) -> None:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.user = {"is_logged_in": False}
    at.run().run()
    assert "not configured" in shown(at.button(key="sign_in_go").click().run())


def test_signing_in_is_no_matter_for_the_local_user(home: Store, open_page: OpenPage) -> None:
    at = open_page("people")
    assert "Nobody has to sign in" in shown(at)
    assert "sign_out" not in [one.key for one in at.button]


def test_a_reader_marks_no_reasons_whatever_the_browser_sends(
    project: Project, local: Store, enter: Callable[..., AppTest]
) -> None:
    at = enter("reader", "explain", project=project.id, doc=1)
    at.session_state["way"] = "Mark reasons"
    at.session_state["marking_1_asked"] = {"act": "none", "words": [0.0]}
    at.run()
    assert "may not label" in at.error[0].value.replace("\\", "")
    assert local.open_for_labelling(1).document.reasons == ()
