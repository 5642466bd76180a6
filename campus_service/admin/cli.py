"""campus-service calendar …: show a year of the working calendar, import one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click
from flask.cli import with_appcontext

from campus_service.core import calendar
from campus_service.core.actor import Actor
from campus_service.core.db import transaction
from campus_service.core.errors import Invalid
from campus_service.core.worktime import Day, Span


@click.group("calendar")
def calendar_group() -> None:
    """The working calendar."""


@calendar_group.command("import")
@click.argument("source", metavar="YEAR|FILE.csv")
@with_appcontext
def import_calendar(source: str) -> None:
    """Import a year that chinesecalendar knows, or a CSV file with the columns day, working (1 or 0), reason.

    The years of a file count as published from then on. Open deadlines are computed anew, never earlier.
    """
    try:
        with transaction():
            if source.isdecimal():
                count = calendar.import_year(Actor.system(), int(source))
            else:
                count = calendar.import_days(Actor.system(), _read(Path(source)))
    except Invalid as error:
        raise click.ClickException("; ".join(str(text) for text in error.fields.values())) from None
    click.echo(f"{count} days changed; the calendar is at version {calendar.calendar().version}.")


def _read(path: Path) -> dict[date, Day]:
    try:
        return calendar.read_file(calendar.decoded(path.read_bytes()))
    except OSError as error:
        raise click.ClickException(f"cannot read {path}: {error.strerror}") from None


@calendar_group.command("show")
@click.argument("year", type=click.IntRange(calendar.FIRST_YEAR, calendar.LAST_YEAR))
@with_appcontext
def show_calendar(year: int) -> None:
    """Print what differs from Monday to Friday in YEAR."""
    found = calendar.calendar()
    state = "published" if year in found.years else "not published: Monday to Friday, provisional"
    click.echo(f"{year}: {state}; version {found.version}")
    for span in found.unusual(date(year, 1, 1), date(year, 12, 31), weekends=False):
        click.echo(_line(span))


def _line(span: Span) -> str:
    until = "" if span.days == 1 else f"..{span.last}"
    return f"{span.first}{until}  {'work' if span.day.working else 'off'}  {span.day.reason}".rstrip()
