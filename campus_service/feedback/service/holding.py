"""First-asked responsibility (首问负责制): accepting, handing over with acceptance, assigning within a department."""

from __future__ import annotations

from collections.abc import Sequence

from campus_service.core.actor import Actor
from campus_service.core.db import db, on_violation
from campus_service.core.errors import Conflict, Forbidden, Invalid
from campus_service.core.i18n import lazy
from campus_service.feedback import notices, policy, queries
from campus_service.feedback.commands import Assign, AssignMany, DecideHandover, OfferCase
from campus_service.feedback.models import Case, Handover
from campus_service.feedback.service import record
from campus_service.feedback.states import CaseState, EventType, HandoverState

on_violation(
    "uq_case_handovers_one_pending",
    "case_handovers.case_id",
    error=lambda: Conflict(lazy("这件事正在等另一个部门接手，先等它答复。")),
)


def accept(actor: Actor, no: str) -> Case:
    """The department takes the case on; the first to do so is the first-asked one.

    Raises Forbidden for people of another department, Conflict when it is no longer to be accepted.
    """
    case = queries.case_for_staff(actor, no)
    if not policy.can_accept(actor, case, queries.is_recipient(actor, case)):
        raise Conflict(lazy("%(no)s 现在不用接手：%(state)s。", no=case.no, state=case.state.label))
    case.first_department = case.first_department or case.department_code
    case.accepted_at = record.moment_of(actor, case)
    case.assignee_id = actor.id
    record.step(actor, case, EventType.ACCEPTED, state=CaseState.ACCEPTED)
    notices.tell_sender(case, "case.accepted")
    return case


def offer(actor: Actor, no: str, command: OfferCase) -> Case:
    """Offer the case to another department. Ours stays responsible until that one accepts; no clock is reset."""
    case = queries.case_for_staff(actor, no)
    if not policy.can_offer(actor, case):
        raise Conflict(lazy("现在不能转办：先接手，而且一次只转给一个部门。"))
    to = record.need_department(command.to, "to")
    if to == case.department_code:
        raise Invalid({"to": lazy("这件事已经在本部门了。")})
    db.session.add(
        Handover(
            case_id=case.id,
            from_department=case.department_code,
            to_department=to,
            reason=command.reason,
            offered_at=record.moment_of(actor, case),
            offered_by=actor.id,
            state=HandoverState.PENDING,
        )
    )
    db.session.flush()
    case.offered_to = to
    record.step(actor, case, EventType.OFFERED, note=command.reason, to=to)
    notices.tell_department(case, to, "inbox.offered")
    return case


def decide_handover(actor: Actor, no: str, command: DecideHandover) -> Case:
    """The other department accepts and is responsible from then on, or refuses with a reason."""
    case = queries.case_for_staff(actor, no)
    pending = queries.pending_handover(case.id)
    if pending is None or not policy.can_decide_handover(actor, case):
        raise Conflict(lazy("没有等你们部门接手的转办，可能已经处理了。"))
    close_handover(
        actor,
        case,
        pending,
        HandoverState.ACCEPTED if command.accept else HandoverState.REFUSED,
        command.reason,
    )
    return case


def close_handover(
    actor: Actor, case: Case, pending: Handover, state: HandoverState, reason: str = ""
) -> None:
    """End a pending hand-over: accepted moves the responsibility, everything else leaves it where it was."""
    pending.state, pending.decision = state, reason
    pending.decided_at, pending.decided_by = record.moment_of(actor, case), actor.id
    case.offered_to = None
    if state is HandoverState.ACCEPTED:
        case.department_code, case.assignee_id = pending.to_department, actor.id
        # What the former holder wrote is not the new one's to send.
        record.end_others(actor, case, lazy("已经转给另一个部门"))
    type = {
        HandoverState.ACCEPTED: EventType.HANDED_OVER,
        HandoverState.REFUSED: EventType.REFUSED,
        HandoverState.LAPSED: EventType.LAPSED,
    }[state]
    record.step(actor, case, type, note=reason, department=pending.from_department, to=pending.to_department)
    if state is HandoverState.ACCEPTED:
        notices.tell_sender(case, "case.moved")
    else:
        notices.tell_department(case, pending.from_department, "inbox.handover_back")


def assign(actor: Actor, no: str, command: Assign) -> Case:
    """Give the case to an officer of the holding department. Raises Invalid for somebody else."""
    case = queries.case_for_staff(actor, no)
    if not policy.holds(actor, case):
        raise Forbidden()
    if command.user_id not in queries.staff_of(case.department_code or ""):
        raise Invalid({"user_id": lazy("请选本部门的人。")})
    if case.reopened_at is not None and command.user_id == case.answered_by:
        raise Conflict(lazy("重新办理的事要换一个人，不能再给上次答复的人。"))
    if case.assignee_id != command.user_id:
        case.assignee_id = command.user_id
        record.step(actor, case, EventType.ASSIGNED, user=command.user_id)
        if command.user_id != actor.id:
            notices.tell_person(case, command.user_id, "inbox.assigned")
    return case


def assign_many(actor: Actor, command: AssignMany) -> Sequence[Case]:
    """Give several cases to one officer: all of them or none."""
    return [assign(actor, no, Assign(user_id=command.user_id)) for no in dict.fromkeys(command.numbers)]
