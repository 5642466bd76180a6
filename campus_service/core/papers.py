"""Papers: Typst sets a template with data, in the fonts that the install brings; checks let no faulty one out.

What people wrote reaches Typst as data and is set as text; nothing of it is read as markup.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import threading
import unicodedata
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import segno
import structlog
import typst
import zxingcpp
from fontTools.ttLib import TTFont
from PIL import Image

from campus_service import __version__
from campus_service.core.errors import NotFound
from campus_service.core.i18n import lazy

log = structlog.get_logger(__name__)
# Templates name each other from here: "/core/papers.typ" is what all of them share.
ROOT = Path(__file__).parents[1]
SHARED = Path(__file__).with_suffix(".typ")
FONTS = Path(pylopdf_fonts_zh_cn.__file__).parent
# Dots an inch at which the codes of a PDF are read back.
PROOF = 150.0
# Bytes of papers that a process keeps; those not asked for longest go first.
MOST_KEPT = 48_000_000
# Letters between which no line would end by itself: Latin and its like, and signs that stick to their neighbours.
_STICKY = "!-~\u00a1-\u2e7f\u3001-\u3030\uff01-\uff65"
_WORD = re.compile(f"[{_STICKY}]{{14}}(?=[{_STICKY}])")


# --- setting ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Printed:
    """What left the press: the file, its pages as PNG where they were asked for, and what the template notes."""

    pdf: bytes
    pages: Sequence[bytes]
    fits: Sequence[Mapping[str, Any]]


class Press:
    """Typst with the fonts of the package and no others, warm for the next sheet; one at a time."""

    _lock = threading.Lock()

    def __init__(self, template: Path) -> None:
        self._compiler = typst.Compiler(template, root=ROOT, font_paths=_fonts(), ignore_system_fonts=True)

    @classmethod
    def of(cls, template: Path) -> Press:
        """The press with a template in it."""
        with cls._lock:
            return _press(template)

    def print(self, inputs: dict[str, str], ppi: float | None, moment: datetime) -> Printed:
        """The PDF, dated ``moment``; ``ppi``: dots an inch of its pages as pictures, None for none of them."""
        with self._lock:
            pdf = self._compiler.compile(format="pdf", sys_inputs=inputs, timestamp=int(moment.timestamp()))
            pages = self._compiler.compile(format="png", ppi=ppi) if ppi else []
            fits = json.loads(self._compiler.query("<fit>", field="value"))
        return Printed(_one(pdf), pages if isinstance(pages, list) else [_one(pages)], fits)

    def picture(self, inputs: dict[str, str]) -> Printed:
        """A sheet of one page as PNG, without a PDF; a point is a pixel."""
        with self._lock:
            page = self._compiler.compile(format="png", ppi=72, sys_inputs=inputs)
            fits = json.loads(self._compiler.query("<fit>", field="value"))
        return Printed(b"", [_one(page)], fits)


@cache
def _press(template: Path) -> Press:
    return Press(template)


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])


def _one(made: bytes | list[bytes] | None) -> bytes:
    return made if isinstance(made, bytes) else b""


@cache
def drawn(folder: Path) -> str:
    """A digest of the templates in ``folder`` and what they share: another drawing makes other papers."""
    digest = hashlib.sha256(SHARED.read_bytes())
    for path in sorted(folder.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()


# --- what goes in -----------------------------------------------------------------------------------------------


class Drawing(str):
    """An SVG of our own making: no words of anybody, nothing to be broken."""

    __slots__ = ()


def qr(address: str) -> Drawing:
    """The QR as SVG, with its quiet zone; a smudge or a fold in the paper is forgiven."""
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="svg", border=4, xmldecl=False, dark="#101820")
    return Drawing(out.getvalue().decode())


def inlined(jpeg: bytes, width: int, height: int) -> Drawing:
    """A picture as SVG, the form in which data carries pictures."""
    return Drawing(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"><image width="{width}" '
        f'height="{height}" href="data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"/></svg>'
    )


def breakable(value: Any) -> Any:
    """The same with one-line texts whose long words may be broken: no word is wider than its column."""
    if isinstance(value, dict):
        return {name: breakable(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [breakable(each) for each in value]
    if isinstance(value, str) and not isinstance(value, Drawing):
        return _WORD.sub(lambda found: found[0] + "\u200b", re.sub(r"[\x00-\x1f\x7f]+", " ", value))
    return value


def settable(text: str, most: int | None = None) -> str:
    """``text`` without the letters that the fonts do not have, cut to ``most`` letters with an ellipsis.

    For papers that nobody looks at before they are printed: an empty box says nothing.
    """
    text = unicodedata.normalize("NFC", text)
    kept = " ".join("".join(char if ord(char) in known() else " " for char in text).split())
    return kept if most is None or len(kept) <= most else kept[: most - 1] + "…"


# --- the checks -------------------------------------------------------------------------------------------------


def missing(texts: Iterable[str]) -> list[str]:
    """The letters that the fonts do not have."""
    return sorted(
        {
            letter
            for text in texts
            for letter in text
            if not letter.isspace() and letter.isprintable() and ord(letter) not in known()
        }
    )


@cache
def known() -> frozenset[int]:
    """The letters of the fonts."""
    found: set[int] = set()
    for path in sorted(FONTS.glob("*.otf")):
        with TTFont(path, lazy=True) as font:
            found |= set(font.getBestCmap())
    return frozenset(found)


def overflow(fits: Sequence[Mapping[str, Any]]) -> float:
    """By how many millimetres the fullest frame is too small; a tenth is rounding."""
    over: float = max((each["need"] - each["room"] for each in fits), default=0.0)
    return over if over >= 0.1 else 0.0


def codes(page: bytes) -> list[str]:
    """What a phone reads from the codes of a page."""
    with Image.open(io.BytesIO(page)) as picture:
        found = zxingcpp.read_barcodes(
            picture.convert("L"), formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
        )
    return [each.text for each in found]


def embedded(pdf: bytes) -> bool:
    """Whether every font of a PDF lies in the file itself."""
    parts = [pdf, *unpacked(pdf)]
    described = sum(len(re.findall(rb"/Type\s*/FontDescriptor\b", part)) for part in parts)
    carried = sum(len(re.findall(rb"/FontFile[23]?\b", part)) for part in parts)
    return 0 < described <= carried


def unpacked(pdf: bytes) -> Iterator[bytes]:
    """The compressed object streams of a PDF, in the clear."""
    for found in re.finditer(rb"/Type\s*/ObjStm.*?stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            yield zlib.decompressobj().decompress(found[1])
        except zlib.error:
            continue


def preflight(printed: Printed, addresses: Sequence[str], pages: int | None) -> list[str]:
    """What is wrong with a paper: room, pages, code, fonts. ``pages``: how many it must have, None for any number."""
    wrong = {
        "room": overflow(printed.fits) > 0,
        "pages": pages is not None and len(printed.pages) != pages,
        "code": bool(printed.pages)
        and sorted(text for page in printed.pages for text in codes(page)) != sorted(addresses),
        "fonts": bool(printed.pdf) and not embedded(printed.pdf),
    }
    return [name for name, faulty in wrong.items() if faulty]


# --- papers made as they are asked for --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paper:
    """A file to give away; ``key`` changes with every letter and picture on it."""

    content: bytes
    key: str


class _Kept:
    """Papers of this process, by what they say. Memory only: what is taken off the site stays in no file."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._papers: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    def get(self, key: str) -> bytes | None:
        with self._lock:
            if key in self._papers:
                self._papers.move_to_end(key)
            return self._papers.get(key)

    def put(self, key: str, content: bytes) -> None:
        with self._lock:
            self._size += len(content) - len(self._papers.pop(key, b""))
            self._papers[key] = content
            while self._size > MOST_KEPT:
                self._size -= len(self._papers.popitem(last=False)[1])


_kept = _Kept()


def pdf(
    template: Path, data: Mapping[str, Any], addresses: Sequence[str], pages: int | None, proof: bool = True
) -> Paper:
    """``template`` set with ``data``, from memory where it is the same as before.

    ``addresses``: what its codes say; ``pages``: how many it must have, None for any number; ``proof``: whether the
    pages are drawn and their codes read back. Raises NotFound for a paper that is not fit to be printed.
    """

    def make(inputs: dict[str, str]) -> bytes:
        printed = Press.of(template).print(inputs, PROOF if proof else None, datetime(2020, 1, 1, tzinfo=UTC))
        return _fit(printed, addresses, pages, template).pdf

    return _made("pdf", template, data, make)


def png(template: Path, data: Mapping[str, Any], addresses: Sequence[str]) -> Paper:
    """``template`` set with ``data`` as a picture of one page; a point is a pixel. As ``pdf`` otherwise."""

    def make(inputs: dict[str, str]) -> bytes:
        return _fit(Press.of(template).picture(inputs), addresses, 1, template).pages[0]

    return _made("png", template, data, make)


def _made(
    ending: str, template: Path, data: Mapping[str, Any], make: Callable[[dict[str, str]], bytes]
) -> Paper:
    words = json.dumps(breakable(data), ensure_ascii=False, sort_keys=True)
    parts = [ending, template.name, drawn(template.parent), __version__, words]
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
    content = _kept.get(key)
    if content is None:
        content = make({"sheet": words})
        _kept.put(key, content)
    return Paper(content, key)


def _fit(printed: Printed, addresses: Sequence[str], pages: int | None, template: Path) -> Printed:
    wrong = preflight(printed, addresses, pages)
    if wrong:
        log.error(
            "a paper failed its preflight", template=template.stem, wrong=wrong, addresses=list(addresses)[:3]
        )
        raise NotFound(lazy("这一页排不出能印的样子，请直接看网页。"))
    return printed
