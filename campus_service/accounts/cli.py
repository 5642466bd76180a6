"""campus-service user …: add people, give and take roles, list them."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click
from flask.cli import with_appcontext

from campus_service.accounts import administration, queries
from campus_service.accounts.commands import CreateUser, GrantRole
from campus_service.accounts.models import User
from campus_service.core.actor import Actor
from campus_service.core.db import transaction
from campus_service.core.errors import DomainError
from campus_service.core.http import parse
from campus_service.core.permissions import DEPARTMENT_ROLES, Role

_ROLES = click.Choice([role.value for role in Role])


@click.group("user")
def group() -> None:
    """Accounts and roles."""


@group.command()
@click.option("--student-no", default=None, help="Student or staff number.")
@click.option("--name", required=True)
@click.option("--email", required=True)
@click.option("--role", type=_ROLES, default=Role.STUDENT.value, show_default=True)
@click.option("--department", default=None, help="Department code, for officers and heads.")
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input; else a link is mailed."
)
@with_appcontext
def create(
    student_no: str | None, name: str, email: str, role: str, department: str | None, password_stdin: bool
) -> None:
    """Add a person whose mail address is known to be right."""
    given = {"student_no": student_no, "name": name, "email": email}
    if password_stdin:
        given["password"] = sys.stdin.readline().rstrip("\r\n")
    try:
        command = parse(CreateUser, given)
        wanted = parse(GrantRole, {"role": role, "department": department})
        with transaction():
            user = administration.create_user(Actor.system(), command)
            administration.grant_role(Actor.system(), user.id, wanted)
    except DomainError as error:
        raise click.ClickException(str(error)) from None
    click.echo(
        f"{user.email} can sign in now."
        if password_stdin
        else f"A link to set a password goes to {user.email}."
    )


@group.command()
@click.argument("email")
@click.argument("role", type=_ROLES)
@click.option("--department", default=None, help="Department code, for officers and heads.")
@click.option("--remove", is_flag=True, help="Take the role away.")
@with_appcontext
def role(email: str, role: str, department: str | None, remove: bool) -> None:
    """Give ROLE to the person with EMAIL, or take it away."""
    change: Callable[[Actor, int, GrantRole], None]
    change = administration.revoke_role if remove else administration.grant_role
    try:
        command = parse(GrantRole, {"role": role, "department": department})
        with transaction():
            change(Actor.system(), _known(email).id, command)
    except DomainError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{email}: {role} {'removed' if remove else 'given'}.")


@group.command("list")
@click.option("--role", type=_ROLES, default=None, help="Only people with this role.")
@with_appcontext
def list_people(role: str | None) -> None:
    """List people: number, mail, name, roles."""
    chosen, after = Role(role) if role else None, 0
    while people := queries.find_users(Actor.system(), "", chosen, after)[: queries.PAGE]:
        for user in people:
            click.echo(_line(user))
        after = people[-1].id


def _known(email: str) -> User:
    user = queries.user_by_account(email)
    if user is None:
        raise click.ClickException(f"nobody has the address {email}")
    return user


def _line(user: User) -> str:
    grants = queries.grants([user.id])
    roles = [g.role.value + (f"@{g.department_code}" if g.role in DEPARTMENT_ROLES else "") for g in grants]
    state = "" if user.active else "  closed"
    return f"{user.student_no or '-'}  {user.email}  {user.name}  {','.join(roles) or '-'}{state}"
