"""Huey: wakes the worker and keeps the clock of daily jobs; a wake-up that is lost costs a minute, not a job."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import structlog
from flask import Flask, current_app, has_app_context
from huey import Huey, crontab
from huey.storage import SqliteStorage

from campus_service.core.actor import Actor
from campus_service.core.clock import now, to_local, today
from campus_service.core.db import transaction
from campus_service.core.once import once
from campus_service.jobs import (
    heartbeat,
    upkeep,  # noqa: F401  # registers its job
)
from campus_service.jobs.registry import DAILY

log = structlog.get_logger(__name__)
KEY = "campus_huey"
SHUTDOWN_S = 20


@dataclass(slots=True)
class _Queue:
    """The queue of one application; ``stop`` is set when its worker is to end."""

    huey: Huey
    drain: Any
    stop: Event = field(default_factory=Event)


class _Storage(SqliteStorage):  # type: ignore[misc]  # huey ships no types
    """The queue's file; a wake-up that a power cut takes is not worth waiting for the disk in every request."""

    def _create_connection(self) -> Any:
        connection = super()._create_connection()
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection


def init_app(app: Flask, data_dir: Path) -> None:
    """Give ``app`` a queue in ``data_dir`` with its two tasks: drain, and a tick every minute."""
    huey = Huey(
        "campus", storage_class=_Storage, filename=str(data_dir / "queue.db"), results=False, utc=True
    )

    def stopping() -> bool:
        return queue.stop.is_set()

    def drain() -> None:
        from campus_service.jobs.outbox import run_due

        with app.app_context():
            run_due(stop=stopping)

    def tick() -> None:
        with app.app_context():
            with transaction():
                heartbeat.tick()
            _enqueue_daily()
        drain()

    # Making it has opened the file: a web server that forks must not hand that on to its workers.
    huey.storage.close()
    queue = app.extensions[KEY] = _Queue(huey, huey.task()(drain))
    huey.periodic_task(crontab(minute="*"))(tick)


def wake(delay: timedelta) -> None:
    """Tell the worker that there is work (after ``delay``); never fails the caller."""
    if not has_app_context() or KEY not in current_app.extensions:
        return
    drain = current_app.extensions[KEY].drain
    try:
        if delay:
            drain.schedule(delay=delay.total_seconds())
        else:
            drain()
    except Exception as error:  # noqa: BLE001  # the row is safe; whatever ails the queue costs a minute
        # The row is committed: the next minute's tick will find it.
        log.warning("queue did not take the wake-up", error=repr(error))


def settle() -> None:
    """Let the collector leave alone what the application consists of, and come seldom while a job reads many rows.

    Untamed it takes 0.3 s in the middle of somebody's job, again and again (python -m bench.matching).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def run_worker(app: Flask, threads: int) -> None:
    """Run jobs until SIGTERM or SIGINT; what was due while no worker ran is done first.

    On SIGTERM the jobs that run are finished, for SHUTDOWN_S seconds at most; on SIGINT they are abandoned and
    run again when their lease has ended.
    """
    queue: _Queue = app.extensions[KEY]
    queue.drain()
    consumer = queue.huey.create_consumer(
        workers=threads,
        worker_type="thread",
        backoff=1.0,
        max_delay=2.0,
        graceful_signal="TERM",
        shutdown_timeout=SHUTDOWN_S,
    )
    queue.stop = consumer.stop_flag
    consumer.run()


def _enqueue_daily() -> None:
    """Enqueue each daily job once a day, later if no worker ran at its hour."""
    from campus_service.jobs.outbox import enqueue

    day, hour = today().isoformat(), to_local(now()).hour
    for name, at in DAILY.items():
        if at <= hour:
            with transaction():
                once(Actor.system(), "daily", f"{name}:{day}", partial(_promise, enqueue, name, day))


def _promise(enqueue: Callable[..., None], name: str, day: str) -> str:
    enqueue(name, {"day": day})
    return day
