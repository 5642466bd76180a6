"""Posters (寻物启事, 招领启事) and pictures to share: of a report just what everybody may read, in Chinese, with its code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campus_service.core import papers
from campus_service.core.actor import Actor
from campus_service.core.errors import NotFound
from campus_service.core.i18n import force_locale
from campus_service.core.papers import Drawing, Paper
from campus_service.core.settings import settings
from campus_service.lostfound import item_page, projection, queries, story
from campus_service.lostfound.commands import DAY_PART_LABELS, DayPart
from campus_service.lostfound.custody import Disclosure
from campus_service.lostfound.item_page import Shown
from campus_service.lostfound.models import FoundItem, LostReport
from campus_service.lostfound.states import FoundState, Kind
from campus_service.media import service as media
from campus_service.media.storage import MissingFile

TEMPLATES = Path(__file__).parent / "papers_data"
OFFICE = "大学生事务服务中心"
# What fits on a poster besides a picture; the rest stands on the page that the code leads to.
LONGEST = 300
_KINDS = {Kind.LOST: "寻物启事", Kind.FOUND: "招领启事"}
_LAWS = {
    Kind.LOST: "《民法典》第三百一十四条：拾得遗失物，应当返还权利人。",
    Kind.FOUND: "《民法典》第三百一十五条：收到遗失物，知道权利人的应当通知，不知道的应当发布招领公告。",
}


@dataclass(frozen=True, slots=True)
class Words:
    """What a poster or a picture says; ``photo`` is a picture as SVG."""

    name: str
    kind: str
    lost: bool
    number: str
    title: str
    rows: tuple[tuple[str, str], ...]
    text: str
    scan: str
    call: tuple[str, ...]
    foot: str
    office: str
    photo: Drawing | None
    address: str

    @property
    def data(self) -> dict[str, Any]:
        """As the templates read it."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return values | {"qr": papers.qr(self.address)}


def poster(no: str) -> Paper:
    """The A4 poster of the report ``no`` as PDF; raises NotFound unless everybody may know of it."""
    words = words_of(no)
    return papers.pdf(TEMPLATES / "poster.typ", words.data, [words.address], 1)


def picture(no: str) -> Paper:
    """The same as a picture of 1080 × 1440 pixels for a chat; raises NotFound unless everybody may know of it."""
    words = words_of(no)
    return papers.png(TEMPLATES / "share.typ", words.data, [words.address])


def words_of(no: str) -> Words:
    """What a visitor may read of ``no``, whoever asks: a poster hangs where everybody passes."""
    with force_locale("zh_CN"):
        shown = item_page.show(Actor.visitor(), no)
        if not shown.report.listed:
            raise NotFound()
        return _words(shown)


def _words(shown: Shown) -> Words:
    card, lost = shown.detail.card, shown.kind is Kind.LOST
    title = papers.settable(card.title) or projection.teaser_title(card.category)
    return Words(
        name=f"{_KINDS[shown.kind]}：{title}",
        kind=_KINDS[shown.kind],
        lost=lost,
        number=f"编号 {card.no}",
        title=title,
        rows=_rows(shown),
        text=papers.settable(shown.detail.description, LONGEST),
        scan="捡到了？扫一扫" if lost else "是你的？扫一扫",
        call=_call(shown.report),
        foot=_LAWS[shown.kind],
        office=OFFICE,
        photo=_photo(shown),
        address=f"{settings().base_url}/lost-found/{card.no}",
    )


def _rows(shown: Shown) -> tuple[tuple[str, str], ...]:
    card, report = shown.detail.card, shown.report
    rows = [
        ("地点", papers.settable(card.place) or card.category_label),
        ("时间", _day(shown)),
        ("类别", card.category_label),
    ]
    if isinstance(report, FoundItem) and report.state is FoundState.HELD:
        rows.append(("现在", story.desk_name(report.desk_code)))
    return tuple(rows)


def _day(shown: Shown) -> str:
    day, part = shown.detail.occurred_on, shown.detail.day_part
    words = f"{day.year}年{day.month}月{day.day}日"
    # A teaser is a category, an area and a day.
    whole = part and shown.detail.disclosure is Disclosure.FULL
    return f"{words} {DAY_PART_LABELS[DayPart(part)]}" if whole else words


def _call(report: FoundItem | LostReport) -> tuple[str, ...]:
    """What to do for who has no phone at hand, too."""
    if isinstance(report, LostReport):
        return ("捡到的同学，请交到任一招领点，", "或者扫码登记，失主会收到通知。谢谢你。")
    desk = queries.desk(report.desk_code) if report.desk_code else None
    if report.state is FoundState.HELD and desk:
        return (f"失主请到{desk.name}（{desk.place}）认领，", f"{desk.hours}；也可以先扫码。带任一证件。")
    return ("失主请扫码认领，回答一个问题，", "核对通过后到招领点当面领回。带任一证件。")


def _photo(shown: Shown) -> Drawing | None:
    if not shown.photos:
        return None
    photo = shown.photos[0]
    try:
        return papers.inlined(media.read(photo, 960), photo.width, photo.height)
    except MissingFile:
        return None
