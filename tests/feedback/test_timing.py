"""What happens by itself: reminders, escalation, going back to the coordinator, the end of a pause."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from campus_service.core.clock import BEIJING, freeze
from campus_service.core.db import db, transaction
from campus_service.feedback import service
from campus_service.feedback.commands import OfferCase
from campus_service.feedback.models import Reminder
from campus_service.feedback.states import CaseState, Clock
from campus_service.notifications.models import Notification
from tests.conftest import Cast, Person
from tests.feedback.stories import accepted, asked, case, routed, sent

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=BEIJING)
Work = Callable[[], int]


@pytest.fixture(autouse=True)
def _monday_morning() -> object:
    with freeze(MONDAY):
        yield


def later(work: Work, **time: int) -> None:
    """Let so much time pass, doing what is due on the way, hour by hour."""
    end, moment = MONDAY + timedelta(**time), MONDAY
    while moment < end:
        moment = min(moment + timedelta(hours=4), end)
        with freeze(moment):
            work()


def told(person: Person, kind: str) -> int:
    notices = select(Notification.id).where(Notification.user_id == person.id, Notification.kind == kind)
    return len(db.session.scalars(notices).all())


def steps(no: str, clock: Clock) -> set[str]:
    return set(
        db.session.scalars(
            select(Reminder.step).where(Reminder.case_id == case(no).id, Reminder.clock == clock)
        )
    )


def test_what_nobody_accepts_goes_to_the_coordinator(people: Cast, work: Work) -> None:
    no, _coordinator = routed(people), people.coordinator
    later(work, days=1)
    assert (case(no).state, case(no).department_code) == (CaseState.RECEIVED, None)
    assert told(people.coordinator, "triage.unclaimed") == 1


def test_an_unaccepted_hand_over_leaves_the_case_with_the_first_asked_department(
    people: Cast, work: Work
) -> None:
    no = accepted(people)
    with transaction():
        service.offer(people.officer.actor, no, OfferCase(to="library", reason="灯在图书馆楼里"))
    later(work, days=1)
    assert (case(no).offered_to, case(no).department_code) == (None, "logistics")
    assert told(people.officer, "inbox.handover_back") == 1


def test_the_officer_is_reminded_at_half_four_fifths_and_the_end(people: Cast, work: Work) -> None:
    no = accepted(people)
    later(work, days=4)
    assert {"50", "80", "100"} <= steps(no, Clock.ANSWER)


def test_a_broken_promise_climbs_from_head_to_public_list(people: Cast, work: Work) -> None:
    no, head, coordinator = accepted(people), people.head, people.coordinator
    later(work, days=14)
    assert {"head", "supervisor", "oversight", "public"} <= steps(no, Clock.ANSWER)
    assert case(no).escalation == 4
    assert told(head, "inbox.escalated") >= 1
    assert told(coordinator, "inbox.escalated") >= 1
    assert told(people.lin, "case.late") == 1


def test_no_step_is_taken_twice(people: Cast, work: Work) -> None:
    no = accepted(people)
    later(work, days=14)
    before = len(db.session.scalars(select(Notification.id)).all())
    with freeze(MONDAY + timedelta(days=14)):
        from campus_service.feedback.service import timing

        for _time in range(3):
            with transaction():
                timing.wake(case(no).id)
    assert len(db.session.scalars(select(Notification.id)).all()) == before


def test_a_pause_ends_by_itself_after_five_working_days(people: Cast, work: Work) -> None:
    no = asked(people)
    later(work, days=6)
    assert case(no).state is CaseState.WAITING
    later(work, days=9)
    assert case(no).state is CaseState.IN_PROGRESS


def test_an_urgent_case_stays_with_its_department_and_climbs_at_once(people: Cast, work: Work) -> None:
    head = people.head
    no = sent(people.lin, title="", kind="", body="东区3栋2楼配电箱在冒烟，有焦味，快来人！")
    department = case(no).department_code
    later(work, hours=3)
    assert case(no).state is CaseState.ROUTED
    assert case(no).department_code == department
    assert head is not None
    assert "head" in steps(no, Clock.SAFETY_ACK)
