"""Work done after a request: outbox rows written in the business transaction, run at least once by Huey."""

from __future__ import annotations

from campus_service.jobs.outbox import Permanent, enqueue
from campus_service.jobs.registry import daily, job

__all__ = ["Permanent", "daily", "enqueue", "job"]
