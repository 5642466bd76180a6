"""Jobs of the registry."""

from __future__ import annotations

from typing import Any

from campus_service.core.actor import Actor
from campus_service.jobs import daily, job
from campus_service.lostfound.moving import service as moving
from campus_service.lostfound.service import keeping, matching, upkeep, watch
from campus_service.lostfound.states import Kind

daily("lostfound.upkeep", hour=8)
daily("lostfound.match_again", hour=4)
daily("lostfound.notice", hour=7)
daily("lostfound.watch", hour=8)
daily("lostfound.forget_imports", hour=4)


@job("lostfound.upkeep")
def run_upkeep(_payload: dict[str, Any]) -> None:
    """Reminders, lapsing, expiring codes, purging; see service.upkeep."""
    upkeep.daily()


@job("lostfound.match")
def match(payload: dict[str, Any]) -> None:
    """Look for the counterparts of one report that was posted or changed."""
    matching.match(Kind(payload["kind"]), payload["id"])


@job("lostfound.match_again")
def match_again(payload: dict[str, Any]) -> None:
    """Go through all open reports, a batch at a time: time passes, weights change, a job may have been lost."""
    further = matching.match_again(Kind(payload.get("side", Kind.FOUND)), payload.get("after", 0))
    if further:
        matching.again_later(*further)


@job("lostfound.notice")
def publish_notice(_payload: dict[str, Any]) -> None:
    """Last month's 招领公告, on the first of the month or as soon as a worker runs; see service.keeping."""
    keeping.publish_if_missing(Actor.system())


@job("lostfound.watch")
def run_watch(_payload: dict[str, Any]) -> None:
    """In transit too long, handed in but never logged; see service.watch."""
    watch.daily()


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
