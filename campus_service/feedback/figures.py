"""Every SELECT behind the figures: ended cases of a time, overdue ones, frozen months and their appeals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select

from campus_service.core.cache import remembered
from campus_service.core.clock import BEIJING, now, to_local
from campus_service.core.db import db
from campus_service.core.shares import LEAST
from campus_service.feedback.models import Case, ScoreAppeal, ScoreMonth
from campus_service.feedback.models.figures import AppealState
from campus_service.feedback.scoring import Ended
from campus_service.feedback.states import Outcome

# The public page looks back so far, and keeps what it counted so many seconds.
PUBLIC_DAYS = 90
KEEP = 300.0
# Cases told by name: a sender who no longer agrees waits no longer than this.
KEEP_NAMES = 15.0
PUBLIC_LEVEL = 4
# Its details are not published: few people go there, and they are not to be guessed.
CLOSED_DEPARTMENTS = frozenset({"counselling"})

_ENDED = (
    Case.department_code,
    Case.answered_by,
    Case.kind,
    Case.accepted_at,
    Case.accept_due_at,
    Case.answered_at,
    Case.answer_due_at,
    Case.outcome,
    Case.solved,
    Case.rating,
    Case.reopened_at,
    Case.created_at,
)


def ended(start: datetime, end: datetime, department: str | None = None, month: str = "") -> list[Ended]:
    """The cases answered from ``start`` until before ``end``; reports (举报) are in no figure.

    ``month``: leave out the cases whose appeal against that month was upheld.
    """
    chosen = select(*_ENDED).where(
        Case.answered_at >= start,
        Case.answered_at < end,
        Case.confidential.is_(False),
        Case.department_code.is_not(None),
    )
    if department:
        chosen = chosen.where(Case.department_code == department)
    if month:
        upheld = select(ScoreAppeal.case_id).where(
            ScoreAppeal.month == month, ScoreAppeal.state == AppealState.UPHELD
        )
        chosen = chosen.where(Case.id.not_in(upheld))
    return [_ended(row) for row in db.session.execute(chosen)]


def _ended(row: Any) -> Ended:
    return Ended(
        department=row.department_code,
        officer=row.answered_by,
        kind=row.kind.value,
        accepted_on_time=_in_time(row.accepted_at, row.accept_due_at),
        answered_on_time=_in_time(row.answered_at, row.answer_due_at),
        said_solved=row.outcome in (Outcome.SOLVED, Outcome.ANSWERED),
        solved=row.solved,
        rating=row.rating,
        first_time=row.reopened_at is None,
        hours=(row.answered_at - row.created_at).total_seconds() / 3600,
    )


def _in_time(moment: datetime | None, due: datetime | None) -> bool:
    return moment is not None and (due is None or moment <= due)


def recently() -> list[Ended]:
    """What was answered in the last PUBLIC_DAYS days, some minutes old at most."""
    return remembered("feedback.figures", KEEP, lambda: ended(now() - timedelta(days=PUBLIC_DAYS), now()))


def overdue_in_public(limit: int = 50) -> Sequence[Case]:
    """Open cases five working days and more past their promise (domain.md §2): what may be said of them.

    An anonymous case and one whose sender did not agree are counted, not named: see ``overdue_count``.
    """
    late = select(Case).where(
        Case.is_open,
        Case.escalation >= PUBLIC_LEVEL,
        Case.confidential.is_(False),
        Case.publicity == "public",
        Case.department_code.not_in(CLOSED_DEPARTMENTS),
    )
    return db.session.scalars(late.order_by(Case.answer_due_at, Case.id).limit(limit)).all()


def overdue_count() -> int:
    """How many open cases are that late, named or not."""
    late = (Case.is_open, Case.escalation >= PUBLIC_LEVEL, Case.confidential.is_(False))
    return db.session.scalar(select(func.count()).where(*late)) or 0


# --- months ------------------------------------------------------------------------------------------------------


def bounds(month: str) -> tuple[datetime, datetime]:
    """First and last moment of a month "2026-10", in Beijing time."""
    first = date.fromisoformat(f"{month}-01")
    following = (first + timedelta(days=32)).replace(day=1)
    return datetime.combine(first, time(0), BEIJING), datetime.combine(following, time(0), BEIJING)


def month_of(moment: datetime) -> str:
    """The month of a moment, as "2026-10"."""
    return to_local(moment).strftime("%Y-%m")


def previous_month(month: str) -> str:
    """The month before."""
    first = date.fromisoformat(f"{month}-01")
    return (first - timedelta(days=1)).strftime("%Y-%m")


def months_back(count: int) -> list[str]:
    """This month and those before it, the newest first."""
    found = [month_of(now())]
    while len(found) < count:
        found.append(previous_month(found[-1]))
    return found


def frozen(month: str) -> Sequence[ScoreMonth]:
    """The frozen scores of a month, the best first."""
    rows = select(ScoreMonth).where(ScoreMonth.month == month)
    return db.session.scalars(rows.order_by(ScoreMonth.score.desc(), ScoreMonth.department_code)).all()


def is_frozen(month: str) -> bool:
    """Whether the month's scores stand."""
    return bool(db.session.scalar(select(func.count()).where(ScoreMonth.month == month)))


def appeals(month: str, department: str | None = None) -> Sequence[Any]:
    """The appeals against a month with their cases' numbers and titles."""
    chosen = select(ScoreAppeal, Case.no, Case.title).join(Case, Case.id == ScoreAppeal.case_id)
    chosen = chosen.where(ScoreAppeal.month == month)
    if department:
        chosen = chosen.where(ScoreAppeal.department_code == department)
    return db.session.execute(chosen.order_by(ScoreAppeal.id)).all()


def contestable(department: str, month: str, limit: int = 200) -> Sequence[Any]:
    """The department's cases of a month that cost it points: late, unsolved, badly rated or reopened."""
    start, end = bounds(month)
    against = (
        (Case.answered_at > Case.answer_due_at)
        | Case.solved.is_(False)
        | (Case.rating <= 2)
        | Case.reopened_at.is_not(None)
    )
    chosen = select(
        Case.no,
        Case.title,
        Case.answered_at,
        Case.answer_due_at,
        Case.solved,
        Case.rating,
        Case.reopened_at,
    ).where(
        Case.department_code == department,
        Case.answered_at >= start,
        Case.answered_at < end,
        Case.confidential.is_(False),
        against,
    )
    return db.session.execute(chosen.order_by(Case.answered_at.desc()).limit(limit)).all()


def export_rows(department: str | None, start: datetime, end: datetime) -> Sequence[Any]:
    """One line a case for a table: nothing of who sent it."""
    chosen = select(
        Case.no, Case.kind, Case.title, Case.place, Case.department_code, Case.first_department, Case.state,
        Case.created_at, Case.accepted_at, Case.answered_at, Case.answer_due_at, Case.outcome, Case.solved,
        Case.rating, Case.reopened_at, Case.followers, Case.route_how,
    ).where(Case.created_at >= start, Case.created_at < end, Case.confidential.is_(False))  # fmt: skip
    if department:
        chosen = chosen.where(Case.department_code == department)
    return db.session.execute(chosen.order_by(Case.created_at, Case.id)).all()


def pooled(rows: Sequence[tuple[str, list[Ended]]]) -> list[tuple[str, list[Ended]]]:
    """Rows of fewer than LEAST cases in one row "" at the end (domain.md §1); that row alone may be smaller."""
    small = [case for _name, cases in rows if len(cases) < LEAST for case in cases]
    large = [(name, cases) for name, cases in rows if len(cases) >= LEAST]
    return [*large, ("", small)] if small else large
