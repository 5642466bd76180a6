"""Feeds: full text, whole addresses, ids that last; read by feedparser and by the rules of RFC 4287."""

from __future__ import annotations

from typing import Any

import feedparser
import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree

from campus_service.bulletin import service
from campus_service.bulletin.commands import Correct
from campus_service.core.db import transaction
from tests.bulletin.stories import approved, online, published, signed
from tests.conftest import Cast

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def read(client: FlaskClient, path: str = "/compass/feed.atom") -> Any:
    found = feedparser.parse(client.get(path).data)
    assert not found.bozo
    return found


def test_a_reader_gets_the_full_text_with_whole_addresses(client: FlaskClient, people: Cast) -> None:
    published(people, approved(people, body="看[这里](/lost-found)。\n\n招新集市。"))
    (entry,) = read(client).entries
    assert entry.title.startswith("百团大战")
    assert entry.link == "http://campus.test/compass/1/events-1"
    assert 'href="http://campus.test/lost-found"' in entry.content[0].value
    assert (entry.author, entry.tags[0].term) == ("阿柚", "events")


def test_what_rfc_4287_demands_is_there(client: FlaskClient, people: Cast) -> None:
    published(people, approved(people, title="甲"), approved(people, title="乙"))
    feed = etree.fromstring(client.get("/compass/feed.atom").data)
    for element in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")]
    assert len(set(ids)) == 2
    links = {(link.get("rel"), link.get("href")) for link in feed.findall(f"{ATOM}link")}
    assert ("self", "http://campus.test/compass/feed.atom") in links


def test_an_early_article_keeps_its_id_when_it_is_bound(client: FlaskClient, people: Cast) -> None:
    early = online(people)
    before = read(client).entries[0]
    published(people, early.article_id)
    after = read(client).entries[0]
    assert (before.id, before.link != after.link) == (after.id, True)


def test_a_correction_moves_the_day_of_change(client: FlaskClient, people: Cast) -> None:
    early = online(people)
    before = read(client).entries[0]
    with transaction():
        service.correct(people.editor.actor, early.article_id, Correct(wrong="先看分区图", right="先看地图"))
    after = read(client).entries[0]
    assert after.updated_parsed >= before.updated_parsed
    assert "先看地图" in after.content[0].value


def test_the_json_feed_says_the_same(client: FlaskClient, people: Cast) -> None:
    published(people)
    feed = client.get("/compass/feed.json").get_json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "http://campus.test/compass/feed.json"
    (item,) = feed["items"]
    assert item["id"] == read(client).entries[0].id
    assert item["authors"] == [{"name": "阿柚"}]


def test_what_no_feed_can_carry_does_not_get_into_an_article(client: FlaskClient, people: Cast) -> None:
    odd: dict[str, Any] = {
        "title": "甲\x0b乙\x01",
        "lede": "丙\x1b丁",
        "byline": "阿\x08柚",
        "body": "戊\x0b己\ufffe庚\r\n辛&#12;",
    }
    published(people, approved(people, **odd))
    (entry,) = feedparser.parse(client.get("/compass/feed.atom").data).entries
    assert (entry.title, entry.summary, entry.author) == ("甲 乙", "丙丁", "阿柚")
    assert entry.content[0].value.split() == ["<p>戊", "己庚", "辛", "</p>"]


def test_a_section_has_its_own_feed(client: FlaskClient, people: Cast) -> None:
    published(people, approved(people, title="甲"), approved(people, title="乙", section="tips"))
    assert [entry.title for entry in read(client, "/compass/section/tips/feed.atom").entries] == ["乙"]


def test_before_its_time_there_is_nothing(client: FlaskClient, people: Cast) -> None:
    signed(people)
    assert read(client).entries == []
    assert client.get("/compass/feed.json").get_json()["items"] == []


def test_a_program_that_has_it_is_told_so(client: FlaskClient, people: Cast) -> None:
    published(people)
    first = client.get("/compass/feed.atom")
    again = client.get("/compass/feed.atom", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("path", ["/compass/feed.rss", "/compass/section/gossip/feed.atom"])
def test_there_are_no_other_feeds(client: FlaskClient, people: Cast, path: str) -> None:
    assert client.get(path).status_code == 404
