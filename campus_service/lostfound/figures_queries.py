"""SELECTs behind the figures: counted cells, never rows of things; and the shelf as staff take it out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnClause, Integer, case, func, literal, literal_column, select, union_all

from campus_service.core.actor import Actor
from campus_service.core.cache import remembered
from campus_service.core.clock import BEIJING, to_local, today
from campus_service.core.db import db
from campus_service.core.permissions import Permission as P
from campus_service.core.sqltime import epoch
from campus_service.lostfound import figures, queries
from campus_service.lostfound.categories import Category
from campus_service.lostfound.figures import MOST_MONTHS, Book, FoundCell, LostCell
from campus_service.lostfound.models import FoundItem, LostReport, Return
from campus_service.lostfound.queries import ShelfFilter
from campus_service.lostfound.states import FoundState, LostState

# Rows of a table that are held in memory at once.
BATCH = 500

# What was counted is kept so many seconds: the last months, and those before, where little happens any more.
KEEP, KEEP_OLD = 300.0, 3600.0
RECENT_MONTHS = 2
_DAY: ColumnClause[int] = literal_column("86400")
_ONE: ColumnClause[int] = literal_column("1")
# From the beginning of a day, counted as UTC, to 24 hours after that day ended in Beijing.
_IN_TIME = 86_400 * 2 - 8 * 3600


def book() -> Book:
    """All months up to now; the last RECENT_MONTHS some minutes old at most, the others an hour."""
    months = remembered("lostfound.months", KEEP, _months)
    recent, old = months[:RECENT_MONTHS], months[RECENT_MONTHS:]
    return {
        **remembered(f"lostfound.book.{recent}", KEEP, lambda: _book(recent)),
        **remembered(f"lostfound.book.{old}", KEEP_OLD, lambda: _book(old)),
    }


def _book(months: Sequence[str]) -> Book:
    return figures.book(found_cells(months), lost_cells(months)) if months else {}


def _months() -> list[str]:
    first = min(
        filter(
            None, (db.session.scalar(select(func.min(kind.created_at))) for kind in (FoundItem, LostReport))
        ),
        default=None,
    )
    if first is None:
        return []
    return [
        month for month in figures.months_back(today(), MOST_MONTHS) if month >= f"{to_local(first):%Y-%m}"
    ]


def found_cells(months: Sequence[str]) -> list[FoundCell]:
    """The found items registered in ``months`` ("2026-10", Beijing time), alike ones counted together."""
    since = func.coalesce(FoundItem.taken_in_at, FoundItem.created_at)
    # Whole numbers divide to whole numbers on both databases.
    days = (epoch(Return.returned_at) - epoch(since)).op("/", precedence=8, return_type=Integer())(
        _DAY
    ) + _ONE
    in_time = epoch(FoundItem.created_at) - epoch(FoundItem.occurred_on) < literal_column(str(_IN_TIME))
    alike: tuple[Any, ...] = (FoundItem.category, FoundItem.area, FoundItem.state, days.label("days"))
    each = [
        select(literal(month).label("month"), *alike, func.count(), func.sum(case((in_time, 1), else_=0)))
        .outerjoin(Return, Return.item_id == FoundItem.id)
        .where(FoundItem.created_at >= start, FoundItem.created_at < end)
        .group_by(*alike)
        for month, start, end in _bounds(months)
    ]
    return [
        FoundCell(row[0], Category(row[1]), row[2], FoundState(row[3]), row[4], row[5], row[6])
        for row in db.session.execute(union_all(*each))
    ]


def lost_cells(months: Sequence[str]) -> list[LostCell]:
    """The lost reports of ``months``, alike ones counted together."""
    alike: tuple[Any, ...] = (LostReport.category, LostReport.state)
    each = [
        select(literal(month).label("month"), *alike, func.count())
        .where(LostReport.created_at >= start, LostReport.created_at < end)
        .group_by(*alike)
        for month, start, end in _bounds(months)
    ]
    return [
        LostCell(row[0], Category(row[1]), LostState(row[2]), row[3])
        for row in db.session.execute(union_all(*each))
    ]


def _bounds(months: Sequence[str]) -> Iterator[tuple[str, datetime, datetime]]:
    """Each month with its first moment and that of the next, in Beijing time."""
    for month in months:
        first = date.fromisoformat(f"{month}-01")
        following = (first + timedelta(days=32)).replace(day=1)
        yield month, datetime.combine(first, time(0), BEIJING), datetime.combine(following, time(0), BEIJING)


# --- the shelf as a table --------------------------------------------------------------------------------------------


def shelf_rows(actor: Actor, wanted: ShelfFilter) -> Iterator[Any]:
    """The shelf's things one by one, without private marks, contacts or finders. Needs lostfound:item:intake."""
    actor.require(P.LOSTFOUND_ITEM_INTAKE)
    columns: tuple[Any, ...] = (
        FoundItem.no, FoundItem.title, FoundItem.category, FoundItem.custody, FoundItem.area, FoundItem.place,
        FoundItem.occurred_on, FoundItem.taken_in_at, FoundItem.desk_code, FoundItem.shelf, FoundItem.state,
        FoundItem.notice_on, FoundItem.due_on, FoundItem.open_claims, FoundItem.listed,
    )  # fmt: skip
    chosen = queries.on_shelf(select(*columns), wanted).order_by(FoundItem.id.desc())
    return iter(db.session.execute(chosen.execution_options(yield_per=BATCH)))
