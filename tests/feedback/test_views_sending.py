"""Sending a message, as a browser without JavaScript does it, and what the form says while one types."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.test import TestResponse

from campus_service.app import create_app
from campus_service.config import Settings
from campus_service.core.clock import BEIJING, freeze
from campus_service.core.db import db, transaction
from campus_service.core.page import fmt_when
from campus_service.core.ratelimit import limiter
from campus_service.feedback import service
from campus_service.feedback.models import Case
from campus_service.feedback.states import CaseState, Channel, Kind, Publicity, RouteHow
from campus_service.media import service as media
from tests.conftest import Cast, Person
from tests.feedback.stories import accepted, case, sent
from tests.lostfound.pages import counted, form, links
from tests.media.pictures import phone_photo

SignIn = Callable[[FlaskClient, Person], FlaskClient]
NEW = "/feedback/new"
LAMP = {
    "body": "三教二楼西侧楼梯口的感应灯不亮，请来修一下",
    "kind": "request",
    "place": "第三教学楼 二楼西侧",
}
# A Thursday morning within office hours.
MORNING = datetime(2026, 10, 29, 9, 0, tzinfo=BEIJING)


@pytest.fixture
def lin(client: FlaskClient, people: Cast, sign_in: SignIn) -> FlaskClient:
    """林小满's browser."""
    return sign_in(client, people.lin)


def send(client: FlaskClient, **changes: Any) -> TestResponse:
    """Open the form, fill it in, send it."""
    return client.post(NEW, data=form(client.get(NEW), NEW, **LAMP | changes))


def cases() -> list[Case]:
    db.session.rollback()
    db.session.expire_all()
    return db.session.query(Case).order_by(Case.id).all()


def picture(name: str = "灯.jpg") -> tuple[io.BytesIO, str]:
    return io.BytesIO(phone_photo(640, 480)), name


# --- under one's name -------------------------------------------------------------------------------------------


def test_one_text_is_enough(lin: FlaskClient, people: Cast) -> None:
    answer = send(lin, kind="", place="")
    (row,) = cases()
    assert (answer.status_code, answer.location) == (303, f"/feedback/{row.no}?sent=1")
    assert (row.sender_id, row.anonymous, row.channel) == (people.lin.id, False, Channel.WEB)


def test_after_sending_the_page_says_by_when_and_forgets_the_draft(lin: FlaskClient, people: Cast) -> None:
    with freeze(MORNING):
        page = lin.get(send(lin).location).text
        (row,) = cases()
        assert row.accept_due_at is not None
        assert "发出去了" in page
        assert fmt_when(row.accept_due_at) in page
    assert 'name="draft-done" content="feedback"' in page


def test_the_kind_that_was_chosen_counts_more_than_the_words(lin: FlaskClient) -> None:
    send(lin, kind="praise")
    assert cases()[0].kind is Kind.PRAISE


def test_an_empty_text_is_asked_for_and_the_rest_stays(lin: FlaskClient) -> None:
    answer = send(lin, body="", place="体育馆")
    assert answer.status_code == 422
    assert 'value="体育馆"' in answer.text
    assert cases() == []


def test_photos_come_along_without_javascript(lin: FlaskClient, people: Cast) -> None:
    send(lin, photo_files=[picture(), picture("二.jpg")])
    photos = media.photos_of("feedback_case", [cases()[0].id])[cases()[0].id]
    assert len(photos) == 2
    assert all(photo.private for photo in photos)


def test_the_same_form_sent_twice_makes_one_case(lin: FlaskClient) -> None:
    data = form(lin.get(NEW), NEW, **LAMP)
    assert lin.post(NEW, data=data).location == lin.post(NEW, data=data).location
    assert len(cases()) == 1


def test_by_consent_it_is_public_and_a_telephone_number_waits_for_a_look(lin: FlaskClient) -> None:
    send(lin, consent="1")
    send(lin, consent="1", body="三教二楼的灯不亮，打我电话 13800138000")
    assert [row.publicity for row in cases()] == [Publicity.PUBLIC, Publicity.FLAGGED]


def test_the_sixth_message_of_a_day_keeps_its_words(lin: FlaskClient, people: Cast) -> None:
    for _n in range(5):
        sent(people.lin)
    answer = send(lin, body="第六件也要说")
    assert answer.status_code == 429
    assert "一天最多发 5 件" in answer.text
    assert "第六件也要说" in answer.text


# --- what the form says before sending --------------------------------------------------------------------------


def test_the_steps_say_who_by_when_and_by_which_rule(lin: FlaskClient, people: Cast) -> None:
    with freeze(MORNING):
        page = lin.post(NEW, data={**LAMP, "preview": "1"})
    assert page.status_code == 200
    assert cases() == []
    assert "多半由<b>后勤处</b>负责" in page.text
    # Four working hours from nine: three in the morning, one after the lunch break.
    assert "10月29日 周四 15:00 前有人接手" in page.text
    assert "4 小时内接手" in page.text
    assert "11月3日 周二 17:30 前答复" in page.text
    assert "求助 3 个工作日" in page.text


def test_the_promise_of_the_form_is_the_promise_of_the_case(lin: FlaskClient) -> None:
    with freeze(MORNING):
        page = lin.post(NEW, data={**LAMP, "preview": "1"}).text
        send(lin)
        row = cases()[0]
    assert row.answer_due_at is not None
    assert row.accept_due_at is not None
    assert f"{fmt_when(row.accept_due_at)} 前有人接手" in page
    assert f"{fmt_when(row.answer_due_at)} 前答复" in page


def test_another_kind_has_another_time(lin: FlaskClient) -> None:
    with freeze(MORNING):
        page = lin.post("/feedback/hints", data=LAMP | {"kind": "complaint", "auto": "request"}).text
    assert "11月5日 周四 17:30 前答复" in page
    assert "投诉 5 个工作日" in page


def test_a_suggested_kind_follows_the_words_until_one_chooses(lin: FlaskClient) -> None:
    page = lin.post("/feedback/hints", data={"body": LAMP["body"], "kind": "", "auto": ""}).text
    assert 'name="auto" value="request"' in page
    thanks = {"body": "谢谢图书馆的老师帮我找到借书证，服务太好了，表扬", "kind": "request"}
    followed = lin.post("/feedback/hints", data=thanks | {"auto": "request"}).text
    chosen = lin.post("/feedback/hints", data=thanks | {"auto": "praise"}).text
    assert 'value="praise" checked' in followed
    assert 'value="request" checked' in chosen


def test_a_danger_is_answered_with_the_telephone_and_the_fast_clock(client: FlaskClient) -> None:
    with freeze(MORNING):
        page = client.post("/feedback/hints", data={"body": "七号楼三层走廊着火，冒烟很大，快来人"}).text
    assert "马上送到<b>保卫处</b>" in page
    assert "0000-1110" in page
    assert "10月29日 周四 09:15 前有人接手" in page


def test_a_report_is_for_named_people_and_nothing_alike_is_looked_for(
    client: FlaskClient, people: Cast, work: Callable[[], int]
) -> None:
    accepted(people, consent=True)
    work()
    page = client.post("/feedback/hints", data=LAMP | {"kind": "report"}).text
    assert "只给指定的几个人看" in page
    assert "同一件事" not in page


def test_an_open_case_that_says_the_same_is_shown_with_how_many_met_it(
    client: FlaskClient, people: Cast, work: Callable[[], int]
) -> None:
    no = accepted(people, consent=True)
    with transaction():
        service.follow(people.wu.actor, no)
    work()
    page = client.post("/feedback/hints", data=LAMP)
    assert "有 2 位同学说过同一件事" in page.text
    assert f"/feedback/{no}" in links(page)


def test_what_is_private_is_never_shown_as_alike(
    client: FlaskClient, people: Cast, work: Callable[[], int]
) -> None:
    no = accepted(people)
    work()
    assert no not in client.post("/feedback/hints", data=LAMP).text


def test_the_same_words_of_another_place_are_alike_but_not_the_same(
    client: FlaskClient, people: Cast, work: Callable[[], int]
) -> None:
    no = accepted(people, consent=True)
    work()
    page = client.post(
        "/feedback/hints", data={**LAMP, "body": "二楼西侧楼梯口的感应灯不亮", "place": "图书馆"}
    )
    assert "同一件事" not in page.text
    assert f"/feedback/{no}" in links(page)


def test_nothing_is_alike_to_a_text_about_something_else(
    client: FlaskClient, people: Cast, work: Callable[[], int]
) -> None:
    no = accepted(people, consent=True)
    work()
    page = client.post("/feedback/hints", data={"body": "选修课退课截止到哪一天，系统里找不到入口"})
    assert no not in page.text


def test_the_hints_cost_few_queries(client: FlaskClient, people: Cast, work: Callable[[], int]) -> None:
    accepted(people, consent=True)
    work()
    client.post("/feedback/hints", data=LAMP)
    with counted() as statements:
        assert client.post("/feedback/hints", data=LAMP).status_code == 200
    assert len(statements) <= 10, statements


def test_the_form_costs_few_queries(lin: FlaskClient) -> None:
    with counted() as statements:
        assert lin.get(NEW).status_code == 200
    assert len(statements) <= 6, statements


# --- from elsewhere ---------------------------------------------------------------------------------------------


def test_a_question_about_a_guide_goes_to_its_department(lin: FlaskClient, people: Cast) -> None:
    start = f"{NEW}?guide=library-1&department=library&text=补办借书证："
    data = form(lin.get(start), NEW)
    assert data["body"] == ["补办借书证："]
    lin.post(NEW, data=data | {"body": "补办借书证：要带什么？三教的灯也不亮", "kind": "consultation"})
    row = cases()[0]
    assert (row.department_code, row.route_how, row.state) == ("library", RouteHow.PERSON, CaseState.ROUTED)


def test_a_link_cannot_choose_the_department_without_a_guide(lin: FlaskClient) -> None:
    data = form(lin.get(f"{NEW}?department=library"), NEW)
    assert data["department"] == [""]


def test_the_front_page_and_the_bar_lead_to_the_form(client: FlaskClient) -> None:
    page = client.get("/")
    assert "我有问题" in page.text
    assert links(page, NEW)


# --- visitors ---------------------------------------------------------------------------------------------------


def test_a_visitor_can_only_send_without_a_name(client: FlaskClient, people: Cast) -> None:
    page = client.get(NEW)
    assert form(page, NEW)["anonymous"] == ["1"]
    assert "/sign-in?next=/feedback/new" in links(page)
    named = client.post(NEW, data=LAMP)
    assert named.location.startswith("/sign-in")
    assert cases() == []


def test_a_visitors_photos_come_with_the_form_and_belong_to_nobody(client: FlaskClient, people: Cast) -> None:
    answer = send(client, photo_files=[picture()])
    assert answer.status_code == 200
    (row,) = cases()
    (photo,) = media.photos_of("feedback_case", [row.id])[row.id]
    assert photo.uploaded_by is None
    assert photo.created_at.minute == 0


def test_a_file_that_is_no_picture_is_named_and_nothing_is_sent(client: FlaskClient) -> None:
    answer = send(client, photo_files=[(io.BytesIO(b"no picture"), "文.jpg")])
    assert answer.status_code == 422
    assert "文.jpg" in answer.text
    assert LAMP["body"] in answer.text
    assert cases() == []


def test_a_report_by_a_visitor_reaches_its_readers(client: FlaskClient, people: Cast) -> None:
    people.auditor  # noqa: B018  # the cast's named reader comes when he is asked for
    send(client, kind="report", accused_department="logistics", body="后勤处有人虚报维修工时，我有单据")
    (row,) = cases()
    assert (row.confidential, row.accused_department, row.department_code) == (True, "logistics", None)


# --- limits -----------------------------------------------------------------------------------------------------


@pytest.fixture
def limited(settings: Settings, people: Cast) -> Iterator[Flask]:
    """The same site with limits."""
    app = create_app(settings.model_copy(update={"rate_limits": True}))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    limiter._storage_dead = False


def test_a_network_sends_five_nameless_messages_a_day_and_keeps_the_words_of_the_sixth(
    limited: Flask, settings: Settings
) -> None:
    client = limited.test_client()
    for n in range(5):
        assert client.post(NEW, data=LAMP | {"anonymous": "1", "request_key": f"k{n}"}).status_code == 200
    refused = client.post(NEW, data=LAMP | {"anonymous": "1"})
    assert refused.status_code == 429
    assert "这个网络今天不留名字的反馈已经有 5 件了" in refused.text
    assert LAMP["body"] in refused.text
    assert 0 < int(refused.headers["Retry-After"]) <= 86_400
    elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
    assert client.post(NEW, data=LAMP | {"anonymous": "1"}, environ_overrides=elsewhere).status_code == 200


def test_a_form_that_has_to_be_changed_does_not_count(limited: Flask) -> None:
    client = limited.test_client()
    for _n in range(7):
        assert client.post(NEW, data={"anonymous": "1", "body": ""}).status_code == 422
    assert client.post(NEW, data=LAMP | {"anonymous": "1"}).status_code == 200


def test_the_addresses_that_were_counted_cannot_be_found_by_trying(settings: Settings, people: Cast) -> None:
    """Whoever has the file but not the secret cannot tell the address: another secret makes another key."""
    kept = []
    for site in ("one", "another"):
        folder, secret = settings.data_dir / site, SecretStr(f"the secret of {site} site, 32 and longer")
        changes = {"rate_limits": True, "secret_key": secret, "data_dir": folder}
        app = create_app(settings.model_copy(update=changes))
        app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
        app.test_client().post(NEW, data=LAMP | {"anonymous": "1"})
        with sqlite3.connect(folder / "limits.db") as file:
            kept.append({row[0] for row in file.execute("SELECT key FROM counts")})
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    assert all(kept)
    assert not kept[0] & kept[1]


def test_case_of_a_signed_in_sender_without_a_name_is_nobodys(lin: FlaskClient, people: Cast) -> None:
    answer = send(lin, anonymous="1", consent="1")
    assert answer.status_code == 200
    row = cases()[0]
    assert (row.sender_id, row.anonymous, row.publicity) == (None, True, Publicity.PRIVATE)
    assert row.no not in lin.get("/me").text
    assert case(row.no).created_at.minute == 0
