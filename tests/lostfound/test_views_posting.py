"""Reporting what was lost or found, as a browser without JavaScript does it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campus_service.app import create_app
from campus_service.config import Settings
from campus_service.core.clock import freeze, now, today
from campus_service.core.db import db
from campus_service.core.page import fmt_day
from campus_service.lostfound.categories import Category
from campus_service.lostfound.models import FoundItem, LostReport
from campus_service.media.models import Photo
from tests.conftest import Cast, Person
from tests.lostfound.pages import address, counted, form, links
from tests.lostfound.stories import found, held, lost
from tests.media.pictures import phone_photo

SignIn = Callable[[FlaskClient, Person], FlaskClient]
FOUND, LOST = "/lost-found/new/found", "/lost-found/new/lost"
UMBRELLA = {"title": "蓝色雨伞", "category": "umbrella", "place": "图书馆三楼"}


@pytest.fixture
def zhou(client: FlaskClient, people: Cast, sign_in: SignIn) -> FlaskClient:
    """周知远's browser."""
    return sign_in(client, people.zhou)


def send(client: FlaskClient, path: str = FOUND, **changes: Any) -> TestResponse:
    """Open the form, fill it in, send it."""
    return client.post(path, data=form(client.get(path), path, **UMBRELLA | changes))


def items() -> list[FoundItem]:
    db.session.expire_all()
    return db.session.query(FoundItem).order_by(FoundItem.id).all()


def file(data: bytes = b"", name: str = "伞.jpg") -> tuple[io.BytesIO, str]:
    return io.BytesIO(data or phone_photo(640, 480)), name


@pytest.mark.parametrize("path", [FOUND, LOST])
def test_a_visitor_signs_in_and_comes_back_to_the_form(client: FlaskClient, people: Cast, path: str) -> None:
    assert client.get(path).location == f"/sign-in?next={path}"
    sent = client.post(path, data=UMBRELLA, headers={"Referer": f"http://localhost{path}"})
    assert sent.location == f"/sign-in?next={path}"
    assert items() == []


def test_title_category_and_place_are_enough(zhou: FlaskClient, people: Cast) -> None:
    answer = send(zhou)
    (item,) = items()
    assert answer.location == f"/lost-found/{item.no}?posted=1&desk=centre"
    assert (item.title, item.category, item.area) == ("蓝色雨伞", "umbrella", "library")
    assert (item.occurred_on, item.reporter_id) == (today(), people.zhou.id)


def test_after_posting_a_find_the_next_steps_have_dates(zhou: FlaskClient) -> None:
    page = zhou.get(send(zhou, hand_in="library").location).text
    assert "把它交到图书馆总服务台" in page
    assert f"最晚 {fmt_day(today())}" in page
    assert 'name="draft-done" content="found"' in page


def test_after_posting_a_loss_the_reminder_has_a_date(zhou: FlaskClient) -> None:
    page = zhou.get(send(zhou, LOST).location).text
    assert fmt_day(today() + timedelta(days=30)) in page
    assert 'name="draft-done" content="lost"' in page


def test_everything_that_was_typed_arrives(zhou: FlaskClient) -> None:
    answer = send(
        zhou,
        description="折叠",
        private_marks="伞柄贴了星星",
        contact="微信 zhou",
        day_part="evening",
        occurred_on=(today() - timedelta(days=1)).isoformat(),
        hand_in="",
    )
    assert answer.status_code == 302
    (item,) = items()
    assert (item.description, item.private_marks, item.contact) == ("折叠", "伞柄贴了星星", "微信 zhou")
    assert (item.day_part, item.occurred_on) == ("evening", today() - timedelta(days=1))
    assert item.hand_in_by == today() + timedelta(days=3)


def test_another_day_is_written_into_the_date_field(zhou: FlaskClient) -> None:
    day = today() - timedelta(days=9)
    assert send(zhou, occurred_on="", other_day=day.isoformat()).status_code == 302
    assert items()[0].occurred_on == day


def test_the_same_form_sent_twice_makes_one_row(zhou: FlaskClient) -> None:
    filled = form(zhou.get(FOUND), FOUND, **UMBRELLA)
    first, second = (zhou.post(FOUND, data=filled) for _n in range(2))
    assert first.location == second.location
    assert len(items()) == 1


# --- mistakes ----------------------------------------------------------------------------------------------------

MISTAKES = {
    "title": [
        ("", "这里要填"),
        ("长" * 10_000, "最多 60 个字，现在有 10000 个"),
        ("卡号 6217000000007718", "后 4 位"),
    ],
    "category": [("spaceship", "请从列出的里面选一个"), ("", "按名字像是“雨伞”")],
    "place": [("", "这里要填"), ("地" * 81, "最多 80 个字")],
    "description": [("述" * 2001, "最多 2000 个字")],
    "contact": [("1" * 121, "最多 120 个字")],
    "hand_in": [("moon", "没有“moon”这个招领点")],
    "day_part": [("midnight", "请从列出的里面选一个")],
}


@pytest.mark.parametrize(
    ("field", "value", "words"), [(f, *case) for f, cases in MISTAKES.items() for case in cases]
)
def test_a_mistake_is_named_at_its_field_and_everything_is_kept(
    zhou: FlaskClient, field: str, value: str, words: str
) -> None:
    kept = {"description": "折叠", "private_marks": "星星", "contact": "微信"}
    page = send(zhou, **kept | {field: value})
    assert page.status_code == 422
    assert f'id="f-{field}-error"' in page.text
    assert words in page.text
    again = form(page, FOUND)
    expected = UMBRELLA | kept | {field: value}
    for name in ("title", "place", *kept):
        assert again[name] == [expected[name]], name
    assert items() == []


@pytest.mark.parametrize(
    ("day", "words"),
    [("2099-01-01", "还没有到"), ("1999-01-01", "太早了"), ("31.10.2026", "日期要写成"), ("", "日期要写成")],
)
def test_a_wrong_day_is_named_and_kept(zhou: FlaskClient, day: str, words: str) -> None:
    page = send(zhou, occurred_on="", other_day=day)
    assert page.status_code == 422
    assert words in page.text
    assert form(page, FOUND)["other_day"] == [day]
    assert form(page, FOUND)["title"] == ["蓝色雨伞"]


def test_two_different_days_are_asked_about(zhou: FlaskClient) -> None:
    page = send(zhou, occurred_on=today().isoformat(), other_day="2026-10-01")
    assert page.status_code == 422
    assert "请只留一个" in page.text


def test_all_mistakes_are_named_at_once(zhou: FlaskClient) -> None:
    page = send(zhou, title="", place="", category="x")
    assert page.text.count('class="error"') == 3
    assert page.text.count('href="#f-') == 3


def test_a_mended_form_goes_through(zhou: FlaskClient) -> None:
    page = send(zhou, title="")
    assert zhou.post(FOUND, data=form(page, FOUND, title="蓝色雨伞")).status_code == 302
    assert len(items()) == 1


def test_typed_markup_comes_back_as_text(zhou: FlaskClient) -> None:
    page = send(zhou, title='"><script>alert(1)</script>', place="")
    assert "<script>alert" not in page.text
    assert form(page, FOUND)["title"] == ['"><script>alert(1)</script>']


def test_no_form_at_all_is_a_list_of_what_to_fill_in(zhou: FlaskClient) -> None:
    page = zhou.post(FOUND)
    assert page.status_code == 422
    assert items() == []


# --- photos ------------------------------------------------------------------------------------------------------


def test_a_photo_travels_with_the_form(zhou: FlaskClient) -> None:
    answer = send(zhou, photo_files=[file(), file()])
    assert answer.status_code == 302
    (item,) = items()
    assert db.session.query(Photo).filter_by(owner_type="found_item", owner_id=item.id).count() == 2
    assert item.cover in zhou.get("/lost-found").text


def test_photos_stay_while_a_mistake_is_mended(zhou: FlaskClient) -> None:
    page = send(zhou, title="", photo_files=[file()])
    assert page.status_code == 422
    (key,) = form(page, FOUND)["photos"]
    assert f"/photos/{key}/320.jpg" in page.text
    zhou.post(FOUND, data=form(page, FOUND, title="蓝色雨伞"))
    assert items()[0].cover == key


def test_a_file_that_is_no_photo_is_named(zhou: FlaskClient) -> None:
    page = send(zhou, photo_files=[file(), file(b"not a picture", "作业.docx")])
    assert page.status_code == 422
    assert "作业.docx" in page.text
    assert "不是照片" in page.text
    assert len(form(page, FOUND)["photos"]) == 1
    assert items() == []


def test_more_than_six_photos_are_refused(zhou: FlaskClient) -> None:
    page = send(zhou, photo_files=[file() for _n in range(7)])
    assert page.status_code == 422
    assert "最多 6 张" in page.text


def test_somebody_else_s_photo_cannot_be_used(
    app: Flask, zhou: FlaskClient, people: Cast, sign_in: SignIn
) -> None:
    page = send(zhou, title="", photo_files=[file()])
    keys = form(page, FOUND)["photos"]
    wu = sign_in(app.test_client(), people.wu)
    answer = wu.post(FOUND, data=UMBRELLA | {"photos": keys})
    assert answer.status_code == 422
    assert keys[0] not in answer.text


# --- before it is sent -------------------------------------------------------------------------------------------


def test_similar_reports_are_shown_once_before_sending(zhou: FlaskClient, people: Cast) -> None:
    no = lost(people.lin, title="蓝色雨伞", category="umbrella")
    page = send(zhou)
    assert page.status_code == 200
    assert "有人在找相近的" in page.text
    assert "都不是，继续登记" in page.text
    assert f"/lost-found/{no}" in links(page)
    assert items() == []
    assert zhou.post(FOUND, data=form(page, FOUND)).status_code == 302
    assert len(items()) == 1


def test_a_valuable_is_recognised_by_kind_and_place(zhou: FlaskClient, people: Cast) -> None:
    no = held(people, title="iPhone 15 黑色", category="phone", place="图书馆二楼")
    page = send(zhou, LOST, title="我的苹果机", category="phone")
    assert f"/lost-found/{no}" in links(page)
    assert "iPhone 15 黑色" not in page.text


def test_without_similar_reports_nothing_stands_between(zhou: FlaskClient, people: Cast) -> None:
    lost(people.lin, title="一串钥匙", category="keys", place="田径场")
    assert send(zhou).status_code == 302


def test_similar_reports_are_found_while_typing(zhou: FlaskClient, people: Cast) -> None:
    no = lost(people.lin, title="蓝色雨伞", category="umbrella")
    part = zhou.get(address("/lost-found/similar", kind="lost", title="蓝色雨伞", place=""))
    assert links(part) == [f"/lost-found/{no}"]
    assert 'name="seen"' in part.text


def test_the_words_suggest_a_category(client: FlaskClient) -> None:
    part = client.get(address("/lost-found/suggest", title="图书馆的黑伞")).text
    assert 'value="umbrella" checked' in part
    assert part.count("checked") == 1


def test_all_twenty_categories_can_be_reached(zhou: FlaskClient) -> None:
    for page in (zhou.get(FOUND).text, zhou.get(address("/lost-found/suggest", title="伞")).text):
        assert all(page.count(f'name="category" value="{category}"') == 1 for category in Category)


def test_a_category_of_one_s_own_choice_stays(client: FlaskClient) -> None:
    part = client.get(address("/lost-found/suggest", title="黑伞", category="other", auto="umbrella")).text
    assert 'value="other" checked' in part
    follows = client.get(
        address("/lost-found/suggest", title="黑色水杯", category="umbrella", auto="umbrella")
    ).text
    assert 'value="cup_bottle" checked' in follows


def test_a_form_says_what_of_a_valuable_will_be_shown(client: FlaskClient) -> None:
    assert (
        "只公布类别、区域和日期"
        in client.get(address("/lost-found/suggest", title="苹果手机", kind="found")).text
    )


def test_the_place_is_offered_and_free(zhou: FlaskClient) -> None:
    assert '<option value="图书馆一楼">' in zhou.get(FOUND).text
    send(zhou, place="湖边第三棵柳树下")
    assert (items()[0].place, items()[0].area) == ("湖边第三棵柳树下", "lake")


def test_a_campus_card_is_explained_and_not_photographed(zhou: FlaskClient) -> None:
    (way,) = links(zhou.get(FOUND), address(FOUND, category="campus_card"))
    page = zhou.get(way)
    assert "值班员按卡号直接通知本人" in page.text
    assert "photo_files" not in page.text
    answer = zhou.post(FOUND, data=form(page, FOUND, place="一食堂"))
    (item,) = items()
    assert answer.location.startswith(f"/lost-found/{item.no}")
    assert not item.listed


def test_a_link_can_begin_the_form(zhou: FlaskClient) -> None:
    page = zhou.get(address(LOST, title="黑伞", category="umbrella"))
    begun = form(page, LOST)
    assert (begun["title"], begun["category"]) == (["黑伞"], ["umbrella"])


def test_midnight_moves_the_days_of_the_chips(zhou: FlaskClient) -> None:
    with freeze(now() + timedelta(days=1)):
        assert form(zhou.get(FOUND), FOUND)["occurred_on"] == [today().isoformat()]


def test_both_sides_have_their_own_form(zhou: FlaskClient) -> None:
    assert send(zhou, LOST).status_code == 302
    assert db.session.query(LostReport).count() == 1
    assert items() == []
    assert "东西现在在哪" not in zhou.get(LOST).text


def test_a_form_costs_few_queries(zhou: FlaskClient) -> None:
    with counted() as statements:
        assert zhou.get(FOUND).status_code == 200
    assert len(statements) <= 4, statements


def test_nobody_posts_more_than_twenty_an_hour(settings: Settings, people: Cast, sign_in: SignIn) -> None:
    app = create_app(settings.model_copy(update={"rate_limits": True}))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    with app.app_context():
        zhou = sign_in(app.test_client(), people.zhou)
        answers = [zhou.post(FOUND, data={"title": ""}).status_code for _n in range(21)]
        assert answers == [422] * 20 + [429]
        assert zhou.get(FOUND).status_code == 200
        db.session.remove()
        db.engine.dispose()


def test_a_lost_thing_that_somebody_keeps_is_similar_too(zhou: FlaskClient, people: Cast) -> None:
    no = found(people.lin, title="蓝色雨伞", category="umbrella")
    assert f"/lost-found/{no}" in links(send(zhou, LOST))
