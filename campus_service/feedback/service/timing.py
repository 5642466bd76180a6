"""Clocks at work: computed anew after every step, reminders and escalation at their moment, what happens by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from campus_service.core.actor import Actor
from campus_service.core.calendar import calendar
from campus_service.core.clock import now
from campus_service.core.db import db, insert_or
from campus_service.core.permissions import Role
from campus_service.feedback import clocks, notices, queries
from campus_service.feedback.clocks import Clocks, Fact, Running
from campus_service.feedback.models import Case, CaseEvent, Reminder
from campus_service.feedback.states import CaseState, Clock, EventType, HandoverState
from campus_service.jobs import enqueue

# An answer nobody objects to closes the case after so many working days.
CLOSE_AFTER_DAYS = 5
# So many cases are computed anew in one transaction.
RECOMPUTE_AT_ONCE = 100
# What a broken promise sets in motion, and the level it stands for (domain.md §2).
LEVELS = {"head": 1, "supervisor": 2, "oversight": 3, "public": 4}
_PERCENT = {"50": 50, "80": 80, "100": 100}


def clocks_of(case: Case, events: Sequence[CaseEvent] | None = None) -> Clocks:
    """Every clock of the case, from its log (``events``, where they were read already)."""
    log = queries.events(case.id) if events is None else events
    facts = [Fact(e.at, e.type, e.department_code, e.data) for e in log]
    return clocks.compute(
        facts,
        kind=case.kind,
        urgent=case.urgent,
        extra_departments=_extra_departments(case),
        calendar=calendar(),
        promised=case.answer_due_at,
        now=now(),
    )


def _extra_departments(case: Case) -> int:
    """How many more departments answer parts of it; what was late when it was split is not made timely by that."""
    if case.parent_id is not None:
        return 0
    due = case.answer_due_at
    return sum(due is None or part.created_at <= due for part in queries.parts(case.id))


def refresh(case: Case) -> None:
    """Keep what the clocks say beside the case, to sort and to wake by, and promise the next wake-up."""
    running = clocks_of(case)
    keep(case, running)
    wake = _next_wake(case, running)
    if wake is not None:
        delay = max(wake - now(), timedelta(0))
        enqueue("feedback.clock", {"case": case.id}, key=f"feedback.clock.{case.id}", delay=delay)


def keep(case: Case, running: Clocks) -> None:
    """Write the results of a computation to the case."""
    answer, accept = running.get(Clock.ANSWER), running.get(Clock.ACCEPT)
    case.answer_due_at = answer.due_at if answer else case.answer_due_at
    case.accept_due_at = accept.due_at if accept else None
    upcoming = running.next if case.is_open else None
    case.next_due_at = upcoming.due_at if upcoming else None
    case.next_clock = upcoming.clock if upcoming else None
    case.paused = answer is not None and answer.paused
    case.clock_lines = [line.as_json() for line in answer.lines] if answer else []
    case.calendar_version = calendar().version


def recompute_open() -> bool:
    """Compute open cases anew that were computed with an older calendar; no promise gets earlier.

    Takes RECOMPUTE_AT_ONCE of them; returns whether others are left.
    """
    older = select(Case).where(Case.is_open, Case.calendar_version < calendar().version)
    cases = db.session.scalars(older.order_by(Case.id).limit(RECOMPUTE_AT_ONCE)).all()
    for case in cases:
        refresh(case)
    return len(cases) == RECOMPUTE_AT_ONCE


def too_late_to_return(case: Case) -> bool:
    """A return is possible until the end of the next working day (domain.md §2)."""
    until = clocks_of(case).return_until
    return until is not None and now() > until


# --- what happens by itself -------------------------------------------------------------------------------------


def wake(case_id: int) -> None:
    """Do what is due for a case now; doing it twice changes nothing more."""
    case = db.session.get(Case, case_id, with_for_update=True)
    if case is None:
        return
    if case.state is CaseState.ANSWERED:
        _close_if_silent(case)
        return
    if not case.is_open:
        return
    running = clocks_of(case)
    _remind(case, running)
    _move_on(case, running)
    refresh(case)


def _close_if_silent(case: Case) -> None:
    from campus_service.feedback.service import aftermath

    if now() >= _closing(case):
        aftermath.close(Actor.system(), case)


def _closing(case: Case) -> datetime:
    return calendar().closing_of_nth_day(case.answered_at or now(), CLOSE_AFTER_DAYS)


def _move_on(case: Case, running: Clocks) -> None:
    """Nobody accepted in time, or the sender's five working days are over."""
    from campus_service.feedback.service import holding, record

    system, accept = Actor.system(), running.get(Clock.ACCEPT)
    late = accept is not None and accept.done_at is None and now() >= accept.due_at
    pending = queries.pending_handover(case.id) if case.offered_to else None
    if late and pending is not None:
        holding.close_handover(system, case, pending, HandoverState.LAPSED)
        notices.tell_coordinators(case, "triage.unclaimed")
    elif late and case.state is CaseState.ROUTED and not case.urgent and not case.confidential:
        department, case.department_code = case.department_code, None
        record.step(system, case, EventType.UNCLAIMED, state=CaseState.RECEIVED, department=department)
        notices.tell_coordinators(case, "triage.unclaimed")
    sender = running.get(Clock.SENDER)
    # A decision may have moved the case on while the sender still owed something.
    if sender is not None and sender.done_at is None and now() >= sender.due_at:
        waiting = case.state is CaseState.WAITING
        record.step(system, case, EventType.RESUMED, state=CaseState.IN_PROGRESS if waiting else None)
        notices.tell_holder(case, "inbox.message")


def _remind(case: Case, running: Clocks) -> None:
    for each in running.open:
        for step, moment in clocks.steps(each, calendar()):
            if moment <= now() and _once(case, each, step):
                _tell(case, each, step)


def _once(case: Case, each: Running, step: str) -> bool:
    """Whether this step of this deadline is new; a unique row says so."""
    row = {"case_id": case.id, "clock": each.clock, "due_at": each.due_at, "step": step, "at": now()}
    new = insert_or(Reminder).values(**row).on_conflict_do_nothing().returning(Reminder.id)
    return db.session.scalar(new) is not None


def _tell(case: Case, each: Running, step: str) -> None:
    from campus_service.feedback.service import record

    if step in _PERCENT:
        notices.remind(case, _workers(case, each), _PERCENT[step], each.due_at)
        return
    level = LEVELS[step]
    case.escalation = max(case.escalation, level)
    record.step(Actor.system(), case, EventType.ESCALATED, level=level, clock=each.clock.value)
    notices.escalate(case, _superiors(case, each, level), each.due_at)
    if level == 1 and each.clock is Clock.ANSWER:
        notices.tell_sender(case, "case.late")


def _workers(case: Case, each: Running) -> list[int]:
    if case.confidential:
        return list(queries.recipient_ids(case.id))
    if each.clock is Clock.ACCEPT:
        code = case.offered_to or case.department_code
        return queries.staff_of(code) if code else queries.coordinator_ids()
    if case.assignee_id is not None:
        return [case.assignee_id]
    return queries.staff_of(case.department_code) if case.department_code else queries.coordinator_ids()


def _superiors(case: Case, each: Running, level: int) -> list[int]:
    """The head at once, the coordinators a working day later, the administrators for 督办 (domain.md §2)."""
    if case.confidential:
        return list(queries.recipient_ids(case.id))
    code = (case.offered_to if each.clock is Clock.ACCEPT else None) or case.department_code
    if level == 1:
        return (queries.staff_of(code, Role.DEPARTMENT_HEAD) if code else []) or queries.coordinator_ids()
    return queries.coordinator_ids() + (queries.people_with(Role.ADMIN) if level >= 3 else [])


def _next_wake(case: Case, running: Clocks) -> datetime | None:
    """The next moment at which something is due by itself."""
    if case.state is CaseState.ANSWERED:
        return _closing(case)
    if not case.is_open:
        return None
    done = select(Reminder.clock, Reminder.due_at, Reminder.step).where(Reminder.case_id == case.id)
    sent = {(row.clock, row.due_at, row.step) for row in db.session.execute(done)}
    ahead = [
        moment
        for each in running.open
        for step, moment in clocks.steps(each, calendar())
        if (each.clock, each.due_at, step) not in sent
    ]
    ahead += [each.due_at for each in running.open if each.clock is Clock.SENDER]
    return min(ahead, default=None)
