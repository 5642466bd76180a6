"""What every step of a case leaves behind: state, log line, audit entry, clocks, public side, messages with photos."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete

from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.errors import Conflict, Invalid, Text
from campus_service.core.i18n import lazy
from campus_service.feedback import projection, queries
from campus_service.feedback.models import Answering, Case, CaseEvent, Message
from campus_service.feedback.service import timing
from campus_service.feedback.states import (
    CASE,
    OPEN,
    AnswerState,
    CaseState,
    EventType,
    HandoverState,
    MessageKind,
    Publicity,
)
from campus_service.following import service as following
from campus_service.media import service as media
from campus_service.search import service as search

_S = CaseState


def moment_of(actor: Actor, case: Case) -> datetime:
    """Now; of an anonymous sender only the hour is kept, unless the matter is urgent (domain.md §2).

    The same for what the site does as the message comes in: the minute of its routing is the minute of its sending.
    """
    moment = now()
    coming = actor.id is None and case.accepted_at is None and case.state in (_S.RECEIVED, _S.ROUTED)
    if case.anonymous and not case.urgent and (coming or is_sender(actor, case)):
        return moment.replace(minute=0, second=0, microsecond=0)
    return moment


def is_sender(actor: Actor, case: Case) -> bool:
    """Whether the step is the sender's own: his account, or the visitor who holds the receipt."""
    return case.sender_id == actor.id if actor.signed_in else case.anonymous and not actor.permissions


def step(
    actor: Actor,
    case: Case,
    type: EventType,
    *,
    state: CaseState | None = None,
    note: str = "",
    department: str | None = None,
    to: str | None = None,
    **data: Any,
) -> CaseEvent:
    """Make one step: check and set the state, write the log line, audit it, compute the clocks anew.

    ``note`` is the reason as the sender sees it. Raises Conflict for a move that the lifecycle does not list.
    """
    before = case.state
    if state is not None and (state is not before or CASE.allows(before, state)):
        CASE.check(before, state)
        case.state = state
    case.is_open = case.state in OPEN
    case.updated_at = moment_of(actor, case)
    event = CaseEvent(
        case_id=case.id,
        at=case.updated_at,
        type=type,
        actor_id=actor.id,
        department_code=department or case.department_code,
        to_department=to,
        note=note,
        data=data,
    )
    db.session.add(event)
    db.session.flush()
    _audit(actor, case, type, before, to)
    timing.refresh(case)
    publish(case)
    return event


def _audit(actor: Actor, case: Case, type: EventType, before: CaseState, to: str | None) -> None:
    """An entry of the audit log; an anonymous sender's steps stand in the case's own log alone."""
    if case.anonymous and is_sender(actor, case):
        return
    after = {"state": case.state, "department": case.department_code} | ({"to": to} if to else {})
    audit.record(
        actor, f"case.{type}", obj_type="cases", obj_id=case.id, before={"state": before}, after=after
    )


def say(
    actor: Actor,
    case: Case,
    kind: MessageKind,
    body: str,
    photos: Sequence[str] = (),
    *,
    department: str | None = None,
    mentions: Sequence[int] = (),
    mail_id: str | None = None,
    uploader: Actor | None = None,
) -> Message:
    """Add what was said, with its photos; ``uploader`` uploaded them, where an anonymous sender speaks."""
    message = Message(
        case_id=case.id,
        at=moment_of(actor, case),
        kind=kind,
        author_id=actor.id,
        department_code=department,
        body=body,
        mentions=list(mentions),
        mail_id=mail_id,
    )
    db.session.add(message)
    db.session.flush()
    spoken(actor, case)
    keep_photos(
        uploader or actor,
        "feedback_message",
        message.id,
        photos,
        nameless=case.anonymous and is_sender(actor, case),
    )
    return message


def spoken(actor: Actor, case: Case) -> None:
    """Who has sent what he wrote is no longer writing."""
    if actor.signed_in:
        mine = (Answering.case_id == case.id, Answering.user_id == actor.id)
        db.session.execute(delete(Answering).where(*mine))


def keep_photos(
    uploader: Actor, owner: str, owner_id: int, keys: Sequence[str], *, nameless: bool = False
) -> None:
    """Give photos to a case, a message or an answer: private; ``nameless`` forgets who took them."""
    if keys:
        person = uploader if uploader.signed_in else Actor.system()
        media.attach(person, list(keys), owner, owner_id, private=True, nameless=nameless)


def end_others(actor: Actor, case: Case, reason: Text) -> None:
    """The case goes another way: a hand-over that waits for a department and an answer that waits for a head are void."""
    moment = moment_of(actor, case)
    pending, answer = queries.pending_handover(case.id), queries.waiting_answer(case.id)
    if pending is not None:
        pending.state, pending.decision = HandoverState.LAPSED, str(reason)
        pending.decided_at, pending.decided_by = moment, actor.id
        case.offered_to = None
    if answer is not None:
        answer.state, answer.decision = AnswerState.SENT_BACK, str(reason)
        answer.decided_at, answer.decided_by = moment, actor.id
    db.session.flush()


def publish(case: Case) -> None:
    """Bring the search index in line with the case's public side."""
    if case.publicity is Publicity.PUBLIC:
        following.publish(projection.search_doc(case), case.sender_id)
    else:
        search.remove(projection.search_id(case))


def need_department(code: str, field: str = "department") -> str:
    """The code of a department that answers feedback; raises Invalid naming the field."""
    if queries.department(code) is None:
        raise Invalid({field: lazy("没有“%(code)s”这个部门，请从列表里选。", code=code)})
    return code


def check_version(case: Case, version: int) -> None:
    """Raise Conflict when the case changed since its reader opened it (0: he does not say)."""
    if version and version != case.version:
        raise Conflict(lazy("你写的时候这件事有了新情况，请先看看再发；你写的还在。"))
