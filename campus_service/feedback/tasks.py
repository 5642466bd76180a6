"""Jobs of the feedback inbox."""

from __future__ import annotations

from typing import Any

from campus_service.core.calendar import on_change
from campus_service.feedback.service import timing
from campus_service.jobs import enqueue, job


@job("feedback.clock")
def wake_case(payload: dict[str, Any]) -> None:
    """Reminders, escalation and what happens by itself to one case; see service.timing."""
    timing.wake(payload["case"])


@job("feedback.recompute")
def recompute(_payload: dict[str, Any]) -> None:
    """The calendar changed: every open case's clocks are computed anew."""
    timing.recompute_open()


on_change(lambda: enqueue("feedback.recompute", {}, key="feedback.recompute"))
