"""Jobs of kept searches."""

from __future__ import annotations

from typing import Any

from campus_service.following import service
from campus_service.jobs import daily, job

daily("following.digest", hour=8)


@job("following.match")
def match(payload: dict[str, Any]) -> None:
    """Find whose search a new document meets: {id, owner}."""
    service.match(payload["id"], payload["owner"])


@job("following.digest")
def digest(_payload: dict[str, Any]) -> None:
    """Tell what gathered since yesterday, one notice a person."""
    service.digest()
