"""Accounts on SQLite and PostgreSQL: roles, passwords, the limit of attempts, and what a person has set up."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from tokapp.errors import BadInput, NotFound, TooManyAttempts
from tokapp.store import Store, sign_in
from tokapp.store.passwords import hash_password, is_right
from tokapp.store.people_tables import SignInTable, UserTable
from tokapp.store.people_values import User

PASSWORD = "correct horse battery"


@pytest.fixture
def ada(store: Store) -> User:
    return store.add_user("ada", "admin", password=PASSWORD)


def stored_hash(store: Store, name: str) -> str:
    with store._reading() as session:
        return session.scalars(select(UserTable.password_hash).where(UserTable.name == name)).one() or ""


def let_time_pass(store: Store, by: timedelta) -> None:
    """Make every attempt older."""
    with store._writing() as session:
        for row in session.scalars(select(SignInTable)):
            session.execute(update(SignInTable).where(SignInTable.id == row.id).values(at=row.at - by))


def test_an_account_is_found_by_name_and_by_address(store: Store, ada: User) -> None:
    made = store.add_user("Bob O'Neil", "annotator", email=" Bob@Example.com ")
    assert [one.name for one in store.users()] == ["Bob O'Neil", "ada"]
    assert store.find_user("Bob O'Neil") == made == store.find_user_by_email("BOB@example.COM")
    assert store.find_user("nobody") is None and store.find_user_by_email("") is None
    assert (made.has_password, ada.has_password) == (False, True)


@pytest.mark.parametrize(
    ("name", "role", "email", "password", "says"),
    [
        ("", "admin", None, None, "1 to 100 characters"),
        ("x" * 101, "admin", None, None, "1 to 100 characters"),
        ("a\u202eb", "admin", None, None, "can be printed"),
        ("ADA", "admin", None, None, "already"),
        ("eve", "king", None, None, "not a role"),
        ("eve", "reader", "no address", None, "not an e-mail address"),
        ("eve", "reader", "ada@example.com", None, "already"),
        ("eve", "reader", None, "short", "10 to 200"),
        ("eve", "reader", None, "x" * 201, "10 to 200"),
    ],
)
def test_what_cannot_be_an_account_is_refused_with_a_reason(
    store: Store, name: str, role: str, email: str | None, password: str | None, says: str
) -> None:
    store.add_user("ada", "admin", email="ada@example.com")
    with pytest.raises(BadInput, match=says):
        store.add_user(name, role, email=email, password=password)  # type: ignore[arg-type]
    assert len(store.users()) == 1


def test_only_the_right_password_of_an_active_account_signs_in(store: Store, ada: User) -> None:
    store.add_user("bob", "annotator", password=PASSWORD)
    store.add_user("cloud", "annotator", email="cloud@example.com")
    store.set_active("bob", False)
    assert store.sign_in("ada", PASSWORD) == ada
    tries = [
        ("ada", PASSWORD + "!"),
        ("ada", ""),
        ("Ada", PASSWORD),
        ("bob", PASSWORD),
        ("cloud", ""),
        ("eve", PASSWORD),
    ]
    tries += [("\x00", PASSWORD), ("\ud800", "\ud800"), ("", ""), ("ada", PASSWORD * 1000)]
    assert [store.sign_in(*one) for one in tries] == [None] * len(tries)


def test_the_same_password_has_another_hash_each_time_and_is_argon2id(store: Store, ada: User) -> None:
    store.add_user("bob", "reader", password=PASSWORD)
    hashes = {stored_hash(store, "ada"), stored_hash(store, "bob")}
    assert len(hashes) == 2
    assert all(one.startswith("$argon2id$v=19$m=65536,t=3,p=4$") for one in hashes)


def test_a_broken_hash_and_no_hash_let_nobody_in() -> None:
    assert not is_right(PASSWORD, "not a hash") and not is_right("", None) and not is_right(PASSWORD, None)
    assert is_right(PASSWORD, hash_password(PASSWORD))


def test_an_outdated_hash_is_renewed_at_the_next_sign_in(store: Store, ada: User) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024).hash(PASSWORD)
    with store._writing() as session:
        session.execute(update(UserTable).values(password_hash=weak))
    assert store.sign_in("ada", PASSWORD) is not None
    assert stored_hash(store, "ada") != weak
    assert store.sign_in("ada", PASSWORD) is not None


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_after_five_attempts_a_name_waits_whether_it_exists_or_not(store: Store, ada: User, name: str) -> None:
    assert [store.sign_in(name, "wrong") for _ in range(5)] == [None] * 5
    with pytest.raises(TooManyAttempts, match="Try again in 15 minutes") as caught:
        store.sign_in(name, PASSWORD)
    assert caught.value.minutes == 15
    assert store.sign_in("somebody else", "wrong") is None
    let_time_pass(store, sign_in.WINDOW)
    assert store.sign_in(name, PASSWORD) == (ada if name == "ada" else None)


def test_signing_in_and_a_new_password_forget_the_attempts(store: Store, ada: User) -> None:
    for _ in range(3):
        assert [store.sign_in("ada", "wrong") for _ in range(4)] == [None] * 4
        assert store.sign_in("ada", PASSWORD) is not None
    for _ in range(5):
        store.sign_in("ada", "wrong")
    store.set_password("ada", "another one entirely")
    assert store.sign_in("ada", "another one entirely") is not None


def test_attempts_at_the_same_moment_are_all_counted(store: Store, ada: User) -> None:
    def attempt(_: int) -> str:
        try:
            store.sign_in("ada", "wrong")
        except TooManyAttempts:
            return "refused"
        return "judged"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(attempt, range(12)))
    assert sorted(answers) == ["judged"] * 5 + ["refused"] * 7


def test_a_new_password_changes_the_stamp_and_the_old_one_is_worth_nothing(store: Store, ada: User) -> None:
    changed = store.set_password("ada", "another one entirely", by="ada")
    assert changed.stamp != ada.stamp
    assert store.sign_in("ada", PASSWORD) is None
    with pytest.raises(NotFound, match="nobody"):
        store.set_password("nobody", PASSWORD)


def test_roles_change_but_an_active_admin_stays(store: Store, ada: User) -> None:
    store.add_user("bob", "annotator")
    for change in (lambda: store.set_role("ada", "reader"), lambda: store.set_active("ada", False)):
        with pytest.raises(BadInput, match="only active admin"):
            change()
    assert store.set_role("bob", "admin", by="ada").role == "admin"
    assert store.set_role("ada", "reader", by="bob").role == "reader"
    with pytest.raises(BadInput, match="only active admin"):
        store.set_active("bob", False)
    with pytest.raises(NotFound, match="nobody"):
        store.set_role("nobody", "reader")


def test_two_admins_who_remove_each_other_leave_one(store: Store, ada: User) -> None:
    store.add_user("bob", "admin")

    def remove(name: str) -> str:
        try:
            return store.set_active(name, False).name
        except BadInput as error:
            return str(error)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(remove, ["ada", "bob"]))
    assert [one.is_active for one in store.users()].count(True) == 1


def test_the_feed_says_who_changed_which_account_and_never_a_password(
    store: Store, ada: User, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        store.add_user("bob", "reader", password="a secret of bob", by="ada")
        store.set_role("bob", "reviewer", by="ada")
        store.set_password("bob", "a secret of bobs", by="ada")
        store.set_active("bob", False, by="ada")
        store.sign_in("bob", "a secret of bob")
    lines = [(one.text, one.by) for one in store.activity(4)]
    assert lines == [
        ("deactivated bob", "ada"),
        ("set a password for bob", "ada"),
        ("made bob reviewer", "ada"),
        ("added bob as reader", "ada"),
    ]
    assert "secret" not in caplog.text and "secret" not in repr(store.users())


def test_what_a_person_sets_is_theirs_and_any_json(store: Store) -> None:
    values = [{"accept": "y", "é": ["🎉", 1, None]}, "off", None, False, 2.5]
    for value in values:
        store.save_user_setting("ann", "keys", value)
        assert store.user_setting("ann", "keys") == value
    store.save_user_setting("ben", "keys", "his")
    store.save_user_setting("ann", "snapping", "word")
    assert [store.user_setting("ann", name) for name in ("keys", "snapping", "theme")] == [2.5, "word", None]
    assert store.user_setting("ben", "keys") == "his"
