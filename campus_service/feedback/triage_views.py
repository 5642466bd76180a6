"""The coordinator's desk: the queue, one message with its likeliest departments, one-key routing, decisions, accuracy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.actor import Actor
from campus_service.core.db import transaction
from campus_service.core.errors import Conflict, DomainError, Invalid
from campus_service.core.http import current_actor, parse, parse_form
from campus_service.core.i18n import LazyString, lazy
from campus_service.core.permissions import Permission as P
from campus_service.feedback import accuracy as figures
from campus_service.feedback import commands as c
from campus_service.feedback import queries, service, triage_queries, triaging
from campus_service.feedback.models import Case
from campus_service.feedback.notices import department_name
from campus_service.jobs import enqueue

bp = Blueprint("triage", __name__, url_prefix="/triage")
C = TypeVar("C", bound=c.Command)
# Parts that the form for splitting offers; more can be split off later.
PARTS = 3


@bp.before_request
def _coordinators_only() -> None:
    current_actor().require(P.FEEDBACK_CASE_TRIAGE)


def page(key: str, template: str, wrong: DomainError | None = None, **context: Any) -> Response:
    """A page of the coordinator's desk; ``wrong`` is why the last step was not done."""
    actor = current_actor()
    html = render_template(
        f"triage/{template}.html",
        desk_key=key,
        desk_counts=triage_queries.counts(actor) if actor.can(P.FEEDBACK_CASE_TRIAGE) else {},
        departments=triaging.departments(),
        department_name=department_name,
        typed=request.form,
        errors=wrong.fields if isinstance(wrong, Invalid) else {},
        changed=str(wrong.message) if isinstance(wrong, Conflict) else "",
        **context,
    )
    return make_response(html, wrong.status if wrong else 200)


# --- the queue --------------------------------------------------------------------------------------------------


@bp.get("")
def index() -> AnyResponse:
    """The queue with its first message open; ``?no=`` finds any case by its number."""
    wanted = request.args.get("no", "").strip()
    if wanted:
        return redirect(url_for("triage.show", no=wanted.upper()))
    waiting = triage_queries.queue(current_actor())
    return _case(waiting[0] if waiting else None, waiting)


@bp.get("/<no>")
def show(no: str) -> AnyResponse:
    """One message beside the queue, whether it waits or was routed long ago."""
    return _case(queries.case_for_staff(current_actor(), no), triage_queries.queue(current_actor()))


def _case(case: Case | None, waiting: list[Case], wrong: DomainError | None = None) -> Response:
    actor = current_actor()
    return page(
        "queue",
        "queue",
        wrong,
        waiting=[triaging.waiting(row) for row in waiting],
        today=triaging.today(actor),
        seen=triaging.look(actor, case) if case else None,
        parts=PARTS,
    )


def _next(no: str) -> str:
    """The page of the message after ``no`` in the queue as it is now, before the step."""
    numbers = [row.no for row in triage_queries.queue(current_actor())]
    at = numbers.index(no) if no in numbers else -1
    following = [*numbers[at + 1 :], *numbers[: max(at, 0)]]
    return url_for("triage.show", no=following[0]) if following else url_for("triage.index")


def _attempt(
    no: str,
    kind: type[C],
    do: Callable[[Actor, str, C], object],
    done: LazyString,
    to: str = "",
    values: dict[str, Any] | None = None,
) -> AnyResponse:
    """One step on the case ``no``, then ``to`` (else the next message); a refusal shows the case with the reason."""
    actor = current_actor()
    to = to or _next(no)
    try:
        command = parse_form(kind) if values is None else parse(kind, values)
        with transaction():
            do(actor, no, command)
    except (Invalid, Conflict) as wrong:
        return _case(queries.case_for_staff(actor, no), triage_queries.queue(actor), wrong)
    flash(str(done), "success")
    return redirect(to, 303)


@bp.post("/<no>/route")
def route(no: str) -> AnyResponse:
    """Give the message to a department: one of the likeliest, or another one."""
    chosen = _chosen()
    values = {"department": chosen, "note": request.form.get("note", "")}
    done = lazy("%(no)s 交给了%(department)s。", no=no, department=department_name(chosen))
    return _attempt(no, c.RouteCase, service.route, done, values=values)


def _chosen() -> str:
    """One of the likeliest departments, or another one from the list."""
    return request.form.get("other") or request.form.get("department", "")


@bp.post("/<no>/adjudicate")
def adjudicate(no: str) -> AnyResponse:
    """The binding decision (裁定)."""
    chosen = _chosen()
    values = {"department": chosen, "reason": request.form.get("reason", "")}
    done = lazy("已裁定：%(no)s 由%(department)s办理。", no=no, department=department_name(chosen))
    return _attempt(no, c.Adjudicate, service.adjudicate, done, values=values)


@bp.post("/<no>/urgent")
def urgent(no: str) -> AnyResponse:
    """Mark it as urgent: the safety clocks run, it comes first; or take that back."""
    on = request.form.get("urgent") == "1"
    done = lazy("%(no)s 标为紧急，按安全时限催。", no=no) if on else lazy("%(no)s 不再标为紧急。", no=no)
    here = url_for("triage.show", no=no)
    return _attempt(no, c.ChangeCase, service.change, done, to=here, values={"urgent": on})


@bp.post("/<no>/kind")
def kind(no: str) -> AnyResponse:
    """Correct what the sender wants: the promise depends on it."""
    done = lazy("%(no)s 的类别改了。", no=no)
    return _attempt(no, c.ChangeCase, service.change, done, to=url_for("triage.show", no=no))


@bp.post("/<no>/split")
def split(no: str) -> AnyResponse:
    """Several departments: the one that leads is decided on, the others get their part at once."""
    done = lazy("%(no)s 拆给了几个部门，牵头部门汇总答复。", no=no)
    return _attempt(no, c.SplitCase, _split, done, values={"parts": _parts()})


def _parts() -> list[dict[str, str]]:
    pairs = zip(request.form.getlist("part_department"), request.form.getlist("part_body"), strict=False)
    return [{"department": code, "body": body} for code, body in pairs if code or body.strip()]


def _split(actor: Actor, no: str, command: c.SplitCase) -> None:
    lead = request.form.get("lead", "")
    if lead:
        reason = str(lazy("涉及几个部门，由本部门牵头汇总。"))
        service.adjudicate(actor, no, parse(c.Adjudicate, {"department": lead, "reason": reason}))
    service.split(actor, no, command)


# --- decisions, accuracy, learning ------------------------------------------------------------------------------


@bp.get("/decisions")
def decisions() -> Response:
    """What waits for a binding decision, and who decided what and why."""
    actor = current_actor()
    return page(
        "decisions",
        "decisions",
        waiting=triaging.to_decide(actor),
        decided=triage_queries.decisions(actor, request.args.get("before", 0, type=int)),
    )


@bp.get("/accuracy")
def accuracy() -> Response:
    """How good the routing was, month by month; what the classifier learns from."""
    actor = current_actor()
    return page(
        "accuracy",
        "accuracy",
        report=figures.report(actor, request.args.get("month", "")),
        models=triage_queries.models(actor),
        learnable=triage_queries.learnable(),
    )


@bp.post("/train")
def train() -> AnyResponse:
    """Let the worker train now: the web processes never load the learning library."""
    current_actor().require(P.FEEDBACK_RULE_EDIT)
    with transaction():
        enqueue("feedback.train", {}, key="feedback.train")
    flash(str(lazy("已经开始训练，几分钟后在这里看结果；不比现在的差才会换上。")), "success")
    return redirect(url_for("triage.accuracy"), 303)
