"""The desks' pages about what they hold: the shelf, and one item's way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from campus_service.lostfound import queries, service
from campus_service.lostfound.commands import Move
from campus_service.lostfound.models import FoundItem
from campus_service.lostfound.states import FoundState
from tests.conftest import Cast
from tests.lostfound.pages import address, counted, form, links
from tests.lostfound.stories import claimed, found, held, lost

INTAKE, SHELF = "/desk/intake", "/desk/shelf"


def item(no: str) -> FoundItem:
    db.session.rollback()
    return db.session.scalars(select(FoundItem).where(FoundItem.no == no)).one()


# --- the shelf ---------------------------------------------------------------------------------------------------


def shelved(client: FlaskClient, **args: str) -> list[str]:
    page = client.get(address(SHELF, **args))
    return [link.rpartition("/")[2] for link in links(page, "/desk/items/")]


def test_the_shelf_is_narrowed_by_desk_state_term_and_words(desk: FlaskClient, people: Cast) -> None:
    with freeze(now() - timedelta(days=20)):
        old = held(people, title="身份证一张", category="id_document")
    here, there = held(people, shelf="a-06"), held(people, title="100%棉的帽子", desk="library", shelf="C-09")
    kept = found(people.zhou)
    assert shelved(desk) == [kept, there, here, old]
    assert shelved(desk, desk="library") == [there]
    assert shelved(desk, state="reported") == [kept]
    assert shelved(desk, state="due") == [old]
    assert shelved(desk, q="0%棉") == [there]
    assert shelved(desk, q="c-09") == [there]
    assert shelved(desk, q=here) == [here]
    assert shelved(desk, state="nonsense", desk="moon") == [kept, there, here, old]
    assert "没有这样的东西" in desk.get(address(SHELF, q="大象\0")).text


def test_the_shelf_is_read_with_j_k_and_enter(desk: FlaskClient, people: Cast) -> None:
    held(people)
    page = desk.get(SHELF).text
    assert "<tr data-row>" in page
    assert "data-key-search" in page


def test_a_late_term_is_said_in_words(desk: FlaskClient, people: Cast) -> None:
    with freeze(now() - timedelta(days=366)):
        held(people)
    held(people, title="食堂的饭盒", category="campus_card")
    page = desk.get(SHELF).text
    assert "超 1 天" in page
    assert "clock is-late" in page


def test_an_empty_shelf_offers_to_take_something_in(desk: FlaskClient) -> None:
    assert INTAKE in links(desk.get(SHELF))


def test_a_long_shelf_says_that_there_is_more(
    desk: FlaskClient, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campus_service.lostfound.desk_items.SHELF_ROWS", 2)
    for _one in range(3):
        held(people)
    assert len(shelved(desk)) == 2
    assert "更早的没有列出来" in desk.get(SHELF).text


def test_the_shelf_costs_the_same_for_one_row_and_for_many(desk: FlaskClient, people: Cast) -> None:
    held(people)
    with counted() as one:
        desk.get(SHELF)
    for _one in range(5):
        held(people)
    with counted() as many:
        desk.get(SHELF)
    assert len(many) == len(one) <= 5


# --- one item ----------------------------------------------------------------------------------------------------


def test_staff_see_everything_of_a_thing_and_who_did_each_step(desk: FlaskClient, people: Cast) -> None:
    no = held(
        people,
        category="bag",
        day_part="evening",
        finder_name="李同学",
        over_500=True,
        contents=[{"kind": "cash", "note": "三十元"}, {"kind": "electronics", "count": 2}],
        contact="东区 3 栋",
    )
    page = desk.get(f"/desk/items/{no}").text
    for words in (
        "水洗标只剩半截",
        "李同学",
        "现金（三十元）、手机、电脑等 × 2",
        "500 元以上，封存",
        "晚上",
        "东区 3 栋",
    ):
        assert words in page
    for words in ("贵重物品", "《民法典》第三百一十八条", "周师傅", "A-06", "里面有哪几样东西"):
        assert words in page


def test_an_online_find_is_handed_in_at_the_desk(desk: FlaskClient, people: Cast) -> None:
    no = found(people.zhou)
    path = f"/desk/items/{no}/hand-in"
    page = desk.get(f"/desk/items/{no}")
    assert "周知远" in page.text
    sent = form(page, path, shelf="B-01", private_marks="流苏打了结", question="流苏怎么了")
    assert desk.post(path, data=sent).location == f"/desk/items/{no}"
    assert (item(no).state, item(no).shelf, item(no).question) == (FoundState.HELD, "B-01", "流苏怎么了")
    assert "流苏打了结" in item(no).private_marks
    assert "收下了" in desk.get(f"/desk/items/{no}").text


def test_a_thing_changes_its_shelf(desk: FlaskClient, people: Cast) -> None:
    no = held(people)
    path = f"/desk/items/{no}/move"
    desk.post(path, data=form(desk.get(f"/desk/items/{no}"), path, shelf="D-04"))
    assert (item(no).state, item(no).shelf) == (FoundState.HELD, "D-04")


def test_a_thing_travels_to_another_desk_and_is_received(
    desk: FlaskClient, security: FlaskClient, people: Cast
) -> None:
    no = held(people)
    desk.post(f"/desk/items/{no}/move", data={"desk": "library"})
    page = desk.get(f"/desk/items/{no}")
    assert "转往图书馆总服务台，还没有收到" in page.text
    assert f"/desk/items/{no}/move" not in page.text
    answer = desk.post(f"/desk/items/{no}/receive", data={"shelf": "L-1"})
    assert (answer.status_code, "另一位值班员签收" in answer.text) == (409, True)
    security.post(f"/desk/items/{no}/receive", data={"shelf": "L-1"})
    signed = desk.get(f"/desk/items/{no}").text
    assert all(words in signed for words in ("交接签字", "周师傅", "何老师"))
    assert (item(no).state, item(no).desk_code, item(no).shelf) == (FoundState.HELD, "library", "L-1")


def test_security_hands_a_document_over_to_the_police(
    security: FlaskClient, desk: FlaskClient, people: Cast
) -> None:
    no = held(people, title="身份证一张", category="id_document")
    path = f"/desk/items/{no}/hand-over"
    assert path not in desk.get(f"/desk/items/{no}").text
    sent = form(
        security.get(f"/desk/items/{no}"), path, destination="police", to="东湖派出所", receipt="公 2026-118"
    )
    security.post(path, data=sent)
    assert item(no).state is FoundState.HANDED_OVER
    assert "没有要做的" in security.get(f"/desk/items/{no}").text


def test_a_thing_with_undecided_claims_is_not_handed_over(security: FlaskClient, people: Cast) -> None:
    no = held(people)
    claimed(people.lin, no)
    answer = security.post(f"/desk/items/{no}/hand-over", data={"destination": "police", "to": "公安派出所"})
    assert answer.status_code == 409
    assert "还有 1 份认领没有核对完" in answer.text
    assert f"/desk/claims/{no}" in links(answer)


@pytest.mark.parametrize(("step", "sent"), [("receive", {}), ("hand-in", {"desk": "centre"})])
def test_a_step_out_of_order_shows_the_present_state(
    desk: FlaskClient, people: Cast, step: str, sent: dict[str, str]
) -> None:
    no = held(people)
    answer = desk.post(f"/desk/items/{no}/{step}", data=sent)
    assert answer.status_code == 409
    assert "情况刚刚变了" in answer.text
    assert f"/desk/items/{no}/move" in answer.text


def test_somebody_was_faster_and_the_page_is_fresh(desk: FlaskClient, people: Cast) -> None:
    no = held(people)
    with transaction():
        service.move(people.desk.actor, no, Move(desk="library"))
    answer = desk.post(f"/desk/items/{no}/move", data={"desk": "gym"})
    assert answer.status_code == 409
    assert "转往图书馆总服务台，还没有收到" in answer.text


def test_a_mistake_in_a_step_keeps_what_was_typed(desk: FlaskClient, people: Cast) -> None:
    no = held(people)
    path = f"/desk/items/{no}/move"
    answer = desk.post(path, data={"desk": "gym", "shelf": "X" * 21})
    assert answer.status_code == 422
    assert form(answer, path) == {
        "csrf_token": form(answer, path)["csrf_token"],
        "desk": ["gym"],
        "shelf": ["X" * 21],
        "carried_by": [""],
    }
    assert "最多 20 个字" in answer.text


@pytest.mark.parametrize("what", ["label", "receipt"])
def test_labels_and_receipts_are_pages_to_print(desk: FlaskClient, people: Cast, what: str) -> None:
    no = held(people)
    page = desk.get(f"/desk/items/{no}/{what}").text
    assert f"page-{what}" in page
    assert "data-print" in page
    assert "data-print-now" not in page
    assert "<svg" in page
    assert "data-print-now" in desk.get(f"/desk/items/{no}/{what}?print=1").text


def test_a_receipt_says_no_more_than_the_class_allows(desk: FlaskClient, people: Cast) -> None:
    no = held(people, title="棕色钱包，夹着合影", category="wallet_cash")
    page = desk.get(f"/desk/items/{no}/receipt").text
    assert "钱包现金" in page
    assert "夹着合影" not in page


def test_a_thing_that_does_not_exist_is_not_found(desk: FlaskClient, people: Cast) -> None:
    no = lost(people.lin)
    for path in ("items/2611-9999", f"items/{no}", "items/2611-9999/label"):
        assert desk.get(f"/desk/{path}").status_code == 404
    assert queries.lost_report(people.lin.actor, no).no == no
