"""Loading cases for somebody: each function finds, and authorises, what its reader may know of."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select

from campus_service.accounts.models import Department, RoleGrant, User
from campus_service.core.actor import Actor
from campus_service.core.db import db
from campus_service.core.errors import Forbidden, NotFound, SignInNeeded
from campus_service.core.permissions import DEPARTMENT_ROLES, Role
from campus_service.core.settings import settings
from campus_service.feedback import policy
from campus_service.feedback.models import (
    Answer,
    Answering,
    AnswerTemplate,
    Case,
    CaseEvent,
    CaseLink,
    CaseReturn,
    DepartmentOption,
    Follower,
    Handover,
    Message,
    PublicAnswer,
    Recipient,
    ReportRecipient,
    RoutingRule,
)
from campus_service.feedback.states import AnswerState, HandoverState, MessageKind

RECEIPT_DIGITS = 16


# --- one case ---------------------------------------------------------------------------------------------------


def case_by_no(no: str) -> Case:
    """The case of a number, whoever asks; raises NotFound."""
    found = db.session.scalar(select(Case).where(Case.no == no.strip().upper()))
    if found is None:
        raise NotFound()
    return found


def case_for_staff(actor: Actor, no: str) -> Case:
    """A case its reader works on, coordinates or was named for; raises NotFound for everybody else."""
    case = case_by_no(no)
    if policy.sent(actor, case) and not policy.works_on(actor, case):
        raise Forbidden()
    if not policy.can_read(actor, case, is_recipient(actor, case)):
        raise NotFound() if actor.signed_in else SignInNeeded()
    return case


def case_for_sender(actor: Actor, no: str, receipt: str = "") -> Case:
    """One's own case: by account, or an anonymous one by its 16 digits. Raises NotFound otherwise."""
    case = case_by_no(no)
    own = policy.sent(actor, case)
    if not own and not (receipt and case.receipt_lookup == receipt_lookup(receipt)):
        raise NotFound() if actor.signed_in or case.anonymous else SignInNeeded()
    return case


def public_case(no: str) -> Case:
    """A case that everybody may see; raises NotFound (for private and anonymous ones too)."""
    case = case_by_no(no)
    if not policy.can_read_public(case):
        raise NotFound()
    return case


def receipt_lookup(receipt: str) -> str:
    """The keyed hash under which a receipt is found; useless without the site's secret."""
    digits = "".join(filter(str.isdigit, receipt))
    key = settings().secret_key.get_secret_value().encode()
    return hmac.new(key, f"feedback-receipt:{digits}".encode(), hashlib.sha256).hexdigest()


def case_by_receipt(receipt: str) -> Case | None:
    """The anonymous case of a receipt."""
    return db.session.scalar(select(Case).where(Case.receipt_lookup == receipt_lookup(receipt)))


def is_recipient(actor: Actor, case: Case) -> bool:
    """Whether the actor was named to read this report (举报)."""
    if not case.confidential or actor.id is None:
        return False
    return db.session.get(Recipient, (case.id, actor.id)) is not None


# --- what belongs to a case -------------------------------------------------------------------------------------


def events(case_id: int) -> Sequence[CaseEvent]:
    """The case's log, in order."""
    return db.session.scalars(
        select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.id)
    ).all()


def messages(case_id: int, notes: bool = False) -> Sequence[Message]:
    """What was said, in order; internal notes only for staff."""
    chosen = select(Message).where(Message.case_id == case_id)
    if not notes:
        chosen = chosen.where(Message.kind != MessageKind.NOTE)
    return db.session.scalars(chosen.order_by(Message.id)).all()


def handovers(case_id: int) -> Sequence[Handover]:
    """All hand-overs, in order: with the first-asked department they are the chain of holders."""
    return db.session.scalars(select(Handover).where(Handover.case_id == case_id).order_by(Handover.id)).all()


def pending_handover(case_id: int) -> Handover | None:
    """The hand-over that waits for an answer."""
    return db.session.scalar(
        select(Handover).where(Handover.case_id == case_id, Handover.state == HandoverState.PENDING)
    )


def returns(case_id: int) -> Sequence[CaseReturn]:
    """Which departments returned it, and why."""
    return db.session.scalars(
        select(CaseReturn).where(CaseReturn.case_id == case_id).order_by(CaseReturn.id)
    ).all()


def waiting_answer(case_id: int) -> Answer | None:
    """The answer that waits for the head."""
    return db.session.scalar(
        select(Answer).where(Answer.case_id == case_id, Answer.state == AnswerState.SUBMITTED)
    )


def sent_answers(case_id: int) -> Sequence[Answer]:
    """The answers that went out; the last one counts."""
    return db.session.scalars(
        select(Answer).where(Answer.case_id == case_id, Answer.state == AnswerState.SENT).order_by(Answer.id)
    ).all()


def answering(case_id: int, since: datetime, but: int | None) -> Sequence[int]:
    """Who else has had the answer box open since ``since``."""
    others = (Answering.case_id == case_id, Answering.at >= since, Answering.user_id != but)
    return db.session.scalars(select(Answering.user_id).where(*others)).all()


def parts(case_id: int) -> Sequence[Case]:
    """What other departments answer of it."""
    return db.session.scalars(select(Case).where(Case.parent_id == case_id).order_by(Case.id)).all()


def merged_into(case_id: int) -> Sequence[Case]:
    """The cases that say the same and are answered with it."""
    return db.session.scalars(select(Case).where(Case.merged_into_id == case_id).order_by(Case.id)).all()


def links(case_id: int) -> Sequence[Case]:
    """Cases that belong together with it."""
    pairs = select(CaseLink).where(or_(CaseLink.case_id == case_id, CaseLink.other_id == case_id))
    others = [
        link.other_id if link.case_id == case_id else link.case_id for link in db.session.scalars(pairs)
    ]
    return db.session.scalars(select(Case).where(Case.id.in_(others)).order_by(Case.id)).all()


def follower_ids(case_id: int) -> Sequence[int]:
    """Who met the same and wants to hear."""
    return db.session.scalars(select(Follower.user_id).where(Follower.case_id == case_id)).all()


def recipient_ids(case_id: int) -> Sequence[int]:
    """Who reads a report."""
    return db.session.scalars(select(Recipient.user_id).where(Recipient.case_id == case_id)).all()


def sent_today(user_id: int, since: datetime) -> int:
    """How many cases a person has sent since ``since``."""
    mine = select(func.count()).where(Case.sender_id == user_id, Case.created_at >= since)
    return db.session.scalar(mine) or 0


# --- departments and their people -------------------------------------------------------------------------------


def department(code: str) -> Department | None:
    """One department."""
    return db.session.get(Department, code)


def options(code: str) -> DepartmentOption:
    """How a department works; defaults where nothing was set."""
    return db.session.get(DepartmentOption, code) or DepartmentOption(
        department_code=code, needs_approval=False, contact=""
    )


def staff_of(code: str, role: Role | None = None) -> list[int]:
    """The active officers and heads of a department, or only those of one role."""
    wanted = [role] if role else sorted(DEPARTMENT_ROLES)
    return list(
        db.session.scalars(
            select(User.id)
            .join(RoleGrant, RoleGrant.user_id == User.id)
            .where(RoleGrant.role.in_(wanted), RoleGrant.department_code == code, User.active)
            .distinct()
            .order_by(User.id)
        )
    )


def people_with(role: Role) -> list[int]:
    """The active people of a role without a department."""
    return list(
        db.session.scalars(
            select(User.id)
            .join(RoleGrant, RoleGrant.user_id == User.id)
            .where(RoleGrant.role == role, User.active)
            .distinct()
            .order_by(User.id)
        )
    )


def coordinator_ids() -> list[int]:
    """Everybody who coordinates."""
    return people_with(Role.COORDINATOR)


def report_recipients(accused: str | None) -> list[int]:
    """The named persons who receive a report, without those of the accused department."""
    named = set(
        db.session.scalars(
            select(ReportRecipient.user_id).join(User, User.id == ReportRecipient.user_id).where(User.active)
        )
    )
    return sorted(named - set(staff_of(accused) if accused else []))


def rules(active_only: bool = True) -> Sequence[RoutingRule]:
    """The coordinator's rules in their order."""
    chosen = select(RoutingRule).order_by(RoutingRule.position, RoutingRule.id)
    return db.session.scalars(chosen.where(RoutingRule.active) if active_only else chosen).all()


def public_answer_of(case_id: int) -> PublicAnswer | None:
    """The public answer made of a case, published or suggested."""
    return db.session.scalar(select(PublicAnswer).where(PublicAnswer.case_id == case_id))


def templates(departments: Sequence[str]) -> Sequence[AnswerTemplate]:
    """The answer templates of these departments and those for all."""
    mine = or_(AnswerTemplate.department_code.is_(None), AnswerTemplate.department_code.in_(departments))
    return db.session.scalars(select(AnswerTemplate).where(mine).order_by(AnswerTemplate.name)).all()
