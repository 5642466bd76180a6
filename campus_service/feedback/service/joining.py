"""Cases that belong together: merged into one, split among departments, linked."""

from __future__ import annotations

from sqlalchemy import update

from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db, insert_or
from campus_service.core.errors import Conflict, Forbidden, Invalid
from campus_service.core.i18n import lazy
from campus_service.feedback import notices, policy, queries
from campus_service.feedback.commands import LinkCase, MergeCase, SplitCase
from campus_service.feedback.models import Case, CaseLink, Follower
from campus_service.feedback.service import record, routing, sending
from campus_service.feedback.states import HELD, CaseState, EventType, Publicity, RouteHow


def _joinable(actor: Actor, no: str) -> Case:
    case = queries.case_for_staff(actor, no)
    if not policy.can_join(actor, case):
        raise Forbidden()
    return case


def merge(actor: Actor, no: str, command: MergeCase) -> Case:
    """This case says the same as ``into``: its sender and followers hear that one's answer.

    Raises Invalid for the case itself, a report, or one that was merged or ended.
    """
    case, into = _joinable(actor, no), queries.case_for_staff(actor, command.into)
    if into.id == case.id or into.confidential or into.state in (CaseState.MERGED, CaseState.WITHDRAWN):
        raise Invalid({"into": lazy("不能并到 %(no)s：要是另一件还在办或已答复的事。", no=into.no)})
    if queries.parts(case.id):
        raise Conflict(lazy("这件事已经拆给几个部门，不能并案。"))
    record.end_others(actor, case, lazy("已并案"))
    # What was merged into this one goes along: a chain has one end.
    db.session.execute(update(Case).where(Case.merged_into_id == case.id).values(merged_into_id=into.id))
    case.merged_into_id = into.id
    record.step(actor, case, EventType.MERGED, state=CaseState.MERGED, to=None, into=into.no)
    record.step(actor, into, EventType.LINKED, other=case.no)
    _bring_along(case, into)
    notices.tell_sender(case, "case.merged")
    return into


def _bring_along(case: Case, into: Case) -> None:
    """The sender and those who met the same follow the other case; an anonymous one reads it by his receipt."""
    people = {*queries.follower_ids(case.id), case.sender_id} - {None, into.sender_id}
    for user_id in sorted(user_id for user_id in people if user_id is not None):
        row = {"case_id": into.id, "user_id": user_id, "at": now()}
        db.session.execute(insert_or(Follower).values(**row).on_conflict_do_nothing())
    into.followers = len(queries.follower_ids(into.id))


def split(actor: Actor, no: str, command: SplitCase) -> list[Case]:
    """Several departments answer: each part has its own clock, the first-asked department answers once for all.

    The case's own answer gets two more working days per part (domain.md §2).
    """
    case = _joinable(actor, no)
    if case.state not in HELD or case.confidential or case.parent_id is not None:
        raise Conflict(lazy("先由一个部门接手（首问），再拆给别的部门。"))
    codes = [record.need_department(part.department) for part in command.parts]
    held = {case.department_code, *(part.department_code for part in queries.parts(case.id))}
    if len(set(codes)) < len(codes) or held & set(codes):
        raise Invalid({"parts": lazy("每个部门一份，本部门的留在原件里。")})
    made = [_part(case, part.department, part.body) for part in command.parts]
    record.step(
        actor,
        case,
        EventType.SPLIT,
        state=None if case.state in (CaseState.IN_PROGRESS, CaseState.WAITING) else CaseState.IN_PROGRESS,
        parts=[[part.no, part.department_code] for part in made],
    )
    notices.tell_sender(case, "case.split")
    return made


def _part(case: Case, department: str, body: str) -> Case:
    moment = now()
    part = Case(
        no=sending.new_number(),
        kind=case.kind,
        title=case.title,
        body=body,
        area=case.area,
        place=case.place,
        channel=case.channel,
        state=CaseState.RECEIVED,
        is_open=True,
        urgent=case.urgent,
        anonymous=case.anonymous,
        parent_id=case.id,
        publicity=Publicity.PRIVATE,
        created_at=moment,
        updated_at=moment,
    )
    db.session.add(part)
    db.session.flush()
    system = Actor.system()
    record.step(system, part, EventType.RECEIVED, department="", parent=case.no)
    routing.send_to(system, part, department, RouteHow.PERSON)
    return part


def link(actor: Actor, no: str, command: LinkCase) -> Case:
    """Note that two cases belong together; doing it twice changes nothing."""
    case, other = _joinable(actor, no), queries.case_for_staff(actor, command.other)
    # Beside another case a report would be seen by those who work on that one.
    if case.id == other.id or other.confidential:
        raise Invalid({"other": lazy("要填另一件事的编号。")})
    first, second = sorted((case.id, other.id))
    row = {"case_id": first, "other_id": second, "at": now()}
    added = db.session.scalar(
        insert_or(CaseLink).values(**row).on_conflict_do_nothing().returning(CaseLink.case_id)
    )
    if added is not None:
        record.step(actor, case, EventType.LINKED, other=other.no)
    return case
