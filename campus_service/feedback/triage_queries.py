"""SELECTs that only the coordinator's desk needs; each says which permission its reader must hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, literal_column, select

from campus_service.accounts.models import User
from campus_service.core.actor import Actor
from campus_service.core.db import db
from campus_service.core.permissions import Permission as P
from campus_service.feedback.models import (
    Case,
    CaseEvent,
    CaseReturn,
    Handover,
    PublicAnswer,
    ReportRecipient,
    RoutingModel,
    RoutingRule,
)
from campus_service.feedback.states import (
    UNROUTED,
    CaseState,
    EventType,
    RouteHow,
)

# As many as a person can work through at a sitting; the tab says how many there are in all.
QUEUE = 100
# What a rule is measured by: the newest cases.
MEASURED = 1000
# Whoever holds the case after a lapsed hand-over has taken the matter on again.
_TAKEN_UP = (
    EventType.ADJUDICATED,
    EventType.OFFERED,
    EventType.PROGRESS,
    EventType.ASKED,
    EventType.SUBMITTED,
    EventType.ANSWERED,
)

# Said as literals, so that the partial indexes of these rows are used.
_LAPSED = Handover.state == literal_column("'lapsed'")
_ADJUDICATED = CaseEvent.type == literal_column("'adjudicated'")
# No part of another case; said so that the index of parents, where nearly all rows have none, is not taken for a help.
_WHOLE = func.coalesce(Case.parent_id, 0) == 0
_FLAGGED = Case.publicity == literal_column("'flagged'")

# --- the queue --------------------------------------------------------------------------------------------------


def _unrouted() -> Any:
    return and_(Case.is_open, Case.state.in_(UNROUTED), Case.confidential.is_(False))


def _urgent() -> Any:
    """Urgent and not yet accepted: somebody watches that the department moves."""
    return and_(Case.is_open, Case.state == CaseState.ROUTED, Case.urgent, Case.confidential.is_(False))


def queue(actor: Actor) -> list[Case]:
    """What waits for the coordinator, the oldest due first. Needs feedback:case:triage."""
    actor.require(P.FEEDBACK_CASE_TRIAGE)
    order = (Case.next_due_at.is_(None), Case.next_due_at, Case.id)
    waiting = db.session.scalars(select(Case).where(_unrouted()).order_by(*order).limit(QUEUE))
    urgent = db.session.scalars(select(Case).where(_urgent()).order_by(*order).limit(QUEUE))
    lapsed = [case for case, _handover in lapsed_handovers(actor)]
    rows = {case.id: case for case in [*urgent, *waiting, *lapsed]}
    return sorted(rows.values(), key=_urgent_then_due)


def _urgent_then_due(case: Case) -> tuple[bool, float, int]:
    return (not case.urgent, case.next_due_at.timestamp() if case.next_due_at else float("inf"), case.id)


def lapsed_handovers(actor: Actor) -> list[tuple[Case, Handover]]:
    """Hand-overs that nobody accepted in time and whose holder has not gone on since. Needs feedback:case:triage."""
    actor.require(P.FEEDBACK_CASE_TRIAGE)
    later = (
        select(CaseEvent.id)
        .where(
            CaseEvent.case_id == Handover.case_id,
            CaseEvent.type.in_(_TAKEN_UP),
            CaseEvent.at > Handover.decided_at,
        )
        .exists()
    )
    rows = db.session.execute(
        select(Case, Handover)
        .join(Case, Case.id == Handover.case_id)
        # By the clock, not void because the case went another way (then somebody decided).
        .where(_LAPSED, Handover.decided_by.is_(None))
        .where(Case.is_open, Case.offered_to.is_(None), Case.confidential.is_(False), ~later)
        .order_by(Handover.id)
        .limit(QUEUE)
    )
    return [(case, handover) for case, handover in rows]


def returned_twice(actor: Actor) -> Sequence[Case]:
    """Returned so often that a binding decision is due (domain.md §2). Needs feedback:case:triage."""
    actor.require(P.FEEDBACK_CASE_TRIAGE)
    times = select(func.count()).where(CaseReturn.case_id == Case.id).scalar_subquery()
    waiting = (_unrouted(), Case.state == CaseState.RETURNED, times >= 2)
    return db.session.scalars(
        select(Case).where(*waiting).order_by(Case.next_due_at, Case.id).limit(QUEUE)
    ).all()


def counts(actor: Actor) -> dict[str, int]:
    """The numbers on the tabs. Needs feedback:case:triage."""
    actor.require(P.FEEDBACK_CASE_TRIAGE)
    waiting = db.session.scalar(select(func.count()).select_from(Case).where(_unrouted())) or 0
    urgent = db.session.scalar(select(func.count()).select_from(Case).where(_urgent())) or 0
    lapsed = len(lapsed_handovers(actor))
    suggested = select(func.count()).where(PublicAnswer.published_at.is_(None), _undecided())
    flagged = select(func.count()).where(_FLAGGED)
    return {
        "queue": waiting + urgent + lapsed,
        "decisions": len(returned_twice(actor)) + lapsed,
        "rules": db.session.scalar(select(func.count()).where(RoutingRule.active)) or 0,
        "public": (db.session.scalar(suggested) or 0) + (db.session.scalar(flagged) or 0),
    }


def routed_since(actor: Actor, since: datetime) -> dict[str, int]:
    """How many cases were routed by the site and how many by hand since ``since``. Needs feedback:case:triage."""
    actor.require(P.FEEDBACK_CASE_TRIAGE)
    rows = db.session.execute(
        select(Case.route_how, func.count())
        .where(Case.created_at >= since, Case.confidential.is_(False), _WHOLE)
        .group_by(Case.route_how)
    )
    found: dict[Any, int] = {row[0]: row[1] for row in rows}
    by_itself = sum(found.get(how, 0) for how in BY_ITSELF)
    return {"automatic": by_itself, "manual": sum(found.values()) - by_itself}


# Sent to its department without a person.
BY_ITSELF = (RouteHow.SAFETY, RouteHow.RULE, RouteHow.CLASSIFIER)


# --- one case ---------------------------------------------------------------------------------------------------


def ended_like(ids: Sequence[int]) -> Sequence[Case]:
    """Those of ``ids`` that were answered and are no report: what similar matters came to."""
    return db.session.scalars(
        select(Case).where(Case.id.in_(ids), Case.confidential.is_(False), Case.answered_at.is_not(None))
    ).all()


def answered_lately(but: int, limit: int = 400) -> Sequence[Any]:
    """The newest answered cases but one, to be compared by their words."""
    columns = (Case.id, Case.title, Case.body, Case.area, Case.department_code)
    ended = (Case.confidential.is_(False), Case.answered_at.is_not(None), Case.id != but)
    return db.session.execute(
        select(*columns).where(*ended).order_by(Case.answered_at.desc()).limit(limit)
    ).all()


# --- rules ------------------------------------------------------------------------------------------------------


def measured_cases(actor: Actor) -> Sequence[Any]:
    """The newest cases, to say what a rule would catch and where those ended. Needs feedback:rule:edit."""
    actor.require(P.FEEDBACK_RULE_EDIT)
    columns = (Case.id, Case.title, Case.body, Case.area, Case.kind, Case.state, Case.department_code)
    return db.session.execute(
        select(*columns).where(Case.confidential.is_(False), _WHOLE).order_by(Case.id.desc()).limit(MEASURED)
    ).all()


def rule(rule_id: int) -> RoutingRule | None:
    """One rule."""
    return db.session.get(RoutingRule, rule_id)


# --- decisions --------------------------------------------------------------------------------------------------


def decisions(actor: Actor, before: int = 0, limit: int = 50) -> list[tuple[CaseEvent, Case, str]]:
    """Binding decisions, the newest first, with their case and who decided. Needs feedback:case:triage."""
    actor.require(P.FEEDBACK_CASE_TRIAGE)
    chosen = (
        select(CaseEvent, Case, User.name)
        .join(Case, Case.id == CaseEvent.case_id)
        .outerjoin(User, User.id == CaseEvent.actor_id)
        .where(_ADJUDICATED, Case.confidential.is_(False))
    )
    if before:
        chosen = chosen.where(CaseEvent.id < before)
    rows = db.session.execute(chosen.order_by(CaseEvent.id.desc()).limit(limit))
    return [(event, case, name or "") for event, case, name in rows]


def returns_of(case_ids: Sequence[int]) -> dict[int, list[CaseReturn]]:
    """The returns of several cases, in order."""
    found: dict[int, list[CaseReturn]] = {}
    chosen = select(CaseReturn).where(CaseReturn.case_id.in_(case_ids)).order_by(CaseReturn.id)
    for row in db.session.scalars(chosen):
        found.setdefault(row.case_id, []).append(row)
    return found


# --- learning and accuracy --------------------------------------------------------------------------------------


def models(actor: Actor) -> Sequence[RoutingModel]:
    """The kept models, the newest first. Needs feedback:rule:edit."""
    actor.require(P.FEEDBACK_RULE_EDIT)
    return db.session.scalars(select(RoutingModel).order_by(RoutingModel.id.desc())).all()


def _ended_with_holder() -> tuple[Any, ...]:
    """Whose final holder is known; never a report (举报)."""
    ended = Case.state.in_((CaseState.ANSWERED, CaseState.CLOSED))
    return (ended, Case.confidential.is_(False), Case.department_code.is_not(None), _WHOLE)


def learnt(limit: int) -> Sequence[Any]:
    """The newest cases whose final holder is known, as training rows, the oldest of them first."""
    columns = (Case.title, Case.body, Case.department_code, Case.kind, Case.urgent)
    chosen = select(*columns).where(*_ended_with_holder()).order_by(Case.id.desc()).limit(limit)
    return db.session.execute(chosen).all()[::-1]


def learnable() -> int:
    """How many cases there are to learn from."""
    return db.session.scalar(select(func.count()).select_from(Case).where(*_ended_with_holder())) or 0


def is_learnt(case_id: int) -> bool:
    """Whether the classifier learns from this case."""
    return db.session.scalar(select(Case.id).where(Case.id == case_id, *_ended_with_holder())) is not None


@dataclass(frozen=True, slots=True)
class Routed:
    """Where a case went first, what was suggested, and where it is now."""

    how: RouteHow | None
    first: str | None
    suggested: tuple[str, ...]
    department: str | None
    ended: bool
    urgent: bool


def routed_between(actor: Actor, start: datetime, end: datetime) -> list[Routed]:
    """How the cases of some days were routed, from their logs. Needs feedback:case:triage."""
    actor.require(P.FEEDBACK_CASE_TRIAGE)
    chosen = (
        Case.created_at >= start,
        Case.created_at < end,
        Case.confidential.is_(False),
        _WHOLE,
    )
    first = (
        select(func.min(CaseEvent.id).label("id"))
        .join(Case, Case.id == CaseEvent.case_id)
        .where(*chosen, CaseEvent.type.in_((EventType.ROUTED, EventType.ADJUDICATED)))
        .group_by(CaseEvent.case_id)
        .subquery()
    )
    began = select(CaseEvent).join(first, first.c.id == CaseEvent.id).subquery()
    columns = (Case.route_why, Case.department_code, Case.state, Case.urgent)
    rows = db.session.execute(
        select(*columns, began.c.data, began.c.to_department)
        .outerjoin(began, began.c.case_id == Case.id)
        .where(*chosen, Case.state.not_in((CaseState.MERGED, CaseState.WITHDRAWN)))
    )
    return [
        Routed(
            how=RouteHow(data["how"]) if data and "how" in data else None,
            first=to,
            suggested=suggestions(why),
            department=department,
            ended=state in (CaseState.ANSWERED, CaseState.CLOSED),
            urgent=urgent,
        )
        for why, department, state, urgent, data, to in rows
    ]


def suggestions(why: dict[str, Any]) -> tuple[str, ...]:
    """The departments that routing found likeliest, the likeliest first, as a case's row keeps them."""
    return tuple(str(each["department"]) for each in why.get("top3", ()))


def first_month(actor: Actor) -> datetime | None:
    """When the first case came. Needs feedback:case:triage."""
    actor.require(P.FEEDBACK_CASE_TRIAGE)
    return db.session.scalar(select(func.min(Case.created_at)))


# --- the public side --------------------------------------------------------------------------------------------


def _undecided() -> Any:
    return PublicAnswer.published_by.is_(None)


# Suggested and not looked at yet; public now; taken back or set aside by an editor.
SHELVES: dict[str, Callable[[], tuple[Any, ...]]] = {
    "suggested": lambda: (PublicAnswer.published_at.is_(None), _undecided()),
    "published": lambda: (PublicAnswer.published_at.is_not(None),),
    "aside": lambda: (PublicAnswer.published_at.is_(None), PublicAnswer.published_by.is_not(None)),
}


def public_answers(actor: Actor, shelf: str, before: int = 0, limit: int = 30) -> Sequence[PublicAnswer]:
    """The public answers of one of SHELVES, the newest first. Needs feedback:public:edit."""
    actor.require(P.FEEDBACK_PUBLIC_EDIT)
    chosen = select(PublicAnswer).where(*SHELVES[shelf]())
    if before:
        chosen = chosen.where(PublicAnswer.id < before)
    return db.session.scalars(chosen.order_by(PublicAnswer.id.desc()).limit(limit)).all()


def public_answer(actor: Actor, answer_id: int) -> PublicAnswer | None:
    """One of them. Needs feedback:public:edit."""
    actor.require(P.FEEDBACK_PUBLIC_EDIT)
    return db.session.get(PublicAnswer, answer_id)


def flagged(actor: Actor, limit: int = 50) -> Sequence[Case]:
    """Cases whose public text waits for a look. Needs feedback:public:edit."""
    actor.require(P.FEEDBACK_PUBLIC_EDIT)
    return db.session.scalars(
        select(Case).where(_FLAGGED, Case.confidential.is_(False)).order_by(Case.id).limit(limit)
    ).all()


def case_by_id(case_id: int | None) -> Case | None:
    """The case that a public answer was made of."""
    return db.session.get(Case, case_id) if case_id else None


def recipients(actor: Actor) -> list[tuple[ReportRecipient, User]]:
    """Who receives reports. Needs feedback:recipient:name."""
    actor.require(P.FEEDBACK_RECIPIENT_NAME)
    rows = db.session.execute(
        select(ReportRecipient, User)
        .join(User, User.id == ReportRecipient.user_id)
        .order_by(ReportRecipient.added_at, User.id)
    )
    return [(row, person) for row, person in rows]
