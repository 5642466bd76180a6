"""Several workers at one issue, a worker killed in the middle of publishing: one number, one snapshot, nothing half."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from campus_service.bulletin import queries, service
from campus_service.bulletin.commands import Schedule
from campus_service.bulletin.models import Event, Issue, Mailing, Publication
from campus_service.bulletin.states import ArticleState, IssueState
from campus_service.config import Settings
from campus_service.core.clock import now
from campus_service.core.db import db, transaction
from campus_service.core.numbers import Counter
from campus_service.jobs import queue
from campus_service.jobs.models import OutboxRow
from campus_service.jobs.outbox import run_due
from campus_service.search import service as search
from campus_service.search.engine import Filters
from tests.bulletin.stories import EVENT, approved, article, issue, signed
from tests.conftest import Cast

WORKERS = 4
PATIENCE_S = 60
ROOT = Path(__file__).parents[2]


def scheduled(people: Cast) -> tuple[int, list[int]]:
    """An issue with two articles whose time has just come; the issue's id, and the articles'."""
    articles = [approved(people, title="甲", **EVENT), approved(people, title="乙")]
    id = signed(people, *articles)
    with transaction():
        service.schedule(people.chief.actor, id, Schedule(at=now() + timedelta(minutes=1)))
    with transaction() as session:
        session.execute(update(Issue).where(Issue.id == id).values(publish_at=now() - timedelta(seconds=1)))
    return id, articles


def count(table: type[Publication | Event | Mailing]) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def at_once(app: Flask, act: Callable[[], object]) -> list[Exception]:
    """Let several workers do it at the same moment; what went wrong."""
    start, wrong = threading.Barrier(WORKERS), list[Exception]()

    def work() -> None:
        with app.app_context():
            start.wait()
            try:
                act()
            except Exception as error:  # noqa: BLE001
                wrong.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    return wrong


def assert_published_once(id: int, articles: list[int]) -> None:
    out = issue(id)
    assert (out.number, out.state) == (1, IssueState.PUBLISHED)
    assert db.session.scalar(select(Counter.value).where(Counter.name == "bulletin.issue")) == 1
    assert (count(Publication), count(Event), count(Mailing)) == (2, 1, 1)
    for each in articles:
        row, publication = article(each), queries.publication_of(each)
        assert publication
        assert row.state is ArticleState.BOUND
        assert publication.hash == row.approved_hash


@pytest.mark.parametrize("_again", range(3))
def test_of_several_workers_at_one_issue_one_publishes_it(app: Flask, people: Cast, _again: int) -> None:
    id, articles = scheduled(people)
    done: list[bool] = []

    def publish() -> None:
        with transaction():
            done.append(service.publish_if_due(id))

    wrong = at_once(app, publish)
    assert not wrong
    assert sorted(done) == [False] * (WORKERS - 1) + [True]
    assert_published_once(id, articles)


def test_workers_who_take_the_job_from_the_queue_publish_once(app: Flask, people: Cast) -> None:
    id, articles = scheduled(people)
    queue.wake(timedelta(0))
    with transaction() as session:
        session.execute(update(OutboxRow).values(due_at=now() - timedelta(seconds=1)))
    assert not at_once(app, run_due)
    run_due()
    assert_published_once(id, articles)


def test_two_issues_at_one_moment_get_two_numbers_without_a_gap(app: Flask, people: Cast) -> None:
    ids = [scheduled(people)[0] for _ in range(3)]

    def publish() -> None:
        for id in ids:
            with transaction():
                service.publish_if_due(id)

    assert not at_once(app, publish)
    assert sorted(issue(id).number or 0 for id in ids) == [1, 2, 3]


# --- a worker is killed -------------------------------------------------------------------------------------------


def until(true: Callable[[], bool]) -> None:
    """Wait for what another process does; the clock strikes meanwhile."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "the worker did not get there"
        queue.wake(timedelta(0))
        time.sleep(0.1)


class Press:
    """Starts workers that publish, one after the other, and ends what is left."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.folder, self.settings = folder, folder / "settings.json"
        secret = {"secret_key": settings.secret_key.get_secret_value()}
        self.settings.write_text(
            json.dumps(json.loads(settings.model_dump_json()) | secret), encoding="utf-8"
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        module = "tests.bulletin.publishing_process"
        command = [sys.executable, "-m", module, str(self.settings), str(self.folder)]
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(PATIENCE_S)


@pytest.fixture
def press(app: Flask, settings: Settings, tmp_path: Path) -> Iterator[Press]:
    """A worker that the test starts and kills."""
    made = Press(settings, tmp_path)
    yield made
    made.kill()


def test_a_worker_killed_in_the_middle_leaves_nothing_half_and_the_next_one_publishes(
    press: Press, people: Cast
) -> None:
    articles = [approved(people, title="甲", **EVENT), approved(people, title="乙")]
    id = signed(people, *articles)
    with transaction():
        service.schedule(people.chief.actor, id, Schedule(at=now() + timedelta(seconds=1)))
    press.start()
    until((press.folder / "begun").exists)
    press.kill()
    assert (issue(id).state, issue(id).number, count(Publication), count(Event)) == (
        IssueState.SCHEDULED,
        None,
        0,
        0,
    )
    assert search.find("摊位", Filters(kind="article"), limit=5).total == 0
    assert {article(each).state for each in articles} == {ArticleState.APPROVED}
    (press.folder / "go").touch()
    press.start()
    until(lambda: issue(id).number is not None)
    assert_published_once(id, articles)
