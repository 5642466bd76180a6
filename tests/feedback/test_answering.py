"""Working on a case: progress, asking once, extending, notes, the answer, the head's approval."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campus_service.core.clock import freeze, now
from campus_service.core.db import transaction
from campus_service.core.errors import Conflict, Forbidden, Invalid
from campus_service.core.http import parse
from campus_service.feedback import queries, service
from campus_service.feedback.commands import (
    AddMessage,
    DecideAnswer,
    Extend,
    GiveVerdict,
    Reopen,
    Say,
    WriteAnswer,
)
from campus_service.feedback.models import DepartmentOption
from campus_service.feedback.states import CaseState, MessageKind, Outcome
from tests.conftest import Cast
from tests.feedback.stories import accepted, answered, asked, case, routed

SOLVED = WriteAnswer(body="灯已经换好，请今晚看看。", outcome=Outcome.SOLVED)


def test_who_writes_must_have_accepted_first(people: Cast) -> None:
    no = routed(people)
    with pytest.raises(Conflict), transaction():
        service.progress(people.officer.actor, no, Say(body="师傅在路上"))


def test_progress_puts_the_case_in_progress(people: Cast) -> None:
    no = accepted(people)
    with transaction():
        service.progress(people.officer.actor, no, Say(body="配件已领，今天装好。"))
    assert case(no).state is CaseState.IN_PROGRESS
    assert [message.kind for message in queries.messages(case(no).id)] == [MessageKind.PROGRESS]


def test_what_is_missing_is_asked_for_once_and_the_clock_pauses(people: Cast) -> None:
    no = asked(people)
    assert (case(no).state, case(no).paused) == (CaseState.WAITING, True)
    with transaction():
        service.add_message(people.lin.actor, no, AddMessage(body="二楼西侧第三级旁边那盏"))
    assert (case(no).state, case(no).paused) == (CaseState.IN_PROGRESS, False)
    with pytest.raises(Conflict), transaction():
        service.ask(people.officer.actor, no, Say(body="再问一次"))


def test_a_deadline_is_extended_once_and_never_beyond_its_own_length(people: Cast) -> None:
    no = accepted(people)
    promised = case(no).answer_due_at
    with pytest.raises(Invalid), transaction():
        service.extend(people.officer.actor, no, Extend(days=4, reason="配件缺货"))
    with transaction():
        service.extend(people.officer.actor, no, Extend(days=2, reason="配件缺货"))
    later = case(no).answer_due_at
    assert promised is not None
    assert later is not None
    assert later > promised
    with pytest.raises(Conflict), transaction():
        service.extend(people.officer.actor, no, Extend(days=1, reason="还是缺货"))


def test_what_is_late_already_is_not_extended(people: Cast) -> None:
    no = accepted(people)
    with freeze(now() + timedelta(days=30)), pytest.raises(Conflict), transaction():
        service.extend(people.officer.actor, no, Extend(days=1, reason="配件缺货"))


def test_a_note_is_for_staff_and_tells_whom_it_names(people: Cast) -> None:
    no, colleague = accepted(people), people.colleague
    with transaction():
        service.note(people.officer.actor, no, Say(body="@陈师傅，明早你顺路看一下？"))
    assert not queries.messages(case(no).id)
    assert queries.messages(case(no).id, notes=True)[0].mentions == [colleague.id]


def test_an_answer_says_what_it_came_to(people: Cast) -> None:
    row = case(answered(people))
    assert (row.state, row.outcome, row.answered_by, row.is_open) == (
        CaseState.ANSWERED,
        Outcome.SOLVED,
        people.officer.id,
        False,
    )


def test_not_ours_and_declined_say_whose_and_by_which_rule(people: Cast) -> None:
    for outcome in ("not_ours", "declined"):
        with pytest.raises(Invalid):
            parse(WriteAnswer, {"body": "办不了", "outcome": outcome})


def test_a_stale_answer_is_refused_and_the_case_stays_as_it_was(people: Cast) -> None:
    no = accepted(people)
    seen = case(no).version
    with transaction():
        service.add_message(people.lin.actor, no, AddMessage(body="刚才又亮了一下"))
    with pytest.raises(Conflict), transaction():
        service.answer(people.officer.actor, no, SOLVED.model_copy(update={"version": seen}))
    assert case(no).state is CaseState.ACCEPTED


def needs_approval(department: str = "logistics") -> None:
    with transaction() as session:
        session.merge(DepartmentOption(department_code=department, needs_approval=True))


def test_the_head_lets_an_answer_go(people: Cast) -> None:
    needs_approval()
    no = accepted(people)
    with transaction():
        service.answer(people.officer.actor, no, SOLVED)
    assert case(no).state is CaseState.ACCEPTED
    with pytest.raises(Forbidden), transaction():
        service.decide_answer(people.officer.actor, no, DecideAnswer(approve=True))
    with transaction():
        service.decide_answer(people.head.actor, no, DecideAnswer(approve=True))
    assert (case(no).state, case(no).answered_by) == (CaseState.ANSWERED, people.officer.id)


def test_the_head_sends_an_answer_back_with_a_reason(people: Cast) -> None:
    needs_approval()
    no = accepted(people)
    with transaction():
        service.answer(people.officer.actor, no, SOLVED)
    with pytest.raises(Conflict), transaction():
        service.answer(people.officer.actor, no, SOLVED)
    with transaction():
        service.decide_answer(people.head.actor, no, DecideAnswer(approve=False, reason="写明哪天换的"))
    with transaction():
        service.answer(people.officer.actor, no, SOLVED)
    assert queries.waiting_answer(case(no).id) is not None


def test_the_sender_says_solved_and_the_case_is_closed(people: Cast) -> None:
    no = answered(people)
    with transaction():
        service.give_verdict(people.lin.actor, no, GiveVerdict(solved=True, rating=5))
    assert (case(no).state, case(no).solved, case(no).rating) == (CaseState.CLOSED, True, 5)
    with pytest.raises(Conflict), transaction():
        service.give_verdict(people.lin.actor, no, GiveVerdict(solved=False, rating=1))


def test_a_case_is_reopened_once_and_by_another_person(people: Cast) -> None:
    no, colleague = answered(people), people.colleague
    with transaction():
        service.reopen(people.lin.actor, no, Reopen(reason="还是不亮"))
    row = case(no)
    assert (row.state, row.is_open, row.assignee_id) == (CaseState.REOPENED, True, None)
    assert row.answer_due_at is not None
    assert row.answer_due_at > now()
    with pytest.raises(Conflict), transaction():
        service.answer(people.officer.actor, no, SOLVED)
    with transaction():
        service.answer(colleague.actor, no, SOLVED)
    with pytest.raises(Conflict), transaction():
        service.reopen(people.lin.actor, no, Reopen(reason="又坏了"))


def test_silence_closes_an_answered_case_after_five_working_days(people: Cast, work) -> None:  # type: ignore[no-untyped-def]
    no = answered(people)
    with freeze(now() + timedelta(days=16)):
        work()
        assert case(no).state is CaseState.CLOSED
    assert case(no).solved is None
