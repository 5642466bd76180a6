"""The worker as a process: woken by a commit, killed in mid-job, told to stop; and the clock of daily jobs."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from structlog.testing import capture_logs

from campus_service.config import Settings
from campus_service.core.actor import Actor
from campus_service.core.clock import freeze
from campus_service.core.db import db, transaction
from campus_service.core.numbers import Counter
from campus_service.core.once import DoneOnce, once
from campus_service.jobs import enqueue, job, queue
from campus_service.jobs.models import OutboxRow
from campus_service.jobs.outbox import run_due
from campus_service.jobs.registry import DAILY

PATIENCE_S = 60
ROOT = Path(__file__).parents[2]


def until(true: Callable[[], bool]) -> None:
    """Wait for what another process does."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "the worker did not get there"
        time.sleep(0.02)


def left() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(OutboxRow)) or 0


def until_nothing_is_left() -> None:
    """Wake the worker now and then, as the clock does every minute: a lease has to end before a row is free."""

    def empty() -> bool:
        queue.wake(timedelta(0))
        time.sleep(0.1)
        return left() == 0

    until(empty)


def counted(name: str) -> int:
    db.session.rollback()
    return db.session.scalar(select(Counter.value).where(Counter.name == name)) or 0


def promise(name: str, *numbers: int) -> None:
    with transaction():
        for number in numbers:
            enqueue(name, {"n": number})


class Worker:
    """Starts worker processes, one after the other, and ends what is left."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.folder = folder
        self.settings = folder / "settings.json"
        secret = settings.secret_key.get_secret_value()
        self.settings.write_text(
            json.dumps(json.loads(settings.model_dump_json()) | {"secret_key": secret}), encoding="utf-8"
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.jobs.worker_process", str(self.settings), str(self.folder)]
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)

    def end(self, how: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(PATIENCE_S)

    def file(self, name: str) -> Path:
        return self.folder / name


@pytest.fixture
def worker(app: Flask, settings: Settings, tmp_path: Path) -> Iterator[Worker]:
    """A worker that the test starts and ends."""
    made = Worker(settings, tmp_path)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.end(signal.SIGKILL)


def test_a_job_whose_worker_is_killed_in_the_middle_is_done_once_by_the_next(worker: Worker) -> None:
    promise("test.effect", 1, 2)
    worker.start()
    until(worker.file("begun-effect-1").exists)
    assert worker.end(signal.SIGKILL) == -signal.SIGKILL
    assert (left(), counted("effect 1")) == (2, 0)
    worker.file("go").touch()
    worker.start()
    until_nothing_is_left()
    assert (counted("effect 1"), counted("effect 2")) == (1, 1)


def test_a_job_that_reaches_outside_is_repeated_when_its_worker_is_killed_before_it_could_say_so(
    worker: Worker,
) -> None:
    promise("test.outside", 1)
    worker.start()
    until(worker.file("begun-outside-1").exists)
    worker.end(signal.SIGKILL)
    assert left() == 1
    worker.file("sent-1").unlink()
    worker.file("go").touch()
    worker.start()
    until_nothing_is_left()
    assert worker.file("sent-1").exists()


def test_a_worker_that_waits_is_woken_by_a_commit(worker: Worker) -> None:
    worker.file("go").touch()
    worker.start()
    promise("test.effect", 1)
    until(lambda: left() == 0)
    promise("test.effect", 2)
    until(lambda: left() == 0)
    assert (counted("effect 1"), counted("effect 2")) == (1, 1)


def test_a_worker_that_is_told_to_stop_ends_its_job_first_and_leaves_the_others(worker: Worker) -> None:
    promise("test.effect", 1, 2)
    worker.start()
    until(worker.file("begun-effect-1").exists)
    assert worker.process is not None
    worker.process.send_signal(signal.SIGTERM)
    until(worker.file("stopping").exists)
    worker.file("go").touch()
    assert worker.process.wait(PATIENCE_S) == 0
    assert (counted("effect 1"), counted("effect 2"), left()) == (1, 0, 1)


def test_a_queue_that_cannot_be_written_does_not_fail_the_one_who_commits(
    app: Flask, settings: Settings
) -> None:
    app.extensions[queue.KEY].huey.storage.close()
    for file in settings.data_dir.glob("queue.db*"):
        file.unlink()
    (settings.data_dir / "queue.db").mkdir()
    with capture_logs() as said:
        promise("test.effect", 1)
    assert left() == 1
    assert [line["event"] for line in said] == ["queue did not take the wake-up"]


NOON = datetime(2026, 10, 31, 4, 0, tzinfo=UTC)  # twelve o'clock in Beijing


@pytest.fixture
def days(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a daily job of eleven o'clock was given; there is no other daily job."""
    for name in list(DAILY):
        monkeypatch.delitem(DAILY, name)
    monkeypatch.setitem(DAILY, "test.daily", 11)
    given: list[str] = []

    @job("test.daily")
    def _daily(payload: dict[str, Any]) -> None:
        given.append(payload["day"])

    return given


def at(moment: datetime) -> None:
    """What the worker does every minute."""
    with freeze(moment):
        queue._enqueue_daily()
        run_due()


def test_a_daily_job_runs_once_a_day_after_its_hour(days: list[str]) -> None:
    at(NOON - timedelta(hours=2))
    assert days == []
    for minute in range(3):
        at(NOON + timedelta(minutes=minute))
    at(NOON + timedelta(days=1))
    assert days == ["2026-10-31", "2026-11-01"]


def test_a_daily_job_of_a_day_without_a_worker_is_left_out_but_a_late_one_is_not(days: list[str]) -> None:
    at(NOON + timedelta(hours=11))
    at(NOON + timedelta(days=3))
    assert days == ["2026-10-31", "2026-11-03"]


def test_forms_sent_long_ago_are_forgotten_and_recent_ones_are_not(app: Flask) -> None:
    system = Actor.system()
    for day, key in ((0, "old"), (29, "recent")):
        with freeze(NOON + timedelta(days=day)), transaction():
            once(system, "form", key, lambda: "made")
    with freeze(NOON + timedelta(days=31)), transaction():
        enqueue("jobs.forget_forms", {})
    with freeze(NOON + timedelta(days=31)):
        run_due()
    assert [key.rpartition(":")[2] for key in db.session.scalars(select(DoneOnce.key))] == ["recent"]
