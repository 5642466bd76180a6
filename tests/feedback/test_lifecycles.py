"""State machine: whatever people do in whatever order, the inbox's promises hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from campus_service.core.errors import DomainError
from campus_service.feedback import commands as c
from campus_service.feedback import queries, service
from campus_service.feedback.models import Case, CaseEvent, CaseReturn, Handover
from campus_service.feedback.service import timing
from campus_service.feedback.states import CASE, HELD, OPEN, CaseState, EventType, HandoverState
from campus_service.jobs.outbox import run_due
from tests.conftest import Cast
from tests.feedback.stories import anonymous, sent

STEPS = settings(
    max_examples=10,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
DEPARTMENTS = st.sampled_from(["logistics", "library", "dormitory"])
STAFF = st.sampled_from(["officer", "colleague", "head", "librarian", "coordinator", "lin"])


class Inbox(RuleBasedStateMachine):
    """Students, officers, a coordinator and time act on a few cases; illegal steps are refused and change nothing."""

    people: Cast
    cases = Bundle("cases")
    receipts: dict[str, str]

    def __init__(self) -> None:
        super().__init__()
        self.states: dict[int, CaseState] = {}
        self.promised: dict[int, Any] = {}
        self.receipts = {}
        self.clock = now()

    def attempt(self, act: Callable[[], Any]) -> Any:
        """Do it as a request would; a refusal is an answer."""
        try:
            with freeze(self.clock), transaction():
                return act()
        except DomainError:
            return None

    def actor(self, name: str) -> Actor:
        return getattr(self.people, name).actor  # type: ignore[no-any-return]

    @rule(target=cases, who=st.sampled_from(["lin", "zhou", "wu"]), key=st.integers())
    def somebody_sends(self, who: str, key: int) -> str:
        with freeze(self.clock):
            try:
                return sent(getattr(self.people, who), consent=bool(key % 2))
            except DomainError:
                return "none"

    @rule(target=cases)
    def somebody_sends_without_a_name(self) -> str:
        with freeze(self.clock):
            made = anonymous()
        self.receipts[made.no] = made.receipt
        return made.no

    @rule(hours=st.integers(1, 60))
    def time_passes(self, hours: int) -> None:
        self.clock += timedelta(hours=hours)
        with freeze(self.clock):
            run_due()

    @rule(no=cases, department=DEPARTMENTS)
    def route(self, no: str, department: str) -> None:
        self.attempt(lambda: service.route(self.actor("coordinator"), no, c.RouteCase(department=department)))

    @rule(no=cases, department=DEPARTMENTS)
    def adjudicate(self, no: str, department: str) -> None:
        command = c.Adjudicate(department=department, reason="职责清单写明")
        self.attempt(lambda: service.adjudicate(self.actor("coordinator"), no, command))

    @rule(no=cases, who=STAFF)
    def accept(self, no: str, who: str) -> None:
        self.attempt(lambda: service.accept(self.actor(who), no))

    @rule(no=cases, who=STAFF)
    def give_back(self, no: str, who: str) -> None:
        self.attempt(lambda: service.return_case(self.actor(who), no, c.ReturnCase(reason="不归我们")))

    @rule(no=cases, who=STAFF, department=DEPARTMENTS)
    def offer(self, no: str, who: str, department: str) -> None:
        command = c.OfferCase(to=department, reason="归那边管")
        self.attempt(lambda: service.offer(self.actor(who), no, command))

    @rule(no=cases, who=STAFF, accept=st.booleans())
    def decide_handover(self, no: str, who: str, accept: bool) -> None:
        command = c.DecideHandover(accept=accept, reason="看过了")
        self.attempt(lambda: service.decide_handover(self.actor(who), no, command))

    @rule(
        no=cases, who=STAFF, act=st.sampled_from([service.progress, service.ask, service.acted, service.note])
    )
    def write(self, no: str, who: str, act: Callable[..., Any]) -> None:
        self.attempt(lambda: act(self.actor(who), no, c.Say(body="写一句话")))

    @rule(no=cases, who=STAFF, days=st.integers(1, 5))
    def extend(self, no: str, who: str, days: int) -> None:
        self.attempt(lambda: service.extend(self.actor(who), no, c.Extend(days=days, reason="等配件")))

    @rule(no=cases, who=STAFF)
    def answer(self, no: str, who: str) -> None:
        self.attempt(
            lambda: service.answer(self.actor(who), no, c.WriteAnswer(body="办好了", outcome="solved"))
        )

    @rule(no=cases, who=STAFF)
    def split(self, no: str, who: str) -> None:
        parts = [c.Part(department="clinic", body="医院的部分")]
        self.attempt(lambda: service.split(self.actor(who), no, c.SplitCase(parts=parts)))

    @rule(no=cases, into=cases, who=STAFF)
    def merge(self, no: str, into: str, who: str) -> None:
        self.attempt(lambda: service.merge(self.actor(who), no, c.MergeCase(into=into)))

    @rule(no=cases, solved=st.booleans(), rating=st.integers(1, 5))
    def verdict(self, no: str, solved: bool, rating: int) -> None:
        command = c.GiveVerdict(solved=solved, rating=rating)
        self.attempt(lambda: service.give_verdict(*self.sender(no), command, self.receipts.get(no, "")))

    @rule(no=cases)
    def reopen(self, no: str) -> None:
        command = c.Reopen(reason="没有解决")
        self.attempt(lambda: service.reopen(*self.sender(no), command, self.receipts.get(no, "")))

    @rule(no=cases)
    def add_a_word(self, no: str) -> None:
        command = c.AddMessage(body="再补一句")
        self.attempt(lambda: service.add_message(*self.sender(no), command, self.receipts.get(no, "")))

    @rule(no=cases)
    def withdraw(self, no: str) -> None:
        self.attempt(lambda: service.withdraw(*self.sender(no), c.Withdraw(), self.receipts.get(no, "")))

    def sender(self, no: str) -> tuple[Actor, str]:
        row = db.session.scalar(select(Case).where(Case.no == no))
        owners = {person.id: person.actor for person in (self.people.lin, self.people.zhou, self.people.wu)}
        return owners.get(row.sender_id or 0, Actor.visitor()) if row else Actor.visitor(), no

    @invariant()
    def every_move_was_listed(self) -> None:
        db.session.expire_all()
        for row in db.session.scalars(select(Case)):
            before = self.states.get(row.id, row.state)
            assert before is row.state or self.leads(before, row.state), (row.no, before, row.state)
            assert row.is_open == (row.state in OPEN)
            self.states[row.id] = row.state

    def leads(self, old: CaseState, new: CaseState) -> bool:
        """Whether ``new`` follows ``old`` in at most three listed moves: time may make several at once."""
        reached = {old}
        for _move in range(3):
            reached |= {state for each in reached for state in CASE.moves.get(each, ())}
        return new in reached

    @invariant()
    def whoever_accepted_is_responsible(self) -> None:
        for row in db.session.scalars(select(Case)):
            if row.state in HELD and not row.confidential:
                assert row.department_code is not None
                assert row.first_department is not None
                assert row.accepted_at is not None

    @invariant()
    def at_most_one_hand_over_waits_and_one_return_a_department(self) -> None:
        waiting = select(Handover.case_id, func.count()).where(Handover.state == HandoverState.PENDING)
        assert all(count == 1 for _case, count in db.session.execute(waiting.group_by(Handover.case_id)))
        returns = select(func.count(CaseReturn.id)).group_by(CaseReturn.case_id, CaseReturn.department_code)
        assert all(count == 1 for count in db.session.scalars(returns))
        for row in db.session.scalars(select(Case)):
            assert (row.offered_to is not None) == (queries.pending_handover(row.id) is not None)

    @invariant()
    def asked_once_extended_once_reopened_once(self) -> None:
        once = (EventType.ASKED, EventType.EXTENDED, EventType.REOPENED)
        counts = (
            select(func.count()).where(CaseEvent.type.in_(once)).group_by(CaseEvent.case_id, CaseEvent.type)
        )
        assert all(count == 1 for count in db.session.scalars(counts))

    @invariant()
    def no_promise_ever_got_earlier(self) -> None:
        for row in db.session.scalars(select(Case)):
            before = self.promised.get(row.id)
            assert before is None or row.answer_due_at is None or row.answer_due_at >= before
            self.promised[row.id] = row.answer_due_at

    @invariant()
    def an_anonymous_case_has_no_sender(self) -> None:
        for no in self.receipts:
            row = queries.case_by_no(no)
            assert row.sender_id is None
            own = select(CaseEvent).where(CaseEvent.case_id == row.id, CaseEvent.type == EventType.MESSAGE)
            assert all(event.actor_id is None for event in db.session.scalars(own))

    @invariant()
    def the_clocks_beside_the_case_are_those_of_its_log(self) -> None:
        with freeze(self.clock):
            for row in db.session.scalars(select(Case).where(Case.state.in_(OPEN))):
                upcoming = timing.clocks_of(row).next
                assert row.next_due_at == (upcoming.due_at if upcoming else None)

    def teardown(self) -> None:
        assert list(audit.verify()) == []


def test_cases_keep_their_promises_whatever_people_do(people: Cast) -> None:
    for name in ("officer", "colleague", "head", "librarian", "coordinator"):
        getattr(people, name)
    Inbox.people = people
    run_state_machine_as_test(Inbox, settings=STEPS)


def test_every_state_can_be_reached_from_the_first() -> None:
    reached = {CaseState.RECEIVED}
    for _round in CaseState:
        reached |= {new for old in reached for new in CASE.moves.get(old, ())}
    assert reached == set(CaseState)
