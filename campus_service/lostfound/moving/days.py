"""Days and moments as spreadsheets write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from campus_service.core.clock import BEIJING
from campus_service.core.errors import Invalid
from campus_service.core.i18n import lazy

# 2026-10-31, 2026/3/1, 2026.3.1, 2026年3月1日, with or without a time behind it.
_WRITTEN = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*(?:日|号)?(?P<time>.*)", re.DOTALL
)
_EUROPEAN = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?:\D.*)?", re.DOTALL)
_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\d{4}|\d{6})?")
# Excel counts days from here (its 1900 is no leap year for us); these are the years 2000 to 2100.
_EXCEL_ZERO = date(1899, 12, 30)
_EXCEL_DAYS = range(36526, 73416)


def day(field: str, text: str) -> date:
    """The day that ``text`` names; a moment with a zone counts as the day it was in Beijing.

    Knows 2026-03-01, 2026/3/1, 2026.3.1, 2026年3月1日, 20260301, 01/03/2026 (day first), ISO 8601 moments, and the
    numbers of Excel. Raises Invalid naming ``field``.
    """
    text = text.strip()
    try:
        found = _moment(text) or _written(text) or _number(text)
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise Invalid(
            {field: lazy("“%(text)s”不是日期，要写成 2026-10-31 或 2026年10月31日 这样。", text=text[:40])}
        )
    return found


def _moment(text: str) -> date | None:
    """An ISO moment that says its zone."""
    if "T" not in text and ":" not in text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC).astimezone(BEIJING).date() if moment.tzinfo else moment.date()


def _written(text: str) -> date | None:
    if match := _WRITTEN.fullmatch(text):
        if re.match(r"\d", match["time"]):
            return None
        return date(int(match[1]), int(match[2]), int(match[3]))
    if match := _EUROPEAN.fullmatch(text):
        return date(int(match[3]), int(match[2]), int(match[1]))
    return None


def _number(text: str) -> date | None:
    if match := _DIGITS.fullmatch(text):
        return date(int(match[1]), int(match[2]), int(match[3]))
    try:
        count = int(float(text))
    except ValueError:
        return None
    return _EXCEL_ZERO + timedelta(days=count) if count in _EXCEL_DAYS else None
