"""The public side: whether a text may be seen, public answers suggested with names stripped and confirmed by an editor."""

from __future__ import annotations

from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.errors import Conflict, NotFound
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission as P
from campus_service.feedback import projection, queries
from campus_service.feedback.commands import DecidePublicity, PublishAnswer
from campus_service.feedback.models import Case, PublicAnswer
from campus_service.feedback.service import record
from campus_service.feedback.states import EventType, Publicity
from campus_service.following import service as following
from campus_service.search import service as search


def decide_publicity(actor: Actor, no: str, command: DecidePublicity) -> Case:
    """A coordinator looked at a flagged text: it may be public, with what is personal stripped, or stays private."""
    actor.require(P.FEEDBACK_PUBLIC_EDIT)
    case = queries.case_for_staff(actor, no)
    if case.publicity is not Publicity.FLAGGED:
        raise Conflict(lazy("这条没有等着看的内容，可能已经处理了。"))
    case.publicity = Publicity.PUBLIC if command.public else Publicity.PRIVATE
    record.step(actor, case, EventType.PUBLISHED, public=command.public)
    return case


def suggest(case: Case) -> PublicAnswer | None:
    """Suggest question and answer of an answered case for everybody; needs the sender's consent.

    Names and numbers are stripped, and what is doubtful is flagged; nothing is public before an editor confirms.
    """
    answers = queries.sent_answers(case.id)
    if not case.consent or case.confidential or not answers:
        return None
    known = queries.public_answer_of(case.id)
    row = known or PublicAnswer(case_id=case.id, suggested_at=now(), faq=False)
    if row.published_at is not None:
        return row
    row.department_code, row.published_by = answers[-1].department_code, None
    row.title = projection.stripped(case.title)[:60]
    row.question, row.answer = projection.stripped(case.body), projection.stripped(answers[-1].body)
    row.flags = projection.flags_of(f"{case.title}\n{case.body}\n{answers[-1].body}")
    db.session.add(row)
    db.session.flush()
    return row


def publish_answer(actor: Actor, answer_id: int, command: PublishAnswer) -> PublicAnswer:
    """An editor confirms a public answer, in his own words where need be. Needs feedback:public:edit."""
    row = _editable(actor, answer_id, command.version)
    row.title, row.question, row.answer = command.title, command.question, command.answer
    row.faq, row.flags = command.faq, projection.flags_of(f"{row.title}\n{row.question}\n{row.answer}")
    row.published_at, row.published_by = row.published_at or now(), actor.id
    db.session.flush()
    following.publish(projection.answer_search_doc(row), _asker(row))
    audit.record(
        actor, "public_answer.published", obj_type="public_answers", obj_id=row.id, after={"faq": row.faq}
    )
    return row


def _asker(row: PublicAnswer) -> int | None:
    """Who has had this answer already."""
    case = db.session.get(Case, row.case_id) if row.case_id else None
    return case.sender_id if case else None


def retract_answer(actor: Actor, answer_id: int) -> PublicAnswer:
    """Take a public answer back, or dismiss a suggestion. Needs feedback:public:edit."""
    row = _editable(actor, answer_id, 0)
    # Whoever set it aside: it no longer counts as a suggestion that nobody has looked at.
    row.published_at, row.published_by = None, actor.id
    row.faq = False
    db.session.flush()
    search.remove(projection.answer_search_id(row))
    audit.record(actor, "public_answer.retracted", obj_type="public_answers", obj_id=row.id)
    return row


def _editable(actor: Actor, answer_id: int, version: int) -> PublicAnswer:
    actor.require(P.FEEDBACK_PUBLIC_EDIT)
    row = db.session.get(PublicAnswer, answer_id)
    if row is None:
        raise NotFound()
    if version and version != row.version:
        raise Conflict(lazy("另一位编辑刚刚改过，请先看看再发；你写的还在。"))
    return row
