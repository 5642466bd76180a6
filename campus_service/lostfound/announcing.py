"""The monthly 招领公告 as it is read: from the frozen lines, never from what the things are today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from campus_service.core.clock import to_local
from campus_service.core.i18n import force_locale
from campus_service.core.page import fmt_day, fmt_when
from campus_service.core.papers import Paper
from campus_service.lostfound import keeping_queries
from campus_service.lostfound.custody import CustodyClass
from campus_service.lostfound.labels import labels
from campus_service.lostfound.models import PublicNotice
from campus_service.lostfound.notice_paper import notice_pdf


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One published thing, in the reader's language."""

    no: str
    category: str
    area: str
    day: date
    day_text: str


@dataclass(frozen=True, slots=True)
class MonthlyNotice:
    """One month's notice; ``counted``: classes that are not listed, and how many things of each."""

    month: str
    title_day: date
    published_at: datetime
    published: str
    rows: list[NoticeRow]
    counted: list[tuple[str, int]]


def notice(month: str) -> MonthlyNotice:
    """The published notice of ``month`` (yyyy-mm); raises NotFound."""
    return _shown(keeping_queries.notice(month))


def notice_rows(month: str) -> list[NoticeRow]:
    """The published things of ``month`` (yyyy-mm), for other ways to print them; raises NotFound."""
    return notice(month).rows


def notices() -> list[tuple[str, str, int]]:
    """Month, moment and number of things of all published notices, the newest first."""
    return [(row.month, fmt_when(row.published_at), row.lines) for row in keeping_queries.notices()]


def paper(month: str, path: str) -> Paper:
    """The notice of ``month`` as PDF, in Chinese whoever prints it; ``path``: of its page. Raises NotFound."""
    row = keeping_queries.notice(month)
    with force_locale("zh_CN"):
        shown = _shown(row)
        totals = [("公布物品", len(shown.rows)), *shown.counted]
        lines = [(each.no, each.category, each.area, each.day_text) for each in shown.rows]
        name = f"{shown.title_day.year}年{shown.title_day.month}月"
    return notice_pdf(name, lines, totals, to_local(shown.published_at).date(), path)


def _shown(row: PublicNotice) -> MonthlyNotice:
    names = labels()
    rows = [
        NoticeRow(
            line["no"],
            str(names.category[line["category"]]),
            str(names.area[line["area"]]),
            date.fromisoformat(line["day"]),
            fmt_day(date.fromisoformat(line["day"])),
        )
        for line in row.lines
    ]
    counted = [(str(CustodyClass(code).label), count) for code, count in row.counted.items()]
    return MonthlyNotice(
        row.month,
        date.fromisoformat(f"{row.month}-01"),
        row.published_at,
        fmt_when(row.published_at),
        rows,
        counted,
    )
