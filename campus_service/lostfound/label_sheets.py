"""Labels as PDF: an A4 sheet of 24 or a roll of 62 mm. A number, a code, where it lies; nothing of the thing or of people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from campus_service.core import papers
from campus_service.core.clock import to_local
from campus_service.core.i18n import force_locale, lazy
from campus_service.core.papers import Paper
from campus_service.core.settings import settings
from campus_service.lostfound import story
from campus_service.lostfound.commands import PER_SHEET
from campus_service.lostfound.custody import RULES, CustodyClass, Disclosure
from campus_service.lostfound.models import FoundItem
from campus_service.lostfound.posters import TEMPLATES

# What the desk must not show around: said on the thing itself.
_MARKS = {Disclosure.TEASER: lazy("细节勿公开"), Disclosure.NOTHING: lazy("勿公开")}


def scan_address(no: str) -> str:
    """Where the code on a thing leads: to what can be done with it."""
    return f"{settings().base_url}/s/{no}"


def mark(custody: CustodyClass) -> str:
    """What a label warns of; "" for a thing that is public."""
    return str(_MARKS.get(RULES[custody].disclosure, ""))


def sheet(items: Sequence[FoundItem], form: str, start: int = 1) -> Paper:
    """The labels of ``items`` as PDF. ``form``: a4 or roll; ``start``: the first free place of an A4 sheet, from 1."""
    with force_locale("zh_CN"):
        labels = [_label(item) for item in items]
    pages = len(items) if form == "roll" else -(-(start - 1 + len(items)) // PER_SHEET)
    data = {"name": f"标签 {len(items)} 张", "format": form, "start": start, "labels": labels}
    addresses = [scan_address(item.no) for item in items]
    return papers.pdf(TEMPLATES / "labels.typ", data, addresses, pages)


def _label(item: FoundItem) -> dict[str, Any]:
    day = to_local(item.taken_in_at).date() if item.taken_in_at else item.occurred_on
    where = story.desk_name(item.desk_code) if item.desk_code else "在拾到者手里"
    shelf = papers.settable(item.shelf)
    return {
        "no": item.no,
        "category": str(item.category.label),
        "mark": mark(item.custody),
        "lines": [where, *([f"架位 {shelf}"] if shelf else []), f"{day.year}年{day.month}月{day.day}日"],
        "qr": papers.qr(scan_address(item.no)),
    }
