"""The page of kept searches: kept from a list, changed, ended; and the link in each mail."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, Invalid
from campus_service.following import service
from campus_service.following.models import MOST, SavedSearch
from campus_service.following.states import Rhythm
from campus_service.lostfound import service as registry
from campus_service.notifications import mail
from campus_service.notifications.models import DemoMail, Notification
from tests.conftest import Cast, Person
from tests.following.stories import kept
from tests.lostfound.pages import address, counted, form
from tests.lostfound.stories import held, lost

SignIn = Callable[[FlaskClient, Person], FlaskClient]
Work = Callable[[], int]


@pytest.fixture
def lin(client: FlaskClient, people: Cast, sign_in: SignIn) -> FlaskClient:
    """林小满's browser."""
    return sign_in(client, people.lin)


def searches() -> list[SavedSearch]:
    return list(db.session.scalars(select(SavedSearch).order_by(SavedSearch.id)))


def test_a_search_is_kept_from_the_list_that_found_nothing(lin: FlaskClient) -> None:
    page = lin.get(address("/lost-found", q="独角兽的角", category="other"))
    answer = lin.post("/me/following", data=form(page, "/me/following"))
    assert answer.status_code == 303
    (search,) = searches()
    assert (search.query, search.kind, search.category) == ("独角兽的角", "found", "other")
    shown = lin.get("/me/following").text
    assert "“独角兽的角” · 其他" in shown
    assert "还没有对上的" in shown


def test_the_whole_list_cannot_be_followed(lin: FlaskClient) -> None:
    assert "关注这个搜索" not in lin.get("/lost-found").text
    assert lin.post("/me/following", data={"kind": "found"}).status_code == 422
    assert searches() == []


def test_a_visitor_is_led_to_sign_in_and_back(client: FlaskClient) -> None:
    page = client.get(address("/lost-found", q="雨伞")).text
    assert "登录后关注这个搜索" in page
    assert client.post("/me/following", data={"q": "雨伞", "kind": "found"}).status_code in (302, 401)


def test_the_same_search_is_kept_once(people: Cast) -> None:
    assert kept(people.lin) == kept(people.lin, q=" 围巾  ")
    assert kept(people.lin) != kept(people.lin, kind="lost")


def test_a_person_keeps_twenty_at_most(lin: FlaskClient, people: Cast) -> None:
    for number in range(MOST):
        kept(people.lin, q=f"围巾 {number}")
    with pytest.raises(Conflict, match="最多关注 20 个"):
        kept(people.lin)
    answer = lin.post("/me/following", data={"q": "雨伞", "kind": "found"})
    assert answer.status_code == 409
    assert "最多关注 20 个" in answer.text
    with transaction():
        service.drop(people.lin.actor, searches()[3].id)
    assert kept(people.lin)


@pytest.mark.parametrize("wrong", [{"kind": "secret"}, {"category": "gold"}, {"area": "moon"}], ids=str)
def test_what_does_not_exist_cannot_be_followed(people: Cast, wrong: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        kept(people.lin, **wrong)


def test_the_page_shows_what_was_found_last_as_far_as_it_is_public_still(
    lin: FlaskClient, people: Cast, work: Work
) -> None:
    kept(people.lin, kind="lost")
    gone, there = lost(people.zhou, title="蓝围巾"), lost(people.zhou, title="绿围巾")
    work()
    with transaction():
        registry.withdraw(people.zhou.actor, gone)
    page = lin.get("/me/following").text
    assert "绿围巾" in page
    assert there in page
    assert "蓝围巾" not in page


def test_the_page_costs_the_same_for_one_and_for_many(lin: FlaskClient, people: Cast, work: Work) -> None:
    kept(people.lin)
    held(people)
    work()
    lin.get("/me/following")
    with counted() as few:
        lin.get("/me/following")
    for number in range(10):
        kept(people.lin, q=f"格子 围巾 {'流苏 ' * (number % 2)}", category="clothing", area="")
        kept(people.lin, q="", category="clothing", area=["library", "gym"][number % 2])
    held(people)
    work()
    with counted() as many:
        lin.get("/me/following")
    assert len(many) == len(few)


def test_rhythm_and_end_are_for_the_owner(lin: FlaskClient, people: Cast) -> None:
    mine, other = kept(people.lin), kept(people.wu)
    assert lin.post(f"/me/following/{mine}/rhythm", data={"rhythm": "daily"}).status_code == 303
    assert lin.post(f"/me/following/{other}/rhythm", data={"rhythm": "off"}).status_code == 404
    assert lin.post(f"/me/following/{other}/delete").status_code == 404
    assert [search.rhythm for search in searches()] == [Rhythm.DAILY, Rhythm.INSTANT]
    assert lin.post(f"/me/following/{mine}/delete").status_code == 303
    assert [search.id for search in searches()] == [other]


# --- the mail ----------------------------------------------------------------------------------------------------


def test_each_mail_has_a_link_that_asks_and_one_click_that_ends(
    app: Flask, people: Cast, work: Work, client: FlaskClient
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    kept(people.lin)
    held(people)
    work()
    (letter,) = db.session.scalars(select(DemoMail).where(DemoMail.to == people.lin.email))
    (path,) = re.findall(r"http://campus\.test(/following/stop/\S+)", letter.body)
    assert "不再提醒" in client.get(path).text
    assert searches()[0].rhythm is Rhythm.INSTANT
    one_click = client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert one_click.status_code == 200
    assert "已经不再提醒" in one_click.text
    db.session.expire_all()
    assert searches()[0].rhythm is Rhythm.OFF
    assert client.get(path[:-1] + "x").status_code == 404


def test_a_mail_program_finds_the_one_click_in_the_headers(
    people: Cast, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(people.lin)
    held(people)
    sent: list[mail.Mail] = []
    monkeypatch.setattr(mail, "send", sent.append)
    work()
    (letter,) = [each for each in sent if each.stop]
    message = mail._message(letter)
    assert message["List-Unsubscribe"] == f"<{letter.stop}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter.to == people.lin.email


def test_the_daily_mail_s_link_ends_all_of_a_person_s_daily_ones(people: Cast, client: FlaskClient) -> None:
    kept(people.lin, rhythm="daily")
    kept(people.lin, q="雨伞", rhythm="daily")
    kept(people.lin, q="手表")
    token = service.stop_token(people.lin.id, all_of_person=True)
    client.post(f"/following/stop/{token}")
    db.session.expire_all()
    assert [search.rhythm for search in searches()] == [Rhythm.OFF, Rhythm.OFF, Rhythm.INSTANT]


def test_who_wants_no_mail_about_it_finds_it_in_the_site(people: Cast, lin: FlaskClient, work: Work) -> None:
    lin.post("/me/notifications/settings", data={"mail": ["claims", "reports"]})
    kept(people.lin)
    held(people)
    work()
    assert db.session.scalars(select(DemoMail).where(DemoMail.to == people.lin.email)).all() == []
    assert "对上了你的关注" in lin.get("/me/notifications").text
    mine = db.session.scalars(select(Notification).where(Notification.user_id == people.lin.id))
    assert [notice.kind for notice in mine] == ["following.hit"]
