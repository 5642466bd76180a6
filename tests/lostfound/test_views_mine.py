"""The front page, and the page of one's own things."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from campus_service.core.clock import freeze, now, today
from campus_service.core.db import transaction
from campus_service.core.page import fmt_day, fmt_when
from campus_service.lostfound import queries, service
from campus_service.lostfound.commands import Decide
from campus_service.lostfound.service import upkeep
from tests.conftest import Cast, Person
from tests.lostfound.pages import counted, links
from tests.lostfound.stories import approved, claimed, found, held, lost, ready

SignIn = Callable[[FlaskClient, Person], FlaskClient]


def test_the_front_page_works_with_nothing_to_show(client: FlaskClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "最近没有新交来的东西" in page.text


def test_the_front_page_shows_the_eight_newest_finds(client: FlaskClient, people: Cast) -> None:
    numbers = [held(people, title=f"东西{n}") for n in range(9)]
    lost(people.lin)
    assert links(client.get("/"), "/lost-found/2") == [f"/lost-found/{no}" for no in numbers[:0:-1]]


def test_the_front_page_counts_the_week(client: FlaskClient, people: Cast) -> None:
    with freeze(now() - timedelta(days=10)):
        held(people)
    no = held(people)
    pickup = ready(people, approved(people, no))
    with transaction():
        service.confirm_return(people.he.actor, pickup)
    page = client.get("/").text
    assert '收到 <b class="num">1</b> 件，其中 <b class="num">1</b> 件' in page


def test_the_front_page_costs_at_most_five_queries(
    client: FlaskClient, people: Cast, sign_in: SignIn
) -> None:
    for n in range(10):
        held(people, title=f"东西{n}")
    sign_in(client, people.lin)
    with counted() as statements:
        assert client.get("/").status_code == 200
    assert len(statements) <= 5, statements


def test_a_visitor_who_has_the_front_page_is_only_told_so(client: FlaskClient, people: Cast) -> None:
    held(people)
    tag = client.get("/").headers["ETag"]
    assert client.get("/", headers={"If-None-Match": tag}).status_code == 304


# --- my things ---------------------------------------------------------------------------------------------------


@pytest.fixture
def lin(client: FlaskClient, people: Cast, sign_in: SignIn) -> FlaskClient:
    """林小满's browser."""
    return sign_in(client, people.lin)


def test_my_things_are_for_who_signed_in(client: FlaskClient) -> None:
    assert client.get("/me").location == "/sign-in?next=/me"


def test_an_empty_page_offers_both_forms(lin: FlaskClient) -> None:
    page = lin.get("/me")
    assert "这里还没有东西" in page.text
    assert {"/lost-found/new/lost", "/lost-found/new/found"} <= set(links(page))


def test_my_things_are_mine_only(lin: FlaskClient, people: Cast) -> None:
    mine, other = lost(people.lin, title="我的伞"), lost(people.wu, title="别人的伞")
    page = lin.get("/me")
    assert f"/lost-found/{mine}" in links(page)
    assert f"/lost-found/{other}" not in links(page)


def test_what_is_closed_to_others_is_open_to_its_writer(lin: FlaskClient, people: Cast) -> None:
    lost(people.lin, title="我的校园卡", category="campus_card")
    assert "我的校园卡" in lin.get("/me").text


def test_each_claim_says_what_comes_next(lin: FlaskClient, people: Cast) -> None:
    waiting = queries.claim(people.lin.actor, claimed(people.lin, held(people)))
    ready_to_collect = queries.claim(people.lin.actor, approved(people, held(people)))
    refused = claimed(people.lin, held(people))
    with transaction():
        service.decide(people.he.actor, refused, Decide(approve=False, reason="对不上"))
    page = lin.get("/me").text
    assert f"最晚 {fmt_when(service.decision_due(waiting.submitted_at))} 前答复你" in page
    assert ready_to_collect.code_expires_at is not None
    assert f"{fmt_when(ready_to_collect.code_expires_at)} 前凭取件码来领" in page
    assert "可以申诉一次" in page


def test_what_waits_for_me_stands_first(lin: FlaskClient, people: Cast) -> None:
    collect = approved(people, held(people))
    later = claimed(people.lin, held(people))
    assert links(lin.get("/me"), "/lost-found/claims/") == [
        f"/lost-found/claims/{collect}",
        f"/lost-found/claims/{later}",
    ]


def test_each_report_says_what_comes_next(lin: FlaskClient, people: Cast) -> None:
    found(people.lin)
    lost(people.lin)
    page = lin.get("/me").text
    assert f"{fmt_day(today() + timedelta(days=3))} 前交到招领点" in page
    assert "找到了就点一下" in page


def test_a_reminder_shows_on_my_page(lin: FlaskClient, people: Cast, sign_in: SignIn) -> None:
    lost(people.lin)
    with freeze(now() + timedelta(days=31)):
        with transaction():
            upkeep.daily()
        assert "还在找吗" in sign_in(lin, people.lin).get("/me").text


def test_my_page_costs_few_queries_however_much_there_is(lin: FlaskClient, people: Cast) -> None:
    for n in range(5):
        lost(people.lin, title=f"东西{n}")
        claimed(people.lin, held(people))
    with counted() as statements:
        assert lin.get("/me").status_code == 200
    assert len(statements) <= 9, statements
