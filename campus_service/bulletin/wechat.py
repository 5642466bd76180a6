"""An article for WeChat's editor (公众号): HTML with inline styles within its limits, and the pictures as a pack.

WeChat drops classes, ids, scripts and style sheets, pictures of other sites, and links to other sites: pictures become
numbered places, links become notes with their address.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from campus_service.bulletin import cropping, poster_queries, queries, rendering
from campus_service.bulletin.models import Issue, Publication
from campus_service.bulletin.projection import Cover
from campus_service.bulletin.rendering import Picture
from campus_service.core.clock import to_local
from campus_service.core.i18n import force_locale
from campus_service.core.page import fmt_day
from campus_service.core.settings import settings

# An article must have fewer letters than this, tags included.
LIMIT = 20_000
DIGEST = 120
COVERS = ((900, 383), (200, 200))
# Tables of more columns do not fit a phone: their rows become lists.
COLUMNS = 3
_LINKS_KEPT = "mp.weixin.qq.com"
_P = "margin:0 0 1em;line-height:1.8;font-size:16px;color:#1c232b"
_SMALL = "margin:0 0 1em;font-size:14px;line-height:1.7;color:#56606b"
_PLACE = "margin:0 0 1em;padding:24px 12px;border:1px dashed #b9ad98;text-align:center;font-size:14px;color:#56606b"
_CELL = "border:1px solid #d8cdb9;padding:6px 8px;font-size:14px"
STYLES = {
    "p": _P,
    "h2": "margin:1.6em 0 .8em;font-size:19px;line-height:1.5;color:#17557a;border-left:4px solid #b93a26;padding-left:10px",
    "h3": "margin:1.4em 0 .7em;font-size:17px;line-height:1.5;color:#1c232b",
    "h4": "margin:1.2em 0 .6em;font-size:16px;line-height:1.5;color:#1c232b",
    "ul": "margin:0 0 1em;padding-left:1.4em",
    "ol": "margin:0 0 1em;padding-left:1.4em",
    "li": "margin:0 0 .4em;line-height:1.8;font-size:16px;color:#1c232b",
    "blockquote": "margin:0 0 1em;padding:10px 14px;background:#f3eee4;color:#56606b",
    "pre": "margin:0 0 1em;padding:10px 12px;background:#f3eee4;font-size:13px;white-space:pre-wrap",
    "hr": "margin:1.6em 0;border:0;border-top:1px solid #d8cdb9",
    "table": "margin:0 0 1em;width:100%;border-collapse:collapse",
    "th": f"{_CELL};background:#f3eee4",
    "td": _CELL,
    "em": "",
    "strong": "",
    "s": "",
    "code": "",
    "sup": "color:#17557a",
    "tr": "",
}
_VOID = {"br", "hr"}


@dataclass(frozen=True, slots=True)
class Numbered:
    """A picture and its number in the pack, in reading order."""

    number: int
    key: str
    alt: str

    @property
    def file(self) -> str:
        """Its name in the pack."""
        return f"{self.number:02}.jpg"


@dataclass(frozen=True, slots=True)
class Copy:
    """What is copied into WeChat's editor: the fields beside the text, and the text in parts that are short enough."""

    title: str
    byline: str
    digest: str
    parts: tuple[str, ...]
    pictures: tuple[Numbered, ...]
    slug: str = ""

    @property
    def letters(self) -> int:
        """How long the longest part is, as WeChat counts."""
        return max(map(len, self.parts))


def of_issue(issue: Issue) -> Copy:
    """A whole issue as one text."""
    with force_locale("zh_CN"):
        blocks = [_block("p", escape(issue.lede))] if issue.lede else []
        pictures: list[Numbered] = []
        for row, numbered in _rows(issue):
            blocks += [_block("h2", escape(row.title)), *_blocks(row, numbered)]
            pictures += numbered.values()
        blocks += _closing(f"/compass/{issue.number}")
    title = f"校园指南针第 {issue.number} 期｜{issue.title}"
    return Copy(title, "", (issue.lede or issue.title)[:DIGEST], parts(blocks), tuple(pictures))


def of_article(issue: Issue, slug: str) -> Copy | None:
    """One article of an issue; None when the issue has no such."""
    for row, numbered in _rows(issue):
        if row.slug == slug:
            with force_locale("zh_CN"):
                blocks = [*_blocks(row, numbered), *_closing(f"/compass/{issue.number}/{slug}")]
            pictures = tuple(numbered.values())
            return Copy(row.title, row.byline, row.lede[:DIGEST], parts(blocks), pictures, slug)
    return None


def articles(issue: Issue) -> list[Copy]:
    """Every article of an issue."""
    return [copy for row, _numbered in _rows(issue) if (copy := of_article(issue, row.slug))]


def _rows(issue: Issue) -> list[tuple[Publication, dict[int, Numbered]]]:
    """The issue's articles with their pictures, numbered through the whole issue."""
    found, number = [], 0
    for row in poster_queries.publications(issue.id):
        images, numbered = queries.images(row.article_id), {}
        for id in dict.fromkeys(rendering.images_in(row.body)):
            if id in images:
                number += 1
                numbered[id] = Numbered(number, images[id].photo_key, images[id].alt)
        found.append((row, numbered))
    return found


# --- the text ---------------------------------------------------------------------------------------------------


def _blocks(row: Publication, numbered: dict[int, Numbered]) -> list[str]:
    pictures = {id: Picture(f"place-{each.number}", each.alt, 1, 1) for id, each in numbered.items()}
    text = converted(rendering.render(row.body, pictures, _whole).html)
    head = [_styled("p", _SMALL, escape(row.lede))] if row.lede else []
    return [*head, *_announced(row), *text]


def _announced(row: Publication) -> list[str]:
    event = queries.event_of(row.id)
    if event is None:
        return []
    starts = to_local(event.starts_at)
    when = f"{fmt_day(starts.date())} {starts:%H:%M}"
    lines = ["活动已取消"] if event.cancelled_at else [f"时间：{when}", f"地点：{event.place}"]
    return [_block("blockquote", "<br>".join(map(escape, lines)))]


def _closing(path: str) -> list[str]:
    return [_styled("p", _SMALL, f"网页版：{escape(settings().base_url + path)}")]


def _whole(href: str) -> str:
    return href if href.startswith("#") else urljoin(f"{settings().base_url}/", href)


def _styled(tag: str, style: str, inner: str) -> str:
    return f'<{tag} style="{style}">{inner}</{tag}>'


def _block(tag: str, inner: str) -> str:
    return _styled(tag, STYLES[tag], inner)


def converted(html: str) -> list[str]:
    """An article's HTML as WeChat takes it, block by block; the addresses of its links come last."""
    writer = _Writer()
    writer.feed(html)
    writer.close()
    notes = [f"[链接 {at}] {escape(address)}" for at, address in enumerate(writer.addresses, 1)]
    tail = [_styled("p", _SMALL, "<br>".join(notes))] if notes else []
    return [block for block in (*writer.blocks, *tail) if block.strip()]


class _Writer(HTMLParser):
    """Writes the tags that WeChat keeps, with their styles and nothing else."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = []
        self.addresses: list[str] = []
        self._out: list[str] = []
        self._depth = 0
        self._links: list[str | None] = []
        self._table: _Table | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open what WeChat knows."""
        values = {name: value or "" for name, value in attrs}
        if tag == "a":
            self._open_link(values.get("href", ""))
        elif tag == "img":
            self._picture(values)
        elif tag == "input":
            self._out.append("☑" if "checked" in values else "☐")
        elif tag == "table":
            self._table = _Table()
        elif self._table is not None and tag in ("tr", "th", "td"):
            self._table.open(tag, self._out)
        elif tag == "figcaption":
            self._open("p", _SMALL)
        elif tag in STYLES:
            self._open(tag, STYLES[tag], f' start="{int(values["start"])}"' if "start" in values else "")

    def handle_endtag(self, tag: str) -> None:
        """Close it again; a block at the top is finished."""
        if tag == "a":
            self._close_link()
        elif tag == "table" and self._table is not None:
            self._out.append(self._table.html())
            self._table = None
        elif self._table is not None and tag in ("tr", "th", "td"):
            self._table.close(tag, self._out)
        elif tag == "figcaption":
            self._close("p")
        elif tag in STYLES and tag not in _VOID:
            self._close(tag)
        if self._depth == 0 and self._table is None:
            self._finish()

    def handle_data(self, data: str) -> None:
        """The words themselves; the way back from a note leads nowhere there."""
        if not (self._links and (self._links[-1] or "").startswith("#fnref")):
            self._out.append(escape(data, quote=False))

    def close(self) -> None:
        """The last block."""
        super().close()
        self._finish()

    def _open(self, tag: str, style: str, more: str = "") -> None:
        self._out.append(f'<{tag}{more} style="{style}">' if style else f"<{tag}{more}>")
        if tag not in _VOID:
            self._depth += 1

    def _close(self, tag: str) -> None:
        self._out.append(f"</{tag}>")
        self._depth = max(0, self._depth - 1)

    def _finish(self) -> None:
        block = "".join(self._out).strip()
        if block:
            self.blocks.append(block)
        self._out.clear()

    def _open_link(self, href: str) -> None:
        kept = urlsplit(href).netloc == _LINKS_KEPT
        self._links.append(None if kept else href)
        if kept:
            self._out.append(f'<a href="{escape(href)}">')

    def _close_link(self) -> None:
        href = self._links.pop() if self._links else ""
        if href is None:
            self._out.append("</a>")
        elif href.startswith(("http://", "https://")):
            if href not in self.addresses:
                self.addresses.append(href)
            self._out.append(f'<sup style="{STYLES["sup"]}">[链接 {self.addresses.index(href) + 1}]</sup>')

    def _picture(self, values: dict[str, str]) -> None:
        number = re.fullmatch(r"place-(\d+)", values.get("src", ""))
        if number:
            words = f"图 {number[1]}｜{values.get('alt', '')}｜在这里插入 {int(number[1]):02}.jpg"
            tag = "span" if self._depth else "p"
            self._out.append(f'<{tag} style="{_PLACE}">{escape(words)}</{tag}>')


class _Table:
    """A table of few columns as it is; a wide one row by row, each cell behind the name of its column."""

    def __init__(self) -> None:
        self._rows: list[list[tuple[str, str]]] = []
        self._from = 0

    def open(self, tag: str, out: list[str]) -> None:
        """A row or a cell begins; ``out``: what has been written so far."""
        if tag == "tr":
            self._rows.append([])
        else:
            self._from = len(out)

    def close(self, tag: str, out: list[str]) -> None:
        """A cell ends: what was written since it began is its own."""
        if tag == "tr":
            return
        inner = "".join(out[self._from :]).strip()
        del out[self._from :]
        if self._rows:
            self._rows[-1].append((tag, inner))

    def html(self) -> str:
        """The whole of it."""
        if max((len(row) for row in self._rows), default=0) > COLUMNS:
            return self._listed()
        rows = ("".join(_block(tag, inner) for tag, inner in row) for row in self._rows)
        return _block("table", "".join(f"<tr>{row}</tr>" for row in rows))

    def _listed(self) -> str:
        head, *rest = self._rows
        names = [inner for _tag, inner in head]
        lines = (
            "<br>".join(
                f"{name}：{inner}" if name else inner for name, (_tag, inner) in zip(names, row, strict=False)
            )
            for row in rest
        )
        return "".join(_block("p", line) for line in lines)


def parts(blocks: Sequence[str]) -> tuple[str, ...]:
    """The blocks joined into as few texts as the limit allows; a text ends where a block ends."""
    found = [""]
    for block in (piece for whole in blocks for piece in _short(whole)):
        if len(found[-1]) + len(block) >= LIMIT:
            found.append("")
        found[-1] += block
    return tuple(found)


def _short(block: str) -> list[str]:
    """The block; one that is too long for a text of its own goes on as plain paragraphs."""
    if len(block) < LIMIT:
        return [block]
    reader = _Words()
    reader.feed(block)
    reader.close()
    words = "".join(reader.found)
    pieces = re.findall(r".{1,3000}(?:[。！？；\n]|$)|.{1,3000}", words, re.DOTALL)
    return [
        _block("p", escape(piece.strip(), quote=False).replace("\n", "<br>"))
        for piece in pieces
        if piece.strip()
    ]


class _Words(HTMLParser):
    """The words of a block; its inner paragraphs and items on lines of their own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        """Some of them."""
        self.found.append(data)

    def handle_endtag(self, tag: str) -> None:
        """A line ends."""
        if tag in ("p", "li", "tr", "pre"):
            self.found.append("\n")


# --- the pictures -----------------------------------------------------------------------------------------------


def pack(issue: Issue, slug: str = "") -> bytes:
    """The pictures of an issue or of one of its articles as a ZIP: by their numbers, covers cut to WeChat's shapes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        lines = []
        for at, (row, numbered) in enumerate(_rows(issue), 1):
            if slug in ("", row.slug):
                _add_covers(archive, row, f"cover-{at:02}")
                lines += [f"【{row.title}】", *_add_pictures(archive, numbered), ""]
        # With a mark at its head, as Windows' editor wants it.
        archive.writestr("清单.txt", "\ufeff" + "\r\n".join(lines))
    return out.getvalue()


def _add_covers(archive: zipfile.ZipFile, row: Publication, name: str) -> None:
    for width, height in COVERS if row.cover else ():
        cut = cropping.cover(Cover(**row.cover), width, height) if row.cover else None
        if cut:
            archive.writestr(f"{name}-{width}x{height}.jpg", cut)


def _add_pictures(archive: zipfile.ZipFile, numbered: dict[int, Numbered]) -> list[str]:
    lines = []
    for each in numbered.values():
        data = cropping.stored(each.key)
        if data:
            archive.writestr(each.file, data)
        lines.append(f"{each.file}  {each.alt}" + ("" if data else "（文件不在了）"))
    return lines
