"""The coordinator's pages without JavaScript: the queue, routing and correcting, decisions, rules, accuracy."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from campus_service.feedback import queries, service
from campus_service.feedback.commands import OfferCase
from campus_service.feedback.states import CaseState, Kind
from campus_service.jobs.outbox import run_due
from tests.conftest import Cast, Person
from tests.feedback.queue import VAGUE, returned, waiting
from tests.feedback.stories import accepted, answered, case, routed, sent


@pytest.fixture
def desk(
    client: FlaskClient, people: Cast, sign_in: Callable[[FlaskClient, Person], FlaskClient]
) -> FlaskClient:
    """许老师 at her desk."""
    return sign_in(client, people.coordinator)


def text(client: FlaskClient, path: str) -> str:
    page = client.get(path)
    assert page.status_code == 200, page.status_code
    return page.text


def test_the_queue_shows_its_first_message_and_the_departments_to_choose(
    desk: FlaskClient, people: Cast
) -> None:
    no = waiting(people)
    page = text(desk, "/triage")
    assert no in page
    assert VAGUE["body"] in re.sub(r"</?mark[^>]*>", "", page)
    assert "后勤处" in page


def test_an_empty_queue_says_so(desk: FlaskClient) -> None:
    assert "都分完了" in text(desk, "/triage")


def test_the_oldest_due_comes_first_and_urgent_ones_before_all(desk: FlaskClient, people: Cast) -> None:
    with freeze(now() - timedelta(hours=2)):
        old = waiting(people, title="旧的一件")
    new = waiting(people, title="新的一件")
    page = text(desk, "/triage")
    assert page.index(old) < page.index(new)
    desk.post(f"/triage/{new}/urgent", data={"urgent": "1"})
    page = text(desk, "/triage")
    assert page.index(new) < page.index(old)
    assert case(new).urgent


def test_confirming_gives_the_message_away_and_opens_the_next_one(desk: FlaskClient, people: Cast) -> None:
    first, second = waiting(people), waiting(people, title="第二件")
    answer = desk.post(f"/triage/{first}/route", data={"department": "library"})
    assert answer.status_code == 303
    assert answer.location.endswith(f"/triage/{second}")
    row = case(first)
    assert (row.state, row.department_code, row.routed_to) == (CaseState.ROUTED, "library", "library")


def test_another_department_from_the_list_counts_before_the_likeliest(
    desk: FlaskClient, people: Cast
) -> None:
    no = waiting(people)
    desk.post(f"/triage/{no}/route", data={"department": "library", "other": "clinic"})
    assert case(no).department_code == "clinic"


def test_a_choice_that_is_missing_is_asked_for(desk: FlaskClient, people: Cast) -> None:
    no = waiting(people)
    answer = desk.post(f"/triage/{no}/route", data={"department": ""})
    assert answer.status_code == 422
    assert case(no).state is CaseState.RECEIVED


def test_a_wrong_route_is_found_by_its_number_and_corrected_in_one_click(
    desk: FlaskClient, people: Cast
) -> None:
    no = routed(people)
    assert desk.get(f"/triage?no={no.lower()}").location.endswith(f"/triage/{no}")
    assert "改交给谁" in text(desk, f"/triage/{no}")
    desk.post(f"/triage/{no}/route", data={"department": "library"})
    row = case(no)
    assert (row.department_code, row.routed_to) == ("library", "logistics")


def test_once_it_is_accepted_it_is_no_longer_routed(desk: FlaskClient, people: Cast) -> None:
    no = accepted(people)
    answer = desk.post(f"/triage/{no}/route", data={"department": "library"})
    assert answer.status_code == 409
    assert "已经有部门接手" in answer.text
    assert case(no).department_code == "logistics"


def test_who_returned_it_and_why_stands_beside_the_message(desk: FlaskClient, people: Cast) -> None:
    no = returned(people, people.officer)
    page = text(desk, f"/triage/{no}")
    assert "后勤处退回" in page
    assert "不是我们管的事" in page
    assert "认为归教务处" in page


def test_what_was_returned_twice_is_decided_with_a_reason(desk: FlaskClient, people: Cast) -> None:
    no = returned(people, people.officer, people.librarian)
    assert "裁定由谁办" in text(desk, f"/triage/{no}")
    assert VAGUE["title"] in text(desk, "/triage/decisions")
    refused = desk.post(f"/triage/{no}/adjudicate", data={"department": "logistics", "reason": ""})
    assert refused.status_code == 422
    desk.post(f"/triage/{no}/adjudicate", data={"department": "logistics", "reason": "楼里的设备归后勤"})
    assert case(no).state is CaseState.ADJUDICATED
    page = text(desk, "/triage/decisions")
    assert "楼里的设备归后勤" in page
    assert people.coordinator.name in page


def test_a_handover_that_nobody_accepted_comes_to_the_coordinator(desk: FlaskClient, people: Cast) -> None:
    with freeze(now() - timedelta(days=7)):
        no = accepted(people)
        with transaction():
            service.offer(people.officer.actor, no, OfferCase(to="library", reason="灯在图书馆楼里"))
    run_due()
    assert no in text(desk, "/triage")
    assert "转办没人接" in text(desk, "/triage/decisions")
    desk.post(f"/triage/{no}/adjudicate", data={"department": "library", "reason": "图书馆的楼"})
    assert case(no).department_code == "library"
    assert "没有等着裁定的" in text(desk, "/triage/decisions")


def test_a_message_for_several_departments_is_split_with_one_that_leads(
    desk: FlaskClient, people: Cast
) -> None:
    no = waiting(people)
    parts = {"part_department": ["library", ""], "part_body": ["请看看阅览室的那一半", ""]}
    desk.post(f"/triage/{no}/split", data={"lead": "logistics"} | parts)
    row = case(no)
    assert row.first_department == "logistics"
    assert [part.department_code for part in queries.parts(row.id)] == ["library"]


def test_a_split_that_cannot_be_made_changes_nothing(desk: FlaskClient, people: Cast) -> None:
    no = waiting(people)
    parts = {"part_department": ["logistics"], "part_body": ["同一个部门"]}
    answer = desk.post(f"/triage/{no}/split", data={"lead": "logistics"} | parts)
    assert answer.status_code == 422
    assert case(no).state is CaseState.RECEIVED


def test_the_kind_is_corrected(desk: FlaskClient, people: Cast) -> None:
    no = waiting(people, kind="request")
    desk.post(f"/triage/{no}/kind", data={"kind": "complaint"})
    assert case(no).kind is Kind.COMPLAINT


def test_an_answered_case_says_that_the_classifier_learns_from_it(desk: FlaskClient, people: Cast) -> None:
    no = answered(people)
    assert "分类器从这件事里学" in text(desk, f"/triage/{no}")


def test_older_cases_with_the_same_words_are_shown(desk: FlaskClient, people: Cast) -> None:
    with transaction():
        pass
    answered(
        people, people.zhou, title="四教楼梯口的灯不亮", body="四教三楼楼梯口的感应灯也不亮了，下楼看不见"
    )
    for n in range(6):
        answered(people, people.wu if n < 3 else people.he, **_other(n))
    no = waiting(people, title="楼梯口太黑", body="五教一楼楼梯口的感应灯坏了，晚上什么都看不见")
    assert "四教楼梯口的灯不亮" in text(desk, f"/triage/{no}")


def _other(n: int) -> dict[str, str]:
    bodies = (
        "食堂的汤太咸",
        "奖学金什么时候发",
        "借书卡丢失怎样补",
        "校车时间表在哪里",
        "选课系统打不开",
        "医保报销要带什么",
    )
    return {"title": bodies[n], "body": f"{bodies[n]}，请告诉我，谢谢"}


def test_a_report_never_reaches_the_coordinator(desk: FlaskClient, people: Cast) -> None:
    assert people.auditor.id
    no = sent(people.lin, **VAGUE | {"kind": "report"})
    assert no not in text(desk, "/triage")
    assert desk.get(f"/triage/{no}").status_code == 404


def test_the_text_of_a_message_is_never_markup(desk: FlaskClient, people: Cast) -> None:
    no = waiting(people, body="这里有<script>alert(1)</script>，还有<b>粗体</b>和一件说不清的事")
    page = text(desk, f"/triage/{no}")
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page


# --- rules ------------------------------------------------------------------------------------------------------


def test_a_rule_is_written_tried_moved_switched_off_and_deleted(desk: FlaskClient) -> None:
    form = {"name": "独角兽", "words": "独角兽，麒麟", "department": "security", "active": "1"}
    assert desk.post("/triage/rules/new", data=form).status_code == 303
    rule = next(row for row in queries.rules() if row.name == "独角兽")
    assert "规则“独角兽”" in text(desk, "/triage/rules?text=操场上有一只独角兽在跑")
    desk.post(f"/triage/rules/{rule.id}/move", data={"position": "0"})
    db.session.expire_all()
    assert queries.rules()[0].id == rule.id
    desk.post(f"/triage/rules/{rule.id}/switch", data={"active": "0"})
    db.session.expire_all()
    assert rule.id not in [row.id for row in queries.rules()]
    desk.post(f"/triage/rules/{rule.id}/delete")
    assert desk.get(f"/triage/rules/{rule.id}").status_code == 404


def test_a_rule_without_a_condition_is_shown_again_as_it_was_typed(desk: FlaskClient) -> None:
    answer = desk.post(
        "/triage/rules/new", data={"name": "什么都管", "department": "security", "active": "1"}
    )
    assert answer.status_code == 422
    assert "什么都管" in answer.text


def test_a_rule_can_be_begun_from_a_message(desk: FlaskClient) -> None:
    page = text(desk, "/triage/rules/new?words=空调，温度&department=logistics")
    assert "空调，温度" in page
    assert '<option value="logistics" selected>' in page


def test_a_case_that_came_before_can_be_tried(desk: FlaskClient, people: Cast) -> None:
    no = answered(people)
    assert "三教二楼楼梯口的灯不亮" in text(desk, f"/triage/rules?no={no}")


# --- accuracy ---------------------------------------------------------------------------------------------------


def test_the_accuracy_page_draws_its_months(desk: FlaskClient, people: Cast) -> None:
    answered(people)
    page = text(desk, "/triage/accuracy")
    assert f"{now():%Y-%m}" in page
    assert '<svg class="chart"' in page


def test_training_is_promised_once_however_often_the_button_is_pressed(desk: FlaskClient) -> None:
    from sqlalchemy import func, select

    from campus_service.jobs.models import OutboxRow

    for _press in range(3):
        desk.post("/triage/train")
    promised = select(func.count()).where(OutboxRow.name == "feedback.train")
    assert db.session.scalar(promised) == 1


@pytest.mark.parametrize(
    "path", ["/triage", "/triage/rules", "/triage/accuracy", "/triage/decisions", "/triage/public"]
)
def test_the_desk_is_for_coordinators(
    client: FlaskClient, people: Cast, sign_in: Callable[[FlaskClient, Person], FlaskClient], path: str
) -> None:
    assert client.get(path).status_code == 302
    assert sign_in(client, people.head).get(path).status_code == 403
