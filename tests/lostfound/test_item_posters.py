"""Posters and pictures to share: what everybody may read, on one page, with a code that a phone reads."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from campus_service.core.db import transaction
from campus_service.core.i18n import force_locale
from campus_service.lostfound import posters, queries, service
from campus_service.lostfound.categories import Category
from campus_service.lostfound.custody import RULES, CustodyClass, Disclosure, class_of, disclosure_of_lost
from campus_service.lostfound.models import FoundItem
from campus_service.lostfound.policy import disclosure
from tests.conftest import Cast, Person
from tests.everything import photo
from tests.lostfound.stories import held, lost
from tests.lostfound.test_views_secrecy import AT_THE_DESK, CLOSED, EXAMPLES, OPEN
from tests.papers import codes, codes_of_picture, fonts, size, words

SignIn = Callable[[FlaskClient, Person], FlaskClient]


def paths(no: str) -> tuple[str, str]:
    return f"/lost-found/{no}/poster.pdf", f"/lost-found/{no}/share.png"


def said(no: str) -> str:
    """Everything that a poster and a picture of ``no`` say, as far as it is words."""
    words = posters.words_of(no)
    return "".join(
        (words.name, words.title, words.text, *(value for row in words.rows for value in row), *words.call)
    )


# --- what they are ----------------------------------------------------------------------------------------------


def test_a_poster_is_one_page_of_a4_whose_code_leads_to_the_page(client: FlaskClient, people: Cast) -> None:
    no = held(people, photos=[photo(people.desk)])

    answer = client.get(paths(no)[0])

    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert size(answer.data) == (1, 210, 297)
    assert codes(answer.data) == [f"http://campus.test/lost-found/{no}"]
    assert set(fonts(answer.data).values()) == {True}


def test_a_found_thing_is_announced_with_the_way_to_its_desk(people: Cast) -> None:
    text = words(posters.poster(held(people)).content)

    for part in ("招领启事", "黑红格子围巾", "图书馆一楼咖啡角", "带流苏"):
        assert part in text
    assert "失主请到大学生事务服务中心招领点（大学生活动中心一楼）认领" in text


def test_a_lost_thing_is_looked_for(people: Cast) -> None:
    text = words(posters.poster(lost(people.lin, day_part="noon")).content)

    assert "寻物启事" in text
    assert "中午" in text
    assert "请交到任一招领点" in text


def test_a_picture_to_share_has_the_size_of_a_phone_and_the_same_code(
    client: FlaskClient, people: Cast
) -> None:
    no = held(people, photos=[photo(people.desk)])

    answer = client.get(paths(no)[1])

    assert answer.mimetype == "image/png"
    with Image.open(io.BytesIO(answer.data)) as picture:
        assert picture.size == (1080, 1440)
    assert codes_of_picture(answer.data) == [f"http://campus.test/lost-found/{no}"]


def test_a_public_photo_is_on_both(people: Cast) -> None:
    with_photo, without = held(people, photos=[photo(people.desk)]), held(people)

    assert posters.words_of(with_photo).photo
    assert b"/Subtype /Image" in posters.poster(with_photo).content.replace(
        b"/Subtype/Image", b"/Subtype /Image"
    )
    assert posters.words_of(without).photo is None


def test_they_are_chinese_whoever_asks(app: Flask, people: Cast) -> None:
    no = held(people)
    with force_locale("zh_CN"):
        chinese = posters.words_of(no)

    with app.test_request_context(), force_locale("en"):
        assert posters.words_of(no) == chinese


# --- what they must not say -------------------------------------------------------------------------------------


def test_of_every_category_just_what_its_class_allows_is_said(client: FlaskClient, people: Cast) -> None:
    for category in Category:
        for no, allowed in (
            (
                held(people, **OPEN, **CLOSED, **AT_THE_DESK, category=category),
                RULES[class_of(category)].disclosure,
            ),
            (lost(people.lin, **OPEN, **CLOSED, category=category), disclosure_of_lost(category)),
        ):
            if allowed is Disclosure.NOTHING:
                assert [client.get(path).status_code for path in paths(no)] == [404, 404], category
                continue
            text = said(no) + words(posters.poster(no).content)
            full = allowed is Disclosure.FULL
            assert [word in text for word in OPEN.values()] == [full] * 3, category
            for canary in (*CLOSED.values(), *AT_THE_DESK.values(), people.lin.name, people.desk.name):
                assert canary not in text, category


@pytest.mark.parametrize("custody", list(CustodyClass))
def test_what_is_in_a_thing_closes_its_poster_too(people: Cast, custody: CustodyClass) -> None:
    no = held(people, **OPEN, **CLOSED, **EXAMPLES[custody], photos=[photo(people.desk)])
    item = queries.found_item(people.desk.actor, no)

    if disclosure(item) is not Disclosure.NOTHING:
        full = disclosure(item) is Disclosure.FULL
        assert (OPEN["title"] in said(no)) is full
        assert (posters.words_of(no).photo is not None) is full


def test_neither_staff_nor_the_writer_gets_a_poster_that_says_more(
    client: FlaskClient, people: Cast, sign_in: SignIn
) -> None:
    no, card = (
        held(people, **OPEN, category="phone"),
        lost(people.lin, **OPEN, category="campus_card"),
    )
    for person in (people.desk, people.he, people.lin):
        sign_in(client, person)
        assert OPEN["title"] not in words(client.get(paths(no)[0]).data)
        assert [client.get(path).status_code for path in paths(card)] == [404, 404]


def test_what_left_the_list_has_no_poster(client: FlaskClient, people: Cast) -> None:
    no = lost(people.lin)
    with transaction():
        service.recover(people.lin.actor, no)

    assert client.get(f"/lost-found/{no}").status_code == 200
    assert [client.get(path).status_code for path in paths(no)] == [404, 404]
    assert [client.get(path).status_code for path in paths("9999-0001")] == [404, 404]


# --- hostile words ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"title": '#panic("x") $x$ *粗* @ref <a>', "description": '#include "/core/papers.typ"'},
        {"title": "W" * 60, "description": "x" * 500, "place": "W" * 80},
        {"title": "字" * 60, "description": "长" * 2000, "place": "楼" * 80},
        {"title": "，" * 60, "description": "。" * 500, "place": "…" * 80},
        {"title": "🎪👨‍👩‍👧‍👦", "description": "🎪" * 500},
        {"title": "مفتاح السيارة", "description": "שלום " * 100, "place": "مكتبة"},
    ],
    ids=["markup", "long words", "long texts", "signs", "emoji", "right to left"],
)
@pytest.mark.parametrize("pictured", [False, True])
def test_whatever_is_typed_is_one_sound_page(people: Cast, changes: dict[str, Any], pictured: bool) -> None:
    no = held(people, **changes, photos=[photo(people.desk)] if pictured else [])

    assert size(posters.poster(no).content) == (1, 210, 297)
    assert codes_of_picture(posters.picture(no).content) == [f"http://campus.test/lost-found/{no}"]


def test_a_title_of_which_nothing_can_be_printed_becomes_its_category(people: Cast) -> None:
    assert posters.words_of(held(people, title="🎪")).title == "衣物一件"


# --- caches -----------------------------------------------------------------------------------------------------


def test_a_browser_asks_again_and_gets_a_changed_poster(client: FlaskClient, people: Cast) -> None:
    no = held(people)
    for path in paths(no):
        first = client.get(path)
        assert first.headers["Cache-Control"] == "private, no-cache"
        same = {"If-None-Match": first.headers["ETag"]}
        assert client.get(path, headers=same).status_code == 304
        with transaction():
            item = queries.found_item(people.desk.actor, no)
            assert isinstance(item, FoundItem)
            item.title = f"改过的标题{path[-3:]}"
        changed = client.get(path, headers=same)
        assert (changed.status_code, changed.headers["ETag"] == first.headers["ETag"]) == (200, False)


# --- the page ---------------------------------------------------------------------------------------------------


def test_the_page_of_a_public_report_offers_both(client: FlaskClient, people: Cast) -> None:
    no = held(people)

    page = client.get(f"/lost-found/{no}").text

    assert 'popovertarget="share"' in page
    assert all(path in page for path in paths(no))
    assert f'data-copy="http://campus.test/lost-found/{no}"' in page


def test_one_that_is_not_public_offers_nothing(client: FlaskClient, people: Cast, sign_in: SignIn) -> None:
    no = lost(people.lin, category="campus_card")

    page = sign_in(client, people.lin).get(f"/lost-found/{no}")

    assert page.status_code == 200
    assert "/share.png" not in page.text.replace("/img/share.png", "")
