"""Pages for people who are not signed in yet: sign in, sign up, confirm, forgotten password; and sign out."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask_login import login_user
from werkzeug.wrappers import Response as AnyResponse

from campus_service.accounts import links, queries, service, sessions
from campus_service.accounts.commands import ForgotPassword, ResetPassword, SignIn, SignUp
from campus_service.accounts.demo import DEMO_PEOPLE
from campus_service.accounts.device import device_name
from campus_service.accounts.models import Purpose
from campus_service.core.db import transaction
from campus_service.core.errors import Invalid, NotFound
from campus_service.core.http import current_actor, parse_form
from campus_service.core.i18n import _
from campus_service.core.page import choose_locale
from campus_service.core.ratelimit import address, limiter
from campus_service.core.settings import settings

pages = Blueprint("accounts", __name__)
Page = AnyResponse | str | tuple[str, int]


@pages.after_request
def _keep_nowhere(response: Response) -> Response:
    """Pages with links, forms and names of accounts belong in no cache."""
    response.headers["Cache-Control"] = "no-store"
    return response


def _account() -> str:
    """The account that a form is about, as typed."""
    return (request.form.get("account") or request.form.get("email") or "").strip().lower()[:254]


def _account_here() -> str:
    return f"{_account()} {address()}"


def local_path(target: str) -> str:
    """``target`` if it is a path on this site, else the start page; a link must not lead elsewhere."""
    parts = urlsplit(target)
    plain = target.startswith("/") and target.isprintable() and "\\" not in target
    return target if plain and not target.startswith("//") and not parts.scheme and not parts.netloc else "/"


@pages.route("/sign-in", methods=["GET", "POST"])
@limiter.limit("10 per 5 minutes", methods=["POST"], key_func=_account_here)
@limiter.limit("100 per hour", methods=["POST"], key_func=_account)
@limiter.limit("300 per 5 minutes", methods=["POST"], key_func=address)
def sign_in() -> Page:
    """Ask who it is; begin a session."""
    target = local_path(request.values.get("next", "/"))
    if request.method == "GET":
        return redirect(target) if current_actor().signed_in else _sign_in_page(target)
    try:
        proof = _proof(parse_form(SignIn))
    except Invalid as error:
        return _sign_in_page(target, error.fields), 422
    with transaction():
        sessions.end_session(session.get("_user_id", ""))
        token = service.sign_in(proof, device_name(request.user_agent.string))
    _enter(token)
    return redirect(target, 303)


def _proof(command: SignIn) -> service.Proof:
    try:
        return service.authenticate(command)
    except service.NotConfirmed as error:
        with transaction():
            service.send_confirmation(error.user_id)
        raise


def _sign_in_page(target: str, errors: dict[str, Any] | None = None) -> str:
    people = DEMO_PEOPLE if settings().demo else []
    return render_template(
        "accounts/sign_in.html", next=target, errors=errors or {}, form=request.form, demo_people=people
    )


def _enter(token: str) -> None:
    """Put the session into a cookie that holds nothing from before (session fixation)."""
    _empty_cookie()
    session.permanent = True
    login_user(queries.by_session(token))


def _empty_cookie() -> None:
    locale = session.get("locale")
    session.clear()
    if locale:
        session["locale"] = locale


@pages.post("/sign-out")
def sign_out() -> Page:
    """End this session on the server and here."""
    with transaction():
        sessions.end_session(session.get("_user_id", ""))
    _empty_cookie()
    flash(_("已退出登录。"))
    return redirect("/", 303)


@pages.route("/sign-up", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"], key_func=address)
@limiter.limit("5 per hour", methods=["POST"], key_func=_account)
def sign_up() -> Page:
    """Ask a student for what an account needs; mail a link."""
    if request.method == "GET":
        return render_template("accounts/sign_up.html", errors={}, form=request.form)
    try:
        command = parse_form(SignUp)
        with transaction():
            service.sign_up(command, choose_locale())
    except Invalid as error:
        return render_template("accounts/sign_up.html", errors=error.fields, form=request.form), 422
    return _mail_sent(Purpose.CONFIRM, command.email)


@pages.route("/confirm/<token>", methods=["GET", "POST"])
@limiter.limit("60 per hour", methods=["POST"], key_func=address)
def confirm(token: str) -> Page:
    """Show whom a link confirms; the button confirms, since mail programs open links by themselves."""
    try:
        if request.method == "GET":
            return render_template("accounts/confirm.html", person=links.owner(token, Purpose.CONFIRM))
        with transaction():
            person = service.confirm_email(token)
    except NotFound:
        return _link_gone(Purpose.CONFIRM)
    flash(_("%(email)s 已确认，现在可以登录了。", email=person.email))
    return redirect(url_for("accounts.sign_in"), 303)


@pages.route("/forgot", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"], key_func=address)
@limiter.limit("5 per hour", methods=["POST"], key_func=_account)
def forgot() -> Page:
    """Mail a link to set a new password; the answer is the same for an unknown address."""
    if request.method == "GET":
        return render_template("accounts/forgot.html", errors={}, form=request.form)
    try:
        command = parse_form(ForgotPassword)
    except Invalid as error:
        return render_template("accounts/forgot.html", errors=error.fields, form=request.form), 422
    with transaction():
        service.forgot(command)
    return _mail_sent(Purpose.RESET, command.email)


def _mail_sent(purpose: Purpose, email: str) -> str:
    mail_page = settings().demo and settings().mail_url == "page:"
    return render_template("accounts/mail_sent.html", purpose=purpose, email=email, mail_page=mail_page)


@pages.route("/reset/<token>", methods=["GET", "POST"])
@limiter.limit("60 per hour", methods=["POST"], key_func=address)
def reset(token: str) -> Page:
    """Set a new password by a mailed link."""
    try:
        if request.method == "GET":
            return _reset_page(token)
        with transaction():
            service.reset(token, parse_form(ResetPassword))
    except NotFound:
        return _link_gone(Purpose.RESET)
    except Invalid as error:
        return _reset_page(token, error.fields), 422
    flash(_("新密码已设好，请用它登录。其他设备都已退出登录。"))
    return redirect(url_for("accounts.sign_in"), 303)


def _reset_page(token: str, errors: dict[str, Any] | None = None) -> str:
    person = links.owner(token, Purpose.RESET)
    return render_template("accounts/reset.html", person=person, errors=errors or {})


def _link_gone(purpose: Purpose) -> Page:
    return render_template("accounts/link_gone.html", purpose=purpose, reason=links.GONE), 404
