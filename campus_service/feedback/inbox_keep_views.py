"""What staff keep beside the cases: calls and visits written down, a department's templates, how it works."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import flash, redirect, request, url_for
from flask.wrappers import Response
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.db import transaction
from campus_service.core.errors import DomainError, Forbidden, Invalid
from campus_service.core.http import current_actor, parse_form
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission as P
from campus_service.core.places import SUGGESTIONS
from campus_service.feedback import commands as c
from campus_service.feedback import inboxing, queries, service
from campus_service.feedback.inbox_views import bp, page
from campus_service.feedback.states import Channel, Kind

__all__ = ["bp"]


# --- calls and visits -------------------------------------------------------------------------------------------


@bp.get("/record")
def record() -> Response:
    """An empty form for what somebody says at the counter or on the phone."""
    current_actor().require(P.FEEDBACK_CASE_RECORD)
    return _record()


def _record(wrong: DomainError | None = None) -> Response:
    names = inboxing.department_names()
    return page(
        "record",
        "record",
        wrong,
        names=names,
        channels=[(each.value, each.label) for each in (Channel.COUNTER, Channel.PHONE)],
        kinds=[(kind.value, kind.label) for kind in Kind],
        places=SUGGESTIONS,
        departments=list(names.items()),
        request_key=request.form.get("request_key") or uuid4().hex,
    )


@bp.post("/record")
def record_case() -> AnyResponse:
    """Keep it and route it; the next one can be typed at once."""
    actor = current_actor()
    actor.require(P.FEEDBACK_CASE_RECORD)
    try:
        command = parse_form(c.RecordCase)
        with transaction():
            no = service.record_case(actor, command)
    except Invalid as wrong:
        return _record(wrong)
    case = queries.case_by_no(no)
    names = inboxing.department_names()
    where = names.get(case.department_code or "")
    text = lazy("%(no)s 登记好了，交给%(department)s。", no=no, department=where)
    flash(str(text if where else lazy("%(no)s 登记好了，等人分办。", no=no)), "success")
    return redirect(url_for("inbox.record"), 303)


# --- templates --------------------------------------------------------------------------------------------------


@bp.get("/templates")
def templates() -> Response:
    """The templates of one's departments, and those for all."""
    current_actor().require(P.FEEDBACK_CASE_HANDLE)
    return _templates()


def _templates(wrong: DomainError | None = None, tried: int | None = None) -> Response:
    actor, names = current_actor(), inboxing.department_names()
    mine = sorted(actor.departments)
    return page(
        "templates",
        "templates",
        wrong,
        names=names,
        rows=queries.templates(mine),
        mine=[(code, names.get(code, code)) for code in mine],
        tried=tried,
    )


@bp.post("/templates")
def add_template() -> AnyResponse:
    """A new template."""
    actor = current_actor()
    actor.require(P.FEEDBACK_CASE_HANDLE)
    department = request.form.get("department") or min(actor.departments, default="")
    try:
        command = parse_form(c.SaveTemplate)
        with transaction():
            service.add_template(actor, department, command)
    except Invalid as wrong:
        return _templates(wrong, 0)
    return _kept()


@bp.post("/templates/<int:template_id>")
def save_template(template_id: int) -> AnyResponse:
    """Other words."""
    current_actor().require(P.FEEDBACK_CASE_HANDLE)
    try:
        command = parse_form(c.SaveTemplate)
        with transaction():
            service.save_template(current_actor(), template_id, command)
    except Invalid as wrong:
        return _templates(wrong, template_id)
    return _kept()


@bp.post("/templates/<int:template_id>/delete")
def delete_template(template_id: int) -> AnyResponse:
    """No longer needed."""
    current_actor().require(P.FEEDBACK_CASE_HANDLE)
    with transaction():
        service.delete_template(current_actor(), template_id)
    return _kept()


def _kept() -> AnyResponse:
    flash(str(lazy("模板存好了。")), "success")
    return redirect(url_for("inbox.templates"), 303)


# --- how a department works -------------------------------------------------------------------------------------


@bp.get("/options")
def options() -> Response:
    """Whether the head approves answers, and whom a sender may call."""
    current_actor().require(P.FEEDBACK_ANSWER_APPROVE)
    return _options()


def _options(wrong: DomainError | None = None) -> Response:
    rows: list[Any] = [queries.options(code) for code in sorted(current_actor().departments)]
    return page("templates", "options", wrong, rows=rows)


@bp.post("/options")
def save_options() -> AnyResponse:
    """The head decides how the department works."""
    actor = current_actor()
    actor.require(P.FEEDBACK_ANSWER_APPROVE)
    department = request.form.get("department", "")
    if department not in actor.departments:
        raise Forbidden()
    try:
        command = parse_form(c.SaveOptions)
        with transaction():
            service.save_options(actor, department, command)
    except Invalid as wrong:
        return _options(wrong)
    flash(str(lazy("存好了。")), "success")
    return redirect(url_for("inbox.options"), 303)
