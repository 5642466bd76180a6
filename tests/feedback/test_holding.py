"""First-asked responsibility: who is responsible, from the first acceptance to the last hand-over."""

from __future__ import annotations

import pytest

from campus_service.core.clock import freeze, now
from campus_service.core.db import transaction
from campus_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from campus_service.feedback import queries, service
from campus_service.feedback.commands import (
    Adjudicate,
    Assign,
    AssignMany,
    DecideHandover,
    OfferCase,
    ReturnCase,
    RouteCase,
)
from campus_service.feedback.states import CaseState, EventType, HandoverState
from tests.conftest import Cast
from tests.feedback.stories import accepted, case, routed


def test_the_department_that_accepts_first_is_the_first_asked_one(people: Cast) -> None:
    row = case(accepted(people))
    assert (row.state, row.first_department, row.assignee_id) == (
        CaseState.ACCEPTED,
        "logistics",
        people.officer.id,
    )


def test_another_department_does_not_know_of_the_case(people: Cast) -> None:
    no = routed(people)
    with pytest.raises(NotFound), transaction():
        service.accept(people.librarian.actor, no)


def test_a_case_is_accepted_once(people: Cast) -> None:
    no = accepted(people)
    with pytest.raises(Conflict), transaction():
        service.accept(people.head.actor, no)


def offered(people: Cast) -> str:
    no = accepted(people)
    with transaction():
        service.offer(people.officer.actor, no, OfferCase(to="library", reason="灯在图书馆楼里"))
    return no


def test_ours_stays_responsible_until_the_other_one_accepts(people: Cast) -> None:
    no = offered(people)
    assert (case(no).department_code, case(no).offered_to) == ("logistics", "library")
    with transaction():
        service.decide_handover(people.librarian.actor, no, DecideHandover(accept=True))
    row = case(no)
    assert (row.department_code, row.offered_to, row.first_department) == ("library", None, "logistics")


def test_a_hand_over_never_resets_the_clock(people: Cast) -> None:
    no = accepted(people)
    promised = case(no).answer_due_at
    with transaction():
        service.offer(people.officer.actor, no, OfferCase(to="library", reason="灯在图书馆楼里"))
    with transaction():
        service.decide_handover(people.librarian.actor, no, DecideHandover(accept=True))
    assert case(no).answer_due_at == promised


def test_a_refused_hand_over_leaves_the_case_where_it_was(people: Cast) -> None:
    no = offered(people)
    with transaction():
        service.decide_handover(people.librarian.actor, no, DecideHandover(accept=False, reason="楼道归后勤"))
    assert (case(no).department_code, case(no).offered_to) == ("logistics", None)
    assert [row.state for row in queries.handovers(case(no).id)] == [HandoverState.REFUSED]


def test_only_one_hand_over_waits_at_a_time(people: Cast) -> None:
    no = offered(people)
    with pytest.raises(Conflict), transaction():
        service.offer(people.officer.actor, no, OfferCase(to="dormitory", reason="也许归宿管"))


def test_a_hand_over_goes_to_another_department(people: Cast) -> None:
    no = accepted(people)
    with pytest.raises(Invalid), transaction():
        service.offer(people.officer.actor, no, OfferCase(to="logistics", reason="给自己"))
    with pytest.raises(Invalid), transaction():
        service.offer(people.officer.actor, no, OfferCase(to="nowhere", reason="没有这个部门"))


def returned(people: Cast) -> str:
    no = routed(people)
    with transaction():
        service.return_case(people.officer.actor, no, ReturnCase(reason="不归后勤", suggested="library"))
    return no


def test_a_department_returns_what_is_not_its_own(people: Cast) -> None:
    row = case(returned(people))
    assert (row.state, row.department_code) == (CaseState.RETURNED, None)


def test_each_department_returns_a_case_once_and_the_second_return_needs_a_decision(people: Cast) -> None:
    no = returned(people)
    assert not service.needs_decision(case(no))
    with pytest.raises(Conflict), transaction():
        service.route(people.coordinator.actor, no, RouteCase(department="logistics"))
    with transaction():
        service.route(people.coordinator.actor, no, RouteCase(department="library"))
    with transaction():
        service.return_case(people.librarian.actor, no, ReturnCase(reason="也不归图书馆"))
    assert service.needs_decision(case(no))
    with transaction():
        service.adjudicate(
            people.coordinator.actor, no, Adjudicate(department="logistics", reason="楼道照明归后勤")
        )
    row = case(no)
    assert (row.state, row.department_code, row.first_department) == (
        CaseState.ADJUDICATED,
        "logistics",
        "logistics",
    )
    with pytest.raises((Conflict, Forbidden)), transaction():
        service.return_case(people.officer.actor, no, ReturnCase(reason="还是不归后勤"))


def test_a_return_comes_within_one_working_day(people: Cast) -> None:
    from datetime import timedelta

    no = routed(people)
    with freeze(now() + timedelta(days=20)), pytest.raises(Conflict), transaction():
        service.return_case(people.officer.actor, no, ReturnCase(reason="太晚了"))


def test_an_accepted_case_is_handed_over_not_returned(people: Cast) -> None:
    no = accepted(people)
    with pytest.raises(Conflict), transaction():
        service.return_case(people.officer.actor, no, ReturnCase(reason="不归后勤"))


def test_a_wrong_route_is_corrected_in_one_step(people: Cast) -> None:
    no = routed(people)
    with transaction():
        service.route(people.coordinator.actor, no, RouteCase(department="library"))
    assert case(no).department_code == "library"
    assert case(no).routed_to == "logistics"  # what the site had thought first


def test_an_officer_gives_a_case_to_a_colleague(people: Cast) -> None:
    no = accepted(people)
    with transaction():
        service.assign(people.head.actor, no, Assign(user_id=people.colleague.id))
    assert case(no).assignee_id == people.colleague.id
    with pytest.raises(Invalid), transaction():
        service.assign(people.head.actor, no, Assign(user_id=people.librarian.id))


def test_many_cases_are_assigned_together_or_not_at_all(people: Cast) -> None:
    mine, foreign = accepted(people), routed(people, people.zhou, "library")
    with pytest.raises(NotFound), transaction():
        service.assign_many(
            people.head.actor, AssignMany(numbers=[mine, foreign], user_id=people.colleague.id)
        )
    assert case(mine).assignee_id == people.officer.id


def test_the_log_holds_every_holder(people: Cast) -> None:
    no = offered(people)
    with transaction():
        service.decide_handover(people.librarian.actor, no, DecideHandover(accept=True))
    types = [event.type for event in queries.events(case(no).id)]
    assert types[-3:] == [EventType.ACCEPTED, EventType.OFFERED, EventType.HANDED_OVER]
