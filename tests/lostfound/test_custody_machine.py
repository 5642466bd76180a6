"""A state machine: two people send, sign, refuse, count and close in any order; ledger, legs and hands stay in line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from campus_service.core.clock import BEIJING, freeze
from campus_service.core.db import db, transaction
from campus_service.core.errors import DomainError
from campus_service.lostfound import custody_queries, service
from campus_service.lostfound.commands import Move
from campus_service.lostfound.commands_custody import (
    Arrived,
    CloseStockTake,
    CountItem,
    Refuse,
    Send,
    StartStockTake,
)
from campus_service.lostfound.models import CustodyLeg, FoundItem, StockTake
from campus_service.lostfound.service import stocktaking
from campus_service.lostfound.states import FoundState
from tests.conftest import Cast
from tests.lostfound.stories import held

STEPS = settings(
    max_examples=10,
    stateful_step_count=16,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
DESKS = st.sampled_from(["centre", "library"])
SHELVES = st.sampled_from(["", "A-06", "B-01"])
PEOPLE = st.sampled_from(["desk", "he"])


class Custody(RuleBasedStateMachine):
    """Every step is a second later than the one before, as in life."""

    people: Cast
    items = Bundle("items")
    takes = Bundle("takes")

    def __init__(self) -> None:
        super().__init__()
        self.at = datetime(2026, 10, 28, 9, tzinfo=BEIJING)

    def attempt(self, who: str, act: Callable[[Any], Any]) -> Any:
        """Do it as a request would; a refusal is an answer."""
        self.at += timedelta(seconds=1)
        try:
            with freeze(self.at), transaction():
                return act(getattr(self.people, who).actor)
        except DomainError:
            return None

    @rule(target=items, desk=DESKS, shelf=SHELVES)
    def take_in(self, desk: str, shelf: str) -> str:
        with freeze(self.at):
            return held(self.people, desk=desk, shelf=shelf)

    @rule(no=items, desk=DESKS, who=PEOPLE)
    def send(self, no: str, desk: str, who: str) -> None:
        self.attempt(who, lambda actor: service.send(actor, Send(numbers=[no], desk=desk)))

    @rule(no=items, desk=DESKS, shelf=SHELVES, who=PEOPLE)
    def move(self, no: str, desk: str, shelf: str, who: str) -> None:
        self.attempt(who, lambda actor: service.move(actor, no, Move(desk=desk, shelf=shelf)))

    @rule(no=items, who=PEOPLE, broken=st.booleans())
    def receive(self, no: str, who: str, broken: bool) -> None:
        said = Arrived(arrival="differs", arrival_note="坏了") if broken else Arrived()
        self.attempt(who, lambda actor: service.receive(actor, no, said))

    @rule(no=items, who=PEOPLE)
    def refuse(self, no: str, who: str) -> None:
        self.attempt(who, lambda actor: service.refuse(actor, no, Refuse(kind="not_arrived", note="没有")))

    @rule(no=items, who=PEOPLE)
    def take_back(self, no: str, who: str) -> None:
        self.attempt(who, lambda actor: service.take_back(actor, no))

    @rule(target=takes, desk=DESKS, shelf=SHELVES, who=PEOPLE)
    def start(self, desk: str, shelf: str, who: str) -> int:
        return (
            self.attempt(
                who, lambda actor: stocktaking.start(actor, StartStockTake(desk=desk, shelf=shelf)).id
            )
            or 0
        )

    @rule(take=takes, no=items, shelf=SHELVES, who=PEOPLE)
    def count(self, take: int, no: str, shelf: str, who: str) -> None:
        self.attempt(who, lambda actor: stocktaking.count(actor, take, CountItem(tag=no, shelf=shelf)))

    @rule(take=takes, who=PEOPLE, explain=st.booleans())
    def close(self, take: int, who: str, explain: bool) -> None:
        def act(actor: Any) -> list[stocktaking.Found]:
            row = custody_queries.stock_take(actor, take)
            found = stocktaking.compare(row)
            said = [{"no": one.item.no, "explanation": "other", "note": "说明"} for one in found]
            stocktaking.close(
                actor, take, CloseStockTake.model_validate({"explained": said if explain else []})
            )
            assert explain or not found
            return found

        if (found := self.attempt(who, act)) is not None:
            self.the_ledger_follows_the_hands(take, {one.item.no for one in found})

    def the_ledger_follows_the_hands(self, take_id: int, differed: set[str]) -> None:
        """After closing: what was counted lies where it was counted, what was not is flagged."""
        db.session.expire_all()
        take = db.session.get_one(StockTake, take_id)
        counts = custody_queries.counts_of(take_id)
        moved = custody_queries.moved_since(counts)
        for row in counts:
            # Putting it right is a step of its own, later than the count; others moved on by themselves.
            if row.item_id in moved and row.item.no not in differed:
                continue
            assert (row.item.state, row.item.desk_code) == (FoundState.HELD, take.desk_code)
            assert row.shelf in ("", row.item.shelf.upper())
        counted = {row.item_id for row in counts}
        flagged = {row.item_id for row in custody_queries.unsettled() if row.stock_take_id is not None}
        assert all(item.id in counted | flagged for item in custody_queries.expected_at(take))

    @invariant()
    def a_thing_in_transit_has_exactly_one_open_leg_and_others_have_none(self) -> None:
        db.session.rollback()
        db.session.expire_all()
        open_legs = [leg for leg in db.session.scalars(select(CustodyLeg)) if not leg.ended]
        travelling = select(FoundItem.id).where(FoundItem.state == FoundState.IN_TRANSIT)
        assert sorted(leg.item_id for leg in open_legs) == sorted(db.session.scalars(travelling))

    @invariant()
    def both_signatures_are_there_and_differ(self) -> None:
        for leg in db.session.scalars(select(CustodyLeg)):
            assert leg.given_by
            assert leg.received_by != leg.given_by
            assert leg.received_at is None or leg.taken_back_at is None

    @invariant()
    def a_difference_of_an_ended_leg_is_only_open_when_it_arrived_with_something_wrong(self) -> None:
        legs = {leg.id: leg for leg in db.session.scalars(select(CustodyLeg))}
        for row in custody_queries.unsettled():
            if row.leg_id is not None and legs[row.leg_id].ended:
                assert legs[row.leg_id].arrival == "differs"


def test_legs_and_counts_keep_ledger_and_hands_in_line(people: Cast) -> None:
    Custody.people = people
    run_state_machine_as_test(Custody, settings=STEPS)
