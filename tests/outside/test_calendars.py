"""Our calendars as ical.js reads them, which many mail programs and phones' calendars are built on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from campus_service.bulletin import service
from campus_service.bulletin.commands import MoveEvent
from campus_service.bulletin.models import Event
from campus_service.core.db import db, transaction
from tests.bulletin.stories import EVENT, approved, published
from tests.conftest import Cast
from tests.outside.tools import calendar

LONG = "一个名字很长的活动，里面有逗号, 分号; 反斜杠\\和表情🎪"


@pytest.fixture
def event(people: Cast) -> Event:
    for name in ("writer", "editor", "reviewer", "chief"):
        getattr(people, name)
    published(
        people,
        approved(people, title=LONG, **EVENT),
        approved(people, title="没有活动的一篇", section="tips"),
    )
    return db.session.scalars(select(Event)).one()


def read(app: Flask, path: str) -> str:
    answer = app.test_client().get(path)
    assert answer.mimetype == "text/calendar"
    # RFC 5545 3.1: no line is longer than 75 octets, and none ends within a letter.
    assert all(len(line) <= 75 for line in answer.data.split(b"\r\n"))
    return str(answer.data, "utf-8")


@pytest.mark.parametrize(
    "path", ["/events.ics", "/compass/section/events/events.ics", "/compass/events/{id}.ics"]
)
def test_an_event_is_understood_with_its_time_place_and_words(app: Flask, event: Event, path: str) -> None:
    found = calendar(read(app, path.format(id=event.id)))
    (one,) = found["events"]
    assert (one["uid"], one["sequence"], one["summary"]) == (event.uid, 0, LONG)
    assert one["location"] == event.place
    assert datetime.fromisoformat(one["start"]) == datetime(2026, 9, 19, 2, 0, tzinfo=UTC)
    assert datetime.fromisoformat(one["end"]) > datetime.fromisoformat(one["start"])
    assert one["url"].startswith("http://campus.test/compass/1/")


def test_a_moved_and_then_cancelled_event_is_still_the_same_one(
    app: Flask, people: Cast, event: Event
) -> None:
    later = event.starts_at + timedelta(hours=3)
    with transaction():
        change = MoveEvent(
            starts_at=later, ends_at=later + timedelta(hours=2), place="体育馆", note="下雨改到室内"
        )
        service.move_event(people.editor.actor, event.id, change)
    moved = calendar(read(app, f"/compass/events/{event.id}.ics"))["events"][0]
    assert (moved["sequence"], moved["location"]) == (1, "体育馆")
    assert datetime.fromisoformat(moved["start"]) == later
    with transaction():
        service.cancel_event(people.editor.actor, event.id)
    gone = calendar(read(app, f"/compass/events/{event.id}.ics"))["events"][0]
    assert (gone["uid"], gone["sequence"], gone["status"]) == (moved["uid"], 2, "CANCELLED")
    assert event.uid in {each["uid"] for each in calendar(read(app, "/events.ics"))["events"]}
