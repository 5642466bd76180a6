"""Only what was asked for is marked, whoever added the word, and what is read never changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from campus_service.core.db import transaction
from campus_service.search import words
from campus_service.search.added import meaning
from campus_service.search.analyser import MAX_QUERY
from campus_service.search.commands import SaveWords
from campus_service.search.marking import marked
from campus_service.search.synonyms import plan
from tests.conftest import Cast
from tests.lostfound.stories import held


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("捡到黑色钱包", "钱包", "捡到黑色<mark>钱包</mark>"),
        ("我的 AirPods", "airpods", "我的 <mark>AirPods</mark>"),
        ("雨傘一把", "雨伞", "<mark>雨傘</mark>一把"),
        ("ＵＳＢ线", "usb", "<mark>ＵＳＢ</mark>线"),
        ("iPhone15", "iphone 15", "<mark>iPhone15</mark>"),
        ("校园卡", "一卡通", "<mark>校园卡</mark>"),
        ("水壶", "篮球", "水壶"),
        ("monkey key", "key", "monkey <mark>key</mark>"),
        ("2015 号 15", "15", "2015 号 <mark>15</mark>"),
    ],
)
def test_what_was_asked_for_is_marked(text: str, query: str, expected: str) -> None:
    shown = marked(text, plan(query))
    assert isinstance(shown, Markup)
    assert str(shown) == expected


@pytest.mark.parametrize("query", ["script", "mark", "amp", "b", "<b>", "lt", "&"])
def test_markup_in_a_title_stays_text_whatever_is_asked(query: str) -> None:
    text = "<script>alert('&')</script><b>&amp;"
    shown = str(marked(text, plan(query))).replace("<mark>", "").replace("</mark>", "")
    assert shown == str(escape(text))


@given(st.text(), st.text(max_size=2 * MAX_QUERY))
def test_marking_never_changes_what_is_read(text: str, query: str) -> None:
    shown = str(marked(text, plan(query))).replace("<mark>", "").replace("</mark>", "")
    assert shown == str(escape(text))


@pytest.mark.parametrize(
    ("text", "query", "line", "shown"),
    [
        ("竹蜻蜓一只", "飞天小玩意", "竹蜻蜓,飞天小玩意", "<mark>竹蜻蜓</mark>一只"),
        ("北门小超市的小伞", "教育超市", "北门小超市,教育超市", "<mark>北门小超市</mark>的小伞"),
        ("小雨伞", "教育超市", "北门小超市,教育超市", "小雨伞"),
        ("移动电源", "充电宝", "- 充电宝, 移动电源", "移动电源"),
    ],
)
def test_what_the_staff_s_words_lead_to_is_marked_as_a_whole(
    text: str, query: str, line: str, shown: str
) -> None:
    assert str(marked(text, plan(query, meaning((line,))))) == shown


def test_every_list_marks_what_a_word_of_the_staff_found(
    client: FlaskClient, people: Cast, work: Callable[[], int]
) -> None:
    held(people, title="黑色竹蜻蜓", category="other")
    work()
    with transaction():
        words.save(people.admin.actor, SaveWords(line="竹蜻蜓,飞天小玩意"))
    for page in ("/search", "/lost-found"):
        assert "<mark>竹蜻蜓</mark>" in client.get(page, query_string={"q": "飞天小玩意"}).text
