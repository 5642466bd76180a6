"""Sending: what happens to a message in its first moment."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from campus_service.core.actor import Actor
from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from campus_service.core.errors import Invalid, SignInNeeded, TooMany
from campus_service.core.http import parse
from campus_service.feedback import queries, service
from campus_service.feedback.commands import RecordCase, SendCase
from campus_service.feedback.states import CaseState, EventType, Kind, Publicity, RouteHow
from campus_service.notifications.models import Notification
from tests.conftest import Cast
from tests.feedback.stories import LAMP, anonymous, case, sent


def test_a_message_gets_a_number_a_title_and_a_department(people: Cast) -> None:
    no = sent(people.lin, title="", body="宿舍水龙头一直漏水，关不紧。麻烦来修一下。", place="东区6栋")
    row = case(no)
    assert row.title == "宿舍水龙头一直漏水，关不紧"
    assert row.department_code == "logistics"
    assert row.state is CaseState.ROUTED
    assert [event.type for event in queries.events(row.id)] == [EventType.RECEIVED, EventType.ROUTED]


def test_the_sender_is_promised_a_real_time(people: Cast) -> None:
    row = case(sent(people.lin))
    assert row.answer_due_at is not None
    assert row.answer_due_at > now()
    assert row.accept_due_at is not None
    assert row.accept_due_at < row.answer_due_at
    assert row.clock_lines


def test_the_kind_is_suggested_when_the_sender_leaves_it_open(people: Cast) -> None:
    assert (
        case(sent(people.lin, kind="", body="请问图书馆寒假几点开门？", title="")).kind is Kind.CONSULTATION
    )


def test_every_officer_of_the_department_hears_of_it(people: Cast) -> None:
    staff = {people.officer.id, people.colleague.id, people.head.id}
    sent(people.lin)
    told = db.session.scalars(select(Notification.user_id).where(Notification.kind == "inbox.routed"))
    assert set(told) == staff


def test_the_same_form_sent_eight_times_makes_one_case(people: Cast) -> None:
    assert len({sent(people.lin, request_key="one form") for _time in range(8)}) == 1


def test_five_cases_a_day_are_enough_for_one_account(people: Cast) -> None:
    for number in range(5):
        sent(people.lin, body=f"第 {number} 件事，请处理一下")
    with pytest.raises(TooMany):
        sent(people.lin)
    with freeze(now() + timedelta(days=1)):
        assert sent(people.lin)


def test_a_visitor_can_only_send_without_a_name(people: Cast) -> None:
    with pytest.raises(SignInNeeded), transaction():
        service.send(Actor.visitor(), SendCase.model_validate(LAMP))
    assert case(anonymous().no).sender_id is None


def test_a_public_text_with_a_phone_number_waits_for_a_look(people: Cast) -> None:
    flagged = case(sent(people.lin, consent=True, body="我叫王小明，电话 138-0000-1234，灯不亮"))
    assert flagged.publicity is Publicity.FLAGGED
    assert {flag["what"] for flag in flagged.flags} >= {"name"}
    assert case(sent(people.zhou, consent=True)).publicity is Publicity.PUBLIC
    assert case(sent(people.wu)).publicity is Publicity.PRIVATE


def test_an_urgent_message_goes_at_once_to_those_who_can_help(people: Cast) -> None:
    people.coordinator  # noqa: B018  # he works from now on
    row = case(
        sent(people.lin, title="", kind="", body="东区3栋2楼配电箱在冒烟，有焦味，快来人！", place="东区3栋")
    )
    assert row.urgent
    assert row.state is CaseState.ROUTED
    kinds = set(
        db.session.scalars(select(Notification.kind).where(Notification.user_id == people.coordinator.id))
    )
    assert "inbox.urgent" in kinds


def test_staff_write_down_a_call_with_name_and_number(people: Cast) -> None:
    command = parse(
        RecordCase,
        {
            **LAMP,
            "channel": "phone",
            "caller_name": "赵同学",
            "caller_contact": "138-0000-5678",
            "department": "logistics",
        },
    )
    with transaction():
        no = service.record_case(people.officer.actor, command)
    row = case(no)
    assert (row.route_how, row.department_code, row.sender_id) == (RouteHow.PERSON, "logistics", None)


def test_a_complaint_on_the_phone_needs_somebody_to_answer(people: Cast) -> None:
    with pytest.raises(Invalid):
        parse(RecordCase, {**LAMP, "kind": "complaint", "channel": "phone"})


def test_a_student_cannot_write_down_calls(people: Cast) -> None:
    from campus_service.core.errors import Forbidden

    with pytest.raises(Forbidden), transaction():
        service.record_case(people.lin.actor, parse(RecordCase, {**LAMP, "channel": "phone"}))


@pytest.mark.parametrize("body", ["\u0001\u0002", "\u200b\u200b\u200b", " \n\u2028 "])
def test_a_text_of_invisible_signs_is_no_text(body: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(SendCase, {"body": body})
    assert set(refused.value.fields) == {"body"}
