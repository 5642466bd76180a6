"""Counting a shelf: one count at a time, every difference explained, then ledger and hands agree."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, Forbidden, Invalid
from campus_service.lostfound import custody_queries, service
from campus_service.lostfound.commands import Move
from campus_service.lostfound.commands_custody import CloseStockTake, CountItem, Send, StartStockTake
from campus_service.lostfound.models import FoundItem, StockTake
from campus_service.lostfound.service import stocktaking
from campus_service.lostfound.states import DifferenceKind, FoundState
from tests.conftest import Cast, Person
from tests.lostfound.stories import approved, found, held, ready


def started(people: Cast, desk: str = "centre", shelf: str = "A-06") -> int:
    with transaction():
        return stocktaking.start(people.desk.actor, StartStockTake(desk=desk, shelf=shelf)).id


def count(person: Person, take_id: int, *tags: str, shelf: str = "") -> None:
    for tag in tags:
        with transaction():
            stocktaking.count(person.actor, take_id, CountItem(tag=tag, shelf=shelf))


def close(person: Person, take_id: int, **notes: Any) -> None:
    explained = [
        {"no": no.replace("n", "").replace("_", "-"), "explanation": "misplaced", "note": note}
        for no, note in notes.items()
    ]
    with transaction():
        stocktaking.close(person.actor, take_id, CloseStockTake.model_validate({"explained": explained}))


def as_name(no: str) -> str:
    return "n" + no.replace("-", "_")


def differing(take_id: int) -> dict[str, DifferenceKind]:
    db.session.rollback()
    db.session.expire_all()
    return {one.item.no: one.kind for one in stocktaking.compare(db.session.get_one(StockTake, take_id))}


def item(no: str) -> FoundItem:
    db.session.expire_all()
    return db.session.scalars(select(FoundItem).where(FoundItem.no == no)).one()


def test_a_shelf_where_everything_lies_is_closed_without_a_word(people: Cast) -> None:
    here, other = held(people), held(people, shelf="B-01")
    take = started(people)
    count(people.desk, take, here)
    close(people.desk, take)
    row = db.session.get_one(StockTake, take)
    assert (row.expected, row.closed_by) == (1, people.desk.id)
    assert custody_queries.unsettled() == []
    assert item(other).shelf == "B-01"


def test_each_kind_of_difference_is_seen(people: Cast) -> None:
    missing, misplaced, from_gym = held(people), held(people, shelf="B-01"), held(people, desk="gym")
    unlogged = found(people.zhou, hand_in="centre")
    gone = held(people)
    pickup = ready(people, approved(people, gone))
    with transaction():
        service.confirm_return(people.he.actor, pickup)
    take = started(people)
    count(people.desk, take, misplaced, from_gym, unlogged, gone)
    assert differing(take) == {
        missing: DifferenceKind.MISSING,
        misplaced: DifferenceKind.WRONG_SHELF,
        from_gym: DifferenceKind.EXTRA,
        unlogged: DifferenceKind.EXTRA,
        gone: DifferenceKind.EXTRA,
    }


def test_it_is_not_closed_before_every_difference_is_explained(people: Cast) -> None:
    missing, extra = held(people), held(people, desk="gym")
    take = started(people)
    count(people.desk, take, extra)
    with pytest.raises(Invalid) as wrong:
        close(people.desk, take, **{as_name(extra): "拿错了"})
    assert set(wrong.value.fields) == {f"note_{missing}"}
    assert item(extra).desk_code == "gym"


def test_closing_puts_the_ledger_right_and_what_is_missing_stays_flagged_until_found(people: Cast) -> None:
    missing, misplaced, from_gym = held(people), held(people, shelf="B-01"), held(people, desk="gym")
    unlogged = found(people.zhou, hand_in="centre")
    take = started(people)
    count(people.desk, take, misplaced, from_gym, unlogged)
    close(people.desk, take, **{as_name(no): "说明" for no in (missing, misplaced, from_gym, unlogged)})
    for no in (misplaced, from_gym, unlogged):
        assert (item(no).state, item(no).desk_code, item(no).shelf) == (FoundState.HELD, "centre", "A-06")
    assert [row.item.no for row in custody_queries.unsettled()] == [missing]
    # It turns up in the next count.
    again = started(people, shelf="C-02")
    count(people.desk, again, missing)
    assert custody_queries.unsettled() == []


def test_a_thing_in_transit_that_lies_here_is_signed_for_by_whoever_counts(people: Cast) -> None:
    no = held(people, desk="gym")
    with transaction():
        service.send(people.he.actor, Send(numbers=[no], desk="centre"))
    take = started(people)
    count(people.desk, take, no)
    with pytest.raises(Conflict, match="另一位值班员"):
        close(people.he, take, **{as_name(no): "没有签收"})
    close(people.desk, take, **{as_name(no): "没有签收"})
    assert custody_queries.open_leg(item(no).id) is None
    assert (item(no).state, item(no).shelf) == (FoundState.HELD, "A-06")


def test_a_thing_that_never_left_is_taken_back(people: Cast) -> None:
    no = held(people)
    with transaction():
        service.send(people.desk.actor, Send(numbers=[no], desk="gym"))
    take = started(people)
    count(people.desk, take, no)
    close(people.desk, take, **{as_name(no): "忘了放进袋子"})
    (leg,) = custody_queries.legs_of(item(no).id)
    assert (leg.taken_back_by, item(no).desk_code) == (people.desk.id, "centre")


def test_what_leaves_after_it_was_counted_is_no_difference(people: Cast) -> None:
    no = held(people)
    take = started(people)
    count(people.desk, take, no)
    with transaction():
        service.move(people.desk.actor, no, Move(desk="library"))
    assert differing(take) == {}


def test_a_whole_desk_is_counted_shelf_by_shelf(people: Cast) -> None:
    right, wrong, anywhere = held(people), held(people, shelf="B-01"), held(people, shelf="B-02")
    take = started(people, shelf="")
    count(people.desk, take, right, wrong, shelf="a-06")
    count(people.desk, take, anywhere)
    assert differing(take) == {wrong: DifferenceKind.WRONG_SHELF}


def test_one_count_at_a_time_and_a_thing_once(people: Cast) -> None:
    no = held(people)
    take = started(people)
    with pytest.raises(Conflict, match="没有结束的盘点"):
        started(people)
    count(people.desk, take, no, no, f"http://campus.test/s/{no}")
    assert len(custody_queries.counts_of(take)) == 1
    close(people.desk, take)
    with pytest.raises(Conflict, match="已经结束"):
        count(people.desk, take, no)
    started(people)


def test_a_count_begun_by_mistake_is_dropped_and_changes_nothing(people: Cast) -> None:
    no, elsewhere = held(people), held(people, desk="gym")
    take = started(people, shelf="")
    count(people.desk, take, elsewhere)
    with transaction():
        stocktaking.abandon(people.desk.actor, take)
    assert db.session.get(StockTake, take) is None
    assert (item(no).shelf, item(elsewhere).desk_code) == ("A-06", "gym")
    assert custody_queries.unsettled() == []


def test_a_missing_thing_that_goes_home_is_not_missing_any_more(people: Cast) -> None:
    no = held(people)
    take = started(people)
    close(people.desk, take, **{as_name(no): "没找到"})
    pickup = ready(people, approved(people, no))
    with transaction():
        service.confirm_return(people.he.actor, pickup)
    assert custody_queries.unsettled() == []


def test_a_tag_that_is_in_no_ledger_is_said_so(people: Cast) -> None:
    take = started(people)
    with pytest.raises(Invalid, match="账上没有 2611-9999"):
        count(people.desk, take, "2611-9999")


def test_a_student_counts_nothing(people: Cast) -> None:
    take = started(people)
    with pytest.raises(Forbidden):
        count(people.lin, take, "2611-0001")
