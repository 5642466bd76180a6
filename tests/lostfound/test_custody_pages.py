"""The pages of custody, as a browser without JavaScript uses them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from campus_service.lostfound import custody_demo, custody_queries, service
from campus_service.lostfound.commands_custody import PutContent, Refuse, Send
from campus_service.lostfound.models import FoundItem, StockTake
from campus_service.lostfound.service import contents
from campus_service.lostfound.states import FoundState
from tests.conftest import Cast, Person
from tests.lostfound.pages import counted, form, links
from tests.lostfound.stories import approved, claimed, found, held

WATCH, ARRIVING, TAKES = "/desk/watch", "/desk/arriving", "/desk/stock-takes"


def item(no: str) -> FoundItem:
    db.session.rollback()
    return db.session.scalars(select(FoundItem).where(FoundItem.no == no)).one()


def sent(person: Person, *numbers: str, desk: str = "centre") -> None:
    with transaction():
        service.send(person.actor, Send(numbers=list(numbers), desk=desk))


# --- the dashboard -----------------------------------------------------------------------------------------------


def test_the_dashboard_says_what_needs_somebody_and_the_tab_counts_it(
    desk: FlaskClient, people: Cast
) -> None:
    with freeze(now() - timedelta(days=40)):
        ring = held(people, title="金戒指", category="jewellery_watch")
        late, never = held(people, title="迟到的伞"), found(people.zhou, hand_in="gym")
        sent(people.he, late, desk="gym")
        waiting = held(people, title="有人认领的伞")
        claimed(people.lin, waiting)
        due = held(people, title="身份证一张", category="id_document")
    lost_way = held(people, title="没到的包")
    sent(people.he, lost_way, desk="gym")
    with transaction():
        service.refuse(people.desk.actor, lost_way, Refuse(kind="not_arrived", note="袋子里没有"))
    page = desk.get(WATCH)
    for no in (ring, late, never, due, lost_way, waiting):
        assert f"/desk/items/{no}" in links(page), no
    assert '关注<b class="num">3</b>' in page.text
    assert "没收到：袋子里没有" in page.text
    assert "超时：应在" in page.text


def test_a_calm_day_says_so(desk: FlaskClient) -> None:
    page = desk.get(WATCH).text
    assert "都对得上" in page
    assert "说交来的都登记了" in page


def test_the_dashboard_costs_the_same_for_one_and_for_many(desk: FlaskClient, people: Cast) -> None:
    def story() -> None:
        with freeze(now() - timedelta(days=40)):
            sent(people.he, held(people), desk="gym")
            found(people.zhou, hand_in="gym")
            held(people, title="金戒指", category="jewellery_watch")

    story()
    with counted() as one:
        desk.get(WATCH)
    story()
    story()
    with counted() as many:
        desk.get(WATCH)
    assert len(one) == len(many) <= 12


def test_a_difference_is_settled_with_words(desk: FlaskClient, people: Cast) -> None:
    no = held(people, desk="gym")
    sent(people.he, no)
    path = f"/desk/items/{no}/receive"
    desk.post(path, data={"arrival": "differs", "arrival_note": "拉链坏了"})
    (open_one,) = custody_queries.unsettled()
    settle = f"/desk/differences/{open_one.id}"
    answer = desk.post(settle, data={"note": ""})
    assert answer.status_code == 422
    desk.post(settle, data=form(desk.get(WATCH), settle, note="送出前就坏了"))
    assert "账和实物都对得上" in desk.get(WATCH).text


# --- on the way --------------------------------------------------------------------------------------------------


def test_things_chosen_on_the_shelf_are_sent_together_and_signed_for_by_scanning(
    desk: FlaskClient, security: FlaskClient, people: Cast
) -> None:
    first, second = held(people), held(people)
    page = desk.get("/desk/shelf")
    assert f'name="numbers" value="{first}" form="send"' in page.text
    chosen = form(page, "/desk/send", desk="gym", numbers=[first, second], carried_by="李师傅")
    assert desk.post("/desk/send", data=chosen).location == "/desk/shelf"
    security.post("/desk/at", data={"desk": "gym"})
    page = security.get(ARRIVING)
    assert "李师傅" in page.text
    assert f"/desk/items/{second}" in links(page)
    security.post(ARRIVING, data={"numbers": f"http://campus.test/s/{first}"})
    assert (item(first).state, item(second).state) == (FoundState.HELD, FoundState.IN_TRANSIT)
    security.post(ARRIVING, data={"numbers": [second], "shelf": "G-1", "arrival": "intact"})
    assert item(second).shelf == "G-1"
    assert "没有在路上的" in security.get(ARRIVING).text


def test_nothing_chosen_is_said_on_the_shelf(desk: FlaskClient, people: Cast) -> None:
    held(people)
    answer = desk.post("/desk/send", data={"desk": "gym"})
    assert (answer.status_code, 'href="#f-numbers"' in answer.text) == (422, True)


def test_what_one_sent_himself_he_cannot_choose(desk: FlaskClient, people: Cast) -> None:
    no = held(people, desk="gym")
    sent(people.desk, no)
    page = desk.get(ARRIVING).text
    assert "由你送出" in page
    assert f'value="{no}" form="sign"' not in page
    assert desk.post(ARRIVING, data={"numbers": no}).status_code == 409


def test_a_refused_arrival_is_flagged_on_the_thing(desk: FlaskClient, people: Cast) -> None:
    no = held(people, desk="gym")
    sent(people.he, no)
    path = f"/desk/items/{no}/refuse"
    desk.post(path, data=form(desk.get(f"/desk/items/{no}"), path, kind="mismatch", note="颜色不对"))
    page = desk.get(f"/desk/items/{no}").text
    assert "对不上" in page
    assert "颜色不对" in page
    desk.post(f"/desk/items/{no}/take-back")
    assert item(no).desk_code == "gym"


# --- scanning ----------------------------------------------------------------------------------------------------


def test_a_label_leads_everybody_to_where_he_may_go(
    client: FlaskClient, security: FlaskClient, people: Cast
) -> None:
    listed, hidden = held(people), held(people, title="校园卡一张", category="campus_card")
    assert client.get(f"/s/{listed}").location == f"/lost-found/{listed}"
    kept, nothing = client.get(f"/s/{hidden}"), client.get("/s/2611-9999")
    assert "由招领点保管" in kept.text
    assert "校园卡一张" not in kept.text
    assert kept.status_code == nothing.status_code == 200
    assert "由招领点保管" in nothing.text
    page = security.get(f"/s/{hidden}")
    assert "校园卡一张" in page.text
    assert f"/desk/items/{hidden}" in links(page)
    assert security.get("/s/2611-9999").status_code == 404


def test_the_label_s_code_is_the_short_address(desk: FlaskClient, people: Cast) -> None:
    from campus_service.lostfound import desk_items
    from campus_service.lostfound.claim_views import qr

    no = held(people)
    assert desk_items.tag(item(no)).qr == qr(f"http://campus.test/s/{no}")


def test_the_scanned_page_offers_what_can_be_done_now(desk: FlaskClient, people: Cast) -> None:
    no = held(people)
    approved(people, no)
    desk.post(TAKES, data={"desk": "centre", "shelf": "A-06"})
    page = desk.get(f"/s/{no}")
    assert "/desk/returns" in links(page)
    assert "记入盘点" in page.text
    take = db.session.scalars(select(StockTake.id)).one()
    desk.post(f"{TAKES}/{take}/count", data=form(page, f"{TAKES}/{take}/count"))
    assert len(custody_queries.counts_of(take)) == 1
    sent(people.he, no, desk="gym")
    assert "收到了，签收" in desk.get(f"/s/{no}").text


@pytest.mark.parametrize("typed", ["{no}", "http://campus.test/s/{no}", " {no} "])
def test_the_scan_page_opens_what_was_typed(desk: FlaskClient, people: Cast, typed: str) -> None:
    no = held(people)
    assert desk.get("/desk/scan", query_string={"tag": typed.format(no=no)}).location == f"/s/{no}"


def test_the_scan_page_says_that_a_tag_is_unknown(desk: FlaskClient) -> None:
    answer = desk.get("/desk/scan", query_string={"tag": "2611-9999"})
    assert (answer.status_code, "账上没有“2611-9999”" in answer.text) == (404, True)
    assert 'value="2611-9999"' in answer.text


# --- stock-takes -------------------------------------------------------------------------------------------------


def test_a_shelf_is_counted_explained_and_closed_on_its_page(desk: FlaskClient, people: Cast) -> None:
    here, missing, extra = held(people), held(people), held(people, desk="gym")
    page = desk.post(TAKES, data={"desk": "centre", "shelf": "a-06"}).location
    for no in (here, extra):
        desk.post(f"{page}/count", data=form(desk.get(page), f"{page}/count", tag=no))
    assert "已点 1 / 应有 2" in desk.get(page).text
    assert f"{page}?differences=1#differences" in links(desk.get(page))
    answer = desk.post(f"{page}/close", data=form(desk.get(f"{page}?differences=1"), f"{page}/close"))
    assert (answer.status_code, f"{missing} 还没有说明" in answer.text) == (422, True)
    said = {f"explanation_{no}": "misplaced" for no in (missing, extra)}
    said |= {f"note_{no}": "放错了架子" for no in (missing, extra)}
    desk.post(f"{page}/close", data=form(answer, f"{page}/close", **said))
    closed = desk.get(page).text
    assert "放错了架子" in closed
    assert "账已按实物改好" in closed
    assert item(extra).desk_code == "centre"
    assert f"/desk/items/{missing}" in links(desk.get(WATCH))
    assert "账上有，没点到" in desk.get(f"/desk/items/{missing}").text


def test_an_unknown_tag_keeps_the_page_and_what_was_typed(desk: FlaskClient, people: Cast) -> None:
    page = desk.post(TAKES, data={"desk": "centre"}).location
    answer = desk.post(f"{page}/count", data={"tag": "2611-9999", "shelf": "B-02"})
    assert answer.status_code == 422
    again = form(answer, f"{page}/count")
    assert (again["tag"], again["shelf"]) == (["2611-9999"], ["B-02"])
    assert desk.post(TAKES, data={"desk": "centre"}).status_code == 409


# --- what is inside ----------------------------------------------------------------------------------------------


def test_contents_are_edited_on_the_thing_s_page_and_cash_counted_by_the_second_person(
    desk: FlaskClient, security: FlaskClient, people: Cast
) -> None:
    no = held(people, title="棕色钱包", category="wallet_cash")
    base, page = f"/desk/items/{no}/contents", f"/desk/items/{no}"
    desk.post(base, data=form(desk.get(page), base, kind="cash", what="零钱", yuan="20"))
    assert f"{base}/1/cash" not in desk.get(page).text
    security_page = security.get(page)
    assert "20.00" not in security_page.text
    wrong = security.post(f"{base}/1/cash", data=form(security_page, f"{base}/1/cash", yuan="21"))
    assert (wrong.status_code, "一起再点" in wrong.text) == (422, True)
    security.post(f"{base}/1/cash", data={"yuan": "20"})
    assert "两人点清" in security.get(page).text
    desk.post(f"{base}/1", data={"kind": "bank_card", "what": "一张"})
    assert item(no).listed is False
    desk.post(f"{base}/1/remove")
    assert custody_queries.contents_of(item(no).id) == []


# --- the API -----------------------------------------------------------------------------------------------------


def test_programs_count_and_close_too(desk: FlaskClient, people: Cast) -> None:
    here, missing = held(people), held(people)
    api = "/api/v1/lost-found"
    take = desk.post(f"{api}/stock-takes", json={"desk": "centre", "shelf": "A-06"}).json["id"]  # type: ignore[index]
    state = desk.post(f"{api}/stock-takes/{take}/counts", json={"tag": here}).json
    assert state is not None
    assert (state["counted"], state["missing"], state["expected"]) == ([here], [missing], 2)
    refused = desk.post(f"{api}/stock-takes/{take}/close", json={})
    assert (refused.status_code, list(refused.json["errors"])) == (422, [f"note_{missing}"])  # type: ignore[index]
    said = [{"no": missing, "explanation": "searching", "note": "正在找"}]
    assert desk.post(f"{api}/stock-takes/{take}/close", json={"explained": said}).status_code == 200
    watch = desk.get(f"{api}/watch").json
    assert watch is not None
    assert [row["item"] for row in watch["differences"]] == [missing]
    with transaction():
        contents.put(people.desk.actor, here, PutContent(kind="cash", yuan="5"))
    lines = desk.get(f"{api}/{here}/contents").json
    assert lines is not None
    assert (lines["custody"], "fen" in lines["lines"][0]) == ("valuable", False)


# --- the demo ----------------------------------------------------------------------------------------------------


def test_the_demo_has_something_overdue_something_to_sign_for_and_a_count(
    desk: FlaskClient, people: Cast
) -> None:
    for place in ("library", "centre"):
        for _one in range(3):
            held(people, desk=place)
    custody_demo.tell(people.desk.actor, people.he.actor)
    assert "超时：应在" in desk.get(WATCH).text
    page = desk.get(ARRIVING)
    assert page.text.count('form="sign"') == 1
    assert "已点 3 / 应有 3" in desk.get(links(desk.get(TAKES), f"{TAKES}/")[0]).text
