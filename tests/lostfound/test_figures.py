"""Figures: counted in SQL as by hand, and small rows neither shown nor to be computed from what is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from math import ceil
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from campus_service.core.clock import BEIJING, freeze, to_local
from campus_service.core.db import db, transaction
from campus_service.core.shares import LEAST
from campus_service.lostfound import figures, figures_queries
from campus_service.lostfound.categories import Category
from campus_service.lostfound.custody import CustodyClass
from campus_service.lostfound.figures import Book, FoundCell, LostCell, Sum, Table, pooled
from campus_service.lostfound.models import Claim, FoundItem, LostReport, Pickup, Return
from campus_service.lostfound.states import ClaimState, FoundState, LostState
from tests.conftest import Cast

NOW = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
CATEGORIES = (Category.UMBRELLA, Category.KEYS, Category.CAMPUS_CARD)
AREAS = ("library", "gym")


# --- SQL and a count by hand -----------------------------------------------------------------------------------------

things = st.fixed_dictionaries(
    {
        "category": st.sampled_from(CATEGORIES),
        "area": st.sampled_from(AREAS),
        "state": st.sampled_from(FoundState),
        "created_at": st.integers(0, 86_400 * 59).map(lambda before: NOW - timedelta(seconds=before)),
        "found_days_before": st.integers(0, 3),
        "hours_on_the_shelf": st.integers(0, 24 * 9),
    }
)


def keep(people: Cast, rows: list[dict[str, Any]]) -> None:
    """Put these things, and nothing else, into the registry."""
    with transaction() as session:
        for table in (Return, Pickup, Claim, FoundItem):
            session.execute(delete(table))
        for n, row in enumerate(rows, 1):
            session.execute(insert(FoundItem), [_item(n, row)])
            if row["state"] is FoundState.RETURNED:
                _give_back(people, n, row["created_at"] + timedelta(hours=row["hours_on_the_shelf"]))


def _item(n: int, row: dict[str, Any]) -> dict[str, Any]:
    at = row["created_at"]
    return {
        "id": n,
        "no": f"2611-{n:04d}",
        "title": "伞",
        "category": row["category"],
        "area": row["area"],
        "state": row["state"],
        "custody": CustodyClass.ORDINARY,
        "occurred_on": to_local(at).date() - timedelta(days=row["found_days_before"]),
        "created_at": at,
        "updated_at": at,
        "listed_at": at,
        "taken_in_at": at,
        "desk_code": "centre",
    }


def _give_back(people: Cast, n: int, at: datetime) -> None:
    claim = {
        "id": n,
        "item_id": n,
        "claimant_id": people.lin.id,
        "state": ClaimState.RETURNED,
        "question": "",
        "answer": "",
        "when_where": "",
        "submitted_at": at,
    }
    db.session.execute(insert(Claim), [claim])
    db.session.execute(
        insert(Pickup), [{"id": n, "claim_id": n, "opened_at": at, "opened_by": people.desk.id}]
    )
    handed = {"item_id": n, "claim_id": n, "pickup_id": n, "officer_id": people.he.id, "returned_at": at}
    db.session.execute(insert(Return), [handed])


def by_hand(rows: list[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    """What SQL should count: how many, and how many in time, of each kind."""
    found: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        day = to_local(row["created_at"]).date() - timedelta(days=row["found_days_before"])
        end_of_day = datetime.combine(day + timedelta(days=1), time(0), BEIJING)
        days = row["hours_on_the_shelf"] // 24 + 1 if row["state"] is FoundState.RETURNED else None
        month = f"{to_local(row['created_at']):%Y-%m}"
        alike = (month, row["category"], row["area"], row["state"], days)
        found[*alike, "things"] += 1
        found[*alike, "timely"] += row["created_at"] < end_of_day + timedelta(hours=24)
    return found


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(things, max_size=25))
def test_sql_counts_what_one_counts_by_hand(people: Cast, rows: list[dict[str, Any]]) -> None:
    with freeze(NOW):
        keep(people, rows)
        cells = figures_queries.found_cells(figures.months_back(NOW.date(), 4))
    counted: Counter[tuple[Any, ...]] = Counter()
    for cell in cells:
        alike = (cell.month, cell.category, cell.area, cell.state, cell.days)
        counted[*alike, "things"] += cell.things
        counted[*alike, "timely"] += cell.timely
    assert counted == by_hand(rows)


def test_lost_reports_are_counted_by_month_and_withdrawn_ones_are_not(people: Cast) -> None:
    states = [LostState.OPEN] * 3 + [LostState.RECOVERED] * 2 + [LostState.WITHDRAWN]
    with transaction() as session:
        for n, state in enumerate(states):
            row = _item(n + 1, thing(NOW)) | {"state": state, "remind_on": NOW.date()}
            gone = ("custody", "taken_in_at", "desk_code")
            session.execute(insert(LostReport), [{name: row[name] for name in row.keys() - set(gone)}])
    with freeze(NOW):
        month = figures.book([], figures_queries.lost_cells(["2026-11", "2026-10"]))["2026-11"]
    lost = month.lost[Category.UMBRELLA]
    assert (lost.reported, lost.recovered) == (5, 2)


def thing(at: datetime) -> dict[str, Any]:
    return {
        "category": Category.UMBRELLA,
        "area": "gym",
        "state": FoundState.HELD,
        "created_at": at,
        "found_days_before": 0,
    }


@given(st.lists(st.integers(1, 400), max_size=60), st.sampled_from((0.5, 0.9)))
def test_a_quantile_is_the_nearest_rank_of_all_the_days(days: list[int], share: float) -> None:
    wanted = sorted(days)[ceil(share * len(days)) - 1] if len(days) >= LEAST else None
    assert Sum(days=Counter(days)).quantile(share) == wanted


def test_terms_begin_in_september_and_february() -> None:
    starts = {date(2026, 9, 1): "2026-09", date(2027, 1, 31): "2026-09", date(2027, 2, 1): "2027-02"}
    assert {day: f"{figures.term_start(day):%Y-%m}" for day in starts} == starts


# --- pooling ---------------------------------------------------------------------------------------------------------


@given(st.dictionaries(st.text("abcdefgh", min_size=1, max_size=1), st.integers(0, 12)))
@example({"a": 4})
@example({"a": 2, "b": 30})
@example({"a": 2, "b": 2, "c": 30})
def test_what_is_pooled_is_large_enough_and_of_more_than_one_row(sizes: dict[str, int]) -> None:
    hidden = pooled(sizes)
    assert all(name in hidden for name, size in sizes.items() if 0 < size < LEAST)
    # A whole that is itself small cannot be hidden in anything: such a window is not offered.
    if hidden and sum(sizes.values()) >= LEAST:
        assert len(hidden) > 1
        assert sum(sizes[name] for name in hidden) >= LEAST


months_of_cells = st.lists(
    st.builds(
        FoundCell,
        month=st.sampled_from(("2025-03", "2025-10", "2025-12", "2026-05", "2026-08", "2026-10", "2026-11")),
        category=st.sampled_from((*CATEGORIES, Category.BANK_CARD)),
        area=st.sampled_from((*AREAS, "lake")),
        state=st.sampled_from((FoundState.RETURNED, FoundState.HELD)),
        days=st.none(),
        things=st.integers(1, 9),
        timely=st.just(0),
    ),
    max_size=30,
)


def small(number: int) -> bool:
    return 0 < number < LEAST


def windows(book: Book) -> list[figures.Window]:
    parts = list(figures.segments(book, NOW.date()).values())
    return [figures.window(book, parts[: n + 1]) for n in range(len(parts))]


def tables(window: figures.Window) -> Iterator[tuple[str, Table[Any]]]:
    yield "category", window.by_category
    yield "area", window.by_area
    yield "month", window.by_month


@settings(max_examples=150)
@given(months_of_cells)
def test_no_row_of_one_to_four_is_shown_in_any_window(cells: list[FoundCell]) -> None:
    for window in windows(figures.book(cells, [])):
        for _name, table in tables(window):
            assert not [row for row in table if small(row[1].size)]
            assert sum(row.size for _code, row in table) == window.total.size


@settings(max_examples=150)
@given(months_of_cells)
def test_no_difference_between_two_windows_gives_a_small_row_away(cells: list[FoundCell]) -> None:
    shown = windows(figures.book(cells, []))
    for smaller, larger in pairwise(shown):
        assert not small(larger.total.size - smaller.total.size)
        for (_name, before), (_same, after) in zip(tables(smaller), tables(larger), strict=True):
            was, now_is = dict(before), dict(after)
            for code in now_is.keys() & was.keys():
                assert not small(now_is[code].size - was[code].size), code


@settings(max_examples=100)
@given(months_of_cells)
def test_cards_and_documents_are_summed_only_where_each_is_named(cells: list[FoundCell]) -> None:
    for window in windows(figures.book(cells, [])):
        named = dict(window.by_category)
        if window.identifiable and "" in named:
            assert named.keys() >= figures.IDENTIFIABLE


lost_cells = st.lists(
    st.builds(
        LostCell,
        month=st.sampled_from(("2025-03", "2025-12", "2026-10")),
        category=st.sampled_from(CATEGORIES),
        state=st.sampled_from(LostState),
        things=st.integers(1, 9),
    ),
    max_size=12,
)


@settings(max_examples=150)
@given(lost_cells)
def test_lost_reports_keep_the_same_rule(lost: list[LostCell]) -> None:
    months = ("2025-03", "2025-12", "2026-10")
    found = [FoundCell(month, Category.KEYS, "gym", FoundState.HELD, None, 9, 9) for month in months]
    shown = [{}, *(dict(each.lost_by_category) for each in windows(figures.book(found, lost)))]
    assert not [row for table in shown for row in table.values() if small(row.reported)]
    told = [table for table in shown if table]
    for before, after in pairwise(told):
        assert not small(_all(after) - _all(before))
        for code in before.keys() & after.keys():
            assert not small(after[code].reported - before[code].reported)


def _all(table: dict[str, figures.Lost]) -> int:
    return sum(row.reported for row in table.values())


def test_a_few_lost_reports_are_told_with_the_longer_time() -> None:
    found = [
        FoundCell(month, Category.KEYS, "gym", FoundState.HELD, None, 9, 9)
        for month in ("2026-10", "2026-03")
    ]
    lost = [
        LostCell("2026-10", Category.KEYS, LostState.OPEN, 3),
        LostCell("2026-03", Category.KEYS, LostState.OPEN, 4),
    ]
    term, year = windows(figures.book(found, lost))
    assert (term.lost.reported, year.lost.reported) == (0, 7)


@pytest.mark.parametrize("few", [0, 1, 4])
def test_with_fewer_than_five_things_nothing_is_offered(few: int) -> None:
    cells = [FoundCell("2026-11", Category.KEYS, "gym", FoundState.HELD, None, 1, 1)] * few
    assert figures.segments(figures.book(cells, []), NOW.date()) == {}
