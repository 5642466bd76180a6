"""Between desks: two signatures, a clock on every leg, and what did not arrive."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from campus_service.core import audit
from campus_service.core.clock import BEIJING, freeze, now
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, Forbidden, Invalid
from campus_service.lostfound import custody_queries, queries, service
from campus_service.lostfound.commands import Move
from campus_service.lostfound.commands_custody import Arrived, ArrivedMany, Refuse, Send, Settle
from campus_service.lostfound.models import CustodyLeg, FoundItem
from campus_service.lostfound.service import differences, legs, watch
from campus_service.lostfound.states import Arrival, DifferenceKind, FoundState
from campus_service.notifications.models import Notification
from tests.conftest import Cast, Person
from tests.lostfound.stories import claimed, found, held

# A Friday: the working day after it is Monday.
FRIDAY = datetime(2026, 10, 30, 10, tzinfo=BEIJING)


def send(person: Person, *numbers: str, desk: str = "library", **more: str) -> None:
    with transaction():
        service.send(person.actor, Send(numbers=list(numbers), desk=desk, **more))


def item(no: str) -> FoundItem:
    db.session.expire_all()
    return db.session.scalars(select(FoundItem).where(FoundItem.no == no)).one()


def told(kind: str) -> list[tuple[int, str]]:
    rows = db.session.scalars(select(Notification).where(Notification.kind == kind))
    return [(row.user_id, row.link) for row in rows]


# --- signatures --------------------------------------------------------------------------------------------------


def test_several_things_leave_together_and_each_has_its_leg_and_its_clock(people: Cast) -> None:
    first, second = held(people), held(people, desk="gym")
    with freeze(FRIDAY):
        send(people.desk, first, second, carried_by="校内班车", note="两件一袋")
    rows = custody_queries.on_the_way(people.desk.actor, "library")
    assert [(leg.item.no, leg.from_desk, leg.carried_by) for leg in rows] == [
        (first, "centre", "校内班车"),
        (second, "gym", "校内班车"),
    ]
    assert {leg.given_by for leg in rows} == {people.desk.id}
    assert {leg.due_at for leg in rows} == {datetime(2026, 11, 2, 17, 30, tzinfo=BEIJING)}
    assert item(first).state is FoundState.IN_TRANSIT


def test_the_receiver_signs_and_the_thing_lies_on_his_shelf(people: Cast) -> None:
    no = held(people)
    send(people.desk, no)
    with transaction():
        service.receive(people.he.actor, no, Arrived(shelf="L-2"))
    (leg,) = custody_queries.legs_of(item(no).id)
    assert (leg.given_by, leg.received_by, leg.arrival) == (people.desk.id, people.he.id, Arrival.INTACT)
    assert (item(no).state, item(no).desk_code, item(no).shelf) == (FoundState.HELD, "library", "L-2")


def test_nobody_signs_for_what_he_sent_himself(people: Cast) -> None:
    no = held(people)
    send(people.desk, no)
    with pytest.raises(Conflict, match="另一位值班员签收"), transaction():
        service.receive(people.desk.actor, no)
    assert item(no).state is FoundState.IN_TRANSIT


def test_the_database_itself_refuses_one_signature_for_two(people: Cast) -> None:
    no = held(people)
    send(people.desk, no)
    (leg,) = custody_queries.legs_of(item(no).id)
    with pytest.raises(Conflict, match="两个人签字"), transaction():
        row = db.session.get_one(CustodyLeg, leg.id)
        row.received_by, row.received_at = row.given_by, now()


def test_the_database_itself_refuses_a_second_leg_on_the_way(people: Cast) -> None:
    no = held(people)
    send(people.desk, no)
    columns = ("item_id", "from_desk", "to_desk", "given_by", "given_at", "due_at")
    (leg,) = custody_queries.legs_of(item(no).id)
    values = {name: getattr(leg, name) for name in columns} | {
        "carried_by": "", "note": "", "arrival_note": "", "version": 1,
    }  # fmt: skip
    with pytest.raises(IntegrityError):
        db.session.execute(insert(CustodyLeg).values(**values))
    db.session.rollback()


def test_all_things_leave_or_none(people: Cast) -> None:
    here, there = held(people), held(people, desk="library")
    with pytest.raises(Conflict, match="已经在这个招领点"), transaction():
        service.send(people.desk.actor, Send(numbers=[here, there], desk="library"))
    assert item(here).state is FoundState.HELD
    with pytest.raises(Invalid, match="没有编号 2611-9999"), transaction():
        service.send(people.desk.actor, Send(numbers=[here, "2611-9999"], desk="library"))
    with pytest.raises(Invalid, match="月球"), transaction():
        service.send(people.desk.actor, Send(numbers=[here], desk="月球"))


def test_a_student_neither_sends_nor_signs(people: Cast) -> None:
    no = held(people)
    for act in (
        lambda: service.send(people.lin.actor, Send(numbers=[no], desk="library")),
        lambda: service.receive(people.lin.actor, no),
        lambda: service.take_back(people.lin.actor, no),
    ):
        with pytest.raises(Forbidden), transaction():
            act()


@pytest.mark.parametrize(
    "scanned",
    [
        "{no}",
        " {no}\n",
        "http://campus.test/s/{no}",
        "https://campus.test/lost-found/{no}?x=1",
        "２６１１－0149",
    ],
)
def test_a_label_is_read_however_it_is_scanned(scanned: str) -> None:
    from campus_service.lostfound.commands_custody import number_in

    assert number_in(scanned.format(no="2611-0149")) == "2611-0149"


@pytest.mark.parametrize("scanned", ["", "雨伞", "2611-L001", "12611-0149", "2611-0149-3", "9787302510000"])
def test_what_is_no_label_is_not_taken_for_one(scanned: str) -> None:
    from campus_service.lostfound.commands_custody import number_in

    assert number_in(scanned) == ""


# --- what does not arrive ----------------------------------------------------------------------------------------


def test_a_thing_that_did_not_arrive_opens_a_difference_until_it_is_taken_back(people: Cast) -> None:
    no = held(people)
    send(people.desk, no)
    with transaction():
        service.refuse(people.he.actor, no, Refuse(kind="not_arrived", note="袋子里没有"))
    (open_one,) = custody_queries.unsettled()
    assert (open_one.kind, open_one.note) == (DifferenceKind.NOT_ARRIVED, "袋子里没有")
    assert (people.desk.id, f"/desk/items/{no}") in told("custody.difference")
    with pytest.raises(Conflict, match="还在路上"), transaction():
        differences.settle(people.he.actor, open_one.id, Settle(note="算了"))
    with pytest.raises(Conflict, match="已经有人报过"), transaction():
        service.refuse(people.he.actor, no, Refuse(kind="mismatch", note="又看了一遍"))
    with transaction():
        service.take_back(people.desk.actor, no)
    assert (item(no).state, item(no).desk_code) == (FoundState.HELD, "centre")
    assert custody_queries.unsettled() == []


def test_what_arrives_with_something_wrong_is_signed_and_stays_open_until_explained(people: Cast) -> None:
    no = held(people)
    send(people.desk, no)
    with transaction():
        service.receive(people.he.actor, no, Arrived(arrival="differs", arrival_note="少了一只手套"))
    assert item(no).state is FoundState.HELD
    (open_one,) = custody_queries.unsettled()
    with transaction():
        differences.settle(people.desk.actor, open_one.id, Settle(note="手套落在班车上，已送来"))
    assert custody_queries.unsettled() == []
    with pytest.raises(Conflict, match="已经处理过"), transaction():
        differences.settle(people.desk.actor, open_one.id, Settle(note="再说一次"))


def test_what_differs_must_be_said() -> None:
    with pytest.raises(ValueError, match="有出入要写清楚"):
        Arrived(arrival="differs")


# --- alarms ------------------------------------------------------------------------------------------------------


def test_an_overdue_leg_alarms_the_desks_once_and_then_security_every_day(people: Cast) -> None:
    no = held(people)
    with freeze(FRIDAY):
        send(people.desk, no)
    monday_evening = datetime(2026, 11, 2, 18, tzinfo=BEIJING)
    with freeze(monday_evening - timedelta(hours=1)), transaction():
        assert watch.daily() == {"overdue": 0, "unlogged": 0}
    for _twice in range(2):
        with freeze(monday_evening), transaction():
            watch.daily()
    link = f"/desk/items/{no}"
    assert sorted(told("custody.overdue")) == sorted([(people.desk.id, link), (people.he.id, link)])
    assert told("custody.still_overdue") == []
    for hours in (24, 25, 48):
        with freeze(monday_evening + timedelta(hours=hours)), transaction():
            watch.daily()
    assert told("custody.still_overdue") == [(people.he.id, "/desk/watch")] * 2
    with transaction():
        service.receive(people.he.actor, no)
    with freeze(monday_evening + timedelta(days=9)), transaction():
        watch.daily()
    assert len(told("custody.still_overdue")) == 2


def test_what_a_finder_said_he_brought_and_nobody_logged_alarms_the_desk_then_security(people: Cast) -> None:
    with freeze(FRIDAY):
        no = found(people.zhou, hand_in="library")
        found(people.zhou)
    monday_evening = datetime(2026, 11, 2, 18, tzinfo=BEIJING)
    for _twice in range(2):
        with freeze(monday_evening - timedelta(days=1)), transaction():
            watch.daily()
    assert told("custody.unlogged") == []
    for _twice in range(2):
        with freeze(datetime(2026, 11, 2, 17, 31, tzinfo=BEIJING)), transaction():
            watch.daily()
    assert told("custody.unlogged").count((people.desk.id, f"/desk/items/{no}")) == 1
    assert told("custody.unlogged").count((people.he.id, f"/desk/items/{no}")) == 2
    assert [one.no for one in custody_queries.unlogged(now())] == [no]


def test_the_alarm_ends_when_the_desk_logs_it(people: Cast) -> None:
    from campus_service.lostfound.commands import HandIn

    with freeze(FRIDAY):
        no = found(people.zhou, hand_in="library")
    with transaction():
        service.hand_in(people.desk.actor, no, HandIn(desk="library"))
    with freeze(FRIDAY + timedelta(days=9)), transaction():
        assert watch.daily()["unlogged"] == 0


def test_everything_of_a_leg_is_in_the_audit_log(people: Cast) -> None:
    no = held(people)
    send(people.desk, no)
    with transaction():
        service.refuse(people.he.actor, no, Refuse(kind="mismatch", note="颜色不对"))
    with transaction():
        service.receive(people.he.actor, no)
    actions = [entry.action for entry in db.session.scalars(select(audit.AuditEntry))]
    for action in ("found_item.sent", "difference.opened", "difference.settled", "found_item.received"):
        assert action in actions


def test_several_are_signed_for_at_once(people: Cast) -> None:
    numbers = [held(people), held(people)]
    send(people.desk, *numbers)
    with transaction():
        service.receive_many(people.he.actor, ArrivedMany(numbers=numbers, shelf="L-9"))
    assert {item(no).shelf for no in numbers} == {"L-9"}


def test_moving_to_another_desk_is_a_leg_too(people: Cast) -> None:
    no = held(people)
    with transaction():
        service.move(people.desk.actor, no, Move(desk="gym", carried_by="李师傅"))
    assert custody_queries.open_leg(item(no).id).carried_by == "李师傅"  # type: ignore[union-attr]
    with transaction():
        legs.receive(people.he.actor, no)
    claimed(people.lin, no)
    assert queries.found_item(people.he.actor, no).desk_code == "gym"
