"""Which encoding a text file is in, decided on a sample; a wrong guess shows later as a line that cannot be read."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

# What staff may choose; GB18030 reads GBK too, cp949 EUC-KR, cp1252 Latin 1.
ENCODINGS = ("utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "cp949", "cp1252")
SAMPLE = 256 * 1024
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HIGH = re.compile(rb"[\x80-\xff]+")
# Korean letters lie in rows B0 to C8; of Chinese ones, sorted by sound there, four in ten come after.
_LAST_HANGUL_ROW = 0xC8
_FEW = 20


def detect(path: Path) -> str:
    """The encoding of the file, one of ENCODINGS: by its mark, else by its first 256 KB that are not plain ASCII."""
    head, sample = _samples(path)
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    wide = _wide(head)
    if wide:
        return wide
    if _is_utf8(sample):
        return "utf-8-sig"
    return _eight_bit(sample)


def _samples(path: Path) -> tuple[bytes, bytes]:
    """The file's beginning, and the first part that holds more than ASCII."""
    with path.open("rb") as file:
        head = part = file.read(SAMPLE)
        while part and part.isascii():
            part = file.read(SAMPLE)
        return head, part + file.readline(SAMPLE)


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: every other byte of what stands for commas and digits is zero."""
    zeros = head[:4000].count(0)
    if zeros * 5 < len(head[:4000]):
        return ""
    return "utf-16-le" if head[1:4000:2].count(0) > head[0:4000:2].count(0) else "utf-16-be"


def _is_utf8(sample: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError as error:
        # One broken character among many good ones is a bad line, not another encoding.
        return _mostly_utf8(sample, error)
    return True


def _mostly_utf8(sample: bytes, first: UnicodeDecodeError) -> bool:
    text = sample.decode("utf-8", errors="replace")
    good = sum(1 for char in text if char > "\x7f" and char != "\ufffd")
    return good > 20 * text.count("\ufffd") and first.start > 0


def _eight_bit(sample: bytes) -> str:
    runs = _HIGH.findall(sample)
    lonely = sum(1 for run in runs if len(run) == 1)
    if lonely * 10 > len(runs) * 6:
        return "cp1252"
    leads = [run[at] for run in runs for at in range(0, len(run) - 1, 2) if run[at] >= 0xB0]
    korean = sum(1 for lead in leads if lead <= _LAST_HANGUL_ROW)
    if len(leads) >= _FEW and korean * 100 >= len(leads) * 97:
        return "cp949"
    return "gb18030"
