"""Who may do what to which case: pure predicates, asked by services and by templates."""

from __future__ import annotations

from campus_service.core.actor import Actor
from campus_service.core.permissions import Permission as P
from campus_service.core.permissions import Role
from campus_service.feedback.models import Case
from campus_service.feedback.states import CASE, ENDED, HELD, UNROUTED, CaseState, Publicity


def sent(actor: Actor, case: Case) -> bool:
    """Whether ``actor`` sent ``case`` under his name."""
    return actor.signed_in and case.sender_id == actor.id


def in_department(actor: Actor, code: str | None) -> bool:
    """Whether ``actor`` works for the department."""
    return code is not None and actor.can(P.FEEDBACK_CASE_HANDLE) and code in actor.departments


def is_head(actor: Actor, code: str | None) -> bool:
    """Whether ``actor`` heads the department."""
    return in_department(actor, code) and actor.can(P.FEEDBACK_ANSWER_APPROVE)


def coordinates(actor: Actor, case: Case) -> bool:
    """A coordinator sees and routes everything but reports (举报), which are for their recipients."""
    return actor.can(P.FEEDBACK_CASE_TRIAGE) and not case.confidential


def works_on(actor: Actor, case: Case) -> bool:
    """Staff of the holder, of the department it was offered to, or of the first-asked one; never the accused."""
    if case.confidential:
        return False
    involved = (case.department_code, case.offered_to, case.first_department)
    return any(in_department(actor, code) for code in involved)


def can_read(actor: Actor, case: Case, recipient: bool = False) -> bool:
    """The sender, the staff concerned, a coordinator; of a report its named recipients only."""
    if case.confidential:
        return sent(actor, case) or (recipient and not in_department(actor, case.accused_department))
    return sent(actor, case) or works_on(actor, case) or coordinates(actor, case)


def can_read_public(case: Case) -> bool:
    """Whether everybody may see the case's public side."""
    return case.publicity is Publicity.PUBLIC and not case.confidential and not case.anonymous


def holds(actor: Actor, case: Case) -> bool:
    """Whether ``actor``'s department is responsible now."""
    return in_department(actor, case.department_code) and not case.confidential


def can_handle(actor: Actor, case: Case, recipient: bool = False) -> bool:
    """Write to the sender: the holder's staff while it is theirs, or a report's recipient."""
    mine = recipient if case.confidential else holds(actor, case)
    return mine and case.state in HELD


def can_accept(actor: Actor, case: Case, recipient: bool = False) -> bool:
    """The department it was routed to; of a report one of its recipients."""
    mine = recipient if case.confidential else holds(actor, case)
    return mine and case.state is CaseState.ROUTED


def can_decide_handover(actor: Actor, case: Case) -> bool:
    """The department it is offered to."""
    return in_department(actor, case.offered_to) and case.is_open


def can_offer(actor: Actor, case: Case) -> bool:
    """The holder, while nothing is offered yet."""
    return can_handle(actor, case) and case.offered_to is None


def can_route(actor: Actor, case: Case) -> bool:
    """A coordinator, until a department has accepted."""
    return coordinates(actor, case) and case.state in (*UNROUTED, CaseState.ROUTED)


def can_adjudicate(actor: Actor, case: Case) -> bool:
    """A coordinator, while the case is open."""
    return coordinates(actor, case) and CASE.allows(case.state, CaseState.ADJUDICATED)


def can_correct(actor: Actor, case: Case) -> bool:
    """Kind, urgency, title: the holder's staff or a coordinator."""
    return case.is_open and (holds(actor, case) or coordinates(actor, case))


def can_answer_again(actor: Actor, case: Case) -> bool:
    """A reopened case goes to another person than who answered (domain.md §2)."""
    return case.reopened_at is None or case.answered_by != actor.id


def can_join(actor: Actor, case: Case) -> bool:
    """Merge, split, link: the holder's staff or a coordinator, while it is open."""
    return case.is_open and (holds(actor, case) or coordinates(actor, case))


def can_rate(case: Case) -> bool:
    """The sender's verdict on an answer, once."""
    return (
        case.state in (CaseState.ANSWERED, CaseState.CLOSED)
        and case.rated_at is None
        and case.answered_at is not None
    )


def can_reopen(case: Case) -> bool:
    """One free reopening."""
    return case.state in (CaseState.ANSWERED, CaseState.CLOSED) and case.reopened_at is None


def can_withdraw(case: Case) -> bool:
    """The sender, while it is open."""
    return case.state not in ENDED


def can_add(case: Case) -> bool:
    """The sender's word, while it is open or freshly answered."""
    return case.state not in (CaseState.MERGED, CaseState.WITHDRAWN, CaseState.CLOSED)


def can_follow(actor: Actor, case: Case) -> bool:
    """Anybody signed in but the sender, on a public case that is not over."""
    return actor.signed_in and can_read_public(case) and not sent(actor, case)


def can_see_score_of(actor: Actor, department: str) -> bool:
    """A department sees its own figures, a coordinator all."""
    return actor.can(P.FEEDBACK_SCORE_DECIDE) or (
        actor.can(P.FEEDBACK_SCORE_READ) and department in actor.departments
    )


def is_supervisor(actor: Actor) -> bool:
    """Whom an overdue case is reported to one working day later."""
    return Role.COORDINATOR in actor.roles
