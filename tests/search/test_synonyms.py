"""What a query is taken to mean."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus_service.search.synonyms import MAX_CHOICES, MAX_GROUPS, plan, relaxed
from campus_service.search.whoosh_engine import WhooshEngine
from tests.search.documents import doc, fill, ids, titles


@pytest.mark.parametrize(
    ("title", "query"),
    [
        ("捡到一卡通", "校园卡"),
        ("捡到校园卡", "一卡通"),
        ("苹果耳机一副", "AirPods"),
        ("AirPods 一副", "苹果耳机"),
        ("power bank", "充电宝"),
        ("充电宝一个", "Power Bank"),
        ("campus card", "校园卡"),
        ("Apple Watch", "苹果手表"),
        ("移动电源", "便携电源"),
    ],
)
def test_a_synonym_finds_it(index: WhooshEngine, title: str, query: str) -> None:
    titles(index, title, "篮球一个")
    assert ids(index, query) == {"found:0"}


@pytest.mark.parametrize(
    ("title", "query"), [("AirPods 一副", "耳机"), ("Apple Watch", "手表"), ("iPhone", "手机")]
)
def test_asking_for_a_thing_finds_its_kinds(index: WhooshEngine, title: str, query: str) -> None:
    titles(index, title, "篮球一个")
    assert ids(index, query) == {"found:0"}


def test_asking_for_one_kind_does_not_find_the_others(index: WhooshEngine) -> None:
    titles(index, "AirPods 一副", "头戴耳机")
    assert ids(index, "AirPods") == {"found:0"}


@pytest.mark.parametrize(
    "word", ["书架", "电话卡", "药店", "宿舍楼", "书法", "第三方", "灰尘", "钱塘江", "篮球场"]
)
def test_a_synonym_inside_another_word_is_not_that_synonym(index: WhooshEngine, word: str) -> None:
    titles(index, f"{word}旁边", "篮球", "课本一本，手机，现金")
    assert ids(index, word) == {"found:0"}


def test_every_notice_of_the_demo_is_found_by_its_own_title(index: WhooshEngine) -> None:
    lines = files("campus_service.lostfound").joinpath("data/demo.jsonl").read_text("utf-8").splitlines()
    notices = [json.loads(line) for line in lines]
    fill(index, *(doc(notice["id"], notice["title"], notice["description"]) for notice in notices))
    assert [notice["title"] for notice in notices if notice["id"] not in ids(index, notice["title"])] == []


@pytest.mark.parametrize(("title", "query"), [("保温杯", "温"), ("行李箱", "李")])
def test_the_second_pass_finds_a_character_inside_a_word(index: WhooshEngine, title: str, query: str) -> None:
    titles(index, title, "篮球一个")
    assert ids(index, query, loose=True) == {"found:0"}


@pytest.mark.parametrize("query", ["airpo", "耳", "校园", "iph"])
def test_the_last_word_may_be_unfinished(index: WhooshEngine, query: str) -> None:
    titles(index, "AirPods", "耳机", "校园卡", "iPhone")
    assert len(ids(index, query)) == 1


@pytest.mark.parametrize("query", ["airpodz", "airpds", "arpods", "airpoods"])
def test_one_typo_in_a_latin_word_is_forgiven(index: WhooshEngine, query: str) -> None:
    titles(index, "AirPods", "iPhone")
    assert ids(index, query) == {"found:0"}


def test_typos_are_forgiven_by_what_the_whole_index_holds(index: WhooshEngine) -> None:
    # However the documents were committed: an exact word anywhere means that it was no typo.
    titles(index, "house model")
    fill(index, doc("found:7", "horse model"))
    assert ids(index, "horse model") == {"found:7"}


def test_an_unfinished_word_stands_for_all_that_begin_so(index: WhooshEngine) -> None:
    titles(index, *(f"ka{first}{second}" for first in "bcdefghijk" for second in "bcdefghijk"))
    assert len(ids(index, "ka")) == 100


def test_a_word_that_exists_is_taken_as_it_was_typed(index: WhooshEngine) -> None:
    titles(index, "house model", "horse model")
    assert ids(index, "horse model") == {"found:1"}


def test_a_latin_name_inside_another_word_is_not_that_name() -> None:
    # MI is 小米, but "mini" and "family" are not.
    asked = {word for group in plan("mini family").groups for choice in group for word in choice}
    assert {"mini", "family"} <= asked
    assert not asked & {"mi", "小米", "xiaomi"}


def test_every_line_of_the_list_widens_each_of_its_names() -> None:
    lines = files("campus_service.search").joinpath("data/synonyms.txt").read_text("utf-8").splitlines()
    assert len(lines) > 100
    for line in lines:
        for name in line.split(","):
            wide = plan(name).groups
            assert len(wide) == 1, name
            assert len(wide[0]) >= 2, name


@pytest.mark.parametrize("text", ["", "   ", "！！！", "📱", "%", "_", "'"])
def test_a_query_without_words_asks_for_nothing(text: str) -> None:
    assert plan(text).empty


@given(st.text() | st.text(alphabet="校园卡耳机airpods 15", max_size=400))
def test_the_work_that_a_query_causes_is_bounded(text: str) -> None:
    wanted = plan(text)
    assert len(wanted.groups) <= MAX_GROUPS
    assert len(wanted.exact) <= MAX_GROUPS
    assert len(wanted.loose) <= MAX_GROUPS
    assert all(
        len(group) <= MAX_CHOICES and all(len(choice) <= 6 for choice in group) for group in wanted.groups
    )


@pytest.mark.parametrize(
    ("query", "met"),
    [
        ("钱包 雨伞 水杯 钥匙", [3, 2]),
        ("黑色 白色 蓝色 红色 图书馆 食堂 操场 宿舍 钱包 雨伞 水杯 钥匙", [9, 6]),
    ],
)
def test_of_a_long_query_several_words_are_let_go_at_a_time(query: str, met: list[int]) -> None:
    wanted = plan(query)
    fewer = [looser.least for looser in relaxed(wanted) if looser.least < len(looser.groups)]
    assert fewer == met
