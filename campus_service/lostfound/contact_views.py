"""Writing to whoever posted a report, and the letters of the two."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.db import transaction
from campus_service.core.errors import Conflict, Invalid
from campus_service.core.http import current_actor, parse_form
from campus_service.core.i18n import _
from campus_service.lostfound import letters, policy, projection, queries, service
from campus_service.lostfound.commands import WriteLetter
from campus_service.media.forms import Typed

bp = Blueprint("letters", __name__, url_prefix="/lost-found")
Page = AnyResponse | str | tuple[str, int]


@bp.get("/<no>/contact")
def ask(no: str) -> Page:
    """An empty letter to the poster of ``no``."""
    return _ask(no)


def _ask(no: str, wrong: Invalid | None = None) -> Page:
    actor = current_actor()
    actor.person_id()
    report = queries.report(actor, no)
    if not policy.can_contact(actor, report):
        raise Conflict(_("%(no)s 现在不能联系发布人：%(state)s。", no=report.no, state=report.state.label))
    title = projection.public_text(report)[0]
    lost = projection.kind_of(report).value == "lost"
    page = render_template("lostfound/contact.html", no=no, title=title, lost=lost, **_form(wrong))
    return (page, wrong.status) if wrong else page


def _form(wrong: Invalid | None) -> dict[str, object]:
    """What was typed, what is to be changed, and whether he has been warned."""
    key = request.form.get("request_key") or Typed.blank({}).values["request_key"]
    errors = wrong.fields if wrong else {}
    return {
        "typed": request.form if wrong else {},
        "errors": errors,
        "request_key": key,
        "warned": "body" in errors,
    }


@bp.post("/<no>/contact")
def contact(no: str) -> Page:
    """The first letter, or one more."""
    actor = current_actor()
    actor.person_id()
    try:
        command = parse_form(WriteLetter)
        with transaction():
            thread_id = service.contact(actor, no, command)
    except Invalid as wrong:
        return _ask(no, wrong)
    flash(_("写给对方了，有回复会通知你。"), "success")
    return redirect(url_for(".show", thread_id=thread_id), 303)


@bp.get("/letters/<int:thread_id>")
def show(thread_id: int) -> Page:
    """What the two wrote."""
    return _show(thread_id)


def _show(thread_id: int, wrong: Invalid | None = None) -> Page:
    page = letters.conversation(current_actor(), thread_id)
    html = render_template("lostfound/letters.html", page=page, **_form(wrong))
    return (html, wrong.status) if wrong else html


@bp.post("/letters/<int:thread_id>")
def reply(thread_id: int) -> Page:
    """One more letter."""
    actor = current_actor()
    actor.person_id()
    try:
        command = parse_form(WriteLetter)
        with transaction():
            service.reply(actor, thread_id, command)
    except Invalid as wrong:
        return _show(thread_id, wrong)
    return redirect(url_for(".show", thread_id=thread_id), 303)


@bp.post("/letters/<int:thread_id>/close")
def close(thread_id: int) -> AnyResponse:
    """No more letters."""
    actor = current_actor()
    actor.person_id()
    with transaction():
        service.close_thread(actor, thread_id)
    return redirect(url_for(".show", thread_id=thread_id), 303)


@bp.post("/letters/<int:thread_id>/report")
def report(thread_id: int) -> AnyResponse:
    """Ask security to read it."""
    actor = current_actor()
    actor.person_id()
    with transaction():
        service.report_thread(actor, thread_id)
    flash(_("告诉保卫处了，他们会看看。"), "success")
    return redirect(url_for(".show", thread_id=thread_id), 303)
