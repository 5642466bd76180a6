"""The monthly notice of things found (招领公告) as PDF, to be printed and hung up (Civil Code 315)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from campus_service.core import papers
from campus_service.core.i18n import force_locale
from campus_service.core.papers import Paper
from campus_service.core.settings import settings
from campus_service.lostfound import story
from campus_service.lostfound.posters import OFFICE, TEMPLATES

# A thing as the notice names it, in Chinese: number, category, area and day, nothing more of it.
Row = tuple[str, str, str, str]
_BASIS = (
    "下列物品由本校各招领点保管。请失主带任一证件，到下面任一招领点认领；也可以扫码先在网上认领。",
    "依据《中华人民共和国民法典》第三百一十五条发布；依据第三百一十八条，自公告发布之日起一年内无人认领的，归国家所有。",
)


def notice_pdf(
    month_title: str, rows: Sequence[Row], totals: Sequence[tuple[str, int]], day: date, path: str
) -> Paper:
    """The notice on as many A4 pages as it takes.

    ``month_title``: "2026年10月"; ``totals``: names in Chinese with their figures, above the table; ``day``: of the
    notice, from which the year of Civil Code 318 runs; ``path``: of its page, where the code leads. Raises NotFound for
    one that cannot be printed.
    """
    address = f"{settings().base_url}{path}"
    with force_locale("zh_CN"):
        desks = [(desk["title"], desk["text"]) for desk in story.desk_choices()]
    data = {
        "name": f"{settings().site_name} 招领公告 {month_title}",
        "title": f"招领公告（{month_title}）",
        "office": OFFICE,
        "paragraphs": _BASIS,
        "desks": desks,
        "totals": [(name, f"{count:,}") for name, count in totals],
        "qr": papers.qr(address),
        "scan": "扫码看现在还在的",
        "head": ("编号", "类别", "捡到的地方", "日期"),
        "rows": [[papers.settable(value) for value in row] for row in rows],
        "empty": "" if rows else "本月没有要公告的物品。",
        "foot": address,
        "day": f"{day.year}年{day.month}月{day.day}日",
    }
    return papers.pdf(TEMPLATES / "notice.typ", data, [address], None, proof=False)
