"""One report on its page: what it says, and what each reader may do there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from campus_service.core.clock import freeze, now, to_local, today
from campus_service.core.db import transaction
from campus_service.core.page import fmt_day, fmt_when
from campus_service.lostfound import queries, service
from campus_service.lostfound.commands import Decide, HandIn, Move
from campus_service.lostfound.custody import RULES, CustodyClass
from campus_service.lostfound.keeping_commands import HandOver
from campus_service.lostfound.models import FoundItem, LostReport
from campus_service.lostfound.service import upkeep
from campus_service.media import service as media
from tests.conftest import Cast, Person
from tests.lostfound.pages import counted, form, links
from tests.lostfound.stories import approved, claimed, found, held, lost, ready
from tests.media.pictures import phone_photo

SignIn = Callable[[FlaskClient, Person], FlaskClient]


def photos(person: Person, count: int = 2) -> list[str]:
    keys = []
    for _n in range(count):
        with transaction():
            keys.append(media.store(person.actor, phone_photo(640, 480)).key)
    return keys


def item_of(people: Cast, no: str) -> FoundItem:
    return queries.found_item(people.desk.actor, no)


def report_of(people: Cast, no: str) -> LostReport:
    return queries.lost_report(people.desk.actor, no)


def test_a_page_tells_what_where_when_and_which_number(client: FlaskClient, people: Cast) -> None:
    no = held(people, day_part="afternoon")
    page = client.get(f"/lost-found/{no}").text
    for words in (
        "黑红格子围巾",
        "带流苏",
        no,
        "图书馆一楼咖啡角",
        f"{fmt_day(today())} 下午",
        "大学生事务服务中心招领点",
    ):
        assert words in page


def test_photos_come_in_two_sizes_with_width_and_height(client: FlaskClient, people: Cast) -> None:
    keys = photos(people.desk)
    page = client.get(f"/lost-found/{held(people, photos=keys)}").text
    # A phone's photo stands upright: the longer side is 320 or 960 pixels.
    assert f'srcset="/photos/{keys[0]}/320.jpg 240w, /photos/{keys[0]}/960.jpg 480w"' in page
    assert page.count('width="240" height="320"') == 2
    assert f"/photos/{keys[1]}/320.jpg" in page


def test_a_thing_without_a_photo_has_its_category_s_drawing(client: FlaskClient, people: Cast) -> None:
    page = client.get(f"/lost-found/{held(people)}").text
    assert "#clothing" in page
    assert "/photos/" not in page


def test_the_timeline_tells_desks_in_order_and_the_next_promise(client: FlaskClient, people: Cast) -> None:
    no = held(people, desk="library")
    with transaction():
        service.move(people.desk.actor, no, Move(desk="centre"))
    with transaction():
        service.receive(people.he.actor, no)
    page = client.get(f"/lost-found/{no}").text
    story = (
        "交到图书馆总服务台",
        "转往大学生事务服务中心招领点",
        "中心招领点收到",
        "保管</h3>",
        "按规定处理",
    )
    places = [page.index(words) for words in story]
    assert places == sorted(places)
    due = item_of(people, no).due_on
    assert due is not None
    assert f"{due.year}年" in page
    assert str(RULES[CustodyClass.ORDINARY].basis) in page


def test_a_shelf_is_named_to_staff_only(client: FlaskClient, people: Cast, sign_in: SignIn) -> None:
    no = held(people)
    with transaction():
        service.move(people.desk.actor, no, Move(desk="centre", shelf="C-09"))
    assert "C-09" not in client.get(f"/lost-found/{no}").text
    assert "换到 C-09 架" in sign_in(client, people.desk).get(f"/lost-found/{no}").text


def test_a_missed_promise_is_told_as_late(client: FlaskClient, people: Cast) -> None:
    with freeze(now() - timedelta(days=20)):
        no = held(people, category="id_document", occurred_on=today() - timedelta(days=20))
    page = client.get(f"/lost-found/{no}").text
    assert '<li class="late">' in page
    assert "移交公安机关" in page


def test_a_shared_link_shows_title_day_and_photo(client: FlaskClient, people: Cast) -> None:
    (key,) = photos(people.desk, 1)
    no = held(people, photos=[key])
    page = client.get(f"/lost-found/{no}").text
    assert '<meta property="og:title" content="黑红格子围巾' in page
    assert f'<meta property="og:image" content="http://campus.test/photos/{key}/960.jpg">' in page
    assert f'<link rel="canonical" href="http://campus.test/lost-found/{no}">' in page


@pytest.mark.parametrize("no", ["2611-9999", "2611-L999", "x", "-L", "%F0%9F%8C%82"])
def test_a_number_that_does_not_exist_is_a_kind_404(client: FlaskClient, people: Cast, no: str) -> None:
    page = client.get(f"/lost-found/{no}")
    assert page.status_code == 404
    assert "可能已经领走" in page.text


def test_an_address_that_no_database_can_hold_is_refused(client: FlaskClient, people: Cast) -> None:
    assert client.get("/lost-found/2611-0001%00").status_code in (400, 404)


def test_a_long_text_stays_whole(client: FlaskClient, people: Cast) -> None:
    no = held(people, title="长" * 60, description="述" * 2000, place="地" * 80)
    page = client.get(f"/lost-found/{no}").text
    assert "长" * 60 in page
    assert "述" * 2000 in page


# --- where one claims --------------------------------------------------------------------------------------------


def test_a_visitor_is_asked_to_sign_in_and_sees_no_question(client: FlaskClient, people: Cast) -> None:
    no = held(people, question="夹层里是什么")
    page = client.get(f"/lost-found/{no}")
    assert "夹层里是什么" not in page.text
    assert f"/sign-in?next=/lost-found/{no}" in links(page)


def test_a_student_finds_the_question_and_what_comes_next(
    client: FlaskClient, people: Cast, sign_in: SignIn
) -> None:
    no = held(people, question="夹层里是什么")
    page = sign_in(client, people.lin).get(f"/lost-found/{no}").text
    assert "夹层里是什么" in page
    assert f"最晚 {fmt_when(service.decision_due(now()))} 前告诉你" in page
    assert "还可以认领 3 次" in page


def test_a_finder_is_told_until_when_and_where_to_bring_it(
    client: FlaskClient, people: Cast, sign_in: SignIn
) -> None:
    no = found(people.zhou)
    page = sign_in(client, people.zhou).get(f"/lost-found/{no}").text
    assert "它还在你手里" in page
    assert f"{fmt_day(today() + timedelta(days=3))} 前交到任一招领点" in page
    assert "第三百一十四条" in page
    assert "图书馆总服务台" in page


def test_after_handing_in_a_finder_has_his_receipt(
    client: FlaskClient, people: Cast, sign_in: SignIn
) -> None:
    no = found(people.zhou)
    with transaction():
        service.hand_in(people.desk.actor, no, HandIn(desk="library"))
    page = sign_in(client, people.zhou).get(f"/lost-found/{no}")
    (receipt,) = links(page, "/lost-found/receipt/")
    assert client.get(receipt).status_code == 200


def test_who_claimed_sees_how_it_stands(client: FlaskClient, people: Cast, sign_in: SignIn) -> None:
    no = held(people)
    claim = claimed(people.lin, no)
    page = sign_in(client, people.lin).get(f"/lost-found/{no}")
    assert "你已经认领" in page.text
    assert f"/lost-found/claims/{claim}" in links(page)
    assert f"/lost-found/{no}/claim" not in page.text


def test_after_a_refusal_the_form_is_there_again_until_three(
    client: FlaskClient, people: Cast, sign_in: SignIn
) -> None:
    no = held(people)
    sign_in(client, people.lin)
    for left in (2, 1):
        claim = claimed(people.lin, no)
        with transaction():
            service.decide(people.he.actor, claim, Decide(approve=False, reason="对不上"))
        assert f"还可以认领 {left} 次" in client.get(f"/lost-found/{no}").text
    claim = claimed(people.lin, no)
    with transaction():
        service.decide(people.he.actor, claim, Decide(approve=False, reason="对不上"))
    assert "次数用完了" in client.get(f"/lost-found/{no}").text


def test_staff_find_the_way_to_the_desk(client: FlaskClient, people: Cast, sign_in: SignIn) -> None:
    no = held(people)
    claimed(people.lin, no)
    page = sign_in(client, people.he).get(f"/lost-found/{no}")
    assert {f"/desk/items/{no}", f"/desk/claims/{no}"} <= set(links(page))
    assert "水洗标只剩半截" in page.text


def test_a_returned_thing_says_so_and_shows_no_photo(client: FlaskClient, people: Cast) -> None:
    (key,) = photos(people.desk, 1)
    no = held(people, photos=[key])
    pickup = ready(people, approved(people, no))
    with transaction():
        service.confirm_return(people.he.actor, pickup)
    page = client.get(f"/lost-found/{no}")
    assert page.status_code == 200
    assert "已经回到主人手里" in page.text
    assert "交还失主" in page.text
    assert key not in page.text


def test_a_thing_handed_over_says_to_whom(client: FlaskClient, people: Cast) -> None:
    no = held(people, category="id_document")
    with transaction():
        service.hand_over(
            people.he.actor, no, HandOver(destination="police", to="东湖派出所", receipt="回执 7")
        )
    page = client.get(f"/lost-found/{no}").text
    assert "移交东湖派出所" in page
    assert "已经移交" in page
    assert "回执 7" not in page


# --- a lost report -----------------------------------------------------------------------------------------------


def test_whoever_found_it_is_led_to_the_form(client: FlaskClient, people: Cast) -> None:
    no = lost(people.lin, category="keys", title="三把钥匙")
    page = client.get(f"/lost-found/{no}")
    (way,) = set(links(page, "/lost-found/new/found"))
    assert "category=keys" in way


@pytest.mark.parametrize(
    ("step", "state"), [("recovered", "recovered"), ("withdraw", "withdrawn"), ("renew", "open")]
)
def test_a_loser_closes_or_renews_his_report(
    client: FlaskClient, people: Cast, sign_in: SignIn, step: str, state: str
) -> None:
    no = lost(people.lin)
    page = sign_in(client, people.lin).get(f"/lost-found/{no}")
    answer = client.post(f"/lost-found/{no}/{step}", data=form(page, f"/lost-found/{no}/{step}"))
    assert (answer.status_code, answer.location) == (302, f"/lost-found/{no}")
    assert report_of(people, no).state == state


@pytest.mark.parametrize("step", ["recovered", "withdraw", "renew"])
def test_nobody_else_closes_it(client: FlaskClient, people: Cast, sign_in: SignIn, step: str) -> None:
    no = lost(people.lin)
    visitor = client.post(f"/lost-found/{no}/{step}")
    assert visitor.location.startswith("/sign-in")
    assert sign_in(client, people.wu).post(f"/lost-found/{no}/{step}").status_code == 403
    assert f"/lost-found/{no}/{step}" not in client.get(f"/lost-found/{no}").text
    assert report_of(people, no).state == "open"


def test_a_report_that_is_over_cannot_be_closed_again(
    client: FlaskClient, people: Cast, sign_in: SignIn
) -> None:
    no = lost(people.lin)
    sign_in(client, people.lin).post(f"/lost-found/{no}/recovered")
    assert client.post(f"/lost-found/{no}/withdraw").status_code == 409


def test_the_reminder_is_answered_on_the_page(client: FlaskClient, people: Cast, sign_in: SignIn) -> None:
    no = lost(people.lin)
    with freeze(now() + timedelta(days=31)):
        with transaction():
            upkeep.daily()
        page = sign_in(client, people.lin).get(f"/lost-found/{no}").text
        assert "还在找吗" in page


def test_a_lapsed_report_is_brought_back(client: FlaskClient, people: Cast, sign_in: SignIn) -> None:
    no = lost(people.lin)
    for days in (31, 46):
        with freeze(now() + timedelta(days=days)), transaction():
            upkeep.daily()
    assert client.get(f"/lost-found/{no}").status_code == 404
    assert "登记已经收起" in sign_in(client, people.lin).get(f"/lost-found/{no}").text
    client.post(f"/lost-found/{no}/renew")
    assert report_of(people, no).listed


def test_a_recovered_report_thanks_who_looks_at_it(client: FlaskClient, people: Cast) -> None:
    no = lost(people.lin)
    with transaction():
        service.recover(people.lin.actor, no)
    assert "失主已经找到了" in client.get(f"/lost-found/{no}").text


# --- what it costs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lin", "zhou", "he"])
def test_an_item_costs_at_most_eight_queries(
    client: FlaskClient, people: Cast, sign_in: SignIn, name: str
) -> None:
    no = found(people.zhou, photos=photos(people.zhou))
    with transaction():
        service.hand_in(people.desk.actor, no, HandIn(desk="library"))
    for person in (people.lin, people.wu):
        claimed(person, no)
    sign_in(client, getattr(people, name))
    # The calendar is read once by a process, and then only asked whether it changed.
    client.get(f"/lost-found/{no}")
    with counted() as statements:
        assert client.get(f"/lost-found/{no}").status_code == 200
    assert len(statements) <= 8, statements


def test_a_visitor_who_has_the_item_s_page_is_only_told_so(client: FlaskClient, people: Cast) -> None:
    no = held(people)
    tag = client.get(f"/lost-found/{no}").headers["ETag"]
    assert client.get(f"/lost-found/{no}", headers={"If-None-Match": tag}).status_code == 304


def test_times_on_the_page_are_beijing_s(client: FlaskClient, people: Cast) -> None:
    no = held(people)
    taken_in = item_of(people, no).taken_in_at
    assert taken_in is not None
    assert f"{to_local(taken_in):%H:%M}" in client.get(f"/lost-found/{no}").text
