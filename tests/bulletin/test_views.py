"""What readers read: the current issue, archive, sections, articles; nothing before its time."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from campus_service.bulletin import service
from campus_service.bulletin.commands import Correct
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
