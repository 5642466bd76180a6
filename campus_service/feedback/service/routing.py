"""Which department gets a case: safety words, rules, classifier, else a coordinator; returns and binding decisions."""

from __future__ import annotations

from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db, on_violation
from campus_service.core.errors import Conflict, Forbidden, Invalid
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission as P
from campus_service.feedback import brain, notices, policy, queries
from campus_service.feedback.commands import Adjudicate, ChangeCase, ReturnCase, RouteCase
from campus_service.feedback.models import Case, CaseReturn
from campus_service.feedback.routing.route import Routing, decide
from campus_service.feedback.service import record, timing
from campus_service.feedback.states import CaseState, EventType, Kind, RouteHow

# The second return of a case goes to a binding decision (domain.md §2).
RETURNS_BEFORE_DECISION = 2

on_violation(
    "uq_case_returns_once",
    "case_returns.case_id, case_returns.department_code",
    error=lambda: Conflict(lazy("本部门已经退回过一次，每个部门只能退一次。请接手，或请事务中心裁定。")),
)


def decide_for(case: Case) -> Routing:
    """What safety words, rules and classifier say of a case."""
    return decide(
        title=case.title,
        body=case.body,
        area=case.area,
        kind=case.kind,
        rules=brain.rules(),
        model=brain.model(),
    )


def look_at(case: Case) -> bool:
    """Note on a new case where it would go and why; returns whether it is urgent."""
    routing = decide_for(case)
    case.route_why = routing.as_json()
    # Nobody waits for a coordinator where somebody may be in danger: the likeliest department looks at once.
    likeliest = routing.top3[0].department if routing.urgent and routing.top3 else None
    case.route_how = routing.how if routing.department or not likeliest else RouteHow.SAFETY
    case.route_confidence = routing.confidence
    case.routed_to = routing.department or likeliest
    return routing.urgent


def route_first(case: Case) -> None:
    """Send a new case where ``look_at`` said, or into the coordinator's queue."""
    if case.routed_to is None:
        notices.tell_coordinators(case, "triage.new")
        return
    send_to(Actor.system(), case, case.routed_to, case.route_how or RouteHow.CLASSIFIER)


def send_to(actor: Actor, case: Case, department: str, how: RouteHow, note: str = "") -> None:
    """Put the case before a department, which then has to accept it."""
    before = case.department_code
    case.department_code, case.assignee_id = department, None
    case.route_how = how
    if case.routed_to is None:
        case.routed_to = department
    record.step(
        actor,
        case,
        EventType.ROUTED,
        state=CaseState.ROUTED,
        note=note,
        department=before or "",
        to=department,
        how=how.value,
    )
    notices.tell_department(case, department, "inbox.urgent" if case.urgent else "inbox.routed")
    if case.urgent:
        notices.tell_coordinators(case, "inbox.urgent")


def route(actor: Actor, no: str, command: RouteCase) -> Case:
    """The coordinator sends a case to a department, or corrects a wrong route in one click.

    Raises Conflict once a department has accepted it: then it is handed over, or decided (adjudicate).
    """
    actor.require(P.FEEDBACK_CASE_TRIAGE)
    case = queries.case_for_staff(actor, no)
    record.need_department(command.department)
    if not policy.can_route(actor, case):
        raise Conflict(lazy("%(no)s 已经有部门接手，现在只能转办或裁定。", no=case.no))
    if any(row.department_code == command.department for row in queries.returns(case.id)):
        raise Conflict(lazy("这个部门已经退回过，再交给它要用裁定。"))
    if needs_decision(case):
        raise Conflict(lazy("已经退回过两次，要用裁定定下归谁。"))
    send_to(actor, case, command.department, RouteHow.TRIAGE, command.note)
    return case


def return_case(actor: Actor, no: str, command: ReturnCase) -> Case:
    """The department says "not ours": once, within one working day, before accepting.

    The second return of a case waits for a binding decision. Raises Conflict when it is too late or was
    returned by this department before.
    """
    case = queries.case_for_staff(actor, no)
    if not policy.can_accept(actor, case):
        raise (
            Forbidden()
            if not policy.holds(actor, case)
            else Conflict(lazy("已经接手的事不能退回，可以转办。"))
        )
    if timing.too_late_to_return(case):
        raise Conflict(lazy("退回要在收到后一个工作日内，现在已经过了；可以接手后转办。"))
    if command.suggested:
        record.need_department(command.suggested, "suggested")
    db.session.add(
        CaseReturn(
            case_id=case.id,
            department_code=case.department_code,
            reason=command.reason,
            suggested=command.suggested,
            at=record.moment_of(actor, case),
            actor_id=actor.id,
        )
    )
    db.session.flush()
    department, case.department_code, case.assignee_id = case.department_code, None, None
    record.step(
        actor,
        case,
        EventType.RETURNED,
        state=CaseState.RETURNED,
        note=command.reason,
        department=department,
        suggested=command.suggested,
    )
    notices.tell_coordinators(case, "triage.returned")
    return case


def needs_decision(case: Case) -> bool:
    """Whether the case was returned so often that it is to be adjudicated."""
    return len(queries.returns(case.id)) >= RETURNS_BEFORE_DECISION


def adjudicate(actor: Actor, no: str, command: Adjudicate) -> Case:
    """The coordinator's binding decision (裁定): the department is responsible and cannot return it."""
    actor.require(P.FEEDBACK_CASE_TRIAGE)
    case = queries.case_for_staff(actor, no)
    if not policy.can_adjudicate(actor, case):
        raise Conflict(lazy("%(no)s 现在不用裁定。", no=case.no))
    record.need_department(command.department)
    before = case.department_code
    record.end_others(actor, case, lazy("已由事务中心裁定"))
    case.department_code = command.department
    case.first_department = case.first_department or command.department
    case.accepted_at = case.accepted_at or record.moment_of(actor, case)
    case.assignee_id = None
    record.step(
        actor,
        case,
        EventType.ADJUDICATED,
        state=CaseState.ADJUDICATED,
        note=command.reason,
        department=before or "",
        to=command.department,
    )
    notices.tell_department(case, command.department, "inbox.adjudicated")
    notices.tell_sender(case, "case.moved")
    return case


def change(actor: Actor, no: str, command: ChangeCase) -> Case:
    """Correct kind, urgency or title. A promise already made never gets earlier or is taken back."""
    case = queries.case_for_staff(actor, no)
    if not policy.can_correct(actor, case):
        raise Forbidden()
    _check_kind(case, command.kind)
    for field in ("kind", "urgent", "title"):
        new = getattr(command, field)
        old = getattr(case, field)
        if new is not None and new != old:
            setattr(case, field, new)
            record.step(actor, case, EventType.CHANGED, field=field, before=old, after=new)
            if field == "urgent" and new:
                _sound_alarm(case)
    return case


def _check_kind(case: Case, kind: Kind | None) -> None:
    if kind is None or kind is case.kind:
        return
    if kind is Kind.REPORT:
        raise Invalid({"kind": lazy("举报只能由本人来发，这样只有指定的人看得到。")})
    if case.answer_due_at is not None and now() > case.answer_due_at:
        raise Conflict(lazy("已经过了答应的时间，不能再改类别：那样会改掉期限。"))


def _sound_alarm(case: Case) -> None:
    """Somebody saw that it is urgent: fifteen minutes run from now."""
    if case.department_code is not None:
        notices.tell_department(case, case.department_code, "inbox.urgent")
    notices.tell_coordinators(case, "inbox.urgent")
