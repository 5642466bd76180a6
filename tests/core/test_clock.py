"""One source of "now", which tests can hold still."""

from __future__ import annotations

from datetime import UTC, datetime

from campus_service.core.clock import freeze, now, to_local, today

NEW_YEAR = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)


def test_now_is_aware_and_in_utc() -> None:
    assert now().tzinfo is UTC


def test_a_frozen_clock_stands_still_and_goes_on_afterwards() -> None:
    with freeze(NEW_YEAR):
        assert now() == now() == NEW_YEAR
        with freeze(to_local(NEW_YEAR).replace(hour=9)):
            assert now() == datetime(2027, 1, 1, 1, 30, tzinfo=UTC)
        assert now() == NEW_YEAR
    assert now() != NEW_YEAR


def test_the_day_is_the_day_in_beijing() -> None:
    with freeze(NEW_YEAR):
        assert today().isoformat() == "2027-01-01"
        assert f"{to_local(now()):%H:%M}" == "00:30"
