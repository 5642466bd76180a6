"""Posters of an issue: what they say, their setting by Typst, and the preflight that lets no faulty one out.

What people wrote reaches Typst as data and is set as text; nothing of it is read as markup.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from campus_service import __version__
from campus_service.bulletin import cropping, poster_queries, projection, queries
from campus_service.bulletin.models import Issue
from campus_service.bulletin.projection import Cover
from campus_service.bulletin.states import IssueState, Section
from campus_service.core import papers
from campus_service.core.clock import now, to_local
from campus_service.core.errors import Invalid
from campus_service.core.i18n import LazyString, force_locale, lazy
from campus_service.core.page import fmt_day
from campus_service.core.papers import Press, Printed
from campus_service.core.settings import settings
from campus_service.media import service as media
from campus_service.media.models import file_name

TEMPLATES = Path(__file__).parent / "posters_data"
PAPERS = {"a3": 86.0, "a4": 121.6}  # dots an inch of the preview: a thousand across
# Rendered posters that are kept; the oldest go first.
KEPT = 400
# What the sheet itself says, in Chinese whoever made it: it hangs on a wall.
_WORDS = {
    "masthead": "校园指南针",
    "office": "大学生事务服务中心 主办",
    "scan": "扫一扫，读全文",
    "calendar": "日历",
    "sample": "样稿",
}


@dataclass(frozen=True, slots=True)
class Template:
    """A way to set the poster; ``picture``: pixels of the cover in it."""

    code: str
    label: LazyString
    hint: LazyString
    picture: tuple[int, int] | None = None


CHOICES = {
    "cover": Template(
        "cover",
        lazy("封面版"),
        lazy("大图在上，头条和目录在下；挂在远处也看得见。"),
        (1600, 1530),
    ),
    "list": Template("list", lazy("目录版"), lazy("每篇都带导语，旁边是活动日历；贴在等人、排队的地方。")),
}


@dataclass(frozen=True, slots=True)
class Item:
    """An article on a poster."""

    section: str
    title: str
    lede: str
    when: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """An event on a poster."""

    day: str
    title: str
    place: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a poster says, whatever it looks like."""

    number: int | None
    title: str
    lede: str
    dateline: tuple[str, ...]
    items: tuple[Item, ...]
    events: tuple[Day, ...]
    address: str
    moment: datetime
    cover: Cover | None = None
    draft: bool = False

    @property
    def name(self) -> str:
        """The document's title."""
        return f"校园指南针 第 {self.number} 期：{self.title}" if self.number else f"校园指南针：{self.title}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check of the preflight and its outcome."""

    code: str
    ok: bool
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> LazyString:
        """For the editor."""
        good, bad = _FINDINGS[self.code]
        return good if self.ok else lazy(bad, **self.values)


_FINDINGS: dict[str, tuple[LazyString, str]] = {
    "glyphs": (
        lazy("每个字都有字形。"),
        "字体里没有这些字：%(letters)s。印出来会是空框，请在标题、导语或活动地点里换掉。",
    ),
    "room": (
        lazy("内容都放得下，没有被切掉。"),
        "内容高出版面 %(over)s 毫米，已经是最小的字号。换一种版式，或者把标题、导语改短。",
    ),
    "pages": (lazy("正好一页。"), "排成了 %(pages)s 页，海报只能有一页。换一种版式，或者把内容改短。"),
    "code": (lazy("二维码扫得出，地址对。"), "二维码扫不出正确的地址，请换一种版式再试。"),
    "fonts": (lazy("字体都嵌在文件里，打印店不会换字。"), "有字体没有嵌进文件，打印店会换成别的字。"),
}


@dataclass(frozen=True, slots=True)
class Poster:
    """A rendered poster: the file for the printer, its preview, and what the preflight found."""

    pdf: bytes
    png: bytes
    findings: tuple[Finding, ...]
    key: str

    @property
    def sound(self) -> bool:
        """Whether it may go out."""
        return all(each.ok for each in self.findings)

    def check(self) -> None:
        """Raise Invalid with the words of the preflight when it must not go out."""
        refuse(self.findings)


def refuse(findings: Sequence[Finding]) -> None:
    """Raise Invalid with what was found wrong; nothing wrong, nothing raised."""
    wrong = {each.code: each.text for each in findings if not each.ok}
    if wrong:
        raise Invalid(wrong)


# --- what it says -----------------------------------------------------------------------------------------------


def sheet(issue: Issue, board: str = "") -> Sheet:
    """What the poster of an issue says; one that is not published yet is a sample of the planned articles.

    ``board``: the code of the board where it will hang; it stands in the address of the QR.
    """
    with force_locale("zh_CN"):
        if issue.state is IssueState.PUBLISHED:
            return _published(issue, board)
        return _planned(issue)


def _published(issue: Issue, board: str) -> Sheet:
    rows = poster_queries.publications(issue.id)
    events = poster_queries.events(issue.id)
    when = {each.publication_id: _when(each.starts_at, each.place) for each in events}
    covers = [Cover(**row.cover) for row in rows if row.cover]
    moment = issue.published_at or now()
    address = f"{settings().base_url}/compass/{issue.number}"
    return Sheet(
        issue.number,
        issue.title,
        issue.lede,
        (f"第 {issue.number} 期", _long_day(moment)),
        tuple(_item(row.section, row.title, row.lede, when.get(row.id, "")) for row in rows),
        tuple(_day(each.starts_at, each.title, each.place) for each in events),
        f"{address}?board={board}" if board else address,
        moment,
        covers[0] if covers else None,
    )


def _planned(issue: Issue) -> Sheet:
    articles = [article for _slot, article in queries.contents(issue.id)]
    announced = [(article.title, event) for article in articles if (event := article.text.event)]
    announced.sort(key=lambda each: each[1].starts_at)
    pictures = [queries.images(article.id).get(article.cover_id or 0) for article in articles]
    covers = [Cover(**cover) for each in pictures if (cover := projection.cover(each))]  # type: ignore[arg-type]
    day = to_local(issue.publish_at) if issue.publish_at else None
    return Sheet(
        None,
        issue.title,
        issue.lede,
        ("样稿", _long_day(day) if day else "还没有出刊"),
        tuple(
            _item(
                each.section,
                each.title,
                each.lede,
                _when(each.text.event.starts_at, each.text.event.place) if each.text.event else "",
            )
            for each in articles
        ),
        tuple(_day(event.starts_at, title, event.place) for title, event in announced),
        f"{settings().base_url}/compass",
        issue.created_at,
        covers[0] if covers else None,
        draft=True,
    )


def _item(section: Section, title: str, lede: str, when: str) -> Item:
    return Item(str(section.label), title, lede, when)


def _day(starts_at: datetime, title: str, place: str) -> Day:
    return Day(fmt_day(to_local(starts_at).date(), weekday=False), title, place)


def _when(starts_at: datetime, place: str) -> str:
    local = to_local(starts_at)
    return f"{fmt_day(local.date())} {local:%H:%M} {place}".strip()


def _long_day(moment: datetime) -> str:
    day = to_local(moment).date()
    words = fmt_day(day)
    return words if words[:4].isdigit() else f"{day.year}年{words}"


# --- its setting ------------------------------------------------------------------------------------------------


def poster(wanted: Sheet, template: str, paper: str) -> Poster:
    """The poster, from the disk where it lies since the last time it was asked for."""
    chosen = CHOICES[template]
    wanted = with_cover(wanted, chosen.picture)
    key = _key(wanted, template, paper)
    kept = _Kept(key)
    return kept.poster() or kept.keep(_rendered(wanted, chosen, paper, key))


def with_cover(wanted: Sheet, picture: tuple[int, int] | None) -> Sheet:
    """The sheet without a cover that the template does not show or whose file is gone."""
    cover = wanted.cover
    if cover and picture and media.storage().exists(file_name(cover.key, cropping.LARGEST)):
        return wanted
    return replace(wanted, cover=None)


def _key(wanted: Sheet, template: str, paper: str) -> str:
    parts = [json.dumps(asdict(wanted), default=str), template, paper, __version__, papers.drawn(TEMPLATES)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _rendered(wanted: Sheet, template: Template, paper: str, key: str) -> Poster:
    inputs = {"sheet": data(wanted, template.picture), "paper": paper}
    made = press(template.code).print(inputs, PAPERS[paper], wanted.moment)
    return Poster(made.pdf, made.pages[0], tuple(_preflight(wanted, made)), key)


def press(template: str) -> Press:
    """The press with one of our templates in it."""
    return Press.of(TEMPLATES / f"{template}.typ")


def data(wanted: Sheet, picture: tuple[int, int] | None) -> str:
    """The sheet as the templates read it."""
    name = settings().site_name
    values = papers.breakable(asdict(wanted)) | {
        "name": wanted.name,
        "cover": _inlined(wanted.cover, picture) if wanted.cover and picture else None,
        "qr": papers.qr(wanted.address),
        "closing": f"投稿、勘误、丢了东西，都在“{name}”",
    }
    return json.dumps(values | _WORDS, default=str)


def _inlined(cover: Cover, size: tuple[int, int]) -> str | None:
    cut = cropping.cover(cover, *size)
    if cut is None:
        return None
    return papers.inlined(cut, *size)


# --- the preflight ----------------------------------------------------------------------------------------------


def _preflight(wanted: Sheet, made: Printed) -> Iterator[Finding]:
    yield glyphs(wanted)
    over = papers.overflow(made.fits)
    yield Finding("room", not over, {"over": max(1, round(over))})
    yield Finding("pages", len(made.pages) == 1, {"pages": len(made.pages)})
    yield code(wanted, made.pages[0])
    yield Finding("fonts", papers.embedded(made.pdf))


def glyphs(wanted: Sheet) -> Finding:
    """Whether the fonts have every letter of the sheet."""
    missing = papers.missing(_texts(asdict(wanted)))
    return Finding("glyphs", not missing, {"letters": " ".join(missing[:12])})


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = [each for name, each in value.items() if name != "cover"]
    if isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


def code(wanted: Sheet, page: bytes) -> Finding:
    """Whether a phone reads the sheet's address from the page."""
    return Finding("code", papers.codes(page) == [wanted.address])


# --- the shelf --------------------------------------------------------------------------------------------------


class _Kept:
    """Rendered posters on this machine's disk, by what they say: a correction is another poster."""

    def __init__(self, key: str) -> None:
        self._folder = settings().data_dir / "posters"
        self._key = key

    def _path(self, ending: str) -> Path:
        return self._folder / f"{self._key}.{ending}"

    def poster(self) -> Poster | None:
        """What lies there; None without."""
        try:
            noted = json.loads(self._path("json").read_bytes())
            pdf, png = self._path("pdf").read_bytes(), self._path("png").read_bytes()
        except (OSError, ValueError):
            return None
        return Poster(pdf, png, tuple(Finding(**each) for each in noted), self._key)

    def keep(self, made: Poster) -> Poster:
        """Put it there; a disk that takes no more costs time and nothing else."""
        notes = json.dumps([asdict(each) for each in made.findings]).encode()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for ending, content in (("pdf", made.pdf), ("png", made.png), ("json", notes)):
                part = self._path(f"{ending}.{threading.get_ident()}")
                part.write_bytes(content)
                part.replace(self._path(ending))
            self._make_room()
        except OSError:
            pass
        return made

    def _make_room(self) -> None:
        kept = sorted(self._folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
        for path in kept[:-KEPT]:
            for ending in ("json", "pdf", "png"):
                path.with_suffix(f".{ending}").unlink(missing_ok=True)
