"""Working time: which days and hours count, and arithmetic with them in whole days; knows no database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise

from campus_service.core.clock import BEIJING

# 08:00–12:00 and 14:00–17:30 Beijing time (domain.md §2).
HOURS = ((time(8), time(12)), (time(14), time(17, 30)))
_DAY = timedelta(days=1)
_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Day:
    """What is known of one day: whether offices work, and why ("" for an ordinary day)."""

    working: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """Consecutive days that have the same reason to be off, or on."""

    first: date
    last: date
    day: Day

    @property
    def days(self) -> int:
        """How many days, the last one too."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class WorkCalendar:
    """The working days of one version of the calendar.

    ``days`` holds what differs from Monday to Friday or has a reason; ``years`` the years whose holidays are
    published. Any other year is Monday to Friday, and what ends in it is provisional. Moments are aware;
    answers are in UTC.
    """

    version: int = 0
    days: Mapping[date, Day] = field(default_factory=dict)
    years: frozenset[int] = frozenset()
    hours: tuple[tuple[time, time], ...] = HOURS

    def is_working(self, day: date) -> bool:
        """Whether offices work on ``day``."""
        known = self.days.get(day)
        return day.weekday() < 5 if known is None else known.working

    def day(self, day: date) -> Day:
        """What is known of ``day``."""
        return self.days.get(day) or Day(day.weekday() < 5)

    def nth_day(self, day: date, n: int) -> date:
        """The ``n``-th working day after ``day``, which itself does not count; ``day`` for none."""
        while n > 0:
            day += _DAY
            n -= self.is_working(day)
        return day

    def closing(self, day: date) -> datetime:
        """When offices close on ``day``."""
        return _moment(day, self.hours[-1][1])

    def closing_of_nth_day(self, moment: datetime, n: int) -> datetime:
        """When offices close on the ``n``-th working day after the calendar day of ``moment``.

        The day on which a period starts does not count (民法典 201).
        """
        return self.closing(self.nth_day(moment.astimezone(BEIJING).date(), n))

    def add_minutes(self, moment: datetime, minutes: int) -> datetime:
        """When ``minutes`` of working time have passed since ``moment``; ``moment`` itself for none."""
        return self.add(moment, timedelta(minutes=minutes))

    def add(self, moment: datetime, span: timedelta) -> datetime:
        """The earliest moment by which ``span`` of working time has passed since ``moment``."""
        if span <= _NONE:
            return moment.astimezone(UTC)
        day = moment.astimezone(BEIJING).date()
        today = self._between_on(day, moment, self.closing(day))
        start = moment
        if span > today:
            span -= today
            full = self._full_day()
            day = self.nth_day(day, 1)
            while span > full:
                span -= full
                day = self.nth_day(day, 1)
            start = _moment(day, self.hours[0][0])
        return self._within(day, start, span)

    def minutes_between(self, start: datetime, end: datetime) -> int:
        """Whole minutes of working time from ``start`` to ``end``; none when ``end`` is not later."""
        return int(self.between(start, end) / timedelta(minutes=1))

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from ``start`` to ``end``; none when ``end`` is not later."""
        if end <= start:
            return _NONE
        first, last = start.astimezone(BEIJING).date(), end.astimezone(BEIJING).date()
        if first == last:
            return self._between_on(first, start, end)
        whole = sum(self.is_working(first + _DAY * n) for n in range(1, (last - first).days))
        return (
            self._between_on(first, start, self.closing(first))
            + self._full_day() * whole
            + self._between_on(last, _moment(last, self.hours[0][0]), end)
        )

    def is_provisional(self, until: datetime | date) -> bool:
        """Whether ``until`` lies in a year whose holidays are not known yet."""
        day = until.astimezone(BEIJING).date() if isinstance(until, datetime) else until
        return day.year not in self.years

    def unusual(self, first: date, last: date, *, weekends: bool = True) -> Iterator[Span]:
        """What is not an ordinary working day from ``first`` to ``last``, consecutive days together.

        ``weekends``: plain Saturdays and Sundays too.
        """
        found = []
        for n in range((last - first).days + 1):
            day = self.day(first + _DAY * n)
            if day.reason or (weekends and not day.working) or (first + _DAY * n) in self.days:
                found.append((first + _DAY * n, day))
        yield from _joined(found)

    def _full_day(self) -> timedelta:
        return sum((_length(*period) for period in self.hours), _NONE)

    def _between_on(self, day: date, start: datetime, end: datetime) -> timedelta:
        """The working time from ``start`` to ``end`` that lies on ``day``."""
        if not self.is_working(day):
            return _NONE
        return sum(
            (max(_NONE, min(end, closes) - max(start, opens)) for opens, closes in self._on(day)), _NONE
        )

    def _within(self, day: date, start: datetime, span: timedelta) -> datetime:
        """``start`` and ``span`` later on the same working day, which must be long enough."""
        for opens, closes in self._on(day):
            here = max(_NONE, closes - max(start, opens))
            if span <= here:
                return max(start, opens).astimezone(UTC) + span
            span -= here
        raise AssertionError(f"{day} has no {span} left")

    def _on(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        return _periods(day, self.hours)


@lru_cache(maxsize=1000)
def _periods(day: date, hours: tuple[tuple[time, time], ...]) -> tuple[tuple[datetime, datetime], ...]:
    """The moments a day's working hours begin and end; a list asks for the same few days again and again."""
    return tuple((_moment(day, opens), _moment(day, closes)) for opens, closes in hours)


def _moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at, BEIJING).astimezone(UTC)


def _length(opens: time, closes: time) -> timedelta:
    return timedelta(hours=closes.hour - opens.hour, minutes=closes.minute - opens.minute)


def _joined(found: list[tuple[date, Day]]) -> Iterator[Span]:
    if not found:
        return
    first = found[0][0]
    for (day, known), (following, other) in pairwise(found):
        if other != known or following - day != _DAY:
            yield Span(first, day, known)
            first = following
    yield Span(first, *found[-1])
