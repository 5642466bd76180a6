"""Jobs of the bulletin: publishing at its time, letters to readers."""

from __future__ import annotations

from typing import Any

from campus_service.bulletin import mailing, service
from campus_service.bulletin.service import upkeep
from campus_service.jobs import daily, job

daily("bulletin.upkeep", hour=4)


@job("bulletin.upkeep")
def run_upkeep(_payload: dict[str, Any]) -> None:
    """Automatic savings close together, marks of yesterday's reads; see service.upkeep."""
    upkeep.daily()


@job("bulletin.publish")
def publish(payload: dict[str, Any]) -> None:
    """An issue's time has come; done in the transaction that removes the job, so exactly once."""
    service.publish_if_due(payload["issue"])


@job("bulletin.online")
def go_online(payload: dict[str, Any]) -> None:
    """An early article's time has come."""
    service.online_if_due(payload["article"])


@job("bulletin.mailing", transactional=False)
def send_mailing(payload: dict[str, Any]) -> None:
    """Send a mailing's copies; a run that was cut off goes on where it was."""
    mailing.send_mailing(payload["mailing"], payload.get("turn", 0))


@job("bulletin.ask_reader", transactional=False)
def ask_reader(payload: dict[str, Any]) -> None:
    """Ask an address whether it is its reader's own wish to get mail."""
    mailing.ask_reader(payload["subscriber"])
