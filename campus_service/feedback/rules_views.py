"""/triage/rules: the ordered rules, their editor, and the tester that shows what masks what."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.db import transaction
from campus_service.core.errors import Conflict, DomainError, Invalid, NotFound
from campus_service.core.http import current_actor, parse_form
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission as P
from campus_service.core.places import AREAS
from campus_service.feedback import commands as c
from campus_service.feedback import queries, triage_queries, trying
from campus_service.feedback.service import rules as service
from campus_service.feedback.states import Kind
from campus_service.feedback.triage_views import page

bp = Blueprint("rules", __name__, url_prefix="/triage/rules")


@bp.before_request
def _editors_only() -> None:
    current_actor().require(P.FEEDBACK_RULE_EDIT)


@bp.get("")
def index() -> Response:
    """The rules in their order, each with what it would catch; above them the tester."""
    actor = current_actor()
    return page("rules", "rules", sheet=trying.sheet(actor), tried=_tried())


def _tried() -> trying.Tried | None:
    """What the tester says of ``?text=`` or of the case ``?no=``."""
    actor, no = current_actor(), request.args.get("no", "").strip()
    if no:
        return trying.try_case(queries.case_for_staff(actor, no))
    text = request.args.get("text", "").strip()[:4000]
    kind = request.args.get("kind", "")
    if not text:
        return None
    return trying.try_text(
        text, request.args.get("place", "")[:80], Kind(kind) if kind in list(Kind) else None
    )


@bp.get("/new")
def new() -> Response:
    """An empty rule; ``?words=`` and ``?department=`` come along from a message."""
    values = {name: request.args.get(name, "")[:400] for name in ("words", "department", "name")}
    return _form(None, values | {"active": "1", "firm": "1"})


@bp.post("/new")
def create() -> AnyResponse:
    """Save a new rule at the end of the order."""
    return _save(None)


@bp.get("/<int:rule_id>")
def edit(rule_id: int) -> Response:
    """One rule."""
    return _form(rule_id, _values(rule_id))


@bp.post("/<int:rule_id>")
def save(rule_id: int) -> AnyResponse:
    """Save its changes."""
    return _save(rule_id)


def _values(rule_id: int) -> dict[str, Any]:
    row = triage_queries.rule(rule_id)
    if row is None:
        raise NotFound(lazy("这条规则已经不在了。"))
    return service.as_dict(row) | {"department": row.department_code, "version": row.version}


def _form(rule_id: int | None, values: dict[str, Any], wrong: DomainError | None = None) -> Response:
    return page(
        "rules",
        "rule",
        wrong,
        rule_id=rule_id,
        values=values,
        areas=[(area.code, area.label) for area in AREAS],
        kinds=[(kind.value, kind.label) for kind in Kind if kind is not Kind.REPORT],
        measured=trying.measure_one(current_actor(), rule_id) if rule_id else None,
    )


def _save(rule_id: int | None) -> AnyResponse:
    try:
        command = parse_form(c.SaveRule)
        off = {name: False for name in ("active", "firm") if name not in request.form}
        command = command.model_copy(update=off)
        with transaction():
            row = service.save_rule(current_actor(), rule_id, command)
    except (Invalid, Conflict) as wrong:
        if rule_id is not None:
            _values(rule_id)  # a rule that somebody deleted meanwhile is not there
        lists = {name: request.form.getlist(name) for name in ("areas", "kinds")}
        return _form(rule_id, request.form.to_dict() | lists, wrong)
    flash(str(lazy("规则“%(name)s”存好了。", name=row.name)), "success")
    return redirect(url_for("rules.index", _anchor=f"rule-{row.id}"), 303)


@bp.post("/<int:rule_id>/move")
def move(rule_id: int) -> AnyResponse:
    """Put it at another place."""
    with transaction():
        service.move_rule(current_actor(), rule_id, parse_form(c.MoveRule))
    return redirect(url_for("rules.index", _anchor=f"rule-{rule_id}"), 303)


@bp.post("/<int:rule_id>/switch")
def switch(rule_id: int) -> AnyResponse:
    """Switch it off, or on again."""
    with transaction():
        service.switch_rule(current_actor(), rule_id, request.form.get("active") == "1")
    return redirect(url_for("rules.index", _anchor=f"rule-{rule_id}"), 303)


@bp.post("/<int:rule_id>/delete")
def delete(rule_id: int) -> AnyResponse:
    """Delete it."""
    with transaction():
        service.delete_rule(current_actor(), rule_id)
    flash(str(lazy("规则删掉了；操作记录里还有它的内容。")), "success")
    return redirect(url_for("rules.index"), 303)
