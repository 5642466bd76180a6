"""Writing outbox rows, claiming them by compare-and-set and running them at least once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import CursorResult, case, delete, event, insert, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from campus_service.core.clock import now
from campus_service.core.db import db, insert_or, transaction
from campus_service.core.gather import gather, writes
from campus_service.jobs import queue
from campus_service.jobs.models import JobState, OutboxRow
from campus_service.jobs.registry import JOBS, Job

log = structlog.get_logger(__name__)

# Waits before the second, third … attempt, in seconds; after the last one the row is dead.
BACKOFF_S = (5, 30, 120, 600, 3600, 4 * 3600, 12 * 3600)
MAX_ATTEMPTS = len(BACKOFF_S) + 1
# A handler that has not finished after so long is taken for dead with its process.
LEASE = timedelta(minutes=10)
_WAKE = "jobs_wake"


class Permanent(Exception):
    """Raised by a handler when trying again cannot help: the row goes to the dead letters at once."""


class _LeaseLost(Exception):
    """Another worker has the row, or its key was enqueued anew while the handler ran."""


def enqueue(
    name: str, payload: dict[str, Any], *, delay: timedelta = timedelta(0), key: str | None = None
) -> None:
    """Promise job ``name`` inside the running transaction; the row is written when it commits, or not at all.

    With ``key`` at most one such row waits, and it runs after every commit that enqueued it: a row that is
    being run at that moment is run once more, a dead one lives again. ``payload`` must be plain JSON.
    """
    moment = now()
    values = {
        "name": name,
        "payload": json.loads(json.dumps(payload)),
        "key": key,
        "state": JobState.PENDING,
        "created_at": moment,
        "due_at": moment + delay,
        "attempts": 0,
        "last_error": "",
    }
    gather("outbox", values)


@writes("outbox", turn=1)
def _write(session: Session, rows: list[dict[str, Any]]) -> None:
    free = [row for row in rows if row["key"] is None]
    if free:
        session.execute(insert(OutboxRow), free)
    # Sorted, so that two transactions with the same keys cannot wait for each other.
    for row in sorted((row for row in rows if row["key"] is not None), key=lambda row: row["key"]):
        _write_keyed(session, row)
    _wake_after(session, min(row["due_at"] for row in rows) - now())


def _write_keyed(session: Session, row: dict[str, Any]) -> None:
    statement = insert_or(OutboxRow).values(**row)
    new, was_dead = statement.excluded, OutboxRow.state == JobState.DEAD
    running = OutboxRow.locked_until.is_not(None)
    sooner = case((or_(was_dead, new.due_at < OutboxRow.due_at), new.due_at), else_=OutboxRow.due_at)
    changes = {
        "payload": new.payload,
        "state": JobState.PENDING,
        "due_at": sooner,
        # Takes the row from a worker that may have read the state before ours; that attempt is void.
        "attempts": case((was_dead, 0), (running, OutboxRow.attempts - 1), else_=OutboxRow.attempts),
        "locked_until": None,
    }
    session.execute(statement.on_conflict_do_update(index_elements=["key"], set_=changes))


def _wake_after(session: Session, delay: timedelta) -> None:
    session.info[_WAKE] = min(session.info.get(_WAKE, delay), delay)


def wake_at_commit() -> None:
    """Have the worker look for due rows as soon as the running transaction has committed."""
    _wake_after(db.session(), timedelta(0))


@event.listens_for(Session, "after_commit")
def _wake_worker(session: Session) -> None:
    if session.in_nested_transaction():
        return
    delay = session.info.pop(_WAKE, None)
    if delay is not None:
        queue.wake(max(delay, timedelta(0)))


@event.listens_for(Session, "after_soft_rollback")
def _nothing_to_wake(session: Session, transaction: Any) -> None:
    if transaction.parent is None:
        session.info.pop(_WAKE, None)


def run_due(limit: int = 10_000, stop: Callable[[], bool] = lambda: False) -> int:
    """Run what is due, oldest first, until nothing is left, ``limit`` rows are done or ``stop()``; returns how many.

    Each row is locked just before it runs: what was not begun is free for the next worker at once.
    """
    done = 0
    while done < limit and not stop():
        rows = _claim()
        if not rows:
            break
        _run(_job(rows[0].name), rows)
        done += len(rows)
    return done


def _due() -> tuple[Any, ...]:
    moment = now()
    return (
        OutboxRow.state == JobState.PENDING,
        OutboxRow.due_at <= moment,
        or_(OutboxRow.locked_until.is_(None), OutboxRow.locked_until < moment),
    )


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A row as it was when we locked it; the ORM object would follow the next owner's lease."""

    id: int
    name: str
    payload: dict[str, Any]
    attempts: int
    locked_until: datetime


def _claim() -> list[_Claimed]:
    """Lock the oldest due row and, when it is a first attempt, others of its kind up to the batch.

    A row that was tried before goes alone: one bad row must not take its batch along.
    """
    due = _due()
    with transaction() as session:
        oldest = (
            select(OutboxRow.id, OutboxRow.name, OutboxRow.attempts)
            .where(*due)
            .order_by(OutboxRow.id)
            .limit(1)
        )
        first = session.execute(oldest.with_for_update(skip_locked=True)).one_or_none()
        if first is None:
            return []
        ids = [first.id]
        if not first.attempts:
            more = select(OutboxRow.id).where(
                *due, OutboxRow.name == first.name, OutboxRow.attempts == 0, OutboxRow.id > first.id
            )
            more = more.order_by(OutboxRow.id).limit(_job(first.name).batch - 1)
            ids += session.scalars(more.with_for_update(skip_locked=True))
        until = now() + LEASE
        lock = (
            update(OutboxRow)
            .where(OutboxRow.id.in_(ids))
            .values(locked_until=until, attempts=OutboxRow.attempts + 1)
        )
        session.execute(lock.execution_options(synchronize_session=False))
        columns = (
            OutboxRow.id,
            OutboxRow.name,
            OutboxRow.payload,
            OutboxRow.attempts,
            OutboxRow.locked_until,
        )
        mine = select(*columns).where(OutboxRow.id.in_(ids)).order_by(OutboxRow.id)
        return [_Claimed(*row) for row in session.execute(mine)]


def _job(name: str) -> Job:
    if name in JOBS:
        return JOBS[name]

    def unknown(_payloads: list[dict[str, Any]]) -> None:
        raise LookupError(f"no job is called {name!r}: was it removed from this version?")

    return Job(name, unknown, 1, False)


def _run(job: Job, rows: Sequence[_Claimed]) -> None:
    payloads = [row.payload for row in rows]
    try:
        if rows[0].attempts > MAX_ATTEMPTS:
            raise Permanent("the worker died in every attempt")
        if job.transactional:
            with transaction():
                job.run(payloads)
                if _remove(rows) != len(rows):
                    raise _LeaseLost
        else:
            job.run(payloads)
            with transaction():
                _remove(rows)
    except _LeaseLost:
        _give_back(rows)
    except Exception as error:  # noqa: BLE001  # whatever a handler raises is kept with its row
        _failed(job, rows, error)


def _ours(rows: Sequence[_Claimed]) -> tuple[Any, ...]:
    return OutboxRow.id.in_([row.id for row in rows]), OutboxRow.locked_until == rows[0].locked_until


def _remove(rows: Sequence[_Claimed]) -> int:
    """Drop the rows that are still ours; returns how many."""
    result = db.session.execute(
        delete(OutboxRow).where(*_ours(rows)).execution_options(synchronize_session=False)
    )
    return result.rowcount if isinstance(result, CursorResult) else 0


def _give_back(rows: Sequence[_Claimed]) -> None:
    """Unlock those rows that are still ours, as if they had never been claimed."""
    free = update(OutboxRow).where(*_ours(rows)).values(locked_until=None, attempts=OutboxRow.attempts - 1)
    with transaction() as session:
        session.execute(free.execution_options(synchronize_session=False))


def _failed(job: Job, rows: Sequence[_Claimed], error: Exception) -> None:
    """Let the rows wait for their next attempt, or bury them with what went wrong."""
    log.warning("job failed", job=job.name, rows=[row.id for row in rows], error=type(error).__name__)
    attempts = rows[0].attempts
    dead = attempts >= MAX_ATTEMPTS or isinstance(error, Permanent)
    wait = timedelta(0) if dead else timedelta(seconds=BACKOFF_S[attempts - 1])
    values = {
        "state": JobState.DEAD if dead else JobState.PENDING,
        "due_at": now() + wait,
        "locked_until": None,
        "last_error": _words(error),
    }
    with transaction() as session:
        change = update(OutboxRow).where(*_ours(rows)).values(**values)
        session.execute(change.execution_options(synchronize_session=False))
        if not dead:
            _wake_after(session, wait)


def _words(error: Exception) -> str:
    """The error in words, without the values of an SQL statement: they may be private."""
    if isinstance(error, DBAPIError):
        error.hide_parameters = True
    return f"{type(error).__name__}: {error}".removesuffix(": ")[:2000]
