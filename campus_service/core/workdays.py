"""Working days of the campus calendar, counted from plain dates."""

from __future__ import annotations

from datetime import date

from campus_service.core.calendar import calendar


def is_working_day(day: date) -> bool:
    """Whether offices work on ``day``."""
    return calendar().is_working(day)


def add_working_days(day: date, count: int) -> date:
    """The ``count``-th working day after ``day``."""
    return calendar().nth_day(day, count)
