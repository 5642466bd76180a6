"""/admin/calendar: a year of working days; days changed, term breaks marked, years imported."""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.admin.commands import ImportYear, MarkDays
from campus_service.core import calendar as days
from campus_service.core.clock import today
from campus_service.core.db import transaction
from campus_service.core.errors import Invalid
from campus_service.core.http import current_actor, parse_form
from campus_service.core.i18n import _, lazy, ngettext
from campus_service.core.permissions import Permission
from campus_service.core.worktime import WorkCalendar

pages = Blueprint("admin_calendar", __name__, url_prefix="/admin/calendar")
Page = AnyResponse | str | tuple[str, int]

WEEKDAYS = (lazy("一"), lazy("二"), lazy("三"), lazy("四"), lazy("五"), lazy("六"), lazy("日"))


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of the year view; ``tone`` is off, on (a weekend that is worked) or nothing."""

    day: date
    tone: str
    reason: str


@pages.before_request
def _only_for_administrators() -> None:
    current_actor().require(Permission.CALENDAR_DAYS_EDIT)


@pages.after_request
def _keep_nowhere(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.get("")
def index() -> Page:
    """A year: its months, and what differs from Monday to Friday."""
    return _year(request.args.get("year", today().year, type=int))


def _year(year: int, errors: dict[str, Any] | None = None) -> str:
    year = min(max(year, days.FIRST_YEAR), days.LAST_YEAR)
    calendar = days.calendar()
    spans = list(calendar.unusual(date(year, 1, 1), date(year, 12, 31), weekends=False))
    return render_template(
        "admin/calendar.html",
        year=year,
        known=year in calendar.years,
        importable=year in days.official_years(),
        version=calendar.version,
        months=[_month(calendar, year, month) for month in range(1, 13)],
        spans=[(span, said(span.day.reason)) for span in spans],
        weekdays=WEEKDAYS,
        today=today(),
        errors=errors or {},
        form=request.form or request.args,
    )


def _month(calendar: WorkCalendar, year: int, month: int) -> Sequence[Sequence[Cell | None]]:
    """The weeks of a month, Monday first; None where another month's day would stand."""
    weeks = Calendar().monthdatescalendar(year, month)
    return [[_cell(calendar, day) if day.month == month else None for day in week] for week in weeks]


def _cell(calendar: WorkCalendar, day: date) -> Cell:
    known = calendar.day(day)
    tone = "off" if not known.working else "on" if day.weekday() > 4 else ""
    return Cell(day, tone, said(known.reason))


def said(reason: str) -> str:
    """A reason in the reader's language, where it is one of ours."""
    return _(reason) if reason else ""


@pages.post("/days")
def mark() -> Page:
    """Change days: off, worked, or as they were."""
    try:
        command = parse_form(MarkDays)
        last = command.last or command.first
        with transaction():
            actor = current_actor()
            if command.what == "restore":
                count = days.restore(actor, command.first, last)
            else:
                count = days.mark(actor, command.first, last, command.what == "on", command.reason)
    except Invalid as error:
        return _year(request.form.get("year", today().year, type=int), _named(error)), 422
    return _done(command.first.year, count)


def _named(error: Invalid) -> dict[str, Any]:
    """A rule about the whole form is a rule about the reason."""
    return {
        name if name in ("first", "last", "what") else "reason": text for name, text in error.fields.items()
    }


@pages.post("/import")
def take_over() -> Page:
    """Import a year: from a CSV file, or what chinesecalendar says of it."""
    file = request.files.get("file")
    year = request.form.get("year", today().year, type=int)
    try:
        with transaction():
            if file is not None and file.filename:
                found = days.read_file(days.decoded(file.read()))
                count, year = days.import_days(current_actor(), found), min(found).year
            else:
                year = parse_form(ImportYear).year
                count = days.import_year(current_actor(), year)
    except Invalid as error:
        return _year(year, {"file": next(iter(error.fields.values()))}), 422
    return _done(year, count)


def _done(year: int, count: int) -> AnyResponse:
    changed = ngettext("改了 %(num)s 天。", "改了 %(num)s 天。", count)
    flash(
        changed + _("没有办完的事，期限马上重算：只会推后，不会提前。")
        if count
        else _("本来就是这样，没有改动。"),
        "moss",
    )
    return redirect(url_for(".index", year=year), 303)
