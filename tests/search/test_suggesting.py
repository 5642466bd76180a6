"""What is suggested and in which order: by what is public now, then by the staff's words and the campus's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from campus_service.core import cache
from campus_service.core.db import transaction
from campus_service.core.settings import belongings
from campus_service.search import service, suggesting, words
from campus_service.search.commands import SaveWords
from campus_service.search.engine import Filters, SearchDoc
from campus_service.search.newest import MANY, newest
from campus_service.search.service import table_engine
from campus_service.search.words import plan
from tests.conftest import Cast

Work = Callable[[], int]


def public(number: int, title: str, kind: str = "found", body: str = "") -> str:
    """Something everybody may find."""
    id = f"{kind}:{number}"
    with transaction():
        service.put(SearchDoc(id, kind, "other", "held", "gym", 20261001, number, title, body))
    cache.forget()
    return id


def say(people: Cast, line: str) -> None:
    """The staff add a line of words."""
    with transaction():
        words.save(people.admin.actor, SaveWords(line=line))


# --- words --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("typed", "first"), [("xyk", "校园卡"), ("tsg", "图书馆"), ("yst", "一食堂"), ("校", "校园卡")]
)
def test_without_documents_the_campus_s_own_order_decides(typed: str, first: str) -> None:
    assert suggesting.words(typed)[0] == first


@pytest.mark.usefixtures("app")
def test_what_finds_most_comes_first() -> None:
    word = "香烟"
    assert suggesting.words("xy")[0] != word
    for number in range(3):
        public(number, f"一个{word}")
    assert suggesting.words("xy")[0] == word


@pytest.mark.usefixtures("app")
def test_in_a_box_for_one_kind_only_that_kind_counts() -> None:
    public(1, "香烟")
    public(2, "校园卡补办", "guide")
    public(3, "校园卡挂失", "guide")
    assert suggesting.words("xy")[0] == suggesting.words("xy", "guide")[0] == "校园卡"
    assert suggesting.words("xy", "found")[0] == "香烟"


@pytest.mark.usefixtures("app")
def test_nothing_typed_suggests_nothing() -> None:
    assert suggesting.words(" ' ") == suggesting.titles(" ' ") == []


@pytest.mark.parametrize("typed", ["飞天", "feitianx", "ftxwy"])
def test_words_of_the_staff_are_offered_as_they_are_and_by_their_sound(
    app: Flask, people: Cast, typed: str
) -> None:
    assert "飞天小玩意" not in suggesting.words(typed)
    say(people, "竹蜻蜓,飞天小玩意")
    assert suggesting.words(typed)[0] == "飞天小玩意"


def test_a_word_of_the_staff_is_offered_as_they_wrote_it(app: Flask, people: Cast) -> None:
    say(people, "水具 > HydroCup，焖烧杯")
    assert suggesting.words("hydro") == ["HydroCup"]


def test_a_line_that_switches_words_off_offers_none(app: Flask, people: Cast) -> None:
    say(people, "- 飞天小玩意, 充电宝")
    assert "飞天小玩意" not in suggesting.words("飞天")


def test_a_slip_in_a_word_of_the_staff_is_understood(app: Flask, people: Cast) -> None:
    assert suggesting.meant("飞天小完意") == []
    say(people, "竹蜻蜓,飞天小玩意")
    assert suggesting.meant("飞天小完意") == ["飞天小玩意"]


@pytest.mark.parametrize("engine", ["whoosh", "database"])
def test_a_typo_in_a_word_of_the_staff_still_finds(app: Flask, people: Cast, work: Work, engine: str) -> None:
    if engine == "database":
        belongings()[service.KEY] = table_engine()
    id = public(1, "焖烧杯")
    work()
    assert service.find("hydrocpu", Filters()).ids == service.find("hydrocop", Filters()).ids == []
    say(people, "hydrocup,焖烧杯")
    assert service.find("hydrocop", Filters()).ids == [id]


# --- titles -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("app")
def test_of_many_the_newest_with_the_word_in_their_titles_are_offered() -> None:
    ids = [public(number, "孔雀石杯") for number in range(suggesting.TITLES + 2)]
    public(99, "杯垫", body="和孔雀石杯一起")
    assert suggesting.titles("孔雀石杯") == ids[::-1][: suggesting.TITLES]


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("engine", ["whoosh", "database"])
def test_what_few_have_is_offered_from_among_all(
    work: Work, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    if engine == "database":
        belongings()[service.KEY] = table_engine()
    monkeypatch.setattr("campus_service.search.newest.MANY", 1)
    old = public(1, "孔雀石杯")
    public(2, "黑伞")
    work()
    assert suggesting.titles("孔雀石") == [old]
    assert suggesting.titles("孔雀石", "guide") == []


@pytest.mark.usefixtures("app")
def test_in_a_box_for_one_kind_only_titles_of_that_kind_are_offered(work: Work) -> None:
    public(1, "孔雀石杯")
    guide = public(2, "孔雀石采集许可", "guide")
    work()
    assert suggesting.titles("孔雀石", "guide") == [guide]


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("typed", ["airp", "孔雀", "孔雀石 黑", "kongque"])
def test_the_newest_are_met_as_the_engines_meet_them(work: Work, typed: str) -> None:
    for number, title in enumerate(["黑色孔雀石杯", "孔雀石色 AirPods", "孔雀翎", "黑伞"]):
        public(number, title)
    work()
    there = service.first(plan(typed), Filters(), 10)
    assert sorted(newest().first(plan(typed), "", 10)) == sorted(there)
    assert newest().count(plan(typed), "") == len(there)


def test_no_more_of_a_kind_are_kept_in_memory_than_said(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campus_service.search.newest.MANY", 2)
    for number in range(4):
        public(number, "黑伞")
    public(9, "校园卡补办", "guide")
    assert newest().first(plan("黑伞"), "", MANY) == ["found:3", "found:2"]
    assert newest().count(plan("校园卡"), "guide") == 1


# --- the answer ---------------------------------------------------------------------------------------------------


def test_a_box_that_finds_one_kind_leads_to_that_tab(client: FlaskClient) -> None:
    answer = client.get("/search/suggest?q=xyk&kind=guide").get_json()
    assert answer["words"][0]["url"].endswith("tab=guide")
    assert (
        client.get("/search/suggest?q=xyk&kind=nothing").get_json()["words"]
        == (client.get("/search/suggest?q=xyk").get_json()["words"])
    )
