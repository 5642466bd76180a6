"""Events: listed, by month, for calendars; moved and cancelled ones tell it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import select

from campus_service.bulletin import models, service
from campus_service.bulletin.commands import MoveEvent
from campus_service.core.clock import BEIJING, freeze
from campus_service.core.db import db, transaction
from tests.bulletin.stories import EVENT, approved, published, signed
from tests.conftest import Cast

BEFORE = datetime(2026, 9, 1, 9, tzinfo=BEIJING)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def event(app: Flask, people: Cast) -> int:
    with freeze(BEFORE):
        published(people, approved(people, **EVENT))
    return db.session.scalars(select(models.Event.id)).one()


def read(client: FlaskClient, path: str = "/events.ics") -> Any:
    with freeze(BEFORE):
        answer = client.get(path)
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in answer.data.split(b"\r\n"))
    return Calendar.from_ical(answer.data).walk("VEVENT")


def test_a_calendar_gets_time_place_and_where_to_read_on(client: FlaskClient, event: int) -> None:
    (found,) = read(client)
    assert found["summary"].startswith("百团大战")
    assert found.decoded("dtstart") == EVENT["starts_at"]
    assert str(found["dtstart"].params["TZID"]) == "Asia/Shanghai"
    assert (str(found["location"]), int(found["sequence"])) == (EVENT["place"], 0)
    assert str(found["url"]).endswith("/compass/1/events-1")


def test_a_moved_event_is_the_same_event_with_a_higher_sequence(
    client: FlaskClient, event: int, people: Cast
) -> None:
    (before,) = read(client)
    later = {name: EVENT[name] + timedelta(days=7) for name in ("starts_at", "ends_at")}
    with transaction():
        service.move_event(people.editor.actor, event, MoveEvent(**later, place="体育馆"))
    (after,) = read(client, f"/compass/events/{event}.ics")
    assert before["uid"] == after["uid"]
    assert (int(after["sequence"]), str(after["location"])) == (1, "体育馆")


def test_a_cancelled_event_tells_calendars_and_readers(client: FlaskClient, event: int, people: Cast) -> None:
    with transaction():
        service.cancel_event(people.editor.actor, event)
    (found,) = read(client)
    assert (str(found["status"]), int(found["sequence"])) == ("CANCELLED", 1)
    assert "活动取消" in client.get("/compass/1/events-1").text


def test_what_is_coming_stands_before_what_was(client: FlaskClient, event: int) -> None:
    with freeze(BEFORE):
        assert "接下来" in client.get("/compass/events").text
        assert "办过的" not in client.get("/compass/events").text
    with freeze(BEFORE + timedelta(days=60)):
        assert "办过的" in client.get("/compass/events").text


def test_what_is_coming_is_added_to_a_calendar_with_one_touch(
    client: FlaskClient, event: int, people: Cast
) -> None:
    with freeze(BEFORE):
        page = client.get("/compass/events").text
        assert f'href="/compass/events/{event}.ics"' in page
        assert 'href="webcal://campus.test/events.ics"' in page
        assert f'href="/compass/events/{event}.ics"' in client.get("/compass/events/2026-09").text
    with freeze(BEFORE + timedelta(days=60)):
        assert f"{event}.ics" not in client.get("/compass/events").text
    with freeze(BEFORE):
        with transaction():
            service.cancel_event(people.editor.actor, event)
        page = client.get("/compass/events").text
        assert "取消" in page
        assert f"{event}.ics" not in page


def test_an_event_of_two_days_stands_on_both_in_its_month(client: FlaskClient, event: int) -> None:
    with freeze(BEFORE):
        page = client.get("/compass/events/2026-09").text
        table = page[page.index("<table") : page.index("</table>")]
        assert table.count("百团大战") == 2
        assert "百团大战" not in client.get("/compass/events/2026-10").text


@pytest.mark.parametrize("month", ["2026-13", "1900-01", "soon"])
def test_there_are_no_other_months(client: FlaskClient, people: Cast, month: str) -> None:
    assert client.get(f"/compass/events/{month}").status_code == 404


def test_a_section_has_its_own_calendar(client: FlaskClient, event: int) -> None:
    assert len(read(client, "/compass/section/events/events.ics")) == 1
    assert read(client, "/compass/section/tips/events.ics") == []


def test_before_its_time_there_is_nothing(client: FlaskClient, people: Cast) -> None:
    signed(people, approved(people, **EVENT))
    assert read(client) == []


def test_what_is_over_stands_below_the_last_one_first(client: FlaskClient, people: Cast) -> None:
    with freeze(BEFORE):
        times = [
            {name: EVENT[name] + timedelta(days=days) for name in ("starts_at", "ends_at")} for days in (0, 7)
        ]
        articles = [approved(people, **EVENT | each, title=f"第{n}场") for n, each in enumerate(times)]
        published(people, *articles)
    with freeze(BEFORE + timedelta(days=60)):
        page = client.get("/compass/events").text
    assert page.index("办过的") < page.index("第1场") < page.index("第0场")


def test_editors_are_warned_of_two_events_at_one_time(
    app: Flask, client: FlaskClient, event: int, people: Cast, sign_in: Any
) -> None:
    sign_in(client, people.writer)
    asked = {"starts_at": "2026-09-19T14:00", "ends_at": "2026-09-19T16:00"}
    assert [
        each["place"] for each in client.get("/newsroom/clashes", query_string=asked).get_json()["clashes"]
    ] == [EVENT["place"]]
    free = {"starts_at": "2026-09-21T14:00", "ends_at": "2026-09-21T16:00"}
    assert client.get("/newsroom/clashes", query_string=free).get_json() == {"clashes": []}
    for odd in ("", "soon", "0001-01-01T00:00", "9999-12-31T23:59-10:00"):
        asked = {"starts_at": odd, "ends_at": odd}
        answer = client.get("/newsroom/clashes", query_string=asked, headers={"Accept": "application/json"})
        assert answer.status_code == 422
