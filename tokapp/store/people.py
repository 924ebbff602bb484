"""The people who work here: accounts, sign-ins, and what each has set up."""

from __future__ import annotations

from tokapp.documents import Json
from tokapp.roles import Role
from tokapp.store import sign_in as _sign_in
from tokapp.store import user_settings as _settings
from tokapp.store import users as _users
from tokapp.store.labelling_queue import LabellingQueue
from tokapp.store.passwords import hash_password, is_outdated, is_right
from tokapp.store.people_values import User


class People(LabellingQueue):
    """Who may come in, and as what; hashing a password takes a while and is done outside of every transaction."""

    def add_user(
        self, name: str, role: Role, *, email: str | None = None, password: str | None = None, by: str = ""
    ) -> User:
        """A new account; raises BadInput if the name is empty or taken, or role, address or password cannot be used."""
        hashed = None if password is None else hash_password(password)
        with self._writing() as session:
            return _users.add_user(session, name, role, email=email, password_hash=hashed, by=by)

    def users(self) -> list[User]:
        """Every account, by name."""
        with self._reading() as session:
            return _users.users(session)

    def find_user(self, name: str) -> User | None:
        """The account of that name."""
        with self._reading() as session:
            return _users.find_user(session, name)

    def find_user_by_email(self, email: str) -> User | None:
        """The account of that e-mail address, in whatever case it is written."""
        with self._reading() as session:
            return _users.find_user_by_email(session, email)

    def set_role(self, name: str, role: Role, *, by: str = "") -> User:
        """Give a person another role; raises NotFound, BadInput when nobody could administer after it."""
        with self._writing() as session:
            return _users.set_role(session, name, role, by=by)

    def set_active(self, name: str, is_active: bool, *, by: str = "") -> User:
        """Close an account, or open it again; raises NotFound, BadInput when nobody could administer after it."""
        with self._writing() as session:
            return _users.set_active(session, name, is_active, by=by)

    def set_password(self, name: str, password: str, *, by: str = "") -> User:
        """Replace a person's password and let them try again at once; raises NotFound, BadInput."""
        hashed = hash_password(password)
        with self._writing() as session:
            _sign_in.succeed(session, name)
            return _users.set_password_hash(session, name, hashed, by=by)

    def sign_in(self, name: str, password: str) -> User | None:
        """The account, if it is active and the password is its own; None in the same time in every other case.

        Raises TooManyAttempts after five attempts in vain within fifteen minutes, for names that do not exist too.
        """
        with self._writing() as session:
            _sign_in.begin(session, name)
        with self._reading() as session:
            stored = _sign_in.password_hash(session, name)
        if not is_right(password, stored) or stored is None:
            return None
        renewed = hash_password(password) if is_outdated(stored) else stored
        with self._writing() as session:
            _sign_in.succeed(session, name)
            if renewed != stored:
                _sign_in.renew_hash(session, name, stored, renewed)
            return _users.find_user(session, name)

    def user_setting(self, user: str, name: str) -> Json:
        """What a person has set under a name; None if nothing."""
        with self._reading() as session:
            return _settings.setting(session, user, name)

    def save_user_setting(self, user: str, name: str, value: Json) -> None:
        """Set a value of a person, in the place of the one before."""
        with self._writing() as session:
            _settings.save_setting(session, user, name, value)
