"""What pages tell machines: Open Graph for cards in chats, schema.org's JSON-LD for search engines."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html

from campus_service.bulletin import service
from campus_service.bulletin.commands import AddImage, Approve, Correct, SetCover
from campus_service.core.db import transaction
from campus_service.media import service as media
from tests.bulletin.stories import EVENT, approved, article, online, published, written
from tests.conftest import Cast
from tests.media.pictures import phone_photo

SITE = "http://campus.test"
# Of schema.org's vocabulary what we use: which properties a type has, and of which kind each is.
NAMES = {"@type": "word", "name": "word"}
WORK = {"headline": "word", "name": "word", "datePublished": "moment", "publisher": "Organization"}
TYPES: dict[str, dict[str, str]] = {
    "NewsArticle": NAMES
    | WORK
    | {
        "@context": "context",
        "description": "word",
        "dateModified": "moment",
        "inLanguage": "word",
        "articleSection": "word",
        "wordCount": "number",
        "author": "Person",
        "mainEntityOfPage": "url",
        "image": "url",
        "isPartOf": "PublicationIssue",
        "correction": "words",
        "about": "Event",
        "url": "url",
    },
    "PublicationIssue": NAMES
    | WORK
    | {"@context": "context", "issueNumber": "number", "isPartOf": "Periodical", "hasPart": "NewsArticle"},
    "Periodical": NAMES,
    "Organization": NAMES | {"url": "url"},
    "Person": NAMES,
    "Place": NAMES,
    "Event": NAMES
    | {
        "startDate": "moment",
        "endDate": "moment",
        "eventStatus": "status",
        "location": "Place",
        "organizer": "Organization",
    },
}
DEMANDED = {
    "NewsArticle": {"headline"},
    "Event": {"name", "startDate", "location"},
    "PublicationIssue": {"issueNumber"},
}
STATUS = {"https://schema.org/EventScheduled", "https://schema.org/EventCancelled"}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def page(client: FlaskClient, path: str, host: str = "campus.test") -> Any:
    """A page; ``host``: the name it is asked for by, which a proxy may not pass on as readers wrote it."""
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 200
    return html.fromstring(answer.text)


def data(found: Any) -> dict[str, Any]:
    (script,) = found.xpath('//script[@type="application/ld+json"]')
    return dict(json.loads(script.text))


def card(found: Any) -> dict[str, str]:
    """The page's Open Graph: every property stands there once."""
    pairs = [(meta.get("property"), meta.get("content")) for meta in found.xpath("//meta[@property]")]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def faults(node: Any, kind: str, where: str = "") -> list[str]:
    """What is not as schema.org has it, in ``node`` and all below."""
    if kind not in TYPES:
        return [] if right(node, kind) else [f"{where}: {node!r} is no {kind}"]
    if isinstance(node, list):
        return [fault for n, each in enumerate(node) for fault in faults(each, kind, f"{where}[{n}]")]
    if node.get("@type") != kind:
        return [f"{where}: {node.get('@type')} instead of {kind}"]
    found = [f"{where}.{name} is missing" for name in DEMANDED.get(kind, set()) - set(node)]
    for name, value in node.items():
        known = TYPES[kind].get(name)
        found += faults(value, known, f"{where}.{name}") if known else [f"{where}.{name}: unknown in {kind}"]
    return found


def right(value: Any, kind: str) -> bool:
    match kind:
        case "word":
            return isinstance(value, str) and value.strip() == value != ""
        case "words":
            return isinstance(value, list) and all(right(each, "word") for each in value)
        case "number":
            return type(value) is int and value > 0
        case "moment":
            return value.endswith("+08:00") and datetime.fromisoformat(value).tzinfo is not None
        case "url":
            return whole(value)
        case "status":
            return value in STATUS
        case "context":
            return bool(value == "https://schema.org")
    raise AssertionError(kind)


def whole(url: str) -> bool:
    """A whole address on this site."""
    return url == SITE or url.startswith(f"{SITE}/")


def picture(client: FlaskClient, address: str) -> tuple[int, str | None]:
    """What is found at the address of a picture."""
    with client.get(urlsplit(address).path) as answer:
        return answer.status_code, answer.mimetype


def test_an_article_with_everything_is_as_schema_org_has_it(client: FlaskClient, people: Cast) -> None:
    issue = published(people, approved(people, **EVENT), approved(people, section="tips"))
    with transaction():
        service.correct(people.editor.actor, 1, Correct(wrong="周六、周日两天", right="只有周六"))
    told = data(page(client, "/compass/1/events-1"))
    assert faults(told, "NewsArticle") == []
    assert told["isPartOf"]["issueNumber"] == issue.number
    assert told["dateModified"] >= told["datePublished"]
    assert told["about"]["startDate"] < told["about"]["endDate"]
    assert told["correction"] == ["周六、周日两天 → 只有周六"]


def test_a_cancelled_event_is_told_to_machines_too(client: FlaskClient, people: Cast) -> None:
    published(people, approved(people, **EVENT))
    with transaction():
        service.cancel_event(people.editor.actor, 1)
    told = data(page(client, "/compass/1/events-1"))
    assert faults(told, "NewsArticle") == []
    assert told["about"]["eventStatus"].endswith("/EventCancelled")


@pytest.mark.parametrize("byline", ["阿柚", ""])
def test_an_early_article_has_an_author_and_no_issue(client: FlaskClient, people: Cast, byline: str) -> None:
    early = online(people, byline=byline)
    told = data(page(client, f"/compass/online/{early.slug}"))
    assert faults(told, "NewsArticle") == []
    assert told["author"]["name"] == (byline or "校园指南针")
    assert "isPartOf" not in told


def test_an_issue_is_as_schema_org_has_it(client: FlaskClient, people: Cast) -> None:
    published(people, approved(people), approved(people, section="tips"))
    told = data(page(client, "/compass/1"))
    assert faults(told, "PublicationIssue") == []
    for part in told["hasPart"]:
        assert client.get(urlsplit(part["url"]).path).status_code == 200


@pytest.mark.parametrize("host", ["campus.test", "another.test"])
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/compass/1/events-1", "article"),
        ("/compass/1", "website"),
        ("/compass", "website"),
        ("/compass/events", "website"),
    ],
)
def test_a_card_in_a_chat_has_whole_addresses_of_the_site(
    app: Flask, people: Cast, path: str, kind: str, host: str
) -> None:
    published(people, approved(people, **EVENT))
    found = page(app.test_client(), path, host)
    shown = card(found)
    assert shown["og:type"] == kind
    assert shown["og:url"] == SITE + path
    assert found.xpath('//link[@rel="canonical"]/@href') == [shown["og:url"]]
    assert whole(shown["og:image"])
    assert picture(app.test_client(), shown["og:image"]) == (200, "image/png")
    for name in ("og:title", "og:description", "og:site_name"):
        assert right(shown[name], "word")


def test_a_cover_is_the_picture_of_the_card_and_of_the_data(client: FlaskClient, people: Cast) -> None:
    id = written(people.writer)
    with transaction():
        photo = media.store(people.writer.actor, phone_photo(2400, 1600)).key
        image = service.add_image(people.writer.actor, id, AddImage(photo=photo, alt="招新集市的分区图")).id
        service.set_cover(people.writer.actor, id, SetCover.model_validate({"image": str(image)}))
    with transaction():
        service.submit(people.writer.actor, id)
    seen = article(id).text.hash
    with transaction():
        service.approve(people.reviewer.actor, id, Approve(hash=seen))
    published(people, id)
    found = page(client, "/compass/1/events-1")
    told, shown = data(found), card(found)
    assert faults(told, "NewsArticle") == []
    for address in (told["image"], shown["og:image"]):
        assert whole(address)
        assert picture(client, address) == (200, "image/jpeg")
