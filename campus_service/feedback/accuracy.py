"""How good the routing was, month by month: what went by itself and was right, what was among the suggestions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import partial

from campus_service.core.actor import Actor
from campus_service.core.cache import remembered
from campus_service.core.clock import BEIJING, to_local, today
from campus_service.feedback import triage_queries
from campus_service.feedback.triage_queries import BY_ITSELF, Routed

# Months shown, and for how long a month's figures are kept, in seconds.
MONTHS = 12
KEEP = 60.0
# Rows of fewer cases are pooled (domain.md §1): single cases must not be recognised.
POOL = 5
OTHERS = ""


@dataclass(frozen=True, slots=True)
class Month:
    """One month; a share is None where there is nothing to divide by."""

    month: str
    messages: int
    automatic: int
    judged: int  # automatic ones that ended: their final holder is known
    right: int
    suggested: int  # ended ones with suggestions
    top1: int
    top3: int
    urgent: int
    table: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def share(self) -> float | None:
        """Routed by itself, of all messages."""
        return _share(self.automatic, self.messages)

    @property
    def precision(self) -> float | None:
        """Of those routed by themselves: the first department is also the last."""
        return _share(self.right, self.judged)

    @property
    def top1_share(self) -> float | None:
        """The first suggestion was the final holder."""
        return _share(self.top1, self.suggested)

    @property
    def top3_share(self) -> float | None:
        """The final holder was among the three suggestions."""
        return _share(self.top3, self.suggested)


@dataclass(frozen=True, slots=True)
class Report:
    """The months, the newest first, and the one that is looked at closely."""

    months: list[Month]
    chosen: Month


def report(actor: Actor, month: str = "") -> Report:
    """The last twelve months and the table of ``month`` (else the newest). Needs feedback:case:triage."""
    first = triage_queries.first_month(actor)
    months = [
        remembered(f"feedback.accuracy.{start}", KEEP, partial(_month, actor, start))
        for start in _starts(to_local(first).date() if first else today())
    ]
    return Report(months, next((each for each in months if each.month == month), months[0]))


def _starts(first: date) -> list[date]:
    """The first days of the months from this one back to ``first``, at most twelve."""
    starts: list[date] = []
    start = today().replace(day=1)
    while len(starts) < MONTHS and (not starts or start >= first.replace(day=1)):
        starts.append(start)
        start = date(start.year - (start.month == 1), (start.month - 2) % 12 + 1, 1)
    return starts


def _month(actor: Actor, start: date) -> Month:
    end = date(start.year + (start.month == 12), start.month % 12 + 1, 1)
    return measure(f"{start:%Y-%m}", triage_queries.routed_between(actor, _at(start), _at(end)))


def _at(day: date) -> datetime:
    return datetime.combine(day, time(0), BEIJING).astimezone(UTC)


def measure(month: str, cases: Sequence[Routed]) -> Month:
    """The figures of these cases."""
    by_itself = [case for case in cases if case.how in BY_ITSELF]
    ended, judged = _ended(cases), _ended(by_itself)
    suggested = [case for case in ended if case.suggested]
    return Month(
        month=month,
        messages=len(cases),
        automatic=len(by_itself),
        judged=len(judged),
        right=sum(case.first == case.department for case in judged),
        suggested=len(suggested),
        top1=sum(case.suggested[0] == case.department for case in suggested),
        top3=sum(case.department in case.suggested[:3] for case in suggested),
        urgent=sum(case.urgent for case in cases),
        table=confusion((case.department, case.first) for case in ended if case.department and case.first),
    )


def _ended(cases: Iterable[Routed]) -> list[Routed]:
    return [case for case in cases if case.ended and case.department]


def confusion(pairs: Iterable[tuple[str, str]]) -> dict[str, Counter[str]]:
    """Final holder → where its cases were sent first; holders of fewer than five are pooled as OTHERS."""
    table: dict[str, Counter[str]] = {}
    for final, first in pairs:
        table.setdefault(final, Counter())[first] += 1
    pooled: Counter[str] = Counter()
    for final in [final for final, row in table.items() if row.total() < POOL]:
        row = table.pop(final)
        right = row.pop(final, 0)
        # Of the pooled only right and wrong are told: a column would say which department it was.
        pooled.update({OTHERS: right, "wrong": row.total()})
    ordered = dict(sorted(table.items(), key=lambda item: (-item[1].total(), item[0])))
    return ordered | ({OTHERS: pooled} if pooled.total() else {})


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
