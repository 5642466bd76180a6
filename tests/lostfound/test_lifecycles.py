"""State machines: whatever people do in whatever order, the registry's promises hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from campus_service.core import audit
from campus_service.core.db import db, transaction
from campus_service.core.errors import DomainError
from campus_service.core.permissions import Role
from campus_service.lostfound import queries, service
from campus_service.lostfound.commands import (
    Abort,
    Appeal,
    CheckIdentity,
    Decide,
    EnterCode,
    HandIn,
    Move,
)
from campus_service.lostfound.keeping_commands import HandOver
from campus_service.lostfound.models import Claim, FoundItem, LostReport, Pickup, Return
from campus_service.lostfound.states import (
    CLAIM,
    FOUND_ITEM,
    LOST_REPORT,
    PRESENT,
    UNDECIDED,
    ClaimState,
    FoundState,
    LostState,
)
from campus_service.search.models import SearchDocument
from tests.conftest import Cast, Person, new_colleague
from tests.lostfound.stories import claimed, found, held, lost

STEPS = settings(
    max_examples=12,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)


class Registry(RuleBasedStateMachine):
    """Several people act on a few items at random; illegal steps are refused and change nothing."""

    people: Cast
    second_officer: Person
    items = Bundle("items")
    claims = Bundle("claims")
    pickups = Bundle("pickups")

    def __init__(self) -> None:
        super().__init__()
        self.states: dict[tuple[str, int], Any] = {}

    def attempt(self, act: Callable[[], Any]) -> Any:
        """Do it as a request would; a refusal is an answer."""
        try:
            with transaction():
                return act()
        except DomainError:
            return None

    @rule(target=items)
    def somebody_finds_and_keeps(self) -> str:
        return found(self.people.zhou)

    @rule(target=items)
    def the_desk_takes_in(self) -> str:
        return held(self.people)

    @rule(no=items, desk=st.sampled_from(["centre", "library", "nowhere"]))
    def hand_in(self, no: str, desk: str) -> None:
        self.attempt(lambda: service.hand_in(self.people.desk.actor, no, HandIn(desk=desk)))

    @rule(no=items, desk=st.sampled_from(["centre", "library"]))
    def move(self, no: str, desk: str) -> None:
        self.attempt(lambda: service.move(self.people.desk.actor, no, Move(desk=desk)))

    @rule(no=items)
    def receive(self, no: str) -> None:
        self.attempt(lambda: service.receive(self.people.he.actor, no))

    @rule(no=items)
    def hand_over(self, no: str) -> None:
        self.attempt(
            lambda: service.hand_over(self.people.he.actor, no, HandOver(destination="police", to="派出所"))
        )

    @rule(target=claims, no=items, who=st.sampled_from(["lin", "wu", "zhou"]))
    def claim(self, no: str, who: str) -> int:
        try:
            return claimed(getattr(self.people, who), no)
        except DomainError:
            return 0

    @rule(claim=claims, approve=st.booleans(), second=st.booleans())
    def decide(self, claim: int, approve: bool, second: bool) -> None:
        officer = self.second_officer if second else self.people.he
        self.attempt(lambda: service.decide(officer.actor, claim, Decide(approve=approve, reason="核对过")))

    @rule(claim=claims, who=st.sampled_from(["lin", "wu"]))
    def appeal(self, claim: int, who: str) -> None:
        self.attempt(lambda: service.appeal(getattr(self.people, who).actor, claim, Appeal(text="请再看看")))

    @rule(claim=claims, who=st.sampled_from(["lin", "wu"]))
    def withdraw(self, claim: int, who: str) -> None:
        self.attempt(lambda: service.withdraw_claim(getattr(self.people, who).actor, claim))

    @rule(target=pickups, claim=claims)
    def show_the_code(self, claim: int) -> int:
        row = db.session.get(Claim, claim)
        code = service.pickup_code(row) if row else ""
        if not code:
            return 0
        pickup = self.attempt(lambda: service.open_pickup(self.people.desk.actor, EnterCode(code=code)))
        return pickup.id if pickup else 0

    @rule(pickup=pickups)
    def check_identity(self, pickup: int) -> None:
        command = CheckIdentity(id_type="campus_card", id_last4="0001")
        self.attempt(lambda: service.check_identity(self.people.desk.actor, pickup, command))

    @rule(claim=claims, who=st.sampled_from(["lin", "wu"]))
    def recipient_confirms(self, claim: int, who: str) -> None:
        self.attempt(lambda: service.confirm_receipt(getattr(self.people, who).actor, claim))

    @rule(pickup=pickups)
    def officer_confirms(self, pickup: int) -> None:
        self.attempt(lambda: service.confirm_return(self.people.he.actor, pickup))

    @rule(pickup=pickups)
    def abort(self, pickup: int) -> None:
        self.attempt(lambda: service.abort_pickup(self.people.desk.actor, pickup, Abort(reason="对不上")))

    @rule(claim=claims)
    def reissue(self, claim: int) -> None:
        self.attempt(lambda: service.reissue_code(self.people.he.actor, claim))

    @invariant()
    def every_move_was_listed(self) -> None:
        db.session.expire_all()
        tables: tuple[tuple[Any, Any], ...] = ((FoundItem, FOUND_ITEM), (Claim, CLAIM))
        for table, lifecycle in tables:
            for row in db.session.scalars(select(table)):
                before = self.states.get((table.__tablename__, row.id), row.state)
                assert before is row.state or lifecycle.allows(before, row.state), (before, row.state)
                self.states[table.__tablename__, row.id] = row.state

    @invariant()
    def at_most_one_return_and_one_approval_per_item(self) -> None:
        back = db.session.execute(select(Return.item_id, func.count()).group_by(Return.item_id)).all()
        assert all(count == 1 for _item, count in back)
        for item in db.session.scalars(select(FoundItem)):
            rows = queries.claims_of_item(item.id)
            assert sum(row.state in (ClaimState.APPROVED, ClaimState.RETURNED) for row in rows) <= 1
            assert item.open_claims == sum(row.state in UNDECIDED for row in rows)
            assert (item.state is FoundState.RETURNED) == any(
                row.state is ClaimState.RETURNED for row in rows
            )

    @invariant()
    def a_return_had_all_its_confirmations(self) -> None:
        for done in db.session.scalars(select(Return)):
            pickup = db.session.get_one(Pickup, done.pickup_id)
            assert pickup.id_checked_at
            assert pickup.confirmed_at
            assert done.officer_id in (self.people.he.id, self.second_officer.id)

    @invariant()
    def the_list_and_the_index_hold_just_what_is_present(self) -> None:
        for item in db.session.scalars(select(FoundItem)):
            assert item.listed == (item.state in PRESENT)
            assert (db.session.get(SearchDocument, f"found:{item.id}") is not None) == item.listed

    def teardown(self) -> None:
        assert list(audit.verify()) == []


def test_items_claims_and_returns_keep_their_promises_whatever_people_do(people: Cast) -> None:
    Registry.people = people
    Registry.second_officer = new_colleague("W0009", "孙老师", Role.SECURITY)
    run_state_machine_as_test(Registry, settings=STEPS)


class Loser(RuleBasedStateMachine):
    """One person and his lost reports."""

    people: Cast
    reports = Bundle("reports")

    def __init__(self) -> None:
        super().__init__()
        self.before: dict[int, LostState] = {}

    @rule(target=reports)
    def post(self) -> str:
        return lost(self.people.lin)

    @rule(
        no=reports,
        act=st.sampled_from([service.recover, service.withdraw, service.renew]),
        mine=st.booleans(),
    )
    def act(self, no: str, act: Callable[[Any, str], Any], mine: bool) -> None:
        actor = self.people.lin.actor if mine else self.people.wu.actor
        try:
            with transaction():
                act(actor, no)
            assert mine
        except DomainError:
            pass

    @rule(no=reports)
    def nobody_answered(self, no: str) -> None:
        from campus_service.core.actor import Actor
        from campus_service.lostfound.service.reporting import change_state

        try:
            with transaction():
                change_state(Actor.system(), queries.lost_report(Actor.system(), no), LostState.LAPSED)
        except DomainError:
            pass

    @invariant()
    def every_move_was_listed_and_the_list_follows(self) -> None:
        db.session.expire_all()
        for report in db.session.scalars(select(LostReport)):
            old = self.before.get(report.id, report.state)
            assert old is report.state or LOST_REPORT.allows(old, report.state)
            assert report.listed == (report.state is LostState.OPEN)
            self.before[report.id] = report.state


def test_a_lost_report_moves_only_as_listed_and_only_by_its_author(people: Cast) -> None:
    Loser.people = people
    run_state_machine_as_test(Loser, settings=STEPS)


@pytest.mark.parametrize("lifecycle", [LOST_REPORT, FOUND_ITEM, CLAIM])
def test_every_state_can_be_reached_from_the_first(lifecycle: Any) -> None:
    states: list[Any] = list(type(next(iter(lifecycle.moves))))  # type: ignore[call-overload]
    reached = {states[0]}
    for _round in states:
        reached |= {new for old in reached for new in lifecycle.moves.get(old, ())}
    assert reached == set(states)
