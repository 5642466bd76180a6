"""Jobs of photos: removing files whose rows are gone, and what nobody used."""

from __future__ import annotations

from typing import Any

from campus_service.jobs import daily, job
from campus_service.media import service, upkeep
from campus_service.media.models import file_names


@job("media.delete_files", batch=50, transactional=False)
def delete_files(payloads: list[dict[str, Any]]) -> None:
    """Remove the files of photos whose rows were deleted; a file that is gone already is no error."""
    target = service.storage()
    for payload in payloads:
        for name in file_names(payload["key"]):
            target.delete(name)


@job("media.purge_unattached")
def purge_unattached(_payload: dict[str, Any]) -> None:
    """Remove photos that waited a day and never came into a report."""
    service.purge_unattached()


@job("media.remove_orphans", transactional=False)
def remove_orphans(_payload: dict[str, Any]) -> None:
    """Remove files that a process left when it died before its transaction was committed."""
    upkeep.remove_orphans()


daily("media.purge_unattached", hour=4)
daily("media.remove_orphans", hour=4)
