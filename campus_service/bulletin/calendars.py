"""Events for calendars (RFC 5545): a stable UID, a SEQUENCE that grows with every change, cancellations told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from icalendar import Calendar, Event, vText

from campus_service.bulletin import models
from campus_service.core.clock import BEIJING
from campus_service.core.settings import settings


def calendar(title: str, events: Iterable[tuple[models.Event, str, str]]) -> bytes:
    """A calendar of events, each with its article's path and lede."""
    made = Calendar()
    made.add("prodid", "-//campus_service//bulletin//ZH")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", title)
    made.add("x-wr-timezone", "Asia/Shanghai")
    for event, path, lede in events:
        made.add_component(_event(event, path, lede))
    made.add_missing_timezones()
    return bytes(made.to_ical())


def subscription(path: str) -> str:
    """The address that makes a phone or a mail program subscribe to a calendar, which asks again by itself."""
    _scheme, _colon, rest = settings().base_url.partition("://")
    return f"webcal://{rest}{path}"


def _event(event: models.Event, path: str, lede: str) -> Event:
    made = Event()
    made.add("uid", event.uid)
    made.add("sequence", event.sequence)
    made.add("dtstamp", event.changed_at)
    made.add("last-modified", event.changed_at)
    made.add("dtstart", _local(event.starts_at))
    made.add("dtend", _local(event.ends_at))
    made.add("summary", event.title)
    made.add("location", vText(event.place))
    made.add("url", settings().base_url + path)
    made.add("status", "CANCELLED" if event.cancelled_at else "CONFIRMED")
    made.add("categories", [str(event.section.label)])
    organiser = f"\n{event.organiser}" if event.organiser else ""
    made.add("description", f"{lede}{organiser}\n{settings().base_url}{path}")
    return made


def _local(moment: datetime) -> datetime:
    """Beijing time with its zone's name, so that a calendar shows what the poster says."""
    return moment.astimezone(BEIJING)
