"""Running numbers have no gap and no double, whatever happens at the same time."""

from __future__ import annotations

from threading import Thread

import pytest
from flask import Flask

from campus_service.core.db import transaction
from campus_service.core.numbers import take


def next_number(name: str = "2611", count: int = 1) -> int:
    with transaction():
        return take(name, count)


def test_each_series_starts_at_one_and_goes_up_by_one(app: Flask) -> None:
    assert [next_number(), next_number(), next_number("2612"), next_number()] == [1, 2, 1, 3]


def test_several_numbers_are_taken_at_once(app: Flask) -> None:
    assert [next_number(count=100), next_number()] == [1, 101]


def test_a_number_of_a_transaction_that_fails_is_given_out_again(app: Flask) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        take("2611")
        1 / 0  # noqa: B018
    assert next_number() == 1


def test_threads_get_every_number_once(app: Flask) -> None:
    got: list[int] = []

    def run() -> None:
        with app.app_context():
            got.extend(next_number() for _ in range(25))

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == list(range(1, 101))
