"""SELECTs that only the officers' pages need: who may come, older cases of a place, colleagues, templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, exists, or_, select

from campus_service.accounts.models import RoleGrant, User
from campus_service.core.actor import Actor
from campus_service.core.db import db
from campus_service.core.errors import Forbidden, NotFound, SignInNeeded
from campus_service.core.permissions import DEPARTMENT_ROLES
from campus_service.core.permissions import Permission as P
from campus_service.feedback import policy
from campus_service.feedback.models import Answer, AnswerTemplate, Case, Recipient, ReportRecipient

# Older cases of one place are looked for among so many of the department's newest.
REMEMBERED = 1000
OLDER = 5


def require_reader(actor: Actor) -> None:
    """Raise SignInNeeded or Forbidden unless ``actor`` answers feedback or was named to read reports."""
    if not actor.signed_in:
        raise SignInNeeded()
    if not (actor.can(P.FEEDBACK_CASE_HANDLE) or reads_reports(actor)):
        raise Forbidden()


def reads_reports(actor: Actor) -> bool:
    """Whether ``actor`` is, or was, named to read reports."""
    named = select(Recipient.case_id).where(Recipient.user_id == actor.id)
    return bool(
        db.session.scalar(select(or_(exists(named), exists().where(ReportRecipient.user_id == actor.id))))
    )


# --- beside a case ----------------------------------------------------------------------------------------------


def older_here(actor: Actor, row: Case) -> Sequence[Row[Any]]:
    """Older cases of the same place that the same department had, the newest first."""
    if not row.place or row.department_code is None or row.confidential:
        return []
    newest = (
        select(Case.id, Case.no, Case.title, Case.place, Case.state, Case.outcome, Case.created_at)
        .where(
            Case.department_code == row.department_code, Case.created_at <= row.created_at, Case.id != row.id
        )
        .where(Case.confidential.is_(False))
        .order_by(Case.created_at.desc(), Case.id.desc())
        .limit(REMEMBERED)
        .subquery()
    )
    here = select(newest).where(newest.c.place == row.place).order_by(newest.c.created_at.desc()).limit(OLDER)
    return db.session.execute(here).all() if row.department_code in actor.departments else []


def people(ids: Sequence[int]) -> Sequence[Any]:
    """Ids and names of several people, by name."""
    return db.session.execute(select(User.id, User.name).where(User.id.in_(ids)).order_by(User.name)).all()


def colleagues(codes: Sequence[str]) -> Sequence[Any]:
    """Ids and names of who works for these departments, by name."""
    works = (RoleGrant.role.in_(sorted(DEPARTMENT_ROLES)), RoleGrant.department_code.in_(codes), User.active)
    staff = select(User.id, User.name).join(RoleGrant, RoleGrant.user_id == User.id).where(*works)
    return db.session.execute(staff.distinct().order_by(User.name, User.id)).all() if codes else []


def template(actor: Actor, template_id: int) -> AnswerTemplate:
    """A template of one's own department; raises NotFound for those of others and those for all."""
    row = db.session.get(AnswerTemplate, template_id)
    if row is None or not policy.in_department(actor, row.department_code):
        raise NotFound()
    return row


def answers(case_id: int) -> Sequence[Answer]:
    """All answers of a case, in order: sent, waiting for the head, sent back."""
    return db.session.scalars(select(Answer).where(Answer.case_id == case_id).order_by(Answer.id)).all()
