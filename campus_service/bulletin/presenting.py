"""What readers' pages say of issues and articles: addresses, cards, what machines read beside the words (JSON-LD)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from markupsafe import Markup

from campus_service.bulletin.models import Correction, Event, Issue, Publication
from campus_service.bulletin.public_queries import AnyRow, Found
from campus_service.bulletin.states import Section
from campus_service.core.clock import BEIJING, now, to_local
from campus_service.core.i18n import LazyString, _, language
from campus_service.core.page import fmt_day, fmt_when, site_name
from campus_service.core.settings import settings
from campus_service.media.models import photo_url

NAME = "校园指南针"


def address(row: Any) -> str:
    """The path of an article: in its issue, or among those that wait for one."""
    if row.number is None:
        return url_for("compass.online", slug=row.slug)
    return url_for("compass.article", number=row.number, slug=row.slug)


@dataclass(frozen=True, slots=True)
class Picture:
    """A cover on a page; ``focus``: one of nine classes that say which part a crop keeps."""

    small: str
    large: str
    alt: str
    width: int
    height: int
    focus: str


def picture(cover: dict[str, Any] | None) -> Picture | None:
    """A publication's cover for a page."""
    if not cover:
        return None
    key = str(cover["key"])
    x, y = (min(2, int(cover[name]) // 34) for name in ("focal_x", "focal_y"))
    return Picture(
        photo_url(key, 320), photo_url(key, 960), cover["alt"], cover["width"], cover["height"], f"f{x}{y}"
    )


@dataclass(frozen=True, slots=True)
class Card:
    """An article in a list."""

    url: str
    title: str | Markup
    lede: str
    byline: str
    section: LazyString
    minutes: int
    day: str
    number: int | None
    picture: Picture | None


def card(row: AnyRow, title: str | Markup | None = None) -> Card:
    """One entry of a list; ``title``: with what was searched for marked."""
    return Card(
        address(row),
        title or row.title,
        row.lede,
        row.byline,
        row.section.label,
        row.minutes,
        fmt_day(to_local(row.published_at).date()),
        row.number,
        picture(row.cover),
    )


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another article of the issue."""

    url: str
    title: str
    current: bool


def neighbours(rows: Sequence[AnyRow], publication_id: int) -> list[Neighbour]:
    """The issue's articles in order, for the list beside one of them and the way on."""
    return [Neighbour(address(row), row.title, row.id == publication_id) for row in rows]


@dataclass(frozen=True, slots=True)
class Appointment:
    """An event as its article shows it."""

    id: int
    when: str
    place: str
    organiser: str
    cancelled: bool


def appointment(event: Event | None) -> Appointment | None:
    """When and where, in the reader's language."""
    if event is None:
        return None
    return Appointment(
        event.id,
        span(event.starts_at, event.ends_at),
        event.place,
        event.organiser,
        event.cancelled_at is not None,
    )


def span(starts_at: datetime, ends_at: datetime) -> str:
    """9月19日 周六 10:00—17:00, over several days both."""
    starts, ends = to_local(starts_at), to_local(ends_at)
    if starts == ends:
        return fmt_when(starts_at)
    if starts.date() == ends.date():
        return f"{fmt_when(starts_at)}—{ends:%H:%M}"
    return f"{fmt_when(starts_at)} — {fmt_when(ends_at)}"


def over(event: Event) -> bool:
    """Whether it has taken place, or would have."""
    return event.ends_at < now()


def in_short(event: Event) -> str:
    """When and where in one line, and what keeps readers from going."""
    hindered = _("活动取消") if event.cancelled_at else _("办过了") if over(event) else ""
    return " · ".join(filter(None, (span(event.starts_at, event.ends_at), event.place, hindered)))


@dataclass(frozen=True, slots=True)
class Erratum:
    """A correction as readers are told of it."""

    at: datetime
    wrong: str
    right: str
    note: str


def errata(corrections: Sequence[Correction]) -> list[Erratum]:
    """The corrections of an article, oldest first."""
    return [Erratum(each.at, each.wrong, each.right, each.note) for each in corrections]


# --- for machines -----------------------------------------------------------------------------------------------


def article_data(found: Found) -> Markup:
    """schema.org's NewsArticle, with its event, as the content of a script element."""
    row = found.publication
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": row.title,
        "description": row.lede,
        "datePublished": _moment(row.published_at),
        "dateModified": _moment(row.updated_at),
        "inLanguage": "zh-CN",
        "articleSection": str(Section(row.section).label) if language() == "zh_CN" else row.section.value,
        "wordCount": row.letters,
        "author": {"@type": "Person", "name": row.byline or NAME},
        "publisher": _publisher(),
        "mainEntityOfPage": settings().base_url + _address(row, found.number),
    }
    if row.cover:
        data["image"] = settings().base_url + photo_url(str(row.cover["key"]), 2048)
    if found.number is not None:
        data["isPartOf"] = {
            "@type": "PublicationIssue",
            "issueNumber": found.number,
            "isPartOf": {"@type": "Periodical", "name": NAME},
        }
    if found.corrections:
        data["correction"] = [f"{each.wrong} → {each.right}" for each in found.corrections]
    if found.event:
        data["about"] = _event_data(found.event)
    return script(data)


def issue_data(issue: Issue, rows: Sequence[AnyRow]) -> Markup:
    """schema.org's PublicationIssue with its articles."""
    return script(
        {
            "@context": "https://schema.org",
            "@type": "PublicationIssue",
            "issueNumber": issue.number,
            "name": issue.title,
            "datePublished": _moment(issue.published_at),
            "publisher": _publisher(),
            "isPartOf": {"@type": "Periodical", "name": NAME},
            "hasPart": [
                {"@type": "NewsArticle", "headline": row.title, "url": settings().base_url + address(row)}
                for row in rows
            ],
        }
    )


def _event_data(event: Event) -> dict[str, Any]:
    status = "EventCancelled" if event.cancelled_at else "EventScheduled"
    return {
        "@type": "Event",
        "name": event.title,
        "startDate": _moment(event.starts_at),
        "endDate": _moment(event.ends_at),
        "eventStatus": f"https://schema.org/{status}",
        "location": {"@type": "Place", "name": event.place},
        "organizer": {"@type": "Organization", "name": event.organiser or NAME},
    }


def _publisher() -> dict[str, str]:
    return {"@type": "Organization", "name": site_name(), "url": settings().base_url}


def _address(row: Publication, number: int | None) -> str:
    if number is None:
        return url_for("compass.online", slug=row.slug)
    return url_for("compass.article", number=number, slug=row.slug)


def _moment(moment: datetime | None) -> str:
    return moment.astimezone(BEIJING).isoformat(timespec="seconds") if moment else ""


def script(data: dict[str, Any]) -> Markup:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(data, ensure_ascii=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)  # noqa: S704  # every letter that means something to HTML is written as its number
