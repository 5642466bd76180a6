"""The accuracy of the routing: counted from the first department and the last one, small rows pooled."""

from __future__ import annotations

from datetime import UTC, datetime

from campus_service.core.clock import freeze
from campus_service.core.db import transaction
from campus_service.feedback import accuracy, service
from campus_service.feedback.accuracy import OTHERS, confusion, measure
from campus_service.feedback.commands import RouteCase
from campus_service.feedback.states import RouteHow
from campus_service.feedback.triage_queries import Routed
from tests.conftest import Cast
from tests.feedback.stories import answered, case, sent


def one(
    how: RouteHow | None = RouteHow.CLASSIFIER,
    first: str = "library",
    department: str = "library",
    suggested: tuple[str, ...] = ("library", "logistics", "clinic"),
    ended: bool = True,
) -> Routed:
    return Routed(how, first, suggested, department, ended, urgent=False)


def test_precision_counts_only_what_went_by_itself_and_ended() -> None:
    month = measure(
        "2026-11",
        [one(), one(department="logistics"), one(RouteHow.TRIAGE, department="clinic"), one(ended=False)],
    )
    assert (month.messages, month.automatic, month.judged, month.right) == (4, 3, 2, 1)
    assert (month.share, month.precision) == (0.75, 0.5)


def test_suggestions_are_measured_by_the_final_holder() -> None:
    month = measure(
        "2026-11", [one(), one(department="clinic"), one(department="finance"), one(suggested=())]
    )
    assert (month.suggested, month.top1, month.top3) == (3, 1, 2)


def test_nothing_is_divided_by_nothing() -> None:
    month = measure("2026-11", [])
    assert (month.share, month.precision, month.top1_share, month.top3_share) == (None, None, None, None)


def test_rows_of_fewer_than_five_are_pooled_and_name_no_department() -> None:
    table = confusion(
        [("library", "library")] * 5 + [("clinic", "clinic"), ("clinic", "finance"), ("security", "security")]
    )
    assert list(table) == ["library", OTHERS]
    assert table[OTHERS] == {OTHERS: 2, "wrong": 1}


def test_a_correction_shows_in_the_month(people: Cast) -> None:
    with freeze(datetime(2026, 11, 10, 2, tzinfo=UTC)):
        answered(people)
        no = sent(people.zhou, title="报告厅的灯管一直闪", body="报告厅后排的灯管一直闪，晃眼睛，请来换一下")
        if case(no).department_code != "library":
            with transaction():
                service.route(people.coordinator.actor, no, RouteCase(department="library"))
    with freeze(datetime(2026, 12, 1, 2, tzinfo=UTC)):
        report = accuracy.report(people.coordinator.actor, "2026-11")
    assert [month.month for month in report.months] == ["2026-12", "2026-11"]
    assert report.chosen.messages == 2
    assert report.chosen.urgent == 0
