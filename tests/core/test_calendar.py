"""The working calendar: filled at the beginning, changed by administrators and commands, one truth for every reader."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy import select

from campus_service.admin.cli import calendar_group
from campus_service.app import create_app
from campus_service.config import Settings
from campus_service.core import calendar
from campus_service.core.actor import Actor
from campus_service.core.audit import AuditEntry
from campus_service.core.calendar import import_days, import_year, mark, read_file, restore
from campus_service.core.db import db, transaction
from campus_service.core.errors import Forbidden, Invalid
from campus_service.core.workdays import add_working_days, is_working_day
from campus_service.core.worktime import Day
from campus_service.jobs.models import OutboxRow
from tests.conftest import Cast, Person

SignIn = Callable[[FlaskClient, Person], FlaskClient]
SYSTEM = Actor.system()
FRIDAY = date(2026, 10, 30)
MAKE_UP = date(2026, 10, 10)  # a Saturday


@pytest.fixture
def admin(client: FlaskClient, people: Cast, sign_in: SignIn) -> FlaskClient:
    """The administrator's browser."""
    return sign_in(client, people.admin)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts how often the listeners hear of a change."""
    heard: list[int] = []
    monkeypatch.setattr(calendar, "_listeners", list(calendar._listeners))
    calendar.on_change(lambda: heard.append(calendar.calendar().version))
    return heard


def version() -> int:
    return calendar.calendar().version


def test_a_fresh_site_knows_the_published_years(app: Flask) -> None:
    found = calendar.calendar()
    assert found.version == 1
    assert {2025, 2026} <= found.years
    assert not found.is_working(date(2026, 10, 1))
    assert found.day(MAKE_UP) == Day(True, "调休上班")
    assert found.is_provisional(date(max(found.years) + 1, 1, 1))


def test_lost_and_found_counts_the_same_days(app: Flask) -> None:
    assert is_working_day(FRIDAY)
    with transaction():
        mark(SYSTEM, FRIDAY, FRIDAY, False, "校庆放假")
    assert not is_working_day(FRIDAY)
    assert add_working_days(date(2026, 10, 29), 1) == date(2026, 11, 2)


def test_each_change_raises_the_version_is_audited_and_heard(app: Flask, told: list[int]) -> None:
    with transaction():
        assert mark(SYSTEM, FRIDAY, date(2026, 11, 3), False, "校庆放假") == 5
    assert version() == 2
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert entry is not None
    assert (entry.action, entry.before["2026-10-30"], entry.after["2026-10-30"]) == (
        "calendar.marked",
        "",
        "0 校庆放假",
    )
    assert told == [2]


def test_a_change_that_changes_nothing_leaves_the_version_and_tells_nobody(
    app: Flask, told: list[int]
) -> None:
    with transaction():
        assert import_year(SYSTEM, 2026) == 0
    assert (version(), told) == (1, [])


def test_a_change_has_the_open_cases_computed_anew(app: Flask) -> None:
    with transaction():
        mark(SYSTEM, FRIDAY, FRIDAY, False, "校庆放假")
    with transaction():
        mark(SYSTEM, MAKE_UP, MAKE_UP, False, "校庆放假")
    waiting = db.session.scalars(select(OutboxRow.key).where(OutboxRow.name == "feedback.recompute")).all()
    assert waiting == ["feedback.recompute"]


def test_another_process_sees_the_change_at_once_and_what_was_rolled_back_never(
    app: Flask, settings: Settings
) -> None:
    other = create_app(settings)
    with other.app_context():
        assert version() == 1
    with pytest.raises(RuntimeError, match="changed my mind"), transaction():
        mark(SYSTEM, FRIDAY, FRIDAY, False, "校庆放假")
        assert not is_working_day(FRIDAY)
        raise RuntimeError("changed my mind")
    assert is_working_day(FRIDAY)
    with transaction():
        mark(SYSTEM, MAKE_UP, MAKE_UP, False, "校庆放假")
    # The same number as what was rolled back, but not the same calendar.
    assert version() == 2
    assert is_working_day(FRIDAY)
    with other.app_context():
        assert not is_working_day(MAKE_UP)
        db.session.remove()
        db.engine.dispose()


def test_days_are_restored_to_what_was_published(app: Flask) -> None:
    with transaction():
        mark(SYSTEM, date(2026, 9, 28), MAKE_UP, False, "秋假")
    with transaction():
        assert restore(SYSTEM, date(2026, 9, 28), MAKE_UP) == 13
    found = calendar.calendar()
    assert found.day(MAKE_UP) == Day(True, "调休上班")
    assert found.day(date(2026, 10, 1)).reason == "国庆节"
    assert found.day(date(2026, 9, 28)) == Day(True)


def test_a_file_makes_its_year_known_and_a_term_break_does_not(app: Flask) -> None:
    with transaction():
        mark(SYSTEM, date(2031, 1, 20), date(2031, 2, 20), False, "寒假")
    assert calendar.calendar().is_provisional(date(2031, 1, 20))
    with transaction():
        import_days(SYSTEM, read_file("\ufeffday,working,reason\n2031-01-01,0,元旦\n2031-01-04,1,调休上班\n"))
    found = calendar.calendar()
    assert not found.is_provisional(date(2031, 1, 20))
    assert found.is_working(date(2031, 1, 4))
    assert found.day(date(2031, 1, 20)).reason == "寒假"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "day,reason\n2031-01-01,元旦\n",
        "day,working\n",
        "day,working\n2031-01-32,0\n",
        "day,working\n2031-01-01,no\n",
    ],
)
def test_a_file_that_cannot_be_read_is_refused(app: Flask, text: str) -> None:
    with pytest.raises(Invalid):
        read_file(text)


def test_a_range_turned_round_too_long_or_out_of_bounds_is_refused(app: Flask) -> None:
    for first, last in (
        ("2026-10-30", "2026-10-29"),
        ("2026-01-01", "2026-12-31"),
        ("1900-01-01", "1900-01-02"),
    ):
        with pytest.raises(Invalid), transaction():
            mark(SYSTEM, date.fromisoformat(first), date.fromisoformat(last), False, "假")
    assert version() == 1


def test_nobody_but_an_administrator_changes_the_calendar(people: Cast) -> None:
    with pytest.raises(Forbidden), transaction():
        mark(people.he.actor, FRIDAY, FRIDAY, False, "我想放假")


# --- the page ------------------------------------------------------------------------------------------------------


def test_the_year_shows_what_is_different(admin: FlaskClient) -> None:
    page = admin.get("/admin/calendar?year=2026").text
    assert "放假安排已公布" in page
    assert "国庆节" in page
    assert "暂按周一至周五" in admin.get("/admin/calendar?year=2031").text


def test_a_term_break_is_marked_from_to_with_a_reason(admin: FlaskClient) -> None:
    form = {"year": "2027", "first": "2027-01-18", "last": "2027-02-19", "what": "off", "reason": "寒假"}
    answer = admin.post("/admin/calendar/days", data=form)
    assert (answer.status_code, answer.location) == (303, "/admin/calendar?year=2027")
    page = admin.get("/admin/calendar?year=2027").text
    assert "33 天" in page
    assert "寒假" in page


def test_one_day_is_changed_and_restored(admin: FlaskClient) -> None:
    admin.post(
        "/admin/calendar/days", data={"first": "2026-10-31", "last": "", "what": "on", "reason": "调休上班"}
    )
    assert is_working_day(date(2026, 10, 31))
    admin.post("/admin/calendar/days", data={"first": "2026-10-31", "last": "", "what": "restore"})
    assert not is_working_day(date(2026, 10, 31))


def test_a_change_without_a_reason_is_sent_back_with_what_was_typed(admin: FlaskClient) -> None:
    answer = admin.post("/admin/calendar/days", data={"year": "2026", "first": "2026-10-30", "what": "off"})
    assert answer.status_code == 422
    assert "写明原因" in answer.text
    assert 'value="2026-10-30"' in answer.text


def test_a_file_is_imported_also_as_excel_writes_it(admin: FlaskClient) -> None:
    content = "day,working,reason\r\n2031-10-01,0,国庆节\r\n".encode("gb18030")
    answer = admin.post("/admin/calendar/import", data={"file": (io.BytesIO(content), "2031.csv")})
    assert answer.location == "/admin/calendar?year=2031"
    assert calendar.calendar().day(date(2031, 10, 1)) == Day(False, "国庆节")


def test_a_wrong_file_is_sent_back_with_its_line(admin: FlaskClient) -> None:
    file = (io.BytesIO(b"day,working\n1.10.2031,0\n"), "2031.csv")
    answer = admin.post("/admin/calendar/import", data={"year": "2026", "file": file})
    assert answer.status_code == 422
    assert "第 2 行看不懂" in answer.text


def test_a_published_year_is_imported_by_a_button_and_an_unpublished_one_is_refused(
    admin: FlaskClient,
) -> None:
    admin.post("/admin/calendar/days", data={"first": "2026-10-10", "what": "off", "reason": "错了"})
    admin.post("/admin/calendar/import", data={"year": "2026"})
    assert is_working_day(MAKE_UP)
    assert admin.post("/admin/calendar/import", data={"year": "2099"}).status_code == 422


# --- the command line ----------------------------------------------------------------------------------------------


def test_a_year_is_shown_in_the_terminal(runner: FlaskCliRunner) -> None:
    shown = runner.invoke(calendar_group, ["show", "2026"]).output.splitlines()
    assert shown[0] == "2026: published; version 1"
    assert "2026-10-01..2026-10-07  off  国庆节" in shown
    assert "2026-10-10  work  调休上班" in shown
    assert "not published" in runner.invoke(calendar_group, ["show", "2031"]).output


def test_a_year_and_a_file_are_imported_in_the_terminal(runner: FlaskCliRunner, tmp_path: Path) -> None:
    file = tmp_path / "2031.csv"
    file.write_text("day,working,reason\n2031-10-01,0,国庆节\n", "utf-8")
    assert runner.invoke(calendar_group, ["import", str(file)]).output.startswith(
        "1 days changed; the calendar is at"
    )
    assert runner.invoke(calendar_group, ["import", "2026"]).output.startswith("0 days changed")
    assert runner.invoke(calendar_group, ["import", "2099"]).exit_code == 1
    assert "cannot read" in runner.invoke(calendar_group, ["import", str(tmp_path / "none.csv")]).output
