"""Jobs of the registry."""

from __future__ import annotations

from typing import Any

from campus_service.jobs import daily, job
from campus_service.lostfound.service import upkeep, watch

daily("lostfound.upkeep", hour=8)
daily("lostfound.watch", hour=8)


@job("lostfound.upkeep")
def run_upkeep(_payload: dict[str, Any]) -> None:
    """Reminders, lapsing, expiring codes, purging; see service.upkeep."""
    upkeep.daily()


@job("lostfound.watch")
def run_watch(_payload: dict[str, Any]) -> None:
    """In transit too long, handed in but never logged; see service.watch."""
    watch.daily()
