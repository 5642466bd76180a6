"""What the sender does, and what follows an answer: words, verdict, one reopening, closing, following."""

from __future__ import annotations

from sqlalchemy import delete, update

from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db, insert_or
from campus_service.core.errors import Conflict, Forbidden
from campus_service.core.i18n import lazy
from campus_service.core.once import once
from campus_service.feedback import notices, policy, queries
from campus_service.feedback.commands import AddMessage, GiveVerdict, Reopen, Withdraw
from campus_service.feedback.models import Case, Follower
from campus_service.feedback.service import record
from campus_service.feedback.states import CaseState, EventType, MessageKind


def add_message(
    actor: Actor, no: str, command: AddMessage, receipt: str = "", mail_id: str | None = None
) -> Case:
    """The sender adds a word; an answer to what was asked lets the clock run again.

    ``receipt``: the 16 digits of an anonymous case. ``mail_id``: of a mail that was threaded in.
    """
    case = queries.case_for_sender(actor, no, receipt)
    if not policy.can_add(case):
        raise Conflict(lazy("这件事已经办结。不满意可以申请重新办理，新的事请另发一条。"))

    sender = _nameless(actor, case)

    def write() -> str:
        record.say(
            sender, case, MessageKind.SENDER, command.body, command.photos, mail_id=mail_id, uploader=actor
        )
        if case.state is CaseState.WAITING:
            record.step(sender, case, EventType.SUPPLIED, state=CaseState.IN_PROGRESS)
        else:
            record.step(sender, case, EventType.MESSAGE)
        notices.tell_holder(case, "inbox.message")
        return case.no

    once(sender, f"feedback.message.{case.id}", command.request_key, write)
    return case


def _nameless(actor: Actor, case: Case) -> Actor:
    return Actor.visitor() if case.anonymous else actor


def give_verdict(actor: Actor, no: str, command: GiveVerdict, receipt: str = "") -> Case:
    """The sender's own word on the answer, once: solved or not, 1 to 5. Solved closes the case."""
    case = queries.case_for_sender(actor, no, receipt)
    if not policy.can_rate(case):
        raise Conflict(lazy("现在不能评价：还没有答复，或已经评价过了。"))
    actor = _nameless(actor, case)
    case.solved, case.rating, case.rating_text = command.solved, command.rating, command.text
    case.rated_at = record.moment_of(actor, case)
    record.step(actor, case, EventType.VERDICT, solved=command.solved, rating=command.rating)
    if command.solved and case.state is CaseState.ANSWERED:
        close(actor, case)
    notices.tell_holder(case, "inbox.verdict")
    return case


def close(actor: Actor, case: Case) -> None:
    """The matter is over: by the sender's word, or because nothing was said against the answer in time."""
    case.closed_at = record.moment_of(actor, case)
    record.step(actor, case, EventType.CLOSED, state=CaseState.CLOSED)


def reopen(actor: Actor, no: str, command: Reopen, receipt: str = "") -> Case:
    """One free reopening; somebody else than who answered takes it on, a fresh promise runs from now."""
    case = queries.case_for_sender(actor, no, receipt)
    if not policy.can_reopen(case):
        raise Conflict(lazy("每件事可以重新办理一次，而且要在答复之后。"))
    actor = _nameless(actor, case)
    case.reopened_at, case.closed_at, case.assignee_id = record.moment_of(actor, case), None, None
    # The new answer gets a verdict of its own.
    case.solved, case.rating, case.rating_text, case.rated_at = None, None, "", None
    record.say(actor, case, MessageKind.SENDER, command.reason)
    record.step(actor, case, EventType.REOPENED, state=CaseState.REOPENED, note=command.reason)
    notices.tell_holder(case, "inbox.reopened")
    notices.tell_heads(case, "inbox.reopened")
    return case


def withdraw(actor: Actor, no: str, command: Withdraw, receipt: str = "") -> Case:
    """The sender needs no answer any more."""
    case = queries.case_for_sender(actor, no, receipt)
    if not policy.can_withdraw(case):
        raise Conflict(lazy("这件事已经结束了，不用撤回。"))
    actor = _nameless(actor, case)
    record.end_others(actor, case, lazy("同学撤回了"))
    case.closed_at = record.moment_of(actor, case)
    record.step(actor, case, EventType.WITHDRAWN, state=CaseState.WITHDRAWN, note=command.reason)
    notices.tell_holder(case, "inbox.withdrawn")
    return case


def follow(actor: Actor, no: str) -> Case:
    """Me too: be told with the sender. Doing it twice changes nothing."""
    case = queries.public_case(no)
    if not actor.signed_in or not policy.can_follow(actor, case):
        actor.person_id()
        raise Forbidden(lazy("这是你自己发的，不用跟进。"))
    values = {"case_id": case.id, "user_id": actor.person_id(), "at": now()}
    added = db.session.scalar(
        insert_or(Follower).values(**values).on_conflict_do_nothing().returning(Follower.user_id)
    )
    if added is not None:
        _count(case, 1)
    return case


def unfollow(actor: Actor, no: str) -> Case:
    """Not any more."""
    case = queries.public_case(no)
    mine = (Follower.case_id == case.id, Follower.user_id == actor.person_id())
    if db.session.scalar(delete(Follower).where(*mine).returning(Follower.user_id)) is not None:
        _count(case, -1)
    return case


def _count(case: Case, more: int) -> None:
    # Beside the version: many follow at once, and nothing of the case itself changes.
    db.session.execute(
        update(Case)
        .where(Case.id == case.id)
        .values(followers=Case.followers + more, version=Case.version)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(case, ["followers"])
