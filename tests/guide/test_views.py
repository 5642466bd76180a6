"""The pages: everything a matter needs is told at once, and found by what people call it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from campus_service.core.clock import now
from campus_service.core.db import db, transaction
from campus_service.guide import alike, demo, queries
from campus_service.guide.models import Guide
from campus_service.search import words
from campus_service.search.commands import SaveWords
from tests.conftest import Cast
from tests.guide.stories import CARD, REPAIR, guide
from tests.lostfound.pages import address, counted, links

GUIDE = "/guide"


def titles_like(text: str) -> list[str]:
    ids = alike.ids(text)
    rows = queries.entries_of(ids)
    return [rows[id].title for id in ids]


def withdraw(slug: str) -> None:
    with transaction() as session:
        session.execute(update(Guide).where(Guide.slug == slug).values(active=False))


# --- the list -----------------------------------------------------------------------------------------------------


def test_an_empty_guide_says_so_and_lets_one_ask(client: FlaskClient) -> None:
    page = client.get(GUIDE)
    assert page.status_code == 200
    assert "还没有办事指南" in page.text
    assert "/feedback/new" in links(page)


def test_the_list_groups_by_department(client: FlaskClient) -> None:
    slugs = [guide(), guide(**REPAIR), guide(title="自助补卡")]
    page = client.get(GUIDE)
    assert set(links(page, "/guide/")) == {f"{GUIDE}/{slug}" for slug in slugs}
    assert page.text.count('id="it_services"') == page.text.count('id="logistics"') == 1
    assert "2 个工作日" in page.text


def test_a_search_finds_by_words_of_the_steps_and_marks_the_title(
    client: FlaskClient, work: Callable[[], int]
) -> None:
    slug = guide()
    guide(**REPAIR)
    work()
    assert links(client.get(address(GUIDE, q="挂失")), "/guide/") == [f"{GUIDE}/{slug}"]
    assert "<mark>" in client.get(address(GUIDE, q="校园卡")).text


def test_a_synonym_finds_too(client: FlaskClient, work: Callable[[], int]) -> None:
    slug = guide()
    work()
    assert links(client.get(address(GUIDE, q="一卡通")), "/guide/") == [f"{GUIDE}/{slug}"]


def test_a_search_without_hits_leads_to_a_question(client: FlaskClient) -> None:
    guide()
    page = client.get(address(GUIDE, q="独角兽"))
    assert page.status_code == 200
    assert "没有对上的" in page.text
    assert "/feedback/new" in links(page)


@pytest.mark.parametrize("q", ["\0", "<b>", "%27", " " * 300, "长" * 500])
def test_whatever_is_searched_the_page_answers(client: FlaskClient, q: str) -> None:
    guide()
    assert client.get(address(GUIDE, q=q)).status_code == 200


def test_a_withdrawn_guide_is_nowhere(client: FlaskClient, work: Callable[[], int]) -> None:
    slug = guide()
    work()
    withdraw(slug)
    assert client.get(f"{GUIDE}/{slug}").status_code == 404
    assert links(client.get(GUIDE), "/guide/") == []
    assert links(client.get(address(GUIDE, q="校园卡")), "/guide/") == []


def test_the_front_page_and_every_foot_lead_to_the_guide(client: FlaskClient) -> None:
    assert links(client.get("/")).count(GUIDE) >= 3
    assert GUIDE in links(client.get("/sign-in"))


# --- one guide ----------------------------------------------------------------------------------------------------


def test_a_guide_tells_everything_at_once(client: FlaskClient) -> None:
    page = client.get(f"{GUIDE}/{guide()}").text
    words = [CARD[name] for name in ("title", "who", "basis", "where", "hours", "phone")]
    for text in (*words, *CARD["materials"], *CARD["steps"], *CARD["refusal_reasons"], "信息化办公室"):
        assert text in page
    assert '<b class="num">1</b> 个工作日' in page


def test_a_question_about_a_guide_goes_to_its_department(client: FlaskClient) -> None:
    slug = guide()
    (question, *_again) = links(client.get(f"{GUIDE}/{slug}"), "/feedback/new?")
    asked = parse_qs(urlsplit(question).query)
    assert (asked["guide"], asked["department"]) == ([slug], ["it_services"])
    assert asked["text"][0].endswith("：")


def test_materials_are_ticked_per_version_so_that_a_changed_list_begins_anew(client: FlaskClient) -> None:
    slug = guide()
    assert f'data-ticks="{slug}-1"' in client.get(f"{GUIDE}/{slug}").text
    with transaction() as session:
        row = session.query(Guide).filter_by(slug=slug).one()
        row.materials, row.updated_at = ["身份证"], now()
    assert f'data-ticks="{slug}-2"' in client.get(f"{GUIDE}/{slug}").text


def test_a_matter_done_at_once_without_papers_says_so(client: FlaskClient) -> None:
    page = client.get(f"{GUIDE}/{guide(promise_working_days=0, materials=[])}").text
    assert "当场" in page
    assert "什么都不用带" in page


def test_an_english_page_says_that_the_guide_is_in_chinese(client: FlaskClient) -> None:
    page = client.get(address(f"{GUIDE}/{guide()}", lang="en")).text
    assert f'<h1 lang="zh-CN">{CARD["title"]}</h1>' in page
    assert "IT Services" in page


def test_text_of_a_guide_is_never_markup(client: FlaskClient) -> None:
    page = client.get(f"{GUIDE}/{guide(title='<b>补卡</b>', steps=['<script>1</script>'])}").text
    assert "<script>1" not in page
    assert "&lt;b&gt;补卡" in page


@pytest.mark.parametrize("slug", ["it-services-9", "nothing", "中文"])
def test_a_guide_that_is_not_there_is_not_found(client: FlaskClient, slug: str) -> None:
    assert client.get(f"{GUIDE}/{slug}").status_code == 404


def test_a_visitors_browser_may_keep_a_guide(client: FlaskClient) -> None:
    slug = guide()
    tag = client.get(f"{GUIDE}/{slug}").headers["ETag"]
    assert client.get(f"{GUIDE}/{slug}", headers={"If-None-Match": tag}).status_code == 304


# --- while one writes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("我的饭卡昨天在食堂弄丢了，请问怎么补办一张新的？", "校园卡补办"),
        ("宿舍厕所的水管漏了三天，报了维修没有师傅来", "宿舍水电维修"),
        ("想申请缓考，因为期末那天要做手术，需要交什么材料", "缓考申请"),
        ("和室友处不来，想申请调换到别的宿舍", "学生宿舍调换"),
        ("弄丢了图书馆借的一本书，要怎么赔", "图书遗失与污损赔偿"),
    ],
)
def test_a_message_brings_the_guide_that_answers_it(client: FlaskClient, message: str, title: str) -> None:
    demo.load()
    assert title in titles_like(message)
    assert title in client.get(address(f"{GUIDE}/similar", q=message)).text


def test_a_message_in_words_that_the_staff_added_brings_the_guide_too(app: Flask, people: Cast) -> None:
    demo.load()
    message = "期末大跳怎么弄"
    assert titles_like(message) == []
    with transaction():
        words.save(people.admin.actor, SaveWords(line="期末大跳,缓考"))
    assert "缓考申请" in titles_like(message)


@pytest.mark.parametrize("message", ["", "\0", "谢谢老师", "今天天气真好，操场上的人很多", "asdf 1234"])
def test_a_message_that_no_guide_answers_brings_none(client: FlaskClient, message: str) -> None:
    demo.load()
    assert titles_like(message) == []
    assert client.get(address(f"{GUIDE}/similar", q=message)).text.strip() == ""


# --- what it costs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "most"),
    [
        (GUIDE, 1),
        (f"{GUIDE}?q=校园卡", 2),
        (f"{GUIDE}/it-services-1", 1),
        (f"{GUIDE}/similar?q=补办校园卡", 3),
    ],
)
def test_a_page_asks_the_database_no_more_for_more_guides(
    client: FlaskClient, work: Callable[[], int], path: str, most: int
) -> None:
    demo.load()
    work()
    client.get(path)
    db.session.remove()
    with counted() as statements:
        assert client.get(path).status_code == 200
    assert len(statements) <= most, statements
