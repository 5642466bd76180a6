"""The same form sent again gives the first answer and does nothing more."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import func, select

from campus_service.core.actor import Actor
from campus_service.core.clock import freeze
from campus_service.core.db import db, transaction
from campus_service.core.numbers import take
from campus_service.core.once import DoneOnce, once

LIN = Actor(1, "林小满")
WU = Actor(2, "吴可")


def number() -> str:
    return str(take("once"))


def send(actor: Actor, key: str, scope: str = "post") -> str:
    with transaction():
        return once(actor, scope, key, number)


def test_a_second_sending_gets_the_first_answer(app: Flask) -> None:
    assert [send(LIN, "k"), send(LIN, "k"), send(LIN, "k")] == ["1", "1", "1"]


def test_another_person_scope_or_key_is_another_form(app: Flask) -> None:
    assert [send(LIN, "k"), send(WU, "k"), send(LIN, "k", "claim"), send(LIN, "l")] == ["1", "2", "3", "4"]


def test_without_a_key_nothing_is_remembered(app: Flask) -> None:
    assert [send(LIN, ""), send(LIN, "")] == ["1", "2"]
    assert db.session.scalar(select(func.count()).select_from(DoneOnce)) == 0


def test_a_sending_that_failed_can_be_repeated(app: Flask) -> None:
    def fail() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), transaction():
        once(LIN, "post", "k", fail)
    assert send(LIN, "k") == "1"


def test_long_keys_that_differ_only_at_their_end_are_different(app: Flask) -> None:
    assert [send(LIN, "x" * 200 + "a"), send(LIN, "x" * 200 + "b"), send(LIN, "x" * 200 + "a")] == [
        "1",
        "2",
        "1",
    ]


def test_eight_sendings_at_the_same_moment_make_one_row_and_hear_one_answer(app: Flask) -> None:
    heard: list[str] = []
    together = Barrier(8)

    def run() -> None:
        with app.app_context():
            together.wait()
            heard.append(send(LIN, "k"))

    threads = [Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == ["1"] * 8
    assert send(LIN, "another") == "2"


def test_of_a_form_without_a_name_neither_key_nor_minute_can_be_read(app: Flask) -> None:
    with freeze(datetime(2026, 11, 26, 13, 46, 7, tzinfo=UTC)):
        assert [send(Actor.visitor(), "k"), send(Actor.visitor(), "k"), send(LIN, "k")] == ["1", "1", "2"]
    row = db.session.scalars(select(DoneOnce).where(DoneOnce.result == "1")).one()
    assert (row.at.minute, row.at.second) == (0, 0)
    assert row.key.rpartition(":")[2] not in ("k", hashlib.sha256(b"k").hexdigest())
