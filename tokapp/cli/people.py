"""Verbs about people: accounts, their roles and passwords."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import get_args

import click

from tokapp.cli.options import open_store
from tokapp.roles import Role

role_argument = click.Choice(get_args(Role))


@click.group()
def users() -> None:
    """List, add and change the accounts of people."""


@users.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(as_json: bool) -> None:
    """List the accounts by name."""
    with open_store() as store:
        found = store.users()
    if as_json:
        kept = ("name", "role", "email", "is_active", "has_password", "created")
        rows = [{key: value for key, value in asdict(one).items() if key in kept} for one in found]
        click.echo(json.dumps(rows, indent=2, default=str))
        return
    for one in found:
        click.echo(f"{one.name:<24} {one.role:<10} {'open' if one.is_active else 'closed':<7} {one.email or ''}")


@users.command()
@click.argument("name")
@click.option("--role", required=True, type=role_argument, help="What the person may do.")
@click.option("--email", help="Address under which an identity provider knows the person.")
@click.option("--no-password", is_flag=True, help="For people who come in through an identity provider only.")
def add(name: str, role: Role, email: str | None, no_password: bool) -> None:
    """Add an account; its password is read from standard input."""
    password = None if no_password else _read_password()
    with open_store() as store:
        made = store.add_user(name, role, email=email, password=password, by="terminal")
    click.echo(f"{made.name} is added as {made.role}")


@users.command()
@click.argument("name")
@click.argument("role", type=role_argument)
def role(name: str, role: Role) -> None:
    """Give a person another role."""
    with open_store() as store:
        changed = store.set_role(name, role, by="terminal")
    click.echo(f"{changed.name} is {changed.role} now")


@users.command()
@click.argument("name")
@click.option("--undo", is_flag=True, help="Open the account again.")
def deactivate(name: str, undo: bool) -> None:
    """Close an account; what the person did stays."""
    with open_store() as store:
        changed = store.set_active(name, undo, by="terminal")
    click.echo(f"the account of {changed.name} is {'open' if changed.is_active else 'closed'}")


@users.command()
@click.argument("name")
def password(name: str) -> None:
    """Set a person's password, read from standard input."""
    new = _read_password()
    with open_store() as store:
        changed = store.set_password(name, new, by="terminal")
    click.echo(f"the password of {changed.name} is set")


def _read_password() -> str:
    """Asked twice and unseen at a terminal; the first line of what a script pipes in."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


COMMANDS = (users,)
