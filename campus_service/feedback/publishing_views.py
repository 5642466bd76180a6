"""The public side at the coordinator's desk: suggested answers, flagged texts; and who receives reports (举报)."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.db import transaction
from campus_service.core.errors import Conflict, DomainError, Invalid, NotFound
from campus_service.core.http import current_actor, parse_form
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission as P
from campus_service.feedback import commands as c
from campus_service.feedback import publicising, service, triage_queries
from campus_service.feedback.service import recipients as naming
from campus_service.feedback.triage_views import page

bp = Blueprint("publishing", __name__, url_prefix="/triage")


@bp.before_request
def _editors_only() -> None:
    reports = (request.endpoint or "").endswith(("recipients", "recipient"))
    current_actor().require(P.FEEDBACK_RECIPIENT_NAME if reports else P.FEEDBACK_PUBLIC_EDIT)


@bp.get("/public")
def index() -> Response:
    """Suggestions and flagged texts that wait; what is published; what was set aside."""
    actor = current_actor()
    shelf = request.args.get("shelf", "")
    shelf = shelf if shelf in triage_queries.SHELVES else "suggested"
    return page(
        "public",
        "public",
        shelf=shelf,
        rows=triage_queries.public_answers(actor, shelf, request.args.get("before", 0, type=int)),
        flagged=[publicising.flagged(case) for case in triage_queries.flagged(actor)]
        if shelf == "suggested"
        else [],
    )


@bp.get("/public/<int:answer_id>")
def edit(answer_id: int) -> Response:
    """One suggestion beside what was really said."""
    return _edit(answer_id)


def _edit(answer_id: int, wrong: DomainError | None = None) -> Response:
    row = triage_queries.public_answer(current_actor(), answer_id)
    if row is None:
        raise NotFound()
    return page("public", "public_answer", wrong, answer=row, original=publicising.original(row))


@bp.post("/public/<int:answer_id>")
def publish(answer_id: int) -> AnyResponse:
    """Confirm it, in the editor's own words where need be."""
    try:
        command = parse_form(c.PublishAnswer)
        with transaction():
            row = service.publish_answer(current_actor(), answer_id, command)
    except (Invalid, Conflict) as wrong:
        return _edit(answer_id, wrong)
    if row.flags:
        flash(str(lazy("已公开。里面还有像个人信息的内容，请再看一眼。")), "warning")
        return redirect(url_for("publishing.edit", answer_id=answer_id), 303)
    flash(str(lazy("已公开，谁都能查到。")), "success")
    return redirect(url_for("publishing.index"), 303)


@bp.post("/public/<int:answer_id>/retract")
def retract(answer_id: int) -> AnyResponse:
    """Take it back, or set a suggestion aside."""
    with transaction():
        service.retract_answer(current_actor(), answer_id)
    flash(str(lazy("收起来了，不再公开。")), "success")
    return redirect(url_for("publishing.index"), 303)


@bp.post("/public/cases/<no>")
def decide(no: str) -> AnyResponse:
    """A flagged text may be public, with what is personal stripped, or stays private."""
    try:
        command = parse_form(c.DecidePublicity)
        with transaction():
            service.decide_publicity(current_actor(), no, command)
    except Conflict as wrong:
        flash(str(wrong.message), "warning")
        return redirect(url_for("publishing.index"), 303)
    done = (
        lazy("%(no)s 公开了，个人信息已隐去。", no=no) if command.public else lazy("%(no)s 不公开。", no=no)
    )
    flash(str(done), "success")
    return redirect(url_for("publishing.index"), 303)


# --- who receives reports ---------------------------------------------------------------------------------------


@bp.get("/recipients")
def recipients() -> Response:
    """The named persons."""
    return _recipients()


def _recipients(wrong: DomainError | None = None) -> Response:
    return page("recipients", "recipients", wrong, rows=triage_queries.recipients(current_actor()))


@bp.post("/recipients")
def add_recipient() -> AnyResponse:
    """Name one more."""
    try:
        command = parse_form(c.NameRecipient)
        with transaction():
            naming.add_recipient(current_actor(), command)
    except (Invalid, Conflict) as wrong:
        return _recipients(wrong)
    flash(str(lazy("加上了。从现在起的举报，这位也会收到。")), "success")
    return redirect(url_for("publishing.recipients"), 303)


@bp.post("/recipients/<int:user_id>/remove")
def remove_recipient(user_id: int) -> AnyResponse:
    """Take one off the list."""
    with transaction():
        naming.remove_recipient(current_actor(), user_id)
    flash(str(lazy("移出了名单。之前收到的举报，这位仍然看得到。")), "success")
    return redirect(url_for("publishing.recipients"), 303)
