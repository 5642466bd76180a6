"""Jobs of the feedback inbox."""

from __future__ import annotations

from typing import Any

from campus_service.core.calendar import on_change
from campus_service.feedback.service import scoring, timing
from campus_service.jobs import daily, enqueue, job

daily("feedback.daily", hour=18)


@job("feedback.clock")
def wake_case(payload: dict[str, Any]) -> None:
    """Reminders, escalation and what happens by itself to one case; see service.timing."""
    timing.wake(payload["case"])


@job("feedback.recompute")
def recompute(_payload: dict[str, Any]) -> None:
    """The calendar changed: open cases' clocks are computed anew, some at a time, so that nobody waits for us."""
    if timing.recompute_open():
        enqueue("feedback.recompute", {}, key="feedback.recompute")


@job("feedback.daily")
def end_of_day(_payload: dict[str, Any]) -> None:
    """The month's scores are frozen on their day."""
    scoring.freeze_due()


on_change(lambda: enqueue("feedback.recompute", {}, key="feedback.recompute"))
