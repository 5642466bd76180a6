"""Our feeds against what their formats ask: RFC 4287 by a schema, JSON Feed 1.1 by its field list."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import pytest
from flask import Flask
from lxml import etree
from pydantic import AnyHttpUrl, AwareDatetime, BaseModel, ConfigDict, Field

from campus_service.bulletin import service
from campus_service.bulletin.commands import Correct
from campus_service.core.db import transaction
from tests.bulletin.stories import EVENT, approved, online, published
from tests.conftest import Cast

ATOM = "{http://www.w3.org/2005/Atom}"
SCHEMA = etree.RelaxNG(etree.parse(Path(__file__).parent / "atom.rng"))


class Author(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    url: AnyHttpUrl | None = None


class Item(BaseModel):
    """https://www.jsonfeed.org/version/1.1/#items"""

    model_config = ConfigDict(extra="forbid")
    id: str
    url: AnyHttpUrl
    title: str
    content_html: Annotated[str, Field(min_length=1)]
    summary: str = ""
    image: AnyHttpUrl | None = None
    date_published: AwareDatetime
    date_modified: AwareDatetime
    authors: list[Author] = []
    tags: list[str] = []
    language: str = "zh-CN"


class JsonFeed(BaseModel):
    """https://www.jsonfeed.org/version/1.1/#top-level"""

    model_config = ConfigDict(extra="forbid")
    version: Annotated[str, Field(pattern=r"^https://jsonfeed\.org/version/1\.1$")]
    title: str
    home_page_url: AnyHttpUrl
    feed_url: AnyHttpUrl
    description: str = ""
    icon: AnyHttpUrl | None = None
    favicon: AnyHttpUrl | None = None
    authors: list[Author] = []
    language: str
    items: list[Item]


@pytest.fixture
def full(app: Flask, people: Cast) -> Flask:
    """An issue with an event and a correction, and an early article with letters that XML minds."""
    for name in ("writer", "editor", "reviewer", "chief"):
        getattr(people, name)
    bound = approved(people, title="招新 <集市> & “摊位”", **EVENT)
    published(people, bound, approved(people, title="乙", section="tips"))
    online(people, title="先上线的一篇")
    with transaction():
        service.correct(people.editor.actor, bound, Correct(wrong="先看分区图", right="先看地图"))
    return app


@pytest.mark.parametrize("path", ["/compass/feed.atom", "/compass/section/events/feed.atom"])
def test_atom_is_as_its_schema_asks(full: Flask, path: str) -> None:
    feed = etree.fromstring(full.test_client().get(path).data)
    assert SCHEMA.validate(feed), SCHEMA.error_log
    ids = [each.text for each in feed.iter(f"{ATOM}id")]
    assert len(ids) == len(set(ids))
    newest = max(datetime.fromisoformat(each.text) for each in feed.findall(f"{ATOM}entry/{ATOM}updated"))
    assert datetime.fromisoformat(feed.findtext(f"{ATOM}updated")) == newest
    (self_link,) = [link for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert self_link.get("href") == f"http://campus.test{path}"


@pytest.mark.parametrize("path", ["/compass/feed.json", "/compass/section/tips/feed.json"])
def test_json_feed_has_the_fields_of_its_version_and_no_others(full: Flask, path: str) -> None:
    feed = JsonFeed.model_validate_json(full.test_client().get(path).data)
    assert str(feed.feed_url) == f"http://campus.test{path}"
    assert len({item.id for item in feed.items}) == len(feed.items) > 0


def test_a_feed_of_nothing_is_a_feed_too(app: Flask) -> None:
    assert SCHEMA.validate(etree.fromstring(app.test_client().get("/compass/feed.atom").data)), (
        SCHEMA.error_log
    )
    assert JsonFeed.model_validate_json(app.test_client().get("/compass/feed.json").data).items == []
