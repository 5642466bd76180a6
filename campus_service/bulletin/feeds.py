"""Feeds of what is published: Atom (RFC 4287) and JSON Feed 1.1, full text, every address whole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

import nh3
from feedgen.feed import FeedGenerator

from campus_service.bulletin import rendering
from campus_service.bulletin.public_queries import AnyRow
from campus_service.core.clock import BEIJING
from campus_service.core.settings import settings
from campus_service.media.models import photo_url

LANGUAGE = "zh-CN"
# An empty feed has been so since the bulletin has a site.
_EMPTY_SINCE = datetime(2026, 1, 1, tzinfo=BEIJING)


def atom(title: str, here: str, page: str, rows: Sequence[tuple[AnyRow, str]]) -> bytes:
    """The feed as Atom. ``here``, ``page``: its own address and the page's; ``rows``: articles with their paths."""
    feed = FeedGenerator()
    base = settings().base_url
    feed.id(base + here)
    feed.title(title)
    feed.language(LANGUAGE)
    feed.author({"name": title})
    feed.link(href=base + here, rel="self", type="application/atom+xml")
    feed.link(href=base + page, rel="alternate", type="text/html")
    feed.updated(max((row.updated_at for row, _path in rows), default=_EMPTY_SINCE))
    for row, path in rows:
        entry = feed.add_entry(order="append")
        entry.id(_id(row))
        entry.title(row.title)
        entry.link(href=base + path, rel="alternate", type="text/html")
        entry.author({"name": row.byline or title})
        entry.category(term=row.section.value, label=str(row.section.label))
        entry.published(row.published_at.astimezone(BEIJING))
        entry.updated(row.updated_at.astimezone(BEIJING))
        entry.summary(row.lede)
        entry.content(whole(row.html, base), type="html")
    return bytes(feed.atom_str(pretty=False))


def json_feed(title: str, here: str, page: str, rows: Sequence[tuple[AnyRow, str]]) -> str:
    """The feed as JSON Feed 1.1."""
    base = settings().base_url
    items = [_item(row, path, base) for row, path in rows]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": title,
        "language": LANGUAGE,
        "home_page_url": base + page,
        "feed_url": base + here,
        "items": items,
    }
    return json.dumps(feed, ensure_ascii=False)


def _item(row: AnyRow, path: str, base: str) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": _id(row),
        "url": base + path,
        "title": row.title,
        "summary": row.lede,
        "content_html": whole(row.html, base),
        "date_published": row.published_at.astimezone(BEIJING).isoformat(timespec="seconds"),
        "date_modified": row.updated_at.astimezone(BEIJING).isoformat(timespec="seconds"),
        "tags": [str(row.section.label)],
    }
    if row.byline:
        item["authors"] = [{"name": row.byline}]
    if row.cover:
        item["image"] = base + photo_url(str(row.cover["key"]), 960)
    return item


def _id(row: AnyRow) -> str:
    """Of an article, for good: neither its issue nor its address changes it."""
    host = settings().base_url.partition("://")[2].partition("/")[0].partition(":")[0]
    return f"tag:{host},{row.published_at:%Y-%m-%d}:article-{row.id}"


def whole(html: str, base: str) -> str:
    """The text with whole addresses: a reader's program does not know where it came from."""

    def attribute(_tag: str, name: str, value: str) -> str | None:
        if name in ("href", "src"):
            return urljoin(f"{base}/", value)
        # Renditions by width are for our own page.
        return None if name in ("srcset", "sizes", "loading") else value

    return nh3.clean(
        html,
        tags=rendering.TAGS,
        attributes=rendering.ATTRIBUTES,
        url_schemes=rendering.SCHEMES,
        link_rel=None,
        attribute_filter=attribute,
    )
