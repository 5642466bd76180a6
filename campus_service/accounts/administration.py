"""What administrators do with accounts: add people, give and take roles, close and open accounts."""

from __future__ import annotations

from sqlalchemy import delete

from campus_service.accounts import arrivals, links, queries, sessions
from campus_service.accounts.commands import CreateUser, GrantRole
from campus_service.accounts.models import Department, Purpose, RoleGrant, User
from campus_service.accounts.passwords import hash_password, new_token
from campus_service.accounts.service import new_person
from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.db import db
from campus_service.core.errors import Conflict, Invalid, NotFound
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission, Role


def create_user(
    actor: Actor, command: CreateUser, roles: list[tuple[Role, str | None]] | None = None
) -> User:
    """Add a person with ``roles``; without a password a link to set one is mailed.

    Needs accounts:user:manage. Raises Invalid when the mail or the number is taken.
    """
    actor.require(Permission.ACCOUNTS_USER_MANAGE)
    _refuse_taken(command)
    password = command.password.get_secret_value() if command.password else new_token()
    user = new_person(
        command.student_no,
        command.name,
        command.email,
        password_hash=hash_password(password),
        roles=roles or [],
        locale=command.locale,
    )
    after = {"roles": [role.value for role, _ in roles or []]}
    audit.record(actor, "user.created", obj_type="user", obj_id=user.id, after=after)
    if command.password is None:
        link = links.make(user, Purpose.RESET, links.INVITE_LIFE)
        links.mail(user, "invited", name=user.name, link=link)
    return user


def grant_role(actor: Actor, user_id: int, command: GrantRole) -> None:
    """Give a person a role; giving it twice changes nothing.

    Needs accounts:user:manage. Raises NotFound, or Invalid for a department that does not exist.
    """
    actor.require(Permission.ACCOUNTS_USER_MANAGE)
    user = _person(user_id)
    if command.department is not None and db.session.get(Department, command.department) is None:
        raise Invalid({"department": lazy("没有代码为 %(code)s 的部门。", code=command.department)})
    wanted = (command.role, command.department)
    if wanted in [(grant.role, grant.department_code) for grant in queries.grants([user.id])]:
        return
    db.session.add(RoleGrant(user_id=user.id, role=command.role, department_code=command.department))
    db.session.flush()
    audit.record(actor, "role.granted", obj_type="user", obj_id=user.id, after=_words(command))


def revoke_role(actor: Actor, user_id: int, command: GrantRole) -> None:
    """Take a role from a person.

    Needs accounts:user:manage. Raises NotFound when he does not hold it, Conflict for one's own admin role.
    """
    actor.require(Permission.ACCOUNTS_USER_MANAGE)
    if user_id == actor.id and command.role is Role.ADMIN:
        raise Conflict(lazy("不能取消自己的管理员角色，请由另一位管理员来做。"))
    held = [
        g
        for g in queries.grants([user_id])
        if (g.role, g.department_code) == (command.role, command.department)
    ]
    if not held:
        raise NotFound(lazy("这个人没有这个角色。"))
    db.session.execute(delete(RoleGrant).where(RoleGrant.id.in_([grant.id for grant in held])))
    audit.record(actor, "role.revoked", obj_type="user", obj_id=user_id, before=_words(command))


def set_active(actor: Actor, user_id: int, active: bool) -> None:
    """Close or open an account; closing it ends all sessions and API tokens at once.

    Needs accounts:user:manage. Raises Conflict for one's own account.
    """
    actor.require(Permission.ACCOUNTS_USER_MANAGE)
    if user_id == actor.id:
        raise Conflict(lazy("不能停用自己的账号，请由另一位管理员来做。"))
    user = _person(user_id)
    if user.active == active:
        return
    user.active = active
    if active and user.email_confirmed_at is not None:
        db.session.flush()
        arrivals.arrived(user)
    if not active:
        sessions.end_all(user.id)
        sessions.revoke_all(user.id)
    audit.record(actor, "user.opened" if active else "user.closed", obj_type="user", obj_id=user.id)


def _person(user_id: int) -> User:
    user = queries.user(user_id)
    if user is None:
        raise NotFound(lazy("没有这个人。"))
    return user


def _refuse_taken(command: CreateUser) -> None:
    taken = {}
    for user in queries.users_like(command.email, command.student_no or ""):
        if user.email == command.email:
            taken["email"] = lazy("这个邮箱已经有账号了。")
        if command.student_no and user.student_no == command.student_no:
            taken["student_no"] = lazy("这个学工号已经有账号了。")
    if taken:
        raise Invalid(taken)


def _words(command: GrantRole) -> dict[str, str | None]:
    return {"role": command.role.value, "department": command.department}
