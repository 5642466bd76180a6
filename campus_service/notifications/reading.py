"""What a mail says: its words, its pictures, and whether a machine wrote it. Nothing in a mail is trusted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser
from html.parser import HTMLParser

from campus_service.notifications.quoting import written

MAX_PHOTOS = 6
MAX_PHOTO_BYTES = 8 * 1024 * 1024
# What is longer is cut before it is looked at, and again after the quotation is off.
MAX_READ_LETTERS = 200_000
MAX_LETTERS = 20_000
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
# gb2312 on a mail means its larger sister, nearly always.
_CHARSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "hz-gb-2312": "hz",
    "us-ascii": "utf-8",
}


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
    name = str(BytesHeaderParser().parsebytes(raw).get("Message-ID", "")).strip()
    return hashlib.sha256(name.encode("utf-8", "replace") if name else raw).hexdigest()


def read(raw: bytes) -> Content:
    """Take a mail apart; broken encodings lose letters, never the mail. Raises RecursionError for a mail made to."""
    mail = message_from_bytes(raw)
    parts = list(_leaves(mail))
    return Content(
        text=written(_text(parts)[:MAX_READ_LETTERS])[:MAX_LETTERS],
        photos=tuple(_photos(parts)),
        automatic=_is_automatic(mail),
        status=_status(mail),
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


class _Words(HTMLParser):
    """Gathers the words of a page in lines; what is quoted in it (blockquote) is left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  # the parser's
        """Begin a line at a block, and stop listening inside what is not shown."""
        if tag in _UNSEEN:
            self._unseen.append(tag)
        if tag in _BLOCKS and not self._unseen:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """End a line; listen again after what is not shown."""
        if tag in self._unseen:
            # Whatever was left open inside ends with it.
            del self._unseen[self._unseen.index(tag) :]
        if tag in _BLOCKS and tag != "br" and not self._unseen:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        """Words; in HTML a line end is a blank."""
        if not self._unseen:
            self.words.append(" ".join(data.replace("\xa0", " ").split("\n")))


def plain_of(page: str) -> str:
    """The words of the HTML ``page`` in lines."""
    parser = _Words()
    parser.feed(page[: 4 * MAX_READ_LETTERS])
    parser.close()
    return "\n".join(" ".join(line.split()) for line in "".join(parser.words).split("\n"))
