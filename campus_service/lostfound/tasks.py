"""Jobs of the registry."""

from __future__ import annotations

from typing import Any

from campus_service.jobs import daily, job
from campus_service.lostfound.moving import service as moving
from campus_service.lostfound.service import upkeep

daily("lostfound.upkeep", hour=8)
daily("lostfound.forget_imports", hour=4)


@job("lostfound.upkeep")
def run_upkeep(_payload: dict[str, Any]) -> None:
    """Reminders, lapsing, expiring codes, purging; see service.upkeep."""
    upkeep.daily()


@job("lostfound.import_try", transactional=False)
def try_import(payload: dict[str, Any]) -> None:
    """Check every line of a file that is brought in."""
    moving.try_out(payload["id"])


@job("lostfound.import_run", transactional=False)
def run_import(payload: dict[str, Any]) -> None:
    """Bring in the next lines of a file; each batch is a transaction that knows where the file goes on."""
    moving.run(payload["id"])


@job("lostfound.forget_imports")
def forget_imports(_payload: dict[str, Any]) -> None:
    """Remove files that were brought in, and what was copied from them, a week after the last step."""
    moving.forget()
