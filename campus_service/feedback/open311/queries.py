"""What programs may read: public cases and the public steps of their log, in one query each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, and_, or_, select, text

from campus_service.core.db import db
from campus_service.feedback.models import Case, CaseEvent, PublicAnswer
from campus_service.feedback.open311.asking import Page, Period, Wanted
from campus_service.feedback.open311.services import BY_CODE, OTHER
from campus_service.feedback.states import EventType

# Written out, so that SQLite sees that the partial indexes of public cases serve.
_PUBLIC = (text("cases.publicity = 'public'"), Case.confidential.is_(False), Case.anonymous.is_(False))
_CASE = (
    Case.no, Case.title, Case.body, Case.service_code, Case.department_code, Case.state, Case.is_open, Case.created_at,
    Case.updated_at, Case.answer_due_at, Case.place, Case.area, Case.lat, Case.long,
)  # fmt: skip
# The steps that everybody may know of; what was written in them stays between the sender and the staff.
PUBLIC_STEPS = (
    EventType.RECEIVED,
    EventType.ACCEPTED,
    EventType.HANDED_OVER,
    EventType.ADJUDICATED,
    EventType.PROGRESS,
    EventType.EXTENDED,
    EventType.ASKED,
    EventType.SUPPLIED,
    EventType.MESSAGE,
    EventType.ANSWERED,
    EventType.REOPENED,
    EventType.CLOSED,
    EventType.MERGED,
    EventType.WITHDRAWN,
)


def _with_answer(*columns: Any) -> Select[Any]:
    """Public cases with their public answer, once an editor has confirmed it."""
    published = and_(PublicAnswer.case_id == Case.id, PublicAnswer.published_at.is_not(None))
    return (
        select(*columns, PublicAnswer.answer)
        .select_from(Case)
        .outerjoin(PublicAnswer, published)
        .where(*_PUBLIC)
    )


def requests(wanted: Wanted) -> Sequence[Row[Any]]:
    """The public cases that are asked for, the newest first."""
    chosen = _with_answer(*_CASE)
    if wanted.ids:
        chosen = chosen.where(Case.no.in_(wanted.ids))
    else:
        chosen = chosen.where(Case.created_at.between(wanted.period.start, wanted.period.end))
        if wanted.services:
            chosen = chosen.where(_of_services(wanted.services))
        if len(wanted.statuses) == 1:
            chosen = chosen.where(Case.is_open.is_("open" in wanted.statuses))
    newest = chosen.order_by(Case.created_at.desc(), Case.id.desc())
    return db.session.execute(newest.limit(wanted.page.limit).offset(wanted.page.offset)).all()


def _of_services(codes: Sequence[str]) -> Any:
    """What was sent to one of the services; what came otherwise is anything else of the department that holds it."""
    any_of = [
        Case.service_code.in_(codes),
        and_(Case.service_code.is_(None), Case.department_code.in_(codes)),
    ]
    if OTHER.code in codes:
        nobodys = or_(Case.department_code.is_(None), Case.department_code.not_in(BY_CODE))
        any_of.append(and_(Case.service_code.is_(None), nobodys))
    return or_(*any_of)


def request_of(no: str) -> Row[Any] | None:
    """One public case by its number."""
    return db.session.execute(_with_answer(*_CASE).where(Case.no == no.upper())).first()


def public_no(case_id: int) -> str | None:
    """The number of a case, once it is public."""
    return db.session.scalar(select(Case.no).where(Case.id == case_id, *_PUBLIC))


def updates(period: Period, page: Page, numbers: Sequence[str]) -> Sequence[Row[Any]]:
    """The public steps of a period, the oldest first; of some cases only, where they are named."""
    chosen = _with_answer(
        CaseEvent.id,
        CaseEvent.at,
        CaseEvent.type,
        CaseEvent.department_code,
        CaseEvent.to_department,
        Case.no,
    ).join(CaseEvent, CaseEvent.case_id == Case.id)
    chosen = chosen.where(
        CaseEvent.at.between(period.start, period.end),
        CaseEvent.type.in_(PUBLIC_STEPS),
        # No step is newer than its case: the index of public cases narrows the search.
        Case.updated_at >= period.start,
    )
    if numbers:
        chosen = chosen.where(Case.no.in_(numbers))
    oldest = chosen.order_by(CaseEvent.at, CaseEvent.id)
    return db.session.execute(oldest.limit(page.limit).offset(page.offset)).all()


def last_step(case_id: int) -> int:
    """The id of the newest line of a case's log."""
    newest = select(CaseEvent.id).where(CaseEvent.case_id == case_id).order_by(CaseEvent.id.desc()).limit(1)
    return db.session.execute(newest).scalar_one()
