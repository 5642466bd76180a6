"""Jobs of the bulletin: publishing at its time."""

from __future__ import annotations

from typing import Any

from campus_service.bulletin import service
from campus_service.jobs import job


@job("bulletin.publish")
def publish(payload: dict[str, Any]) -> None:
    """An issue's time has come; done in the transaction that removes the job, so exactly once."""
    service.publish_if_due(payload["issue"])


@job("bulletin.online")
def go_online(payload: dict[str, Any]) -> None:
    """An early article's time has come."""
    service.online_if_due(payload["article"])
