"""Steps that cross each other: what one person began does not outlive what another one did meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from campus_service.feedback import queries, service
from campus_service.feedback.commands import (
    Adjudicate,
    ChangeCase,
    DecideAnswer,
    DecideHandover,
    GiveVerdict,
    LinkCase,
    MergeCase,
    OfferCase,
    Part,
    Reopen,
    ReturnCase,
    RouteCase,
    SaveOptions,
    Say,
    SplitCase,
    Withdraw,
    WriteAnswer,
)
from campus_service.feedback.models import Answer, Case, Handover
from campus_service.feedback.service import timing
from campus_service.feedback.states import AnswerState, CaseState, Clock, EventType, HandoverState, Kind
from campus_service.notifications.models import Notification
from tests.conftest import Cast, Person
from tests.feedback.everything import REPORT
from tests.feedback.stories import accepted, anonymous, answered, asked, case, routed, sent

DONE = WriteAnswer(body="灯已经换好，请今晚看看。", outcome="solved")
TO_LIBRARY = OfferCase(to="library", reason="灯在图书馆门口")


def submitted(people: Cast) -> str:
    """郑老师's answer waits for the head."""
    with transaction():
        service.save_options(people.head.actor, "logistics", SaveOptions(needs_approval=True))
    no = accepted(people)
    with transaction():
        service.answer(people.officer.actor, no, DONE)
    return no


def offered(people: Cast) -> str:
    """Logistics offers a case to the library."""
    no = accepted(people)
    with transaction():
        service.offer(people.officer.actor, no, TO_LIBRARY)
    return no


def kinds_of(no: str) -> list[EventType]:
    return [event.type for event in queries.events(case(no).id)]


def told(person: Person, kind: str) -> list[Notification]:
    db.session.rollback()
    mine = (Notification.user_id == person.id, Notification.kind == kind)
    return list(db.session.scalars(select(Notification).where(*mine)))


# --- an answer that waits for the head ----------------------------------------------------------------------------


def test_an_answer_that_waits_is_void_once_the_head_has_answered_himself(people: Cast) -> None:
    no = submitted(people)
    with transaction():
        service.answer(people.head.actor, no, DONE)
    with pytest.raises(Conflict), transaction():
        service.decide_answer(people.head.actor, no, DecideAnswer(approve=True))
    assert kinds_of(no).count(EventType.ANSWERED) == 1
    states = db.session.scalars(select(Answer.state).order_by(Answer.id)).all()
    assert states == [AnswerState.SENT_BACK, AnswerState.SENT]


def test_an_answer_that_waits_stays_behind_when_the_case_moves(people: Cast) -> None:
    no = submitted(people)
    with transaction():
        service.offer(people.officer.actor, no, TO_LIBRARY)
    with transaction():
        service.decide_handover(people.librarian.actor, no, DecideHandover(accept=True))
    assert queries.waiting_answer(case(no).id) is None
    with transaction():
        service.answer(people.librarian.actor, no, WriteAnswer(body="门口的灯修好了。", outcome="solved"))
    assert case(no).answered_by == people.librarian.id


def test_an_answer_that_waits_is_void_after_a_decision_or_a_withdrawal(people: Cast) -> None:
    no = submitted(people)
    with transaction():
        service.adjudicate(
            people.coordinator.actor, no, Adjudicate(department="library", reason="门口归图书馆")
        )
    assert queries.waiting_answer(case(no).id) is None
    other = accepted(people, people.zhou)
    with transaction():
        service.answer(people.officer.actor, other, DONE)
    with transaction():
        service.withdraw(people.zhou.actor, other, Withdraw())
    assert queries.waiting_answer(case(other).id) is None


# --- a hand-over that waits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["answer", "withdraw"])
def test_a_hand_over_that_waits_ends_with_the_case(people: Cast, end: str) -> None:
    no = offered(people)
    with transaction():
        if end == "answer":
            service.answer(people.officer.actor, no, DONE)
        else:
            service.withdraw(people.lin.actor, no, Withdraw())
    row = case(no)
    assert row.offered_to is None
    assert db.session.scalars(select(Handover.state)).all() == [HandoverState.LAPSED]
    with pytest.raises((Conflict, NotFound)), transaction():
        service.decide_handover(people.librarian.actor, no, DecideHandover(accept=True))
    assert case(no).department_code == "logistics"


def test_when_an_anonymous_sender_withdraws_only_the_hour_is_kept(people: Cast) -> None:
    receipt = anonymous(people.lin)
    if case(receipt.no).state is not CaseState.ROUTED:
        with transaction():
            service.route(people.coordinator.actor, receipt.no, RouteCase(department="logistics"))
    with transaction():
        service.accept(people.officer.actor, receipt.no)
    with transaction():
        service.offer(people.officer.actor, receipt.no, TO_LIBRARY)
    with transaction():
        service.withdraw(people.lin.actor, receipt.no, Withdraw(), receipt.receipt)
    ended = db.session.scalars(select(Handover)).one()
    assert ended.decided_by is None
    assert ended.decided_at is not None
    assert (ended.decided_at.minute, ended.decided_at.second, ended.decided_at.microsecond) == (0, 0, 0)


# --- who owes what ------------------------------------------------------------------------------------------------


def test_a_pause_goes_on_through_a_decision_and_ends_once(people: Cast) -> None:
    no = asked(people)
    with transaction():
        service.adjudicate(
            people.coordinator.actor, no, Adjudicate(department="library", reason="门口归图书馆")
        )
    row = case(no)
    assert (row.state, row.paused) == (CaseState.ADJUDICATED, True)
    sender = timing.clocks_of(row).get(Clock.SENDER)
    assert sender is not None
    with freeze(sender.due_at + timedelta(minutes=1)):
        for _time in range(2):
            with transaction():
                timing.wake(row.id)
        assert kinds_of(no).count(EventType.RESUMED) == 1
        assert (case(no).state, case(no).paused) == (CaseState.ADJUDICATED, False)
        again = timing._next_wake(case(no), timing.clocks_of(case(no)))
        assert again is not None
        assert again > now()


def test_two_returns_leave_only_a_decision(people: Cast) -> None:
    no = routed(people)
    for person, department in ((people.officer, "library"), (people.librarian, "clinic")):
        with transaction():
            service.return_case(person.actor, no, ReturnCase(reason="不归我们管", suggested=department))
        if department == "library":
            with transaction():
                service.route(people.coordinator.actor, no, RouteCase(department=department))
    with pytest.raises(Conflict, match="裁定"), transaction():
        service.route(people.coordinator.actor, no, RouteCase(department="clinic"))
    with transaction():
        service.adjudicate(people.coordinator.actor, no, Adjudicate(department="clinic", reason="门诊楼的灯"))
    assert case(no).department_code == "clinic"


# --- no time is won -----------------------------------------------------------------------------------------------


def test_what_is_late_gets_no_more_time_by_another_kind_or_by_parts(people: Cast) -> None:
    no = accepted(people)
    due = case(no).answer_due_at
    assert due is not None
    with freeze(due + timedelta(hours=1)):
        with pytest.raises(Conflict), transaction():
            service.change(people.officer.actor, no, ChangeCase(kind=Kind.COMPLAINT))
        with transaction():
            service.split(
                people.officer.actor,
                no,
                SplitCase(parts=[Part(department="library", body="门口的那一盏也不亮")]),
            )
        assert case(no).answer_due_at == due


def test_a_part_in_time_gives_two_more_days(people: Cast) -> None:
    no = accepted(people)
    due = case(no).answer_due_at
    parts = SplitCase(parts=[Part(department="library", body="门口的那一盏也不亮")])
    with transaction():
        (part,) = service.split(people.officer.actor, no, parts)
    later = case(no).answer_due_at
    assert due is not None
    assert later is not None
    assert later > due
    with pytest.raises(Invalid), transaction():
        service.split(people.officer.actor, no, parts)  # that department has its part
    with transaction():
        service.accept(people.librarian.actor, part.no)
    with pytest.raises(Conflict), transaction():
        service.split(
            people.librarian.actor,
            part.no,
            SplitCase(parts=[Part(department="clinic", body="再拆一份给别人")]),
        )
    with pytest.raises(Conflict), transaction():
        service.ask(people.librarian.actor, part.no, Say(body="请补一张照片。"))


# --- who hears, and who does not ----------------------------------------------------------------------------------


def test_a_case_that_turns_out_urgent_sounds_the_alarm(people: Cast) -> None:
    no = accepted(people)
    with transaction():
        service.change(people.coordinator.actor, no, ChangeCase(urgent=True))
    for person in (people.officer, people.head, people.coordinator):
        assert len(told(person, "inbox.urgent")) == 1, person.name


def test_nobody_makes_a_report_of_what_others_can_see(people: Cast) -> None:
    no = accepted(people)
    for person in (people.officer, people.coordinator):
        with pytest.raises(Invalid), transaction():
            service.change(person.actor, no, ChangeCase(kind=Kind.REPORT))
    assert case(no).kind is Kind.REQUEST


def test_a_report_is_not_put_beside_another_case(people: Cast) -> None:
    reader = people.auditor
    report = anonymous(None, **REPORT).no
    no = routed(people, people.zhou, "student_affairs", body="学生证补办要等多久，窗口说法不一")
    with transaction():
        service.accept(reader.actor, no)
    with pytest.raises(Invalid), transaction():
        service.link(reader.actor, no, LinkCase(other=report))
    with pytest.raises(Forbidden), transaction():
        service.link(reader.actor, report, LinkCase(other=no))
    with pytest.raises(Invalid), transaction():
        service.merge(reader.actor, no, MergeCase(into=report))


def test_a_report_is_never_answered_in_the_name_of_whom_it_accuses(people: Cast) -> None:
    reader = people.auditor
    report = anonymous(None, **REPORT).no
    with transaction():
        service.accept(reader.actor, report)
    with transaction():
        service.answer(reader.actor, report, WriteAnswer(body="已经核实，处理了。", outcome="solved"))
    assert db.session.scalars(select(Answer.department_code)).all() == ["affairs_centre"]


def test_who_said_the_same_hears_of_his_own_case(people: Cast) -> None:
    private = accepted(people, people.lin, title="我室友的灯半夜不关")
    mine = accepted(people, people.zhou)
    with transaction():
        service.merge(people.officer.actor, mine, MergeCase(into=private))
    with transaction():
        service.answer(people.officer.actor, private, DONE)
    (note,) = told(people.zhou, "case.answered")
    assert note.link == f"/feedback/{mine}"
    assert "室友" not in str(note.params)
    assert note.params["department"] == "logistics"


# --- the sender's side --------------------------------------------------------------------------------------------


def test_a_reopened_case_keeps_nothing_of_the_first_verdict(people: Cast) -> None:
    no = answered(people)
    with transaction():
        service.give_verdict(people.lin.actor, no, GiveVerdict(solved=False, rating=1, text="还是不亮"))
    with transaction():
        service.reopen(people.lin.actor, no, Reopen(reason="还是不亮，请换人来看"))
    row = case(no)
    assert (row.solved, row.rating, row.rating_text, row.rated_at) == (None, None, "", None)


def test_the_same_form_sent_again_is_no_sixth_case(people: Cast) -> None:
    for number in range(4):
        sent(people.lin, body=f"第{number}张桌子的腿松了，请来紧一紧")
    fifth = sent(people.lin, request_key="f" * 32)
    assert sent(people.lin, request_key="f" * 32) == fifth
    assert db.session.scalar(select(func.count()).select_from(Case)) == 5


def test_who_no_longer_follows_is_counted_off_once(people: Cast, app: object) -> None:
    from tests.feedback.test_races import together

    no = accepted(people, consent=True)
    for person in (people.zhou, people.wu):
        with transaction():
            service.follow(person.actor, no)
    acts: list[Callable[[], object]] = [lambda: service.unfollow(people.zhou.actor, no)] * 4
    together(app, acts)  # type: ignore[arg-type]
    assert case(no).followers == 1
