"""Honest read counts: once a day for each reader, robots and the newsroom left out, nothing kept of who read."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from campus_service.bulletin.commands import PutUpBoard
from campus_service.bulletin.models import BoardScan, Publication, ReadCount, ReadMark
from campus_service.bulletin.service import boards, reading, upkeep
from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from tests.bulletin.stories import approved, published
from tests.conftest import Cast

PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130 Mobile MicroMessenger/8.0"
OURS = {"User-Agent": PHONE, "Origin": "http://localhost"}


@pytest.fixture
def article(people: Cast) -> Publication:
    published(people, approved(people, title="甲"))
    return db.session.scalars(select(Publication)).one()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def tell(client: FlaskClient, id: int, at: str = "10.0.0.1", **headers: str) -> int:
    return client.post(
        "/compass/reads",
        data={"publication": id},
        headers=OURS | headers,
        environ_base={"REMOTE_ADDR": at},
    ).status_code


def reads() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.sum(ReadCount.count))) or 0


def test_a_reader_counts_once_a_day_for_each_article(client: FlaskClient, article: Publication) -> None:
    id = article.id
    assert [tell(client, id), tell(client, id)] == [204, 204]
    assert reads() == 1
    tell(client, id, at="10.0.0.2")
    tell(client, id, **{"User-Agent": PHONE + " other"})
    assert reads() == 3
    with freeze(now() + timedelta(days=1)):
        tell(client, id)
    assert reads() == 4


@pytest.mark.parametrize(
    "browser", ["", "Googlebot/2.1", "Baiduspider-render/2.0", "python-requests/2", "HeadlessChrome/130"]
)
def test_robots_do_not_count(client: FlaskClient, article: Publication, browser: str) -> None:
    assert tell(client, article.id, **{"User-Agent": browser}) == 204
    assert reads() == 0


def test_those_who_make_it_do_not_count(app: Flask, article: Publication, people: Cast, sign_in: Any) -> None:
    id = article.id
    tell(sign_in(app.test_client(), people.writer), id)
    assert reads() == 0
    tell(sign_in(app.test_client(), people.lin), id)
    assert reads() == 1


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", "http://[", ""])
def test_only_a_page_of_ours_tells_anything(client: FlaskClient, article: Publication, origin: str) -> None:
    assert tell(client, article.id, Origin=origin) == 204
    assert reads() == 0


def test_what_is_not_there_counts_nothing(client: FlaskClient, article: Publication) -> None:
    assert tell(client, article.id + 1) == 204
    assert tell(client, -1) == 422
    assert reads() == 0


def test_the_page_shows_the_count_from_five_reads_on(client: FlaskClient, article: Publication) -> None:
    id = article.id
    for n in range(4):
        tell(client, id, at=f"10.0.0.{n}")
    assert "被读" not in client.get("/compass/1/events-1").text
    tell(client, id, at="10.0.0.9")
    assert "被读 5 次" in client.get("/compass/1/events-1").text


def test_who_came_from_a_poster_counts_for_its_board(
    client: FlaskClient, people: Cast, article: Publication
) -> None:
    with transaction():
        boards.put_up(people.editor.actor, PutUpBoard(code="canteen", name="三食堂门口"))
    for at, board in (
        ("10.0.0.1", "canteen"),
        ("10.0.0.1", "canteen"),
        ("10.0.0.2", "canteen"),
        ("10.0.0.3", "no"),
    ):
        answer = client.post(
            "/compass/scans",
            data={"issue": 1, "board": board},
            headers=OURS,
            environ_base={"REMOTE_ADDR": at},
        )
        assert answer.status_code == 204
    assert [(row.board_code, row.count) for row in db.session.scalars(select(BoardScan))] == [("canteen", 2)]


def test_nothing_is_kept_of_who_read_and_the_marks_go_the_next_day(
    client: FlaskClient, article: Publication
) -> None:
    tell(client, article.id, at="10.11.12.13")
    kept = db.session.scalars(select(ReadMark)).one()
    assert "10.11.12.13" not in f"{kept.mark}"
    with transaction():
        upkeep.daily()
    assert db.session.scalar(select(func.count()).select_from(ReadMark)) == 1
    with freeze(now() + timedelta(days=1)), transaction():
        upkeep.daily()
    assert db.session.scalar(select(func.count()).select_from(ReadMark)) == 0
    assert reads() == 1


def test_two_windows_that_tell_at_the_same_moment_count_once(app: Flask, article: Publication) -> None:
    id, ready = article.id, threading.Barrier(4)
    db.session.rollback()

    def told() -> None:
        client = app.test_client()
        ready.wait(20)
        assert tell(client, id) == 204

    threads = [threading.Thread(target=told) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert reads() == 1


def test_a_program_is_known_by_its_name() -> None:
    assert not reading.is_robot(PHONE)
    assert reading.is_robot("Mozilla/5.0 (compatible; bingbot/2.0)")
