"""Reading files that bring in data, and keeping account of the lines that were refused."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from campus_service.core.errors import Invalid
from campus_service.core.i18n import _

# More refused lines than this are counted, not kept.
KEEP_REFUSED = 10_000

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that cannot be taken: its number in the file, and why."""

    line: int
    reason: str


@dataclass(slots=True)
class Refusals:
    """The part of an import's report that every import has."""

    refused_count: int = 0
    refused: list[Refused] = field(default_factory=list)

    def refuse(self, line: int, reason: str) -> None:
        """Note a refused line."""
        self.refused_count += 1
        if len(self.refused) < KEEP_REFUSED:
            self.refused.append(Refused(line, reason))


def json_lines(path: Path, progress: Progress) -> Iterator[tuple[int, Any]]:
    """The objects of a .jsonl file with the numbers of their lines; a line that is no JSON comes as its text.

    UTF-8 with or without BOM, or GBK. ``progress`` is called with the number of bytes read since the last call.
    Raises Invalid for another kind of file.
    """
    if path.suffix.lower() != ".jsonl":
        raise Invalid({"file": _("“%(name)s”不是 .jsonl 文件。", name=path.name)})
    with path.open("rb") as raw, _text(path, raw, progress) as text:
        yield from _json_lines(text)


def _text(path: Path, raw: IO[bytes], progress: Progress) -> io.TextIOWrapper:
    return io.TextIOWrapper(_Counting(raw, progress), encoding=_encoding(path), newline="", errors="replace")


class _Counting(io.BufferedReader):
    """Tells how many bytes were read."""

    def __init__(self, raw: IO[bytes], progress: Progress) -> None:
        super().__init__(raw)  # type: ignore[arg-type]
        self._progress = progress

    def read1(self, size: int = -1) -> bytes:
        block = super().read1(size)
        self._progress(len(block))
        return block


def _encoding(path: Path) -> str:
    """utf-8-sig when the whole file decodes as such, else GBK's superset."""
    try:
        with path.open(encoding="utf-8-sig") as text:
            while text.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def _json_lines(text: Iterable[str]) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text, 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except ValueError:
            values = line
        yield number, values
