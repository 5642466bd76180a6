"""/admin/webhooks: the staff's group robots, with a test button."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.accounts import queries as accounts
from campus_service.core.db import transaction
from campus_service.core.errors import Invalid
from campus_service.core.http import current_actor, parse_form
from campus_service.core.i18n import _, language
from campus_service.core.permissions import Permission
from campus_service.notifications import webhooks
from campus_service.notifications.commands import SaveWebhook
from campus_service.notifications.robots import Robot

pages = Blueprint("admin_webhooks", __name__, url_prefix="/admin/webhooks")
Page = AnyResponse | str | tuple[str, int]


@pages.before_request
def _only_for_administrators() -> None:
    current_actor().require(Permission.NOTIFICATIONS_WEBHOOK_MANAGE)


@pages.after_request
def _keep_nowhere(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.context_processor
def _names() -> dict[str, Any]:
    departments = [
        (row.code, row.name_en if language() == "en" else row.name) for row in accounts.departments()
    ]
    return {
        "kinds": [(kind.value, kind.label) for kind in Robot],
        "events": list(webhooks.EVENTS.items()),
        "event_name": lambda code: webhooks.EVENTS.get(code, code),
        "departments": [("", _("所有部门")), *departments],
        "department_name": dict(departments).get,
        "trouble": webhooks.trouble,
        "host": lambda url: urlsplit(url).netloc,
    }


@pages.get("")
def index() -> Page:
    """All robots, and a form for one more."""
    return _list()


def _list(errors: dict[str, Any] | None = None) -> str:
    return render_template(
        "admin/webhooks.html",
        robots=webhooks.all_webhooks(current_actor()),
        errors=errors or {},
        form=request.form,
        chosen=request.form.getlist("events"),
    )


@pages.post("")
def add() -> Page:
    """Add a robot."""
    try:
        command = parse_form(SaveWebhook)
        with transaction():
            new = webhooks.add(current_actor(), command)
    except Invalid as error:
        return _list(error.fields), 422
    return _back(new.id, _("已添加。先试发一条，看群里收不收得到。"))


@pages.get("/<int:webhook_id>")
def show(webhook_id: int) -> Page:
    """One robot: what it announces, how the last try went; test, change, switch off, delete."""
    return _one(webhook_id)


def _one(webhook_id: int, errors: dict[str, Any] | None = None) -> str:
    robot = webhooks.webhook(current_actor(), webhook_id)
    form: Any = request.form if errors else {}
    stands = {"name": robot.name, "kind": robot.kind.value, "department": robot.department_code or ""}
    return render_template(
        "admin/webhook.html",
        robot=robot,
        errors=errors or {},
        values={name: form.get(name, value) for name, value in stands.items()},
        chosen=form.getlist("events") if errors else robot.events,
    )


@pages.post("/<int:webhook_id>")
def change(webhook_id: int) -> Page:
    """Change it; address and secret stay as they are when left empty."""
    try:
        command = parse_form(SaveWebhook)
        with transaction():
            webhooks.change(current_actor(), webhook_id, command)
    except Invalid as error:
        return _one(webhook_id, error.fields), 422
    return _back(webhook_id, _("已保存。"))


@pages.post("/<int:webhook_id>/test")
def test(webhook_id: int) -> Page:
    """Let it say something now, and show what it answered."""
    taken, words = webhooks.try_out(current_actor(), webhook_id)
    flash(words, "moss" if taken else "late")
    return redirect(url_for(".show", webhook_id=webhook_id), 303)


@pages.post("/<int:webhook_id>/active")
def set_active(webhook_id: int) -> Page:
    """Switch it on or off."""
    active = request.form.get("active") == "1"
    with transaction():
        webhooks.set_active(current_actor(), webhook_id, active)
    return _back(webhook_id, _("已启用。") if active else _("已停用，不再发消息。"))


@pages.post("/<int:webhook_id>/delete")
def delete(webhook_id: int) -> Page:
    """Forget it."""
    with transaction():
        webhooks.delete(current_actor(), webhook_id)
    flash(_("已删除，地址和密钥也一起删掉了。"), "moss")
    return redirect(url_for(".index"), 303)


def _back(webhook_id: int, message: str) -> AnyResponse:
    flash(message, "moss")
    return redirect(url_for(".show", webhook_id=webhook_id), 303)
