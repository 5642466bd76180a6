"""Months are frozen on the 3rd working day, contested for five, and counted anew when an appeal is upheld."""

from __future__ import annotations

from datetime import datetime

import pytest

from campus_service.core.clock import BEIJING, freeze
from campus_service.core.db import transaction
from campus_service.core.errors import Conflict, Forbidden
from campus_service.feedback import figures, service
from campus_service.feedback.commands import AppealScore, DecideAppeal, GiveVerdict
from campus_service.feedback.service import scoring
from tests.conftest import Cast
from tests.feedback.stories import answered

OCTOBER = datetime(2026, 10, 20, 9, 0, tzinfo=BEIJING)
# The 3rd working day of November 2026 is Wednesday the 4th.
BEFORE = datetime(2026, 11, 4, 17, 0, tzinfo=BEIJING)
AFTER = datetime(2026, 11, 4, 18, 0, tzinfo=BEIJING)
TOO_LATE = datetime(2026, 11, 12, 9, 0, tzinfo=BEIJING)


def unhappy(people: Cast) -> str:
    with freeze(OCTOBER):
        no = answered(people)
        with transaction():
            service.give_verdict(people.lin.actor, no, GiveVerdict(solved=False, rating=1))
    return no


def frozen_at(moment: datetime) -> str | None:
    with freeze(moment), transaction():
        return scoring.freeze_due()


def test_a_month_is_frozen_on_the_third_working_day_of_the_next_and_once(people: Cast) -> None:
    unhappy(people)
    assert frozen_at(BEFORE) is None
    assert frozen_at(AFTER) == "2026-10"
    assert frozen_at(AFTER) is None
    assert [row.department_code for row in figures.frozen("2026-10")] == ["logistics"]


def test_an_upheld_appeal_takes_the_case_out_of_the_score(people: Cast) -> None:
    happy, no = answered_in_october(people), unhappy(people)
    frozen_at(AFTER)
    before = figures.frozen("2026-10")[0].score
    with freeze(AFTER), transaction():
        row = scoring.appeal(
            people.head.actor, "logistics", "2026-10", AppealScore(no=no, reason="同学评错了")
        )
    with freeze(AFTER), transaction():
        scoring.decide_appeal(people.coordinator.actor, row.id, DecideAppeal(uphold=True, reason="确实评错"))
    after = figures.frozen("2026-10")[0]
    assert after.score > before
    assert after.figures["cases"] == 1
    assert happy


def answered_in_october(people: Cast) -> str:
    with freeze(OCTOBER):
        no = answered(people, people.zhou)
        with transaction():
            service.give_verdict(people.zhou.actor, no, GiveVerdict(solved=True, rating=5))
    return no


def test_only_the_departments_head_appeals_and_only_in_time(people: Cast) -> None:
    no = unhappy(people)
    frozen_at(AFTER)
    command = AppealScore(no=no, reason="同学评错了")
    for person in (people.officer, people.librarian, people.lin):
        with freeze(AFTER), pytest.raises(Forbidden), transaction():
            scoring.appeal(person.actor, "logistics", "2026-10", command)
    with freeze(TOO_LATE), pytest.raises(Conflict), transaction():
        scoring.appeal(people.head.actor, "logistics", "2026-10", command)


def test_a_case_is_contested_once_and_decided_once(people: Cast) -> None:
    no = unhappy(people)
    frozen_at(AFTER)
    command = AppealScore(no=no, reason="同学评错了")
    with freeze(AFTER), transaction():
        row = scoring.appeal(people.head.actor, "logistics", "2026-10", command)
    with freeze(AFTER), pytest.raises(Conflict), transaction():
        scoring.appeal(people.head.actor, "logistics", "2026-10", command)
    decision = DecideAppeal(uphold=False, reason="评价属实")
    with freeze(AFTER), transaction():
        scoring.decide_appeal(people.coordinator.actor, row.id, decision)
    with freeze(AFTER), pytest.raises(Conflict), transaction():
        scoring.decide_appeal(people.coordinator.actor, row.id, decision)


def test_reports_are_in_no_figure(people: Cast) -> None:
    from tests.feedback.stories import anonymous

    people.auditor  # noqa: B018  # named before the report comes
    with freeze(OCTOBER):
        anonymous(None, kind="report", accused_department="library")
    assert figures.ended(*figures.bounds("2026-10")) == []
    assert figures.export_rows(None, *figures.bounds("2026-10")) == []
