"""The outbox: rows belong to their transaction, run at least once, and wait longer after each failure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from campus_service.core.clock import freeze
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict
from campus_service.core.numbers import Counter, take
from campus_service.jobs import Permanent, enqueue, job
from campus_service.jobs.models import JobState, OutboxRow
from campus_service.jobs.outbox import BACKOFF_S, LEASE, MAX_ATTEMPTS, run_due

NOON = datetime(2026, 10, 31, 4, 0, tzinfo=UTC)


def promise(name: str, payload: dict[str, Any] | None = None, **options: Any) -> None:
    with transaction():
        enqueue(name, payload or {}, **options)


def rows() -> Sequence[OutboxRow]:
    db.session.rollback()
    return db.session.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()


def only_row() -> OutboxRow:
    (row,) = rows()
    return row


def counted(name: str) -> int:
    db.session.rollback()
    return db.session.scalar(select(Counter.value).where(Counter.name == name)) or 0


def failing(name: str, error: Exception) -> list[dict[str, Any]]:
    """Register a job that notes its payload and fails."""
    seen: list[dict[str, Any]] = []

    @job(name)
    def _fail(payload: dict[str, Any]) -> None:
        seen.append(payload)
        raise error

    return seen


def noting(name: str, **options: Any) -> list[Any]:
    """Register a job that notes what it is given."""
    seen: list[Any] = []
    job(name, **options)(seen.append)
    return seen


def test_a_job_runs_after_its_transaction_and_is_gone(app: Flask) -> None:
    seen = noting("test.note")
    promise("test.note", {"item": 7})
    assert seen == []
    assert run_due() == 1
    assert (seen, rows()) == ([{"item": 7}], [])
    assert run_due() == 0


def test_a_transaction_that_fails_promised_nothing(app: Flask) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        take("effect")
        enqueue("test.note", {})
        enqueue("test.note", {}, key="k")
        1 / 0  # noqa: B018
    assert (rows(), counted("effect")) == ([], 0)


def test_a_savepoint_that_fails_takes_only_its_own_promises_along(app: Flask) -> None:
    with transaction() as session:
        enqueue("test.note", {"n": 1})
        with pytest.raises(ZeroDivisionError), session.begin_nested():
            enqueue("test.note", {"n": 2})
            1 / 0  # noqa: B018
        enqueue("test.note", {"n": 3})
    assert [row.payload["n"] for row in rows()] == [1, 3]


def test_what_happens_to_the_payload_after_the_promise_does_not_change_it(app: Flask) -> None:
    payload = {"ids": [1]}
    with transaction():
        enqueue("test.note", payload)
        payload["ids"].append(2)
    assert only_row().payload == {"ids": [1]}


def test_a_payload_that_is_no_json_is_refused_where_it_is_promised(app: Flask) -> None:
    with pytest.raises(TypeError), transaction():
        enqueue("test.note", {"day": NOON})


def test_jobs_run_in_the_order_in_which_they_were_promised(app: Flask) -> None:
    seen = noting("test.note")
    for number in range(5):
        promise("test.note", {"n": number})
    run_due()
    assert [payload["n"] for payload in seen] == [0, 1, 2, 3, 4]


def test_a_delayed_job_waits_for_its_time(app: Flask) -> None:
    seen = noting("test.note")
    with freeze(NOON):
        promise("test.note", delay=timedelta(hours=1))
        assert run_due() == 0
    with freeze(NOON + timedelta(hours=1)):
        assert run_due() == 1
    assert seen == [{}]


def test_a_job_that_enqueues_another_has_it_run_too(app: Flask) -> None:
    seen = noting("test.second")

    @job("test.first")
    def _first(_payload: dict[str, Any]) -> None:
        enqueue("test.second", {"by": "first"})

    promise("test.first")
    run_due()
    assert seen == [{"by": "first"}]


def test_the_effect_of_a_job_that_fails_is_undone(app: Flask) -> None:
    @job("test.half")
    def _half(_payload: dict[str, Any]) -> None:
        take("effect")
        raise ZeroDivisionError

    promise("test.half")
    run_due()
    assert (counted("effect"), only_row().attempts) == (0, 1)


def test_a_job_waits_longer_after_each_failure_and_is_dead_after_the_last(app: Flask) -> None:
    seen = failing("test.fail", ConnectionError("mail server away"))
    moment = NOON
    with freeze(moment):
        promise("test.fail")
    for attempt, wait in enumerate(BACKOFF_S, start=1):
        with freeze(moment):
            assert run_due() == 1
            row = only_row()
            assert (row.state, row.attempts) == (JobState.PENDING, attempt)
            assert row.due_at == moment + timedelta(seconds=wait)
            assert run_due() == 0
        moment = row.due_at
    with freeze(moment):
        assert run_due() == 1
    row = only_row()
    assert (row.state, row.attempts, len(seen)) == (JobState.DEAD, MAX_ATTEMPTS, MAX_ATTEMPTS)
    assert row.last_error == "ConnectionError: mail server away"
    with freeze(moment + timedelta(days=365)):
        assert run_due() == 0


def test_a_failure_that_no_retry_can_mend_is_dead_at_once(app: Flask) -> None:
    failing("test.fail", Permanent("no such mailbox"))
    promise("test.fail")
    run_due()
    row = only_row()
    assert (row.state, row.attempts) == (JobState.DEAD, 1)
    assert "no such mailbox" in row.last_error


def test_one_job_that_fails_does_not_hold_up_the_others(app: Flask) -> None:
    failing("test.fail", ZeroDivisionError())
    seen = noting("test.note")
    promise("test.fail")
    promise("test.note")
    run_due()
    assert seen == [{}]


def test_the_words_of_a_domain_error_are_kept(app: Flask) -> None:
    failing("test.fail", Conflict())
    promise("test.fail")
    run_due()
    assert "情况刚刚变了" in only_row().last_error


def test_what_an_sql_statement_was_given_is_not_kept_with_its_error(app: Flask) -> None:
    @job("test.fail")
    def _fail(_payload: dict[str, Any]) -> None:
        db.session.add(Counter(name="private words", value=None))
        db.session.flush()

    promise("test.fail")
    run_due()
    assert "IntegrityError" in only_row().last_error
    assert "INSERT INTO counters" in only_row().last_error
    assert "[parameters: " not in only_row().last_error


def test_a_job_that_this_version_does_not_know_is_kept_and_named(app: Flask) -> None:
    promise("test.from_another_version")
    run_due()
    row = only_row()
    assert (row.state, row.attempts) == (JobState.PENDING, 1)
    assert "no job is called 'test.from_another_version'" in row.last_error
    seen = noting("test.from_another_version")
    with freeze(row.due_at):
        run_due()
    assert seen == [{}]


def test_a_batch_takes_rows_of_its_kind_together_up_to_its_size(app: Flask) -> None:
    seen = noting("test.batch", batch=3)
    noting("test.note")
    for number in range(4):
        promise("test.batch", {"n": number})
        promise("test.note")
    assert run_due() == 8
    assert [[payload["n"] for payload in batch] for batch in seen] == [[0, 1, 2], [3]]


def test_one_bad_row_does_not_take_its_batch_along(app: Flask) -> None:
    done: list[int] = []

    @job("test.batch", batch=10)
    def _batch(payloads: list[dict[str, Any]]) -> None:
        if any(payload["n"] == 2 for payload in payloads):
            raise ZeroDivisionError
        done.extend(payload["n"] for payload in payloads)

    with freeze(NOON):
        for number in range(4):
            promise("test.batch", {"n": number})
        run_due()
        assert done == []
    with freeze(NOON + timedelta(seconds=BACKOFF_S[0])):
        run_due()
    assert done == [0, 1, 3]
    assert only_row().payload == {"n": 2}


def test_a_key_keeps_one_row_however_often_it_is_promised(app: Flask) -> None:
    seen = noting("test.note")
    with transaction():
        enqueue("test.note", {"n": 1}, key="rebuild")
        enqueue("test.note", {"n": 2}, key="rebuild")
    promise("test.note", {"n": 3}, key="rebuild")
    promise("test.note", {"n": 9}, key="other")
    run_due()
    assert seen == [{"n": 3}, {"n": 9}]


def test_a_key_promised_with_a_longer_delay_does_not_wait_longer(app: Flask) -> None:
    with freeze(NOON):
        promise("test.note", key="k", delay=timedelta(minutes=5))
        promise("test.note", key="k", delay=timedelta(hours=5))
        assert only_row().due_at == NOON + timedelta(minutes=5)
        promise("test.note", key="k")
        assert only_row().due_at == NOON


def test_a_key_can_be_promised_again_after_its_row_died(app: Flask) -> None:
    failing("test.fail", Permanent())
    promise("test.fail", key="k")
    run_due()
    assert only_row().state is JobState.DEAD
    seen = noting("test.fail")
    promise("test.fail", {"n": 2}, key="k")
    run_due()
    assert (seen, rows()) == ([{"n": 2}], [])


def in_another_thread(app: Flask, work: Any) -> None:
    def run() -> None:
        with app.app_context():
            work()

    thread = Thread(target=run)
    thread.start()
    thread.join()


def test_a_key_promised_while_its_row_is_being_run_is_run_once_more(app: Flask) -> None:
    seen: list[int] = []

    @job("test.sync", transactional=False)
    def _sync(payload: dict[str, Any]) -> None:
        seen.append(counted("state"))
        if len(seen) == 1:
            # The state changes after we read it: whoever changes it counts on us.
            in_another_thread(app, change)

    def change() -> None:
        with transaction():
            take("state")
            enqueue("test.sync", {}, key="item:7")

    promise("test.sync", key="item:7")
    assert run_due() == 2
    assert (seen, rows()) == ([0, 1], [])


def test_a_row_that_is_promised_anew_again_and_again_is_never_taken_for_deadly(app: Flask) -> None:
    runs: list[int] = []

    @job("test.sync", transactional=False)
    def _sync(_payload: dict[str, Any]) -> None:
        runs.append(1)
        if len(runs) < 3 * MAX_ATTEMPTS:
            in_another_thread(app, lambda: promise("test.sync", key="hot"))

    promise("test.sync", key="hot")
    run_due()
    assert (len(runs), rows()) == (3 * MAX_ATTEMPTS, [])


def test_a_worker_that_died_with_a_row_is_followed_by_another_when_the_lease_ends(app: Flask) -> None:
    class Killed(BaseException):
        """As if the process had ended here."""

    attempts: list[str] = []

    @job("test.deadly")
    def _deadly(_payload: dict[str, Any]) -> None:
        take("effect")
        attempts.append("try")
        if len(attempts) == 1:
            raise Killed

    with freeze(NOON):
        promise("test.deadly")
        with pytest.raises(Killed):
            run_due()
        assert run_due() == 0
        assert only_row().locked_until == NOON + LEASE
    with freeze(NOON + LEASE + timedelta(seconds=1)):
        assert run_due() == 1
    assert (len(attempts), counted("effect"), rows()) == (2, 1, [])


def test_a_row_that_kills_every_worker_ends_among_the_dead(app: Flask) -> None:
    class Killed(BaseException):
        """As if the process had ended here."""

    @job("test.deadly")
    def _deadly(_payload: dict[str, Any]) -> None:
        raise Killed

    moment = NOON
    with freeze(moment):
        promise("test.deadly")
    for _attempt in range(MAX_ATTEMPTS):
        with freeze(moment), pytest.raises(Killed):
            run_due()
        moment += LEASE + timedelta(seconds=1)
    with freeze(moment):
        assert run_due() == 1
    assert only_row().state is JobState.DEAD
    assert "the worker died in every attempt" in only_row().last_error


def test_a_transactional_job_that_no_longer_owns_its_row_undoes_its_effect_and_runs_again(app: Flask) -> None:
    runs: list[int] = []

    @job("test.slow")
    def _slow(_payload: dict[str, Any]) -> None:
        take("effect")
        runs.append(1)
        if len(runs) == 1:
            db.session.execute(update(OutboxRow).values(locked_until=NOON))

    promise("test.slow")
    assert run_due() == 2
    assert (len(runs), counted("effect"), rows()) == (2, 1, [])


def test_a_slow_worker_whose_lease_was_taken_over_leaves_the_row_to_the_new_owner(app: Flask) -> None:
    late = NOON + LEASE + timedelta(seconds=1)

    @job("test.slow", transactional=False)
    def _slow(_payload: dict[str, Any]) -> None:
        if not taken_over:
            taken_over.append(True)
            in_another_thread(app, take_over)

    def take_over() -> None:
        with freeze(late):
            assert run_due() == 1

    taken_over: list[bool] = []
    with freeze(NOON):
        promise("test.slow")
        assert run_due() == 1
    assert (taken_over, rows()) == ([True], [])


def test_many_workers_run_each_job_once(app: Flask) -> None:
    @job("test.count")
    def _count(payload: dict[str, Any]) -> None:
        take(f"row {payload['n']}")

    @job("test.outside", transactional=False)
    def _outside(payload: dict[str, Any]) -> None:
        outside.append(payload["n"])

    outside: list[int] = []
    with transaction():
        for number in range(40):
            enqueue("test.count", {"n": number})
            enqueue("test.outside", {"n": number})
    together = Barrier(6)

    def work() -> None:
        with app.app_context():
            together.wait()
            run_due()

    workers = [Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert rows() == []
    assert [counted(f"row {number}") for number in range(40)] == [1] * 40
    assert sorted(outside) == list(range(40))


def test_a_worker_that_is_told_to_stop_leaves_the_rest_free_for_the_next(app: Flask) -> None:
    seen = noting("test.note")
    for number in range(3):
        promise("test.note", {"n": number})
    assert run_due(stop=lambda: len(seen) == 2) == 2
    assert only_row().locked_until is None


def test_a_limit_stops_the_run(app: Flask) -> None:
    noting("test.note")
    for _number in range(3):
        promise("test.note")
    assert run_due(limit=2) == 2
