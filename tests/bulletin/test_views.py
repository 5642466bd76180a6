"""What readers read: the current issue, archive, sections, articles; nothing before its time."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from campus_service.bulletin import public_queries, service
from campus_service.bulletin.commands import Correct
from campus_service.core.clock import freeze
from campus_service.core.db import transaction
from tests.bulletin.stories import EVENT, approved, online, published, signed
from tests.conftest import Cast


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def data(page: str) -> dict[str, Any]:
    """What the page tells machines."""
    found = re.search(r'<script[^>]*type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


def test_the_current_issue_stands_at_the_front_with_its_contents(client: FlaskClient, people: Cast) -> None:
    published(people, title="旧的一期")
    published(people, approved(people, title="甲"), approved(people, title="乙"), title="新的一期")
    page = client.get("/compass").text
    assert page.index("新的一期") < page.index("旧的一期")
    assert '<a href="/compass/2/events-2">' in page
    assert "读完约 2 分钟" in page


def test_an_issue_tells_its_articles_in_order(client: FlaskClient, people: Cast) -> None:
    published(people, approved(people, title="甲"), approved(people, title="乙"), title="新学期")
    page = client.get("/compass/1").text
    assert page.index("甲") < page.index("乙")
    assert [part["headline"] for part in data(page)["hasPart"]] == ["甲", "乙"]


def test_an_article_shows_text_event_and_the_way_on(client: FlaskClient, people: Cast) -> None:
    published(people, approved(people, title="甲", **EVENT), approved(people, title="乙"))
    answer = client.get("/compass/1/events-1")
    assert answer.status_code == 200
    for words in ("招新集市设在", "9月19日 周六 10:00", "校团委社团联合会", 'rel="next"', 'id="h1"'):
        assert words in answer.text
    told = data(answer.text)
    assert told["@type"] == "NewsArticle"
    assert told["about"]["startDate"] == "2026-09-19T10:00:00+08:00"
    assert 'property="og:type" content="article"' in answer.text


@pytest.mark.parametrize("path", ["/compass/1", "/compass/1/events-1", "/compass/online/events-1"])
def test_before_its_time_there_is_nothing(client: FlaskClient, people: Cast, path: str) -> None:
    signed(people)
    assert client.get(path).status_code == 404
    assert "百团大战" not in client.get("/compass").text + client.get("/compass?q=百团大战").text.replace(
        "百团大战”", ""
    ).replace('value="百团大战"', "")


def test_an_early_article_moves_into_its_issue(client: FlaskClient, people: Cast) -> None:
    early = online(people)
    assert client.get(f"/compass/online/{early.slug}").status_code == 200
    assert early.title in client.get("/compass").text
    published(people, early.article_id)
    answer = client.get(f"/compass/online/{early.slug}")
    assert (answer.status_code, answer.location) == (301, f"/compass/1/{early.slug}")


def test_a_wrong_number_leads_to_the_right_one(client: FlaskClient, people: Cast) -> None:
    published(people)
    assert client.get("/compass/7/events-1").location == "/compass/1/events-1"


def test_corrections_are_listed_with_the_article(client: FlaskClient, people: Cast) -> None:
    early = online(people)
    with transaction():
        service.correct(
            people.editor.actor, early.article_id, Correct(wrong="周六、周日两天", right="只有周六")
        )
    page = client.get(f"/compass/online/{early.slug}").text
    assert "勘误" in page
    assert "<del>周六、周日两天</del>" in page
    assert "门前广场，只有周六" in page


def test_a_search_finds_an_article_and_marks_the_words(client: FlaskClient, people: Cast) -> None:
    published(people)
    page = client.get("/compass?q=百团大战").text
    assert "<mark>" in page
    assert "/compass/1/events-1" in page


@pytest.mark.parametrize(("section", "status"), [("events", 200), ("survey-reports", 200), ("gossip", 404)])
def test_a_section_has_its_page(client: FlaskClient, people: Cast, section: str, status: int) -> None:
    published(people)
    assert client.get(f"/compass/section/{section}").status_code == status


def test_a_visitors_browser_keeps_an_article(client: FlaskClient, people: Cast) -> None:
    published(people)
    first = client.get("/compass/1/events-1")
    again = client.get("/compass/1/events-1", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_what_an_author_writes_cannot_end_the_data_for_machines(client: FlaskClient, people: Cast) -> None:
    early = online(people, title="</script><script>alert(1)</script>")
    page = client.get(f"/compass/online/{early.slug}").text
    assert "<script>alert" not in page
    assert data(page)["headline"] == "</script><script>alert(1)</script>"


def test_the_archive_shows_one_year_and_leads_to_the_others(client: FlaskClient, people: Cast) -> None:
    with freeze(datetime(2025, 12, 31, 15, 59, tzinfo=UTC)):  # a minute before Beijing's new year
        published(people, title="去年的一期")
    with freeze(datetime(2025, 12, 31, 16, 1, tzinfo=UTC)):
        published(people, title="新年的一期")
    page = client.get("/compass").text
    assert "/compass?year=2025#archive" in page
    assert "去年的一期" not in page
    last_year = client.get("/compass?year=2025").text
    assert "去年的一期" in last_year
    assert client.get("/compass?year=1949").text.count("新年的一期") == page.count("新年的一期")


def test_a_section_goes_on_page_by_page(
    client: FlaskClient, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_queries, "PAGE_SIZE", 2)
    titles = [f"第{n}件事" for n in "一二三"]
    published(people, *(approved(people, title=title) for title in titles))
    first = client.get("/compass/section/events").text
    way = re.search(r'href="([^"]+)" rel="next"', first)
    assert way
    second = client.get(way[1].replace("&amp;", "&")).text
    assert [title in first for title in titles] == [False, True, True]
    assert [title in second for title in titles] == [True, False, False]
    assert 'rel="next"' not in second
    assert client.get("/compass/section/events?before=forged").text.count("第") == first.count("第")
