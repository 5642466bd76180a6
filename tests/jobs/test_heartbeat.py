"""The worker's sign of life: noted with every tick, late after three minutes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from campus_service.core.clock import freeze, now
from campus_service.core.db import db
from campus_service.jobs import queue
from campus_service.jobs.heartbeat import Heartbeat, heartbeat
from campus_service.jobs.models import Tick
from tests.conftest import Cast, Person

NOON = datetime(2026, 9, 18, 4, 0, tzinfo=UTC)


def a_minute_passes(app: Flask, moment: datetime) -> None:
    """What huey does every minute."""
    (task,) = app.extensions[queue.KEY].huey._registry.periodic_tasks
    with freeze(moment):
        task.execute()
    db.session.rollback()


def test_without_a_worker_there_is_no_sign_of_life(app: Flask) -> None:
    assert heartbeat() == Heartbeat(None, late=True)


def test_every_minute_is_noted_in_the_one_row(app: Flask) -> None:
    for minute in range(3):
        a_minute_passes(app, NOON + timedelta(minutes=minute))
    with freeze(NOON + timedelta(minutes=3)):
        assert heartbeat() == Heartbeat(NOON + timedelta(minutes=2), late=False)
    assert db.session.scalar(select(func.count()).select_from(Tick)) == 1


@pytest.mark.parametrize(("seconds", "late"), [(180, False), (181, True)])
def test_after_three_minutes_without_one_it_is_late(app: Flask, seconds: int, late: bool) -> None:
    a_minute_passes(app, NOON)
    with freeze(NOON + timedelta(seconds=seconds)):
        assert heartbeat().late is late


def test_the_page_of_failed_jobs_says_so(
    app: Flask, people: Cast, sign_in: Callable[[FlaskClient, Person], FlaskClient]
) -> None:
    client = sign_in(app.test_client(), people.admin)
    assert "还没有运行过" in client.get("/admin/jobs").text
    a_minute_passes(app, now())
    assert "后台进程在运行" in client.get("/admin/jobs").text
    with freeze(now() + timedelta(minutes=4)):
        assert "停了 3 分钟以上" in client.get("/admin/jobs").text
