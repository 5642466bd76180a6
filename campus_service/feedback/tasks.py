"""Jobs of the feedback inbox."""

from __future__ import annotations

from datetime import date
from typing import Any

from campus_service.core.calendar import on_change
from campus_service.core.db import db, transaction
from campus_service.feedback.service import learning, scoring, timing
from campus_service.jobs import daily, enqueue, job

daily("feedback.daily", hour=18)
daily("feedback.train", hour=3)
# Monday 0 … Sunday 6: once a week, when hardly anybody writes.
TRAINING_DAY = 6


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


@job("feedback.train", transactional=False)
def train(payload: dict[str, Any]) -> None:
    """Train the classifier on what was answered since: on Sundays by itself, and when a coordinator asks for it.

    It takes its time, so no transaction is open meanwhile; doing it twice makes the same model twice.
    """
    if "day" in payload and date.fromisoformat(payload["day"]).weekday() != TRAINING_DAY:
        return
    found, least = learning.material(), learning.bar()
    db.session.rollback()
    trained = learning.train(found)
    with transaction():
        learning.keep_model(trained, least)


on_change(lambda: enqueue("feedback.recompute", {}, key="feedback.recompute"))
