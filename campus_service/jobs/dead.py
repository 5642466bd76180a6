"""The dead letters: jobs that failed for good, which an administrator can read and run again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.errors import NotFound
from campus_service.core.permissions import Permission
from campus_service.jobs.models import JobState, OutboxRow
from campus_service.jobs.outbox import wake_at_commit

SHOWN = 200


def dead(actor: Actor) -> Sequence[OutboxRow]:
    """The jobs that failed for good, newest first, ``SHOWN`` at most; needs jobs:dead:manage."""
    actor.require(Permission.JOBS_DEAD_MANAGE)
    buried = select(OutboxRow).where(OutboxRow.state == JobState.DEAD)
    return db.session.scalars(buried.order_by(OutboxRow.id.desc()).limit(SHOWN)).all()


def waiting(actor: Actor) -> tuple[int, datetime | None]:
    """How many jobs are due and not done, and when the oldest was; needs jobs:dead:manage."""
    actor.require(Permission.JOBS_DEAD_MANAGE)
    due = (OutboxRow.state == JobState.PENDING, OutboxRow.due_at <= now())
    count, oldest = db.session.execute(select(func.count(), func.min(OutboxRow.due_at)).where(*due)).one()
    return count, oldest


def count(actor: Actor) -> int:
    """How many jobs failed for good; needs jobs:dead:manage."""
    actor.require(Permission.JOBS_DEAD_MANAGE)
    buried = select(func.count()).where(OutboxRow.state == JobState.DEAD)
    return db.session.scalar(buried) or 0


def rerun(actor: Actor, row_id: int) -> None:
    """Give a dead job fresh attempts; needs jobs:dead:manage. Raises NotFound when it is not dead."""
    actor.require(Permission.JOBS_DEAD_MANAGE)
    row = db.session.get(OutboxRow, row_id, with_for_update=True)
    if row is None or row.state is not JobState.DEAD:
        raise NotFound()
    row.state, row.attempts, row.due_at = JobState.PENDING, 0, now()
    audit.record(actor, "job.rerun", obj_type="job", obj_id=row_id, after={"name": row.name})
    wake_at_commit()
