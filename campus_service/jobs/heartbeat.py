"""The worker's sign of life, once a minute: whether what is due at a time will happen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from campus_service.core.clock import now
from campus_service.core.db import db, insert_or
from campus_service.jobs.models import Tick

# A worker looks at the clock every minute: after so long without, somebody has to look at the worker.
LATE = timedelta(minutes=3)
_ROW = 1


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """When a worker last looked at the clock, None if none ever did; ``late``: too long ago to rely on it."""

    at: datetime | None
    late: bool


def tick() -> None:
    """Note that a worker looks at the clock now."""
    put = insert_or(Tick).values(id=_ROW, at=now())
    db.session.execute(put.on_conflict_do_update(index_elements=[Tick.id], set_={"at": put.excluded.at}))


def heartbeat() -> Heartbeat:
    """The worker's last sign of life."""
    row = db.session.get(Tick, _ROW, populate_existing=True)
    return Heartbeat(row.at, now() - row.at > LATE) if row else Heartbeat(None, True)
