"""What a mail says: its words, its pictures, and whether a machine wrote it. Nothing in a mail is trusted."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser
from html import unescape

from campus_service.notifications.quoting import written

MAX_PHOTOS = 6
MAX_PHOTO_BYTES = 8 * 1024 * 1024
# What is longer is cut before it is looked at, and again after the quotation is off.
MAX_READ_LETTERS = 200_000
MAX_LETTERS = 20_000
# What nobody sends by accident, and what would keep a parser busy for minutes.
MAX_HEAD_BYTES = 256 * 1024
MAX_PARTS = 5_000
_LONG_TYPE = re.compile(rb"^content-type:[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)
MAX_TYPE_BYTES = 2_000
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
# gb2312 on a mail means its larger sister, nearly always.
_CHARSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "hz-gb-2312": "hz",
    "us-ascii": "utf-8",
}


class Unreadable(Exception):
    """The mail was made to keep a parser busy."""


@dataclass(frozen=True, slots=True)
class Content:
    """What one mail says."""

    text: str
    photos: tuple[bytes, ...]
    automatic: bool
    # Of a bounce: "5.1.1" and the like (RFC 3463); empty otherwise.
    status: str


NOTHING = Content("", (), automatic=False, status="")


def message_hash(raw: bytes) -> str:
    """Names a mail: by its Message-ID, without one by all that it is."""
    name = str(BytesHeaderParser().parsebytes(raw[:MAX_HEAD_BYTES]).get("Message-ID", "")).strip()
    return hashlib.sha256(name.encode("utf-8", "replace") if name else raw).hexdigest()


def read(raw: bytes) -> Content:
    """Take a mail apart; broken encodings lose letters, never the mail. Raises Unreadable for a hostile one."""
    try:
        mail = message_from_bytes(_tame(raw))
    except RecursionError:
        raise Unreadable("the mail is nested too deep") from None
    parts = list(_leaves(mail))
    return Content(
        text=written(_text(parts)[:MAX_READ_LETTERS])[:MAX_LETTERS],
        photos=tuple(_photos(parts)),
        automatic=_is_automatic(mail),
        status=_status(mail),
    )


def _tame(raw: bytes) -> bytes:
    """``raw`` with endless parameters of types taken away."""
    if len(raw) > MAX_HEAD_BYTES and not re.search(rb"\n\r?\n", raw[:MAX_HEAD_BYTES]):
        raise Unreadable("the mail's head is too long")
    if raw.count(b"\n--") > MAX_PARTS:
        raise Unreadable("the mail has too many parts")
    return _LONG_TYPE.sub(
        lambda match: match[0] if len(match[0]) < MAX_TYPE_BYTES else b"Content-Type: text/plain", raw
    )


def _is_automatic(mail: Message) -> bool:
    """RFC 3834, and what was usual before it."""
    submitted = _header(mail, "Auto-Submitted")
    return (
        submitted not in ("", "no")
        or _header(mail, "Precedence") in ("bulk", "list", "junk", "auto_reply")
        or "X-Autoreply" in mail
        or "X-Autorespond" in mail
        or mail.get_content_type() == "multipart/report"
    )


def _header(mail: Message, name: str) -> str:
    return str(mail.get(name, "")).partition(";")[0].strip().lower()


def _leaves(part: Message) -> Iterator[Message]:
    """The parts that hold something; a mail inside a mail is somebody else's words."""
    if part.get_content_maintype() == "message":
        return
    if not part.is_multipart():
        yield part
        return
    for inner in part.get_payload():
        if isinstance(inner, Message):
            yield from _leaves(inner)


def _text(parts: list[Message]) -> str:
    shown = [part for part in parts if part.get_content_disposition() != "attachment"]
    plain = "\n".join(_decoded(part) for part in shown if part.get_content_type() == "text/plain")
    if plain.strip():
        return _clean(plain)
    return _clean(
        "\n".join(plain_of(_decoded(part)) for part in shown if part.get_content_type() == "text/html")
    )


def _clean(text: str) -> str:
    """Without what no column can hold, and with one kind of line end."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _bytes(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _decoded(part: Message) -> str:
    content, named = _bytes(part), (part.get_content_charset() or "utf-8").lower()
    for charset in (_CHARSETS.get(named, named), "utf-8", "gb18030"):
        try:
            return content.decode(charset)
        except (LookupError, ValueError):
            continue
    return content.decode("utf-8", "replace")


def _photos(parts: list[Message]) -> Iterator[bytes]:
    """JPEG and PNG by what they are, not by what they are called; decoding them is the feature's."""
    found = 0
    for part in parts:
        if part.get_content_maintype() == "text" or found == MAX_PHOTOS:
            continue
        content = _bytes(part)
        if content.startswith(_PICTURES) and len(content) <= MAX_PHOTO_BYTES:
            found += 1
            yield content


def _status(mail: Message) -> str:
    """Why a mail server could not deliver, from the machine's part of its report (RFC 3464)."""
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status" and part.is_multipart():
            for block in part.get_payload():
                if isinstance(block, Message) and block.get("Status"):
                    return str(block["Status"]).strip()[:20]
    return ""


_BLOCKS = frozenset(
    (
        "address",
        "article",
        "blockquote",
        "br",
        "div",
        "dd",
        "dl",
        "dt",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
    )
) | frozenset(("li", "ol", "p", "pre", "section", "table", "tr", "ul"))
_UNSEEN = frozenset(("script", "style", "title", "blockquote", "template"))


# No HTMLParser: an unclosed "<!--" repeated makes it look at a megabyte a million times.
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)[^<>]*>|<[!?][^<>]*>")


def plain_of(page: str) -> str:
    """The words of the HTML ``page`` in lines; what is quoted in it (blockquote) is left out."""
    page = _without_comments(page[: 4 * MAX_READ_LETTERS])
    words: list[str] = []
    unseen: Counter[str] = Counter()
    at = 0
    for match in _TAG.finditer(page):
        if not unseen.total():
            words.append(_line(page[at : match.start()]))
        at, tag = match.end(), (match[2] or "").lower()
        if tag in _UNSEEN:
            unseen[tag] = max(0, unseen[tag] + (-1 if match[1] else 1))
        if tag in _BLOCKS and not unseen.total():
            words.append("\n")
    if not unseen.total():
        words.append(_line(page[at:]))
    return "\n".join(" ".join(line.split()) for line in "".join(words).split("\n"))


def _line(text: str) -> str:
    """In HTML a line end is a blank."""
    return unescape(text).replace("\xa0", " ").replace("\n", " ")


def _without_comments(page: str) -> str:
    seen, at = [], 0
    while (begin := page.find("<!--", at)) >= 0:
        seen.append(page[at:begin])
        end = page.find("-->", begin)
        if end < 0:
            return "".join(seen)
        at = end + 3
    return "".join([*seen, page[at:]])
