"""Figures of the registry, computed from counted cells: shares, days until the return, small rows pooled.

The public sees three windows (this term, twelve months, all) and the months. Each window is the one before and one more
``segment``; a row is named in a window only if it is large enough to be named in each of its segments, so that taking one
page from another tells no more than a single page does. Knows no database.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple, TypeVar

from campus_service.core.shares import LEAST, Share
from campus_service.lostfound.categories import Category
from campus_service.lostfound.states import FoundState, LostState

# Their owners' names stand on them: domain.md §1 aims at 85 % of these.
IDENTIFIABLE = frozenset({Category.CAMPUS_CARD, Category.ID_DOCUMENT, Category.BANK_CARD})
MONTHS_OF_A_YEAR = 12
# "All" looks back so far at most.
MOST_MONTHS = 60
_AUTUMN, _SPRING = 9, 2  # the months in which terms begin [p]


class FoundCell(NamedTuple):
    """So many found items of a month that are alike; ``days``: on which day after intake they went back."""

    month: str
    category: Category
    area: str
    state: FoundState
    days: int | None
    things: int
    timely: int


class LostCell(NamedTuple):
    """So many lost reports of a month that are alike."""

    month: str
    category: Category
    state: LostState
    things: int


@dataclass(slots=True)
class Sum:
    """What a set of found items came to. Days count from the intake: within 24 hours is day 1."""

    found: int = 0
    returned: int = 0
    handed_over: int = 0
    timely: int = 0
    days: Counter[int] = field(default_factory=Counter)

    def add(self, cell: FoundCell) -> None:
        """Count a cell in."""
        self.found += cell.things
        self.timely += cell.timely
        if cell.state is FoundState.RETURNED:
            self.returned += cell.things
        elif cell.state is FoundState.HANDED_OVER:
            self.handed_over += cell.things
        if cell.days is not None:
            self.days[cell.days] += cell.things

    def __add__(self, other: Sum) -> Sum:
        return Sum(
            self.found + other.found,
            self.returned + other.returned,
            self.handed_over + other.handed_over,
            self.timely + other.timely,
            self.days + other.days,
        )

    @property
    def size(self) -> int:
        """How many things stand behind the row."""
        return self.found

    @property
    def rate(self) -> Share:
        """Returned, of found."""
        return Share(self.returned, self.found)

    @property
    def in_time(self) -> Share:
        """Registered within 24 hours of the day of the find, of found."""
        return Share(self.timely, self.found)

    @property
    def settled(self) -> Share:
        """Returned or handed over to who issued it, of found: cards and documents."""
        return Share(self.returned + self.handed_over, self.found)

    @property
    def median(self) -> int | None:
        """The day by which half of the returned had gone back."""
        return self.quantile(0.5)

    @property
    def p90(self) -> int | None:
        """The day by which nine of ten of the returned had gone back."""
        return self.quantile(0.9)

    def quantile(self, share: float) -> int | None:
        """The nearest-rank quantile of the days; None for fewer than LEAST returns."""
        total = self.days.total()
        if total < LEAST:
            return None
        rank, seen = math.ceil(share * total), 0
        for days in sorted(self.days):
            seen += self.days[days]
            if seen >= rank:
                return days
        return None


Sums = dict[str, Sum]


@dataclass(slots=True)
class Lost:
    """What a set of lost reports came to; what its owner withdrew does not count."""

    reported: int = 0
    recovered: int = 0

    def __add__(self, other: Lost) -> Lost:
        return Lost(self.reported + other.reported, self.recovered + other.recovered)

    @property
    def size(self) -> int:
        """How many reports stand behind the row."""
        return self.reported

    @property
    def rate(self) -> Share:
        """Recovered, of reported."""
        return Share(self.recovered, self.reported)


T = TypeVar("T", Sum, Lost)


@dataclass(slots=True)
class Month:
    """All of a month's figures."""

    categories: Sums = field(default_factory=dict)
    areas: Sums = field(default_factory=dict)
    lost: dict[str, Lost] = field(default_factory=dict)

    @property
    def total(self) -> Sum:
        """All found items."""
        return sum(self.categories.values(), Sum())


Book = dict[str, Month]


def book(found: Iterable[FoundCell], lost: Iterable[LostCell]) -> Book:
    """The cells by month."""
    months: Book = {}
    for cell in found:
        month = months.setdefault(cell.month, Month())
        month.categories.setdefault(cell.category.value, Sum()).add(cell)
        month.areas.setdefault(cell.area, Sum()).add(cell)
    for report in lost:
        if report.state is not LostState.WITHDRAWN:
            month = months.setdefault(report.month, Month())
            back = report.things if report.state is LostState.RECOVERED else 0
            known = month.lost.get(report.category.value, Lost())
            month.lost[report.category.value] = known + Lost(report.things, back)
    return months


# --- windows -----------------------------------------------------------------------------------------------------


def term_start(day: date) -> date:
    """The first day of the term that ``day`` is in: September to January, February to August [p]."""
    if day.month >= _AUTUMN:
        return date(day.year, _AUTUMN, 1)
    return date(day.year, _SPRING, 1) if day.month >= _SPRING else date(day.year - 1, _AUTUMN, 1)


def months_back(day: date, count: int) -> list[str]:
    """The month of ``day`` and those before it, the newest first, as "2026-10"."""
    found = [f"{day:%Y-%m}"]
    while len(found) < count:
        first = date.fromisoformat(f"{found[-1]}-01")
        found.append(f"{first - timedelta(days=1):%Y-%m}")
    return found


def segments(book: Book, day: date) -> dict[str, list[str]]:
    """The months that each window adds to the one before; a window that would add 1 to 4 things is not offered.

    Its few would else be the difference between two pages.
    """
    term = f"{term_start(day):%Y-%m}"
    year = months_back(day, MONTHS_OF_A_YEAR)[-1]
    parts = {
        "term": [month for month in book if month >= term],
        "year": [month for month in book if year <= month < term],
        "all": [month for month in book if month < year],
    }
    offered: dict[str, list[str]] = {}
    waiting: list[str] = []
    for name, months in parts.items():
        waiting = waiting + months
        if waiting and _large(book, waiting):
            offered[name], waiting = sorted(waiting), []
    return offered


def _large(book: Book, months: Sequence[str]) -> bool:
    return sum(book[month].total.found for month in months) >= LEAST


def _lost_parts(parts: Sequence[Sequence[Month]]) -> list[list[Month]]:
    """``parts`` with those of 1 to 4 lost reports joined to the next; nothing when the last stays so small."""
    joined: list[list[Month]] = [[]]
    for part in parts:
        joined[-1].extend(part)
        reported = sum(each.reported for month in joined[-1] for each in month.lost.values())
        if reported == 0 or reported >= LEAST:
            joined.append([])
    return [] if joined[-1] else joined


# --- pooling -----------------------------------------------------------------------------------------------------


def pooled(sizes: Mapping[str, int]) -> set[str]:
    """The rows that must not stand alone: those of fewer than LEAST, and as many of the next smallest as hide them.

    What is pooled is LEAST or more, of at least two rows, as far as there is as much.
    """
    by_size = sorted((name for name, size in sizes.items() if size), key=lambda name: (sizes[name], name))
    hidden = [name for name in by_size if sizes[name] < LEAST]
    rest = by_size[len(hidden) :]
    while hidden and rest and (len(hidden) < 2 or sum(sizes[name] for name in hidden) < LEAST):
        hidden.append(rest.pop(0))
    return set(hidden)


Table = list[tuple[str, T]]


def _table(parts: Sequence[Sequence[Mapping[str, T]]], nothing: T) -> Table[T]:
    """Named rows, the largest first, and in the end "" for the pooled ones of all ``parts`` (months of rows)."""
    hidden: set[str] = set()
    for part in parts:
        hidden |= pooled({name: row.size for name, row in _merged(part, nothing).items()})
    rows = _merged([month for part in parts for month in part], nothing)
    rest = [rows.pop(name) for name in sorted(hidden)]
    named: Table[T] = [(name, row) for name, row in rows.items() if row.size]
    named.sort(key=lambda row: (-row[1].size, row[0]))
    if rest:
        named.append(("", sum(rest, nothing)))
    return named


def _merged(months: Iterable[Mapping[str, T]], nothing: T) -> dict[str, T]:
    rows: dict[str, T] = {}
    for month in months:
        for name, row in month.items():
            rows[name] = rows.get(name, nothing) + row
    return rows


@dataclass(frozen=True, slots=True)
class Window:
    """All that is shown of some months; "" names the pooled row of a table."""

    months: list[str]
    total: Sum
    identifiable: Sum | None
    lost: Lost
    by_category: Table[Sum]
    by_area: Table[Sum]
    by_month: Table[Sum]
    lost_by_category: Table[Lost]


def window(book: Book, parts: Sequence[Sequence[str]]) -> Window:
    """The figures of the segments ``parts`` together."""
    kept = [[book[month] for month in part] for part in parts]
    by_month = _table([[{month: book[month].total} for month in part] for part in parts], Sum())
    by_category = _table([[month.categories for month in part] for part in kept], Sum())
    lost_by_category = _table([[month.lost for month in part] for part in _lost_parts(kept)], Lost())
    return Window(
        sorted(month for part in parts for month in part),
        sum((row for _name, row in by_month), Sum()),
        _identifiable(by_category),
        sum((row for _name, row in lost_by_category), Lost()),
        by_category,
        _table([[month.areas for month in part] for part in kept], Sum()),
        sorted(by_month, key=lambda row: (row[0] == "", row[0])),
        lost_by_category,
    )


def _identifiable(by_category: Table[Sum]) -> Sum | None:
    """Cards and documents together; None when one of them is in the pooled row, which the sum would give away."""
    named = dict(by_category)
    if "" in named and not named.keys() >= IDENTIFIABLE:
        return None
    found = sum((row for name, row in by_category if name in IDENTIFIABLE), Sum())
    return found if found.found else None
