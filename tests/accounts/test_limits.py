"""Rate limits: counted over all workers of a machine, told with the time to come back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from campus_service.app import create_app
from campus_service.config import Settings
from campus_service.core.clock import freeze, now
from campus_service.core.db import db
from campus_service.core.ratelimit import FileStorage, address, limiter
from tests.accounts.conftest import WHO, enter
from tests.conftest import Cast

ALLOWED = 10


@contextmanager
def _worker(settings: Settings) -> Iterator[Flask]:
    """One more worker of the same site, with limits."""
    app = create_app(settings.model_copy(update={"rate_limits": True}))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    app.add_url_rule(WHO, "who_for_tests", lambda: {"ok": True})
    try:
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def worker(settings: Settings, people: Cast) -> Iterator[Flask]:
    """A worker with limits, on the database where the cast is known."""
    with _worker(settings) as app:
        yield app
    # The limiter is one for all applications of a process: bring it back from counting in memory.
    limiter._storage_dead = False
    assert limiter._fallback_limiter is not None
    limiter._fallback_limiter.storage.reset()


def test_one_sign_in_too_many_is_refused_over_all_workers(worker: Flask, settings: Settings) -> None:
    with _worker(settings) as second:
        clients = [worker.test_client(), second.test_client()]
        for n in range(ALLOWED):
            assert enter(clients[n % 2], "lin@campus.test", "wrong").status_code == 422
        refused = [enter(client, "lin@campus.test") for client in clients]
    assert [answer.status_code for answer in refused] == [429, 429]
    assert 240 <= int(refused[0].headers["Retry-After"]) <= 301
    assert "次数太多" in refused[0].text


def test_another_account_and_another_address_are_not_held_up(worker: Flask) -> None:
    client = worker.test_client()
    for _ in range(ALLOWED + 1):
        last = enter(client, "lin@campus.test", "wrong")
    assert last.status_code == 429
    assert enter(client, "wu@campus.test").status_code == 303
    form = {"account": "lin@campus.test", "password": "wrong"}
    elsewhere = client.post("/sign-in", data=form, environ_base={"REMOTE_ADDR": "203.0.113.9"})
    assert elsewhere.status_code == 422


def test_after_the_window_one_may_try_again(worker: Flask) -> None:
    client = worker.test_client()
    for _ in range(ALLOWED + 1):
        enter(client, "lin@campus.test", "wrong")
    with freeze(now() + timedelta(minutes=5, seconds=1)):
        assert enter(client, "lin@campus.test").status_code == 303


def test_looking_at_the_form_is_not_counted(worker: Flask) -> None:
    client = worker.test_client()
    assert {client.get("/sign-in").status_code for _ in range(ALLOWED + 5)} == {200}


def test_mails_to_one_address_are_limited(worker: Flask) -> None:
    client = worker.test_client()
    answers = [client.post("/forgot", data={"email": "nobody@campus.test"}).status_code for _ in range(6)]
    assert answers == [200] * 5 + [429]


def test_the_api_is_limited_as_json(worker: Flask) -> None:
    client = worker.test_client()
    answers = [client.get(WHO) for _ in range(121)]
    assert {answer.status_code for answer in answers[:120]} == {200}
    assert answers[120].status_code == 429
    assert answers[120].content_type == "application/problem+json"
    assert 1 <= int(answers[120].headers["Retry-After"]) <= 61


def test_limits_can_be_switched_off(client: FlaskClient, people: Cast) -> None:
    assert {enter(client, "lin@campus.test", "wrong").status_code for _ in range(ALLOWED + 2)} == {422}


def test_neither_addresses_nor_accounts_can_be_read_from_the_file(worker: Flask, settings: Settings) -> None:
    enter(worker.test_client(), "lin@campus.test", "wrong")
    content = (settings.data_dir / "limits.db").read_bytes()
    assert b"lin@campus" not in content
    assert b"127.0.0.1" not in content


def test_a_damaged_file_lets_people_in_is_replaced_and_still_counts(
    worker: Flask, settings: Settings
) -> None:
    file = settings.data_dir / "limits.db"
    enter(worker.test_client(), "lin@campus.test", "wrong")
    file.write_bytes(b"not a database" * 1000)
    # Counted in memory first; the file begins at nothing when it is back.
    tries = range(2 * ALLOWED + 1)
    answers = [enter(worker.test_client(), "lin@campus.test", "wrong").status_code for _ in tries]
    assert answers[0] == 422
    assert 429 in answers
    with worker.app_context():
        assert FileStorage().check()
    with sqlite3.connect(file) as mended:
        assert mended.execute("SELECT count(*) FROM counts").fetchone()
    mended.close()


def test_a_count_begins_anew_when_it_has_run_out(app: Flask) -> None:
    storage = FileStorage()
    start = now()
    with freeze(start):
        assert [storage.incr("key", 60) for _ in range(3)] == [1, 2, 3]
        assert storage.get("key") == 3
        assert storage.get_expiry("key") == pytest.approx(start.timestamp() + 60)
    with freeze(start + timedelta(seconds=60)):
        assert storage.get("key") == 0
        assert storage.incr("key", 60, 2) == 2
        storage.clear("key")
        assert storage.get("key") == 0
        storage.incr("other", 60)
        assert storage.reset() == 1


@pytest.mark.parametrize(
    ("sender", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::/64"),
        ("a socket", "a socket"),
    ],
)
def test_an_ipv6_network_is_one_address(app: Flask, sender: str, counted: str) -> None:
    with app.test_request_context(environ_base={"REMOTE_ADDR": sender}):
        assert address() == counted
