"""Huey: wakes the worker, keeps the clock of daily jobs. The outbox is the truth; a lost wake-up costs a minute."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import structlog
from flask import Flask, current_app, has_app_context
from huey import SqliteHuey, crontab

from campus_service.core.actor import Actor
from campus_service.core.clock import now, to_local, today
from campus_service.core.db import transaction
from campus_service.core.once import once
from campus_service.jobs.registry import DAILY

log = structlog.get_logger(__name__)
KEY = "campus_huey"


def init_app(app: Flask, data_dir: Path) -> None:
    """Give ``app`` a queue in ``data_dir`` with its two tasks: drain, and a tick every minute."""
    huey = SqliteHuey("campus", filename=str(data_dir / "queue.db"), results=False, utc=True)

    def drain() -> None:
        from campus_service.jobs.outbox import run_due

        with app.app_context():
            run_due()

    def tick() -> None:
        with app.app_context():
            _enqueue_daily()
        drain()

    app.extensions[KEY] = (huey, huey.task()(drain))
    huey.periodic_task(crontab(minute="*"))(tick)


def wake(delay: timedelta) -> None:
    """Tell the worker that there is work (after ``delay``); never fails the caller."""
    if not has_app_context() or KEY not in current_app.extensions:
        return
    _, drain = current_app.extensions[KEY]
    try:
        if delay:
            drain.schedule(delay=delay.total_seconds())
        else:
            drain()
    except Exception as error:
        # The row is committed: the next minute's tick will find it.
        log.warning("queue did not take the wake-up", error=repr(error))


def run_worker(app: Flask, threads: int) -> None:
    """Run jobs until SIGINT or SIGTERM; what was due while no worker ran is done first."""
    huey, drain = cast(tuple[SqliteHuey, Any], app.extensions[KEY])
    drain()
    huey.create_consumer(workers=threads, worker_type="thread", backoff=1.0, max_delay=2.0).run()


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
