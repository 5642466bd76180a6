"""Texts that were written elsewhere: Word and Markdown files, and what is pasted from Word, WPS or a web page."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mammoth
import nh3
from markdownify import ATX, MarkdownConverter

from campus_service.bulletin import service
from campus_service.bulletin.commands import MAX_BODY, AddImage
from campus_service.core.actor import Actor
from campus_service.core.errors import Invalid
from campus_service.core.i18n import lazy
from campus_service.media import decoder
from campus_service.media import service as media
from campus_service.media.cleaned import Cleaned
from campus_service.media.errors import ImageRefused

MAX_FILE = 20 * 1024 * 1024
# What a document may hold when unpacked: a small file can be a very large one.
MAX_UNPACKED = 120 * 1024 * 1024
MAX_PICTURES = 30
MAX_PASTED = 2_000_000


@dataclass(frozen=True, slots=True)
class Found:
    """A picture inside a document, and the words that its author gave it."""

    data: bytes
    alt: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document's text as Markdown; the nth of ``pictures`` stands in it as ``![words](picture:n)``."""

    body: str
    pictures: Sequence[Found] = ()


@dataclass(frozen=True, slots=True)
class Ready:
    """A document whose pictures are decoded; None for one that cannot be taken."""

    body: str
    pictures: Sequence[tuple[Cleaned, str] | None] = ()

    @property
    def left_out(self) -> int:
        """How many pictures could not be taken."""
        return sum(picture is None for picture in self.pictures)


# --- reading ----------------------------------------------------------------------------------------------------


def read(name: str, data: bytes) -> Document:
    """A file as Markdown, by what its name ends with; raises Invalid({"file": …}) saying what to do instead."""
    ending = name.rpartition(".")[2].lower()
    if len(data) > MAX_FILE:
        raise Invalid({"file": lazy("文件超过 20 MB，把图片缩小或分开再传。")})
    if ending == "docx":
        document = from_docx(data)
    elif ending in ("md", "markdown", "txt"):
        document = Document(from_markdown(data))
    elif ending in ("doc", "wps"):
        raise Invalid({"file": lazy("旧格式读不了，请在 Word 或 WPS 里另存为 .docx 再传。")})
    else:
        raise Invalid({"file": lazy("只收 .docx、.md 和 .txt 文件。")})
    if not document.body.strip():
        raise Invalid({"file": lazy("文件里没有文字。")})
    if len(document.body) > MAX_BODY:
        raise Invalid({"file": lazy("文字超过 %(n)s 个字，放不下。", n=MAX_BODY)})
    return document


_STYLES = """
p[style-name='标题 1'] => h1:fresh
p[style-name='标题 2'] => h2:fresh
p[style-name='标题 3'] => h3:fresh
p[style-name='Title'] => h1:fresh
p[style-name='标题'] => h1:fresh
p[style-name='Subtitle'] => h2:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='引用'] => blockquote > p:fresh
strike => s
"""


def from_docx(data: bytes) -> Document:
    """A Word or WPS document; raises Invalid when it is none."""
    pictures: list[Found] = []

    def note(image: Any) -> dict[str, str]:
        if len(pictures) >= MAX_PICTURES:
            return {"src": ""}
        with image.open() as source:
            pictures.append(Found(source.read(), image.alt_text or ""))
        return {"src": f"picture:{len(pictures) - 1}"}

    try:
        _check_size(data)
        html = mammoth.convert_to_html(
            io.BytesIO(data), style_map=_STYLES, convert_image=mammoth.images.img_element(note)
        ).value
    except Invalid:
        raise
    except Exception:  # noqa: BLE001  # a damaged file breaks the library in a hundred ways
        raise Invalid({"file": lazy("这个文件打不开，可能已损坏；请另存一份 .docx 再传。")}) from None
    return Document(from_html(html), pictures)


def _check_size(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        if sum(entry.file_size for entry in packed.infolist()) > MAX_UNPACKED:
            raise Invalid({"file": lazy("文件展开以后太大，把图片缩小或分开再传。")})


def from_markdown(data: bytes) -> str:
    """A text file, in UTF-8 or as older Chinese programs write it."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Invalid({"file": lazy("文件的编码认不出，请另存为 UTF-8 再传。")})
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return _FRONT.sub("", text).strip("\n")


_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


# --- HTML to Markdown -------------------------------------------------------------------------------------------

_TAGS = {
    *(
        "p",
        "div",
        "br",
        "hr",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "blockquote",
        "pre",
        "code",
    ),
    *("b", "strong", "i", "em", "s", "del", "strike", "a", "img", "span"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt"}, "p": {"style"}, "span": {"style"}}
_NO_TEXT = {"script", "style", "title", "xml", "head", "template"}


def from_html(html: str) -> str:
    """HTML as Word, WPS and web pages put it on the clipboard, as the Markdown of an article.

    Only structure stays: headings, lists, tables, links, bold, slanted. Pictures stay where they are ``picture:n``; those
    of other places are left out.
    """
    html = nh3.clean(
        html[:MAX_PASTED],
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        clean_content_tags=_NO_TEXT,
        url_schemes={"http", "https", "mailto", "tel", "picture"},
        link_rel=None,
    )
    return _tidy(_Converter(shift="<h1" in html).convert(html))


class _Converter(MarkdownConverter):
    """Knows that the title is not part of the text, and how Word writes a list."""

    def __init__(self, shift: bool) -> None:
        super().__init__(
            heading_style=ATX,
            bullets="-",
            escape_misc=False,
            escape_underscores=False,
            table_infer_header=True,
        )
        self.shift = shift

    def convert_hN(self, n: int, el: Any, text: str, parent_tags: Any) -> str:  # noqa: N802
        """A section begins with ``##``: the page's title is the only one above it."""
        words = " ".join(re.sub(r"\*\*", "", text).split())
        level = min(4, max(2, n + self.shift))
        return f"\n\n{'#' * level} {words}\n\n" if words else ""

    def convert_img(self, el: Any, text: str, parent_tags: Any) -> str:
        """Our own pictures only."""
        src = el.get("src") or ""
        alt = re.sub(r"[\[\]\n]", " ", el.get("alt") or "").strip()
        return f"\n\n![{alt}]({src})\n\n" if src.startswith("picture:") else ""

    def convert_span(self, el: Any, text: str, parent_tags: Any) -> str:
        """WPS and mail programs say bold by style; Word writes a list's marks into the text and says to ignore them."""
        style = (el.get("style") or "").lower().replace(" ", "")
        if "mso-list:ignore" in style:
            return f"\x01{text.strip()}\x02"
        bold = re.search(r"font-weight:(bold|[6-9]00)", style)
        if bold and text.strip() and "strong" not in parent_tags and "b" not in parent_tags:
            return f"**{text.strip()}**"
        return str(text)

    def convert_p(self, el: Any, text: str, parent_tags: Any) -> str:
        """A paragraph, or one line of a list as Word writes it."""
        marked = _MARKED.search(text)
        if not marked:
            return str(super().convert_p(el, text, parent_tags))  # type: ignore[misc]  # its stub leaves it out
        words = (text[: marked.start()] + text[marked.end() :]).strip()
        mark = "1." if re.match(r"[\d（(a-zA-Z一二三四五六七八九十]", marked.group(1)) else "-"
        level = re.search(r"level(\d)", el.get("style") or "")
        indent = "   " * (int(level.group(1)) - 1 if level else 0)
        return f"\n\n\x03{indent}{mark} {words}\n\n"


_MARKED = re.compile(r"\x01([^\x02]*)\x02")


def _tidy(text: str) -> str:
    """Without the blanks that Word indents with, empty emphasis, and gaps of several lines."""
    text = text.replace("\u00a0", " ").replace("\u200b", "").replace("\ufeff", "")
    text = re.sub(r"[\x01\x02]", "", text)
    text = re.sub(r"\*\*\s*\*\*", "", text)
    # Lines of one list stand together.
    text = re.sub(r"(\x03[^\n]*)\n\s*\n(?=\x03)", r"\1\n", text)
    lines = [line.lstrip("\u3000").rstrip() for line in text.replace("\x03", "").split("\n")]
    lines = [line.strip() if re.match(r" +[\u3400-\u9fff]", line) else line for line in lines]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n ")


# --- taking over ------------------------------------------------------------------------------------------------


def prepared(document: Document) -> Ready:
    """Decode the pictures as every upload is; call it outside ``transaction()``."""
    pictures: list[tuple[Cleaned, str] | None] = []
    for found in document.pictures:
        try:
            pictures.append((decoder.clean(found.data), found.alt))
        except ImageRefused:
            pictures.append(None)
    return Ready(document.body, pictures)


def bring_in(actor: Actor, article_id: int, ready: Ready) -> service.Saved:
    """Put a document in place of the article's text, its pictures among the article's. Raises as ``service.import_text``."""
    body = ready.body
    for number, picture in enumerate(ready.pictures):
        target = ""
        if picture:
            photo = media.store(actor, picture[0])
            add = AddImage(photo=photo.key, alt=picture[1].strip()[:120])
            target = f"image:{service.add_image(actor, article_id, add).id}"
        body = _placed(body, number, target)
    return service.import_text(actor, article_id, body)


def _placed(body: str, number: int, target: str) -> str:
    """The text with a picture at its address, or without it."""
    found = re.compile(rf"!\[([^\]]*)\]\(picture:{number}\)")
    return found.sub(lambda match: f"![{match.group(1)}]({target})" if target else match.group(1), body)
