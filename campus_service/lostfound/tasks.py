"""Jobs of the registry."""

from __future__ import annotations

from typing import Any

from campus_service.core.actor import Actor
from campus_service.jobs import daily, job
from campus_service.lostfound.service import keeping, upkeep

daily("lostfound.upkeep", hour=8)
daily("lostfound.notice", hour=7)


@job("lostfound.upkeep")
def run_upkeep(_payload: dict[str, Any]) -> None:
    """Reminders, lapsing, expiring codes, purging; see service.upkeep."""
    upkeep.daily()


@job("lostfound.notice")
def publish_notice(_payload: dict[str, Any]) -> None:
    """Last month's 招领公告, on the first of the month or as soon as a worker runs; see service.keeping."""
    keeping.publish_if_missing(Actor.system())
