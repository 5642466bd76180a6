"""The inbox score over time: frozen on the 3rd working day of the next month, appeals for five working days after."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete

from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.calendar import calendar
from campus_service.core.clock import now
from campus_service.core.db import db, on_violation
from campus_service.core.errors import Conflict, Forbidden, NotFound
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission as P
from campus_service.feedback import figures, notices, queries
from campus_service.feedback.commands import AppealScore, DecideAppeal
from campus_service.feedback.models import ScoreAppeal, ScoreMonth
from campus_service.feedback.models.figures import AppealState
from campus_service.feedback.scoring import scores

# domain.md §2: frozen on the 3rd working day, then so many working days to appeal.
FREEZE_DAY = 3
APPEAL_DAYS = 5

on_violation(
    "uq_score_appeals_once",
    "score_appeals.month, score_appeals.case_id",
    error=lambda: Conflict(lazy("这件事在这个月已经申诉过一次。")),
)


def freeze_at(month: str) -> datetime:
    """When a month's scores are fixed: closing of the 3rd working day of the next month."""
    last_moment = figures.bounds(month)[1] - timedelta(microseconds=1)
    return calendar().closing_of_nth_day(last_moment, FREEZE_DAY)


def appeal_until(month: str) -> datetime:
    """Until when a department may contest a month."""
    return calendar().closing_of_nth_day(freeze_at(month), APPEAL_DAYS)


def freeze_due() -> str | None:
    """Freeze the last month if it is time and was not done; returns the month. Twice changes nothing more."""
    month = figures.previous_month(figures.month_of(now()))
    if now() < freeze_at(month) or figures.is_frozen(month):
        return None
    _write(month)
    audit.record(Actor.system(), "score.frozen", obj_type="score_months", obj_id=None, after={"month": month})
    return month


def _write(month: str) -> None:
    """Store the month's scores as its cases are counted now."""
    db.session.execute(delete(ScoreMonth).where(ScoreMonth.month == month))
    for score in scores(figures.ended(*figures.bounds(month), month=month)):
        counted = {"points": dict(score.points), "cases": score.figures.cases, "rank": score.rank}
        db.session.add(
            ScoreMonth(
                department_code=score.department,
                month=month,
                frozen_at=now(),
                score=score.total,
                figures=counted,
            )
        )
    db.session.flush()


def appeal(actor: Actor, department: str, month: str, command: AppealScore) -> ScoreAppeal:
    """A head contests how one case counted, within five working days after the freeze.

    Raises Forbidden for another department's head, Conflict outside the days or the second time.
    """
    actor.require(P.FEEDBACK_SCORE_APPEAL)
    if department not in actor.departments:
        raise Forbidden()
    if not figures.is_frozen(month) or now() > appeal_until(month):
        raise Conflict(lazy("现在不能申诉：得分每月第 3 个工作日定下，之后 5 个工作日内可以申诉。"))
    case = queries.case_for_staff(actor, command.no)
    start, end = figures.bounds(month)
    if case.department_code != department or not (case.answered_at and start <= case.answered_at < end):
        raise Conflict(lazy("%(no)s 不算在这个部门这个月的得分里。", no=case.no))
    row = ScoreAppeal(
        department_code=department,
        month=month,
        case_id=case.id,
        reason=command.reason,
        state=AppealState.OPEN,
        made_at=now(),
        made_by=actor.person_id(),
    )
    db.session.add(row)
    db.session.flush()
    _note(actor, row, "score.appealed")
    notices.tell_coordinators(case, "score.appeal")
    return row


def decide_appeal(actor: Actor, appeal_id: int, command: DecideAppeal) -> ScoreAppeal:
    """A coordinator decides; an upheld appeal takes the case out of the month, which is counted anew."""
    actor.require(P.FEEDBACK_SCORE_DECIDE)
    row = db.session.get(ScoreAppeal, appeal_id)
    if row is None:
        raise NotFound()
    if row.state is not AppealState.OPEN:
        raise Conflict(lazy("这份申诉已经有决定了。"))
    row.state = AppealState.UPHELD if command.uphold else AppealState.REJECTED
    row.decision, row.decided_at, row.decided_by = command.reason, now(), actor.id
    db.session.flush()
    if command.uphold:
        _write(row.month)
    _note(actor, row, f"score.appeal_{row.state}")
    return row


def _note(actor: Actor, row: ScoreAppeal, action: str) -> None:
    after = {"month": row.month, "department": row.department_code, "case": row.case_id}
    audit.record(actor, action, obj_type="score_appeals", obj_id=row.id, after=after)
