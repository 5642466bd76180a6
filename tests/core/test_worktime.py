"""Working time is what a slow walk over every minute finds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campus_service.core.worktime import Day, WorkCalendar
from tests.core import minutes
from tests.core.minutes import BEIJING, CALENDAR, moments

PLAIN = WorkCalendar(1, {}, frozenset({2026}))


def at(month: int, day: int, hour: int = 0, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=BEIJING)


@settings(max_examples=150, deadline=None)
@given(moments(), st.integers(0, 2600))
def test_adding_minutes_ends_where_the_walk_ends(start: datetime, span: int) -> None:
    assert CALENDAR.add_minutes(start, span) == minutes.after(start, span)


@settings(max_examples=150, deadline=None)
@given(moments(), st.integers(0, 16 * 1440))
def test_the_minutes_between_are_those_that_the_walk_counts(start: datetime, span: int) -> None:
    end = start + timedelta(minutes=span)
    assert CALENDAR.minutes_between(start, end) == minutes.count(start, end)


@settings(max_examples=80, deadline=None)
@given(moments(), st.integers(1, 6))
def test_the_closing_of_the_nth_day_is_where_the_walk_closes(start: datetime, n: int) -> None:
    assert CALENDAR.closing_of_nth_day(start, n) == minutes.closing(start, n)


@settings(deadline=None)
@given(moments(), st.integers(1, 5000), st.integers(0, 59))
def test_what_was_added_lies_between_to_the_second(start: datetime, span: int, second: int) -> None:
    start += timedelta(seconds=second)
    assert CALENDAR.between(start, CALENDAR.add_minutes(start, span)) == timedelta(minutes=span)


@pytest.mark.parametrize(
    ("sent", "days", "due"),
    [
        (at(10, 28, 21, 40), 3, at(11, 2, 17, 30)),
        (at(10, 30, 15, 20), 3, at(11, 4, 17, 30)),
        (at(10, 30, 7, 0), 1, at(11, 2, 17, 30)),
        (at(10, 9, 9, 0), 1, at(10, 10, 17, 30)),  # a make-up Saturday
        (at(12, 31, 9, 0), 1, at(1, 1, 17, 30, 2027)),  # nobody knows yet that it is a holiday
    ],
)
def test_days_count_from_the_next_one_to_closing_time(sent: datetime, days: int, due: datetime) -> None:
    assert CALENDAR.closing_of_nth_day(sent, days) == due


def test_four_working_hours_go_over_the_weekend_and_end_exactly_at_noon() -> None:
    assert CALENDAR.add_minutes(at(10, 30, 15, 20), 240) == at(11, 2, 9, 50)
    assert CALENDAR.add_minutes(at(10, 29, 8, 0), 240) == at(10, 29, 12, 0)


def test_a_moment_a_day_before_midnight_in_utc_is_already_the_next_day_in_beijing() -> None:
    assert CALENDAR.closing_of_nth_day(datetime(2026, 10, 28, 17, tzinfo=UTC), 1) == at(10, 30, 17, 30)


def test_nothing_lies_between_an_end_and_an_earlier_start() -> None:
    assert CALENDAR.minutes_between(at(10, 30, 12), at(10, 29, 12)) == 0


def test_a_year_without_data_is_monday_to_friday_and_provisional() -> None:
    assert PLAIN.is_working(date(2031, 10, 1))
    assert not PLAIN.is_working(date(2031, 10, 4))
    assert PLAIN.is_provisional(date(2031, 10, 1))
    # Half past midnight on New Year's Day in Beijing is still the old year in UTC.
    assert PLAIN.is_provisional(datetime(2026, 12, 31, 16, 30, tzinfo=UTC))
    assert not PLAIN.is_provisional(datetime(2026, 12, 31, 15, 59, tzinfo=UTC))


def test_consecutive_days_with_one_reason_are_told_together() -> None:
    off = {date(2026, 10, n): Day(False, "国庆节") for n in range(1, 8)}
    calendar = WorkCalendar(1, off | {date(2026, 10, 10): Day(True, "调休上班")}, frozenset({2026}))
    spans = list(calendar.unusual(date(2026, 9, 30), date(2026, 10, 12)))
    assert [(span.first.day, span.last.day, span.days, span.day.reason) for span in spans] == [
        (1, 7, 7, "国庆节"),
        (10, 10, 1, "调休上班"),
        (11, 11, 1, ""),
    ]
    assert len(list(calendar.unusual(date(2026, 9, 30), date(2026, 10, 12), weekends=False))) == 2
