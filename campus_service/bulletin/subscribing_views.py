"""A reader's pages of the subscription by mail: ask, confirm, change, end."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.accounts import queries as accounts
from campus_service.bulletin.commands import Subscribe
from campus_service.bulletin.models import Subscriber
from campus_service.bulletin.service import subscribing
from campus_service.bulletin.states import Section
from campus_service.core.db import transaction
from campus_service.core.errors import Invalid
from campus_service.core.http import current_actor, parse
from campus_service.core.i18n import language
from campus_service.core.page import csrf
from campus_service.core.ratelimit import limiter

bp = Blueprint("subscribing", __name__, url_prefix="/compass")
PER_HOUR = "20 per hour"


@bp.get("/subscribe")
def index() -> str:
    """The form; somebody signed in finds his address in it."""
    actor = current_actor()
    email = accounts.email_of(actor.id) if actor.id is not None else ""
    return _form({"email": email, "whole": "1"}, {})


@bp.post("/subscribe")
@limiter.limit(PER_HOUR)
def subscribe() -> AnyResponse | tuple[str, int]:
    """Ask the address; the answer does not tell whether it was known."""
    try:
        command = _command(request.form.get("email", ""))
    except Invalid as wrong:
        return _form(request.form.to_dict(), wrong.fields), 422
    with transaction():
        subscribing.subscribe(command, language())
    return redirect(url_for("subscribing.index", asked=1))


@bp.get("/subscription/<token>")
def manage(token: str) -> str:
    """Where the links of mails lead: to be confirmed, to be changed."""
    return _manage(subscribing.of_token(token), {})


@bp.post("/subscription/<token>/confirm")
def confirm(token: str) -> AnyResponse:
    """The address is its reader's."""
    with transaction():
        subscribing.confirm(token)
    return redirect(url_for("subscribing.manage", token=token, done="confirmed"))


@bp.post("/subscription/<token>")
def change(token: str) -> AnyResponse | tuple[str, int]:
    """Another choice."""
    row = subscribing.of_token(token)
    try:
        command = _command(row.email)
    except Invalid as wrong:
        return _manage(row, wrong.fields), 422
    with transaction():
        subscribing.change(token, command)
    return redirect(url_for("subscribing.manage", token=token, done="changed"))


@bp.get("/unsubscribe/<token>")
def ask_end(token: str) -> str:
    """Only asks: programs that look at links must not end anything (RFC 8058)."""
    return render_template("compass/unsubscribe.html", row=subscribing.of_token(token), token=token)


@bp.post("/unsubscribe/<token>")
def end(token: str) -> str:
    """Ends it at once, whoever posts: a mail program's one click has no form of ours, and follows no redirect (RFC 8058)."""
    with transaction():
        subscribing.end(token)
    return ask_end(token)


csrf.exempt(end)


def _command(email: str) -> Subscribe:
    values: dict[str, Any] = {
        "email": email,
        "whole": bool(request.form.get("whole")),
        "sections": request.form.getlist("sections"),
    }
    return parse(Subscribe, values)


def _form(values: dict[str, str], errors: Any) -> str:
    return render_template(
        "compass/subscribe.html",
        values=values,
        errors=errors,
        sections=list(Section),
        chosen=request.form.getlist("sections"),
        asked=request.args.get("asked") == "1",
    )


def _manage(row: Subscriber, errors: Any) -> str:
    return render_template(
        "compass/subscription.html",
        row=row,
        reads=subscribing.reads(row),
        errors=errors,
        sections=list(Section),
        chosen=row.sections,
        done=request.args.get("done", ""),
        token=row.token,
    )
