"""Jobs of copies and deletions."""

from __future__ import annotations

from typing import Any

from campus_service.jobs import daily, job
from campus_service.privacy import service

daily("privacy.tidy", hour=4)


@job("privacy.export", transactional=False)
def export(payload: dict[str, Any]) -> None:
    """Make somebody's copy: {user, key}."""
    service.make_export(payload["user"], payload["key"])


@job("privacy.erase")
def erase(payload: dict[str, Any]) -> None:
    """Delete somebody's data, if he still wants it: {user}."""
    service.erase(payload["user"])


@job("privacy.tidy")
def tidy(_payload: dict[str, Any]) -> None:
    """Remove copies that were not fetched in their seven days."""
    service.tidy()
