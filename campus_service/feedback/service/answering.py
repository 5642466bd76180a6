"""Working on a case: progress, the one-time request, extension, internal notes, the answer and the head's approval."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from campus_service.accounts import queries as accounts
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db, insert_or, on_violation
from campus_service.core.errors import Conflict, Forbidden, Invalid
from campus_service.core.i18n import lazy
from campus_service.core.once import once
from campus_service.feedback import notices, policy, queries
from campus_service.feedback.clocks import RULES
from campus_service.feedback.commands import DecideAnswer, Extend, Say, WriteAnswer
from campus_service.feedback.models import Answer, Answering, Case
from campus_service.feedback.service import publishing, record
from campus_service.feedback.states import HELD, AnswerState, CaseState, EventType, MessageKind

# How long an open answer box counts as "somebody is answering".
ANSWERING_FOR = timedelta(seconds=45)

on_violation(
    "uq_case_answers_one_waiting",
    "case_answers.case_id",
    error=lambda: Conflict(lazy("已经有一份答复在等负责人审。")),
)


def _handled(actor: Actor, no: str) -> Case:
    """The case, if its reader may write to the sender now."""
    case = queries.case_for_staff(actor, no)
    recipient = queries.is_recipient(actor, case)
    if not policy.can_handle(actor, case, recipient):
        if policy.can_accept(actor, case, recipient):
            raise Conflict(lazy("先接手，再处理。"))
        # Somebody was faster: what was written must not be lost in a refusal.
        if recipient or policy.holds(actor, case):
            raise Conflict(lazy("这件事已经%(state)s，你写的还没有发出。", state=case.state.label))
        raise Forbidden()
    return case


def progress(actor: Actor, no: str, command: Say) -> Case:
    """Tell the sender how far it is; at least every three working days (domain.md §2)."""
    case = _handled(actor, no)

    def write() -> str:
        record.say(
            actor, case, MessageKind.PROGRESS, command.body, command.photos, department=case.department_code
        )
        record.step(actor, case, EventType.PROGRESS, state=_working(case), note=command.body)
        notices.tell_sender(case, "case.progress")
        return case.no

    once(actor, f"feedback.progress.{case.id}", command.request_key, write)
    return case


def _working(case: Case) -> CaseState | None:
    """The first word to the sender makes an accepted case one in progress; a pause goes on."""
    return CaseState.IN_PROGRESS if case.state not in (CaseState.IN_PROGRESS, CaseState.WAITING) else None


def acted(actor: Actor, no: str, command: Say) -> Case:
    """Safety: somebody is on the spot and it is dealt with (within two hours, domain.md §2)."""
    case = _handled(actor, no)
    record.say(
        actor, case, MessageKind.PROGRESS, command.body, command.photos, department=case.department_code
    )
    record.step(actor, case, EventType.ACTED, state=_working(case), note=command.body)
    notices.tell_sender(case, "case.progress")
    return case


def ask(actor: Actor, no: str, command: Say) -> Case:
    """Ask the sender for everything that is missing, once (一次性告知); the clock pauses, at most five working days.

    Raises Conflict the second time.
    """
    case = _handled(actor, no)
    if any(event.type is EventType.ASKED for event in queries.events(case.id)):
        raise Conflict(lazy("缺的材料只能一次性告知一回，已经问过了。可以发进展，不再暂停计时。"))
    if case.parent_id is not None:
        raise Conflict(lazy("这是拆出来的一部分，请首问部门一起问同学。"))
    if case.anonymous is False and case.sender_id is None:
        raise Conflict(lazy("这件事是代为登记的，请直接打电话问，计时不暂停。"))
    record.say(
        actor, case, MessageKind.REQUEST, command.body, command.photos, department=case.department_code
    )
    record.step(actor, case, EventType.ASKED, state=CaseState.WAITING, note=command.body)
    notices.tell_sender(case, "case.asked")
    return case


def extend(actor: Actor, no: str, command: Extend) -> Case:
    """More time: once, at most as long as the original, with a reason the sender sees."""
    case = _handled(actor, no)
    longest = RULES.longest_extension(case.kind)
    if command.days > longest:
        raise Invalid({"days": lazy("延期最多 %(n)s 个工作日，和原来的期限一样长。", n=longest)})
    if any(event.type is EventType.EXTENDED for event in queries.events(case.id)):
        raise Conflict(lazy("已经延期过一次，不能再延。"))
    if case.answer_due_at is not None and now() > case.answer_due_at:
        raise Conflict(lazy("已经过了答应的时间，不能再延；请尽快答复，并写明为什么晚了。"))
    record.step(actor, case, EventType.EXTENDED, note=command.reason, days=command.days)
    notices.tell_sender(case, "case.extended")
    return case


def note(actor: Actor, no: str, command: Say) -> Case:
    """A word among staff; people named with @ are told. The sender never sees it."""
    case = queries.case_for_staff(actor, no)
    people = _mentioned(case, command.body)
    record.say(
        actor,
        case,
        MessageKind.NOTE,
        command.body,
        command.photos,
        department=case.department_code,
        mentions=people,
    )
    for user_id in people:
        notices.tell_person(case, user_id, "inbox.mention")
    return case


def _mentioned(case: Case, text: str) -> Sequence[int]:
    """Staff of the departments concerned, and the coordinators, whose names follow an @."""
    if "@" not in text:
        return []
    readers = set(queries.recipient_ids(case.id)) if case.confidential else _readers(case)
    return [user_id for user_id, name in accounts.names_of(readers).items() if f"@{name}" in text]


def _readers(case: Case) -> set[int]:
    departments = {case.department_code, case.offered_to, case.first_department} - {None}
    staff = {user_id for code in departments for user_id in queries.staff_of(str(code))}
    return staff | set(queries.coordinator_ids())


def answer(actor: Actor, no: str, command: WriteAnswer) -> Case:
    """Answer the sender, or hand the answer to the head where the department wants that.

    Raises Conflict when the case changed meanwhile (``version``), or when a reopened case is answered by the
    person who answered before.
    """
    case = _handled(actor, no)

    def write() -> str:
        record.check_version(case, command.version)
        if not policy.can_answer_again(actor, case):
            raise Conflict(lazy("同学不满意上次的答复，这次要由另一个人来答。"))
        if _needs_approval(actor, case):
            _submit(actor, case, command)
        else:
            _send(actor, case, _new_answer(actor, case, command, AnswerState.SENT))
        return case.no

    once(actor, f"feedback.answer.{case.id}", command.request_key, write)
    return case


def _needs_approval(actor: Actor, case: Case) -> bool:
    code = case.department_code
    return code is not None and queries.options(code).needs_approval and not policy.is_head(actor, code)


def _new_answer(actor: Actor, case: Case, command: WriteAnswer, state: AnswerState) -> Answer:
    row = Answer(
        case_id=case.id,
        # A report is answered for the centre, never in the name of whom it accuses.
        department_code=case.department_code or "affairs_centre",
        author_id=actor.person_id(),
        body=command.body,
        outcome=command.outcome,
        outcome_detail=command.outcome_detail,
        state=state,
        created_at=now(),
    )
    db.session.add(row)
    db.session.flush()
    record.keep_photos(actor, "feedback_answer", row.id, command.photos)
    return row


def _submit(actor: Actor, case: Case, command: WriteAnswer) -> None:
    _new_answer(actor, case, command, AnswerState.SUBMITTED)
    record.spoken(actor, case)
    record.step(actor, case, EventType.SUBMITTED)
    notices.tell_heads(case, "inbox.approve")


def decide_answer(actor: Actor, no: str, command: DecideAnswer) -> Case:
    """The head lets the waiting answer go, or sends it back with a reason. Nobody approves his own."""
    case = queries.case_for_staff(actor, no)
    if not policy.is_head(actor, case.department_code):
        raise Forbidden()
    row = queries.waiting_answer(case.id)
    if row is None or (command.approve and case.state not in HELD):
        raise Conflict(lazy("没有等你审的答复，可能已经处理了。"))
    if row.author_id == actor.id:
        raise Forbidden(lazy("自己写的答复要由另一位负责人审。"))
    row.decided_at, row.decided_by, row.decision = now(), actor.id, command.reason
    if command.approve:
        row.state = AnswerState.SENT
        db.session.flush()
        _send(actor, case, row)
    else:
        row.state = AnswerState.SENT_BACK
        record.step(actor, case, EventType.SENT_BACK)
        notices.tell_person(case, row.author_id, "inbox.sent_back")
    return case


def _send(actor: Actor, case: Case, row: Answer) -> None:
    """The answer goes out, to everybody who asked the same; what else was under way ends with it."""
    record.end_others(actor, case, lazy("已经答复了同学"))
    case.answered_at, case.answered_by = now(), row.author_id
    case.outcome, case.outcome_detail = row.outcome, row.outcome_detail
    message = record.say(actor, case, MessageKind.ANSWER, row.body, department=case.department_code)
    # Whoever wrote it speaks, not the head who let it go.
    message.author_id = row.author_id
    record.step(actor, case, EventType.ANSWERED, state=CaseState.ANSWERED, outcome=row.outcome.value)
    notices.tell_sender(case, "case.answered")
    notices.tell_followers(case, "case.answered")
    publishing.suggest(case)
    if case.parent_id is not None:
        notices.tell_parent(case)


def suggest_parts(case: Case) -> str:
    """The parts' answers put together, as the first draft of the one answer of the first-asked department."""
    answers = [queries.sent_answers(part.id) for part in queries.parts(case.id)]
    return "\n\n".join(rows[-1].body for rows in answers if rows)


def answering(actor: Actor, no: str) -> list[int]:
    """Note that the actor has the answer box open; returns who else has."""
    case = queries.case_for_staff(actor, no)
    row = {"case_id": case.id, "user_id": actor.person_id(), "at": now()}
    statement = insert_or(Answering).values(**row)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["case_id", "user_id"], set_={"at": statement.excluded.at}
        )
    )
    return others_answering(actor, case)


def others_answering(actor: Actor, case: Case) -> list[int]:
    """Who else has the answer box open at this moment."""
    return list(queries.answering(case.id, now() - ANSWERING_FOR, actor.id))
