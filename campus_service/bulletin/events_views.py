"""Events: what is coming, month by month, and for calendars; the editors' warning of two at one time."""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, render_template, request, url_for
from werkzeug.exceptions import NotFound as NoSuchPage

from campus_service.bulletin import calendars, presenting, public_queries, queries
from campus_service.bulletin.commands import YEARS
from campus_service.bulletin.feeds_views import chosen_section
from campus_service.bulletin.public_queries import AnyRow
from campus_service.bulletin.states import Section
from campus_service.core.clock import BEIJING, now, to_local, today
from campus_service.core.errors import Invalid
from campus_service.core.http import current_actor
from campus_service.core.i18n import force_locale, lazy
from campus_service.core.permissions import Permission as P
from campus_service.core.revalidate import for_visitors

bp = Blueprint("events", __name__)
# Months further away than this hold nothing and are asked for by machines only.
MONTHS = 24
WEEKDAYS = tuple(map(lazy, ("周一", "周二", "周三", "周四", "周五", "周六", "周日")))


@dataclass(frozen=True, slots=True)
class Line:
    """An event in a list."""

    id: int
    title: str
    url: str
    when: str
    day: date
    place: str
    cancelled: bool
    over: bool


def _line(row: AnyRow) -> Line:
    event = row.Event
    return Line(
        event.id,
        event.title,
        presenting.address(row),
        presenting.span(event.starts_at, event.ends_at),
        to_local(event.starts_at).date(),
        event.place,
        event.cancelled_at is not None,
        presenting.over(event),
    )


@bp.get("/compass/events")
def index() -> Response:
    """What is coming, then what was."""
    coming = [_line(row) for row in public_queries.events(start=now())]
    html = render_template(
        "compass/events.html",
        coming=coming,
        past=[_line(row) for row in public_queries.past_events()],
        month=f"{today():%Y-%m}",
        subscription=calendars.subscription(url_for("events.everything")),
    )
    return for_visitors(current_actor(), html)


@bp.get("/compass/events/<month>")
def month(month: str) -> Response:
    """One month as a table of days."""
    first = _first_day(month)
    following = (first + timedelta(days=32)).replace(day=1)
    rows = public_queries.events(_moment(first), _moment(following))
    html = render_template(
        "compass/events_month.html",
        first=first,
        weeks=_weeks(first, rows),
        lines=[_line(row) for row in rows],
        before=f"{first - timedelta(days=1):%Y-%m}",
        after=f"{following:%Y-%m}",
        today=today(),
        weekdays=WEEKDAYS,
    )
    return for_visitors(current_actor(), html)


def _first_day(month: str) -> date:
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise NoSuchPage from None
    if abs((first - today()).days) > MONTHS * 31:
        raise NoSuchPage
    return first


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(0), BEIJING)


def _weeks(first: date, rows: Sequence[AnyRow]) -> list[list[tuple[date | None, list[Line]]]]:
    """The weeks of the month, a day outside it None; an event of several days stands on each of them."""
    by_day: dict[date, list[Line]] = {}
    for row in rows:
        line, day = _line(row), to_local(row.Event.starts_at).date()
        while day <= to_local(row.Event.ends_at).date():
            by_day.setdefault(day, []).append(line)
            day += timedelta(days=1)
    weeks = Calendar().monthdatescalendar(first.year, first.month)
    return [
        [(day if day.month == first.month else None, by_day.get(day, [])) for day in week] for week in weeks
    ]


# --- for calendars ----------------------------------------------------------------------------------------------


@bp.get("/events.ics")
def everything() -> Response:
    """All events of the last year and those to come."""
    return _ics(presenting.NAME, public_queries.events(start=now() - timedelta(days=365)))


@bp.get("/compass/section/<section>/events.ics")
def of_section(section: str) -> Response:
    """The events of one section."""
    chosen: Section = chosen_section(section)
    with force_locale("zh_CN"):
        title = f"{presenting.NAME} · {chosen.label}"
    return _ics(title, public_queries.events(start=now() - timedelta(days=365), section=chosen))


@bp.get("/compass/events/<int:event_id>.ics")
def one(event_id: int) -> Response:
    """One event."""
    row = public_queries.event(event_id)
    return _ics(row.Event.title, [row])


def _ics(title: str, rows: Sequence[AnyRow]) -> Response:
    with force_locale("zh_CN"):
        body = calendars.calendar(title, [(row.Event, presenting.address(row), row.lede) for row in rows])
    response = make_response(body)
    response.content_type = "text/calendar; charset=utf-8"
    response.headers["Cache-Control"] = "public, max-age=300"
    response.add_etag()
    response.make_conditional(request)
    return response


# --- for editors ------------------------------------------------------------------------------------------------


@bp.get("/newsroom/clashes")
def clashes() -> Response:
    """Published events at the same time as one that is being written, as JSON. Needs bulletin:article:write."""
    current_actor().require(P.BULLETIN_ARTICLE_WRITE)
    starts, ends = (_asked(name) for name in ("starts_at", "ends_at"))
    found = queries.clashing(starts, max(starts, ends), request.args.get("article", type=int))
    told: list[dict[str, Any]] = [
        {"title": each.title, "when": presenting.span(each.starts_at, each.ends_at), "place": each.place}
        for each in found
    ]
    return jsonify({"clashes": told})


def _asked(name: str) -> datetime:
    with suppress(ValueError):
        moment = datetime.fromisoformat(request.args.get(name, ""))
        if moment.year in YEARS:
            return moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)
    raise Invalid({name: lazy("日期要写成 2026-10-31T18:30 这样。")})
