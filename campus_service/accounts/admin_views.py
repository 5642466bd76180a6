"""/admin/users: find people, add them, give and take roles, close accounts."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.accounts import administration, queries
from campus_service.accounts.commands import CreateUser, GrantRole
from campus_service.accounts.models import Department
from campus_service.accounts.roles import ROLE_NAMES
from campus_service.core.db import transaction
from campus_service.core.errors import Invalid, NotFound
from campus_service.core.http import current_actor, parse_form
from campus_service.core.i18n import _, language
from campus_service.core.permissions import Permission, Role

pages = Blueprint("admin_users", __name__, url_prefix="/admin/users")
Page = AnyResponse | str | tuple[str, int]


@pages.before_request
def _only_for_administrators() -> None:
    current_actor().require(Permission.ACCOUNTS_USER_MANAGE)


@pages.context_processor
def _names() -> dict[str, Any]:
    return {
        "role_name": ROLE_NAMES.__getitem__,
        "role_options": lambda: [(role.value, ROLE_NAMES[role]) for role in Role],
        "department_name": _department_name,
        "department_options": lambda found: [(row.code, _department_name(row)) for row in found],
    }


def _department_name(department: Department) -> str:
    return department.name_en if language() == "en" else department.name


@pages.after_request
def _keep_nowhere(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.get("")
def index() -> Page:
    """People by name, number or mail, and by role."""
    return _list()


def _list(errors: dict[str, Any] | None = None) -> str:
    words, role = request.args.get("q", "")[:100], request.args.get("role", "")
    chosen = Role(role) if role in list(Role) else None
    after = request.args.get("after", 0, type=int)
    people = queries.find_users(current_actor(), words, chosen, after)
    shown = people[: queries.PAGE]
    return render_template(
        "admin/users.html",
        people=shown,
        more_after=shown[-1].id if len(people) > len(shown) else None,
        grants=_by_person([person.id for person in shown]),
        departments={department.code: department for department in queries.departments()},
        words=words,
        role=chosen,
        errors=errors or {},
        form=request.form,
    )


def _by_person(ids: list[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for grant in queries.grants(ids):
        found.setdefault(grant.user_id, []).append(grant)
    return found


@pages.post("")
def create() -> Page:
    """Add a person; a link to set a password is mailed."""
    try:
        command = parse_form(CreateUser)
        with transaction():
            user = administration.create_user(current_actor(), command)
    except Invalid as error:
        return _list(error.fields), 422
    flash(_("已添加 %(name)s，设置密码的链接已发到 %(email)s。", name=user.name, email=user.email))
    return redirect(url_for("admin_users.person", user_id=user.id), 303)


@pages.get("/<int:user_id>")
def person(user_id: int) -> Page:
    """One person: roles, departments, open or closed."""
    return _person(user_id)


def _person(user_id: int, errors: dict[str, Any] | None = None) -> str:
    user = queries.user(user_id)
    if user is None:
        raise NotFound()
    return render_template(
        "admin/users_person.html",
        person=user,
        grants=queries.grants([user_id]),
        sessions=queries.sessions(user_id),
        departments={department.code: department for department in queries.departments()},
        errors=errors or {},
        form=request.form,
    )


@pages.post("/<int:user_id>/roles")
def grant(user_id: int) -> Page:
    """Give a role."""
    try:
        command = parse_form(GrantRole)
        with transaction():
            administration.grant_role(current_actor(), user_id, command)
    except Invalid as error:
        return _person(user_id, error.fields), 422
    return _back(user_id, _("角色已添加，马上生效。"))


@pages.post("/<int:user_id>/roles/revoke")
def revoke(user_id: int) -> Page:
    """Take a role."""
    command = parse_form(GrantRole)
    with transaction():
        administration.revoke_role(current_actor(), user_id, command)
    return _back(user_id, _("角色已取消，马上生效。"))


@pages.post("/<int:user_id>/active")
def set_active(user_id: int) -> Page:
    """Close or open the account."""
    active = request.form.get("active") == "1"
    with transaction():
        administration.set_active(current_actor(), user_id, active)
    return _back(user_id, _("账号已启用。") if active else _("账号已停用，所有设备都已退出登录。"))


def _back(user_id: int, message: str) -> AnyResponse:
    flash(message)
    return redirect(url_for("admin_users.person", user_id=user_id), 303)
