"""What is forgotten every night so that the platform's own tables do not grow for ever."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete

from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.once import DoneOnce
from campus_service.jobs.registry import daily, job

# A form may lie open in a tab, or a draft on a phone without a network, for so long and still be sent once.
FORMS_REMEMBERED = timedelta(days=30)

daily("jobs.forget_forms", hour=3)


@job("jobs.forget_forms")
def forget_forms(_payload: dict[str, Any]) -> None:
    """Forget forms that were sent long ago: nobody sends them again."""
    db.session.execute(delete(DoneOnce).where(DoneOnce.at < now() - FORMS_REMEMBERED))
