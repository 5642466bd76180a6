"""The slow truth about working time: every minute is looked at, one after the other. Shares no code with worktime.py."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone

import chinese_calendar
from hypothesis import strategies as st

from campus_service.core.worktime import Day, WorkCalendar

BEIJING = timezone(timedelta(hours=8))
MINUTE = timedelta(minutes=1)
KNOWN = frozenset({2025, 2026})
# A term break with a make-up Saturday in it, given up: 14 February 2026.
BREAK = (date(2026, 1, 19), date(2026, 2, 20))
# Make-up days and National Day; the year's end; the term break; the end of the known years.
WINDOWS = (
    (datetime(2025, 9, 25, tzinfo=BEIJING), 18),
    (datetime(2025, 12, 26, tzinfo=BEIJING), 12),
    (datetime(2026, 1, 14, tzinfo=BEIJING), 8),
    (datetime(2026, 2, 10, tzinfo=BEIJING), 20),
    (datetime(2026, 9, 17, tzinfo=BEIJING), 26),
    (datetime(2026, 12, 22, tzinfo=BEIJING), 16),
)


def works_on(day: date) -> bool:
    """Whether offices work on a day, asked of chinesecalendar itself."""
    if BREAK[0] <= day <= BREAK[1]:
        return False
    return bool(chinese_calendar.is_workday(day)) if day.year in KNOWN else day.weekday() < 5


_DAYS: dict[date, bool] = {}


def works(minute: datetime) -> bool:
    """Whether the minute that begins at ``minute`` is working time."""
    local = minute.astimezone(BEIJING)
    clock = local.hour * 100 + local.minute
    if not (800 <= clock < 1200 or 1400 <= clock < 1730):
        return False
    day = local.date()
    if day not in _DAYS:
        _DAYS[day] = works_on(day)
    return _DAYS[day]


def after(moment: datetime, minutes: int) -> datetime:
    """When so many working minutes have passed."""
    while minutes:
        minutes -= works(moment)
        moment += MINUTE
    return moment


def count(start: datetime, end: datetime) -> int:
    """The working minutes from ``start`` to ``end``."""
    found = 0
    while start < end:
        found += works(start)
        start += MINUTE
    return found


def closing(moment: datetime, n: int) -> datetime:
    """The end of the last working minute of the ``n``-th day with one, after the day of ``moment``."""
    minute = datetime.combine(
        moment.astimezone(BEIJING).date() + timedelta(days=1), datetime.min.time(), BEIJING
    )
    days: set[date] = set()
    last = minute
    while True:
        if works(minute):
            if minute.date() not in days and len(days) == n:
                return last
            days.add(minute.date())
            last = minute + MINUTE
        minute += MINUTE


def real_days() -> Mapping[date, Day]:
    """The days of KNOWN and the break, as the calendar keeps them: only what differs from Monday to Friday."""
    first = date(min(KNOWN), 1, 1)
    days = [first + timedelta(days=n) for n in range(731)]
    return {day: Day(works_on(day), "") for day in days if works_on(day) != (day.weekday() < 5)}


CALENDAR = WorkCalendar(1, real_days(), KNOWN)


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    """A minute in one of WINDOWS; the edges of working time come often."""
    start, days = draw(st.sampled_from(WINDOWS))
    day = start + timedelta(days=draw(st.integers(0, days - 1)))
    edges = st.sampled_from([0, 479, 480, 481, 719, 720, 721, 839, 840, 841, 1049, 1050, 1051, 1439])
    return day + draw(edges | st.integers(0, 1439)) * MINUTE
