"""/demo/mail: the mails of the demo, which has no mail server."""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from werkzeug.exceptions import NotFound as NoSuchPage

from campus_service.core.errors import NotFound
from campus_service.core.settings import settings
from campus_service.notifications import mail, queries

pages = Blueprint("demo_mail", __name__, url_prefix="/demo/mail")


@pages.before_request
def _only_in_the_demo() -> None:
    if not settings().demo or settings().mail_url != "page:":
        raise NoSuchPage


@pages.after_request
def _keep_nowhere(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.get("")
def index() -> str:
    """All mails, newest first."""
    return render_template("dev/outbox.html", mails=queries.demo_mails())


@pages.get("/<int:mail_id>")
def show(mail_id: int) -> str:
    """One mail with its links."""
    found = queries.demo_mail(mail_id)
    if found is None:
        raise NotFound()
    here = settings().base_url
    parts = [(text, link.removeprefix(here)) for text, link in mail.pieces(found.body)]
    return render_template("dev/outbox_mail.html", mail=found, parts=parts)
