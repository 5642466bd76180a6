"""/me/settings: language, password, signed-in devices, API tokens."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from campus_service.accounts import queries, service, sessions
from campus_service.accounts.commands import ChangePassword, NewToken, Profile
from campus_service.accounts.device import shown_name
from campus_service.core.db import transaction
from campus_service.core.errors import Invalid
from campus_service.core.http import current_actor, parse_form
from campus_service.core.i18n import _
from campus_service.core.ratelimit import limiter

pages = Blueprint("me", __name__, url_prefix="/me")
Page = AnyResponse | str | tuple[str, int]


@pages.after_request
def _keep_nowhere(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.get("/settings")
def settings() -> Page:
    """Everything on one page."""
    return _page()


def _page(errors: dict[str, Any] | None = None, new_token: str = "") -> str:
    user_id = current_actor().person_id()
    return render_template(
        "me/settings.html",
        person=queries.user(user_id),
        sessions=queries.sessions(user_id),
        shown_name=shown_name,
        this_session=current_user.session_id,
        tokens=queries.api_tokens(user_id),
        errors=errors or {},
        form=request.form if errors else {},
        new_token=new_token,
    )


def _back(message: str) -> AnyResponse:
    flash(message)
    return redirect(url_for("me.settings"), 303)


@pages.post("/settings/language")
def set_language() -> Page:
    """Set the language of pages and mails."""
    actor = current_actor()
    command = parse_form(Profile)
    with transaction():
        service.set_profile(actor, command)
    session["locale"] = command.locale
    return redirect(url_for("me.settings"), 303)


@pages.post("/settings/password")
@limiter.limit("10 per 5 minutes")
def change_password() -> Page:
    """Set a new password."""
    actor = current_actor()
    actor.person_id()
    try:
        command = parse_form(ChangePassword)
        with transaction():
            service.change_password(actor, command, keep=current_user.get_id())
    except Invalid as error:
        return _page(error.fields), 422
    return _back(_("密码已更改，其他设备都已退出登录。"))


@pages.post("/settings/sessions/<int:session_id>/end")
def end_session(session_id: int) -> Page:
    """End one device's session."""
    actor = current_actor()
    with transaction():
        sessions.end_device(actor, session_id)
    return _back(_("那台设备已退出登录。"))


@pages.post("/settings/sessions/end-others")
def end_others() -> Page:
    """End the sessions of all other devices."""
    actor = current_actor()
    with transaction():
        sessions.end_others(actor, keep=current_user.get_id())
    return _back(_("其他设备都已退出登录。"))


@pages.post("/settings/tokens")
def issue_token() -> Page:
    """Make an API token and show it this once."""
    actor = current_actor()
    actor.person_id()
    try:
        command = parse_form(NewToken)
        with transaction():
            token = sessions.issue_token(actor, command)
    except Invalid as error:
        return _page(error.fields), 422
    return _page(new_token=token)


@pages.post("/settings/tokens/<int:token_id>/revoke")
def revoke_token(token_id: int) -> Page:
    """End an API token."""
    actor = current_actor()
    with transaction():
        sessions.revoke_token(actor, token_id)
    return _back(_("令牌已撤销，用它的程序不能再访问。"))
