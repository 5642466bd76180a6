"""What a person wrote to the departments: copied for him; deleted, a case stays answered but is nobody's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select, update

from campus_service.core import personal
from campus_service.core.db import db
from campus_service.feedback.models import (
    Answer,
    Case,
    CaseEvent,
    Follower,
    Message,
    PublicAnswer,
)
from campus_service.feedback.service import record
from campus_service.feedback.states import AnswerState, MessageKind, Publicity
from campus_service.notifications.models import InboundMail

# What the sender saw of his case; the rest are the departments' own notes.
_CASE = (
    *("no", "kind", "title", "body", "area", "place", "lat", "long", "channel", "state", "created_at"),
    *("answered_at", "outcome", "outcome_detail", "closed_at", "solved", "rating", "rating_text", "consent"),
)


def _copy(person: personal.Person) -> Mapping[str, Any]:
    mine = select(Case.id).where(Case.sender_id == person.id)
    left_out = [column.name for column in Case.__table__.columns if column.name not in _CASE]
    said = (Message.case_id.in_(mine), Message.kind != MessageKind.NOTE)
    sent = (Answer.case_id.in_(mine), Answer.state == AnswerState.SENT)
    return {
        "cases": personal.rows(Case, Case.sender_id == person.id, leave_out=left_out),
        "messages": personal.rows(Message, *said, leave_out=("author_id", "mentions", "mail_id")),
        "answers": personal.rows(Answer, *sent, leave_out=("author_id", "decided_by", "version")),
        "me_too": personal.rows(Follower, Follower.user_id == person.id),
    }


def _erase(person: personal.Person) -> None:
    _leave_others(person)
    for case in db.session.scalars(select(Case).where(Case.sender_id == person.id)).all():
        _without_sender(person, case)
    mails = InboundMail.address.like(f"case+%.{person.id}.%")
    db.session.execute(delete(InboundMail).where(mails))


def _leave_others(person: personal.Person) -> None:
    followed = select(Follower.case_id).where(Follower.user_id == person.id)
    db.session.execute(update(Case).where(Case.id.in_(followed)).values(followers=Case.followers - 1))
    db.session.execute(delete(Follower).where(Follower.user_id == person.id))


def _without_sender(person: personal.Person, case: Case) -> None:
    """The department's work on the case stays; who sent it, and what in its words names him, goes."""
    case.sender_id, case.caller_name, case.caller_contact = None, "", ""
    case.title, case.body = personal.without(case.title, person), personal.without(case.body, person)
    case.rating_text, case.flags = "", []
    hangs_on: dict[Any, tuple[str, ...]] = {
        Message: ("body",),
        CaseEvent: ("note",),
        Answer: ("body", "outcome_detail", "decision"),
        PublicAnswer: ("title", "question", "answer"),
    }
    for model, names in hangs_on.items():
        personal.scrub(model, names, person, model.case_id == case.id)
    for said in (Message.author_id, CaseEvent.actor_id):
        his = update(said.class_).where(said.class_.case_id == case.id, said == person.id)
        db.session.execute(his.values({said.key: None}))
    db.session.flush()
    if case.publicity is Publicity.PUBLIC:
        record.publish(case)


personal.register("feedback", personal.Part(_copy, _erase))
