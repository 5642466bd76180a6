"""The working calendar in the database: read by clocks, filled from chinesecalendar or a file, changed by administrators."""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from flask import current_app, g, has_request_context
from sqlalchemy import JSON, Date, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.db import Base, db, insert_or
from campus_service.core.errors import Invalid
from campus_service.core.i18n import lazy, marked
from campus_service.core.permissions import Permission
from campus_service.core.worktime import Day, WorkCalendar

REASON_LENGTH = 60
LONGEST_BREAK = 200  # days that one change may cover
MOST_DAYS = 4000  # that one file may hold
FIRST_YEAR, LAST_YEAR = 2000, 2100
_KEY = "work_calendar"

HOLIDAYS = {
    "New Year's Day": marked("元旦"),
    "Spring Festival": marked("春节"),
    "Tomb-sweeping Day": marked("清明节"),
    "Labour Day": marked("劳动节"),
    "Dragon Boat Festival": marked("端午节"),
    "National Day": marked("国庆节"),
    "Mid-autumn Festival": marked("中秋节"),
    "Anti-Fascist 70th Day": marked("抗战胜利纪念日"),
}
MAKE_UP = marked("调休上班")


class CalendarDay(Base):
    """A day that differs from Monday to Friday, or is what it is for a reason."""

    __tablename__ = "calendar_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    working: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH), default="")


class CalendarHead(Base):
    """The calendar's one version, and the years whose holidays are known.

    The stamp is new with every change: a number that was rolled back may come again, a stamp does not.
    """

    __tablename__ = "calendar_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]
    stamp: Mapped[str] = mapped_column(String(16))
    years: Mapped[list[Any]] = mapped_column(JSON)


# --- reading -------------------------------------------------------------------------------------------------------


def calendar() -> WorkCalendar:
    """The calendar as it stands: loaded once per version and process, asked for its version once per request.

    Outside of a request (jobs, commands) every call asks, so that what is computed anew after a change is
    computed with the change.
    """
    if not has_request_context():
        return _present()
    if _KEY not in g:
        setattr(g, _KEY, _present())
    found: WorkCalendar = getattr(g, _KEY)
    return found


def _present() -> WorkCalendar:
    stamp = db.session.scalar(select(CalendarHead.stamp).where(CalendarHead.id == 1))
    kept: tuple[str | None, WorkCalendar] | None = current_app.extensions.get(_KEY)
    if kept is None or kept[0] != stamp:
        kept = current_app.extensions[_KEY] = _load()
    return kept[1]


def _load() -> tuple[str | None, WorkCalendar]:
    # One statement, so that days and version belong together however the databases isolate.
    head, day = CalendarHead, CalendarDay
    rows = db.session.execute(
        select(head.stamp, head.version, head.years, day.day, day.working, day.reason)
        .select_from(head)
        .outerjoin(day, day.day.is_not(None))
        .where(head.id == 1)
    ).all()
    if not rows:
        return None, WorkCalendar()
    days = {row.day: Day(row.working, row.reason) for row in rows if row.day is not None}
    return rows[0].stamp, WorkCalendar(rows[0].version, days, frozenset(rows[0].years))


# --- sources -------------------------------------------------------------------------------------------------------


def official_years() -> tuple[int, ...]:
    """The years that chinesecalendar knows."""
    from chinese_calendar import constants

    return tuple(sorted({day.year for day in constants.holidays}))


def official(year: int) -> dict[date, Day]:
    """What chinesecalendar says of ``year`` where it is not an ordinary day; raises Invalid for an unknown year."""
    from chinese_calendar import constants

    if year not in official_years():
        text = lazy("还没有 %(year)s 年的放假安排：请更新 chinesecalendar，或导入文件。", year=year)
        raise Invalid({"year": text})
    off = {day: Day(False, HOLIDAYS.get(name, name)) for day, name in constants.holidays.items()}
    on = {day: Day(True, MAKE_UP) for day in constants.workdays}
    return {day: known for day, known in sorted((off | on).items()) if day.year == year}


def decoded(content: bytes) -> str:
    """A file's text: UTF-8, or what Excel writes in China."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")


def read_file(text: str) -> dict[date, Day]:
    """The days of a CSV file with the columns day, working (1 or 0) and reason.

    Raises Invalid naming the first line that cannot be read.
    """
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    if not {"day", "working"} <= set(reader.fieldnames or ()):
        raise Invalid({"file": lazy("第一行要有 day、working、reason 这几个列名。")})
    days: dict[date, Day] = {}
    for row in reader:
        try:
            day = date.fromisoformat((row["day"] or "").strip())
            working = {"1": True, "0": False}[(row["working"] or "").strip()]
        except (KeyError, ValueError):
            wrong = lazy(
                "第 %(line)s 行看不懂：日期写成 2027-10-01，上班写 1，休息写 0。", line=reader.line_num
            )
            raise Invalid({"file": wrong}) from None
        days[day] = Day(working, (row.get("reason") or "").strip()[:REASON_LENGTH])
    if not 0 < len(days) <= MOST_DAYS:
        raise Invalid({"file": lazy("文件里要有 1 到 %(n)s 天。", n=MOST_DAYS)})
    return days


# --- changing ------------------------------------------------------------------------------------------------------

_listeners: list[Callable[[], None]] = []


def on_change(callback: Callable[[], None]) -> Callable[[], None]:
    """Have ``callback`` called inside each transaction that changes the calendar, to enqueue what must be recomputed."""
    if callback not in _listeners:
        _listeners.append(callback)
    return callback


def mark(actor: Actor, first: date, last: date, working: bool, reason: str) -> int:
    """Say that offices work, or do not work, on every day from ``first`` to ``last``; returns how many days changed.

    Needs core:calendar:edit. Raises Invalid for a range that is turned round, too long or out of bounds.
    """
    day = Day(working, reason.strip()[:REASON_LENGTH])
    return _change(actor, "calendar.marked", dict.fromkeys(_range(first, last), day))


def restore(actor: Actor, first: date, last: date) -> int:
    """Make the days what chinesecalendar says of them, or ordinary ones; returns how many days changed.

    Needs core:calendar:edit. Raises Invalid as ``mark`` does.
    """
    days = _range(first, last)
    said: dict[date, Day] = {}
    for year in {day.year for day in days} & set(official_years()):
        said |= official(year)
    return _change(actor, "calendar.restored", {day: said.get(day) for day in days})


def import_year(actor: Actor, year: int) -> int:
    """Take over a year from chinesecalendar; returns how many days changed. Other marks of the year stay.

    Needs core:calendar:edit. Raises Invalid for a year that chinesecalendar does not know.
    """
    return _change(actor, "calendar.imported", dict(official(year)), {year})


def import_days(actor: Actor, days: Mapping[date, Day]) -> int:
    """Take over the days of a file (``read_file``); returns how many changed. Their years count as known from then on.

    Needs core:calendar:edit. Raises Invalid for a day out of bounds.
    """
    for day in (min(days), max(days)):
        _refuse_far(day)
    return _change(actor, "calendar.imported", dict(days), {day.year for day in days})


def _change(
    actor: Actor, action: str, wanted: Mapping[date, Day | None], years: set[int] | None = None
) -> int:
    """Write ``wanted`` (None: an ordinary day), raise the version, note it, tell the listeners."""
    actor.require(Permission.CALENDAR_DAYS_EDIT)
    # Changes come one after another: the second starts from what the first left.
    head = db.session.execute(select(CalendarHead).where(CalendarHead.id == 1).with_for_update()).scalar_one()
    columns = select(CalendarDay.day, CalendarDay.working, CalendarDay.reason)
    found = db.session.execute(columns.where(CalendarDay.day.between(min(wanted), max(wanted))))
    before = {row.day: Day(row.working, row.reason) for row in found}
    changed = {day: new for day, new in wanted.items() if before.get(day) != new}
    new_years = (years or set()) - set(head.years)
    if not changed and not new_years:
        return 0
    _store(changed)
    head.version += 1
    head.stamp = secrets.token_hex(8)
    head.years = sorted({*head.years, *new_years})
    db.session.flush()
    if has_request_context():
        g.pop(_KEY, None)
    after = {"version": head.version} | _words(changed) | ({"years": sorted(new_years)} if new_years else {})
    old = _words({day: before.get(day) for day in changed})
    audit.record(actor, action, obj_type="calendar", obj_id=None, before=old, after=after)
    for listener in _listeners:
        listener()
    return len(changed)


def _store(changed: Mapping[date, Day | None]) -> None:
    gone = [day for day, new in changed.items() if new is None]
    if gone:
        db.session.execute(delete(CalendarDay).where(CalendarDay.day.in_(gone)))
    rows = [
        {"day": day, "working": new.working, "reason": new.reason}
        for day, new in changed.items()
        if new is not None
    ]
    if rows:
        insert = insert_or(CalendarDay)
        values = {"working": insert.excluded.working, "reason": insert.excluded.reason}
        db.session.execute(insert.values(rows).on_conflict_do_update(index_elements=["day"], set_=values))


def _words(days: Mapping[date, Day | None]) -> dict[str, str]:
    """Days for the audit log: "1 调休上班", "0 寒假", "" for an ordinary day."""
    return {
        day.isoformat(): f"{int(known.working)} {known.reason}".strip() if known else ""
        for day, known in sorted(days.items())
    }


def _range(first: date, last: date) -> list[date]:
    for day in (first, last):
        _refuse_far(day)
    count = (last - first).days + 1
    if count < 1:
        raise Invalid({"last": lazy("最后一天不能早于第一天。")})
    if count > LONGEST_BREAK:
        raise Invalid({"last": lazy("一次最多 %(n)s 天。", n=LONGEST_BREAK)})
    return [first + timedelta(days=n) for n in range(count)]


def _refuse_far(day: date) -> None:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        text = lazy("年份要在 %(first)s 到 %(last)s 之间。", first=FIRST_YEAR, last=LAST_YEAR)
        raise Invalid({"first": text})
