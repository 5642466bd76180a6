"""Reading a file of others row by row: CSV in any of seven encodings, XLSX, JSON lines.

Whatever is in the file, one bad row costs only itself, and memory holds a row, not the file.
"""

from __future__ import annotations

import csv
import json
import re
import zipfile
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any, Literal

from openpyxl import load_workbook

from campus_service.core.errors import Invalid, Text
from campus_service.core.i18n import lazy
from campus_service.lostfound.moving import encodings

#: A line, a cell, a quoted cell over several lines, a table: nothing of a registry is longer or wider.
MAX_LINE = 100_000
MAX_CELL = 20_000
MAX_JOINED = 100
MAX_COLUMNS = 200
#: What a workbook may unpack to, in bytes: its sheets are streamed, its strings are held.
MAX_SHEET = 600_000_000
MAX_STRINGS = 60_000_000
DELIMITERS = (",", ";", "\t", "|")
# What bytes that are no letters are read as, and halves of letters that a JSON file may name: no database keeps them.
_STRAY = re.compile("[\ufffd\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Format:
    """How a file is read; ``encoding`` and ``delimiter`` for CSV, ``sheet`` for XLSX."""

    kind: Literal["csv", "xlsx", "jsonl"] = "csv"
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    sheet: str = ""
    sheets: list[str] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the number of its (first) line, its cells, and what is wrong with it, if anything."""

    line: int
    cells: Sequence[Any]
    wrong: Text = ""


@dataclass(slots=True)
class Table:
    """An open file: its headings, then its rows; ``done`` bytes (or rows) of ``size`` were read."""

    headings: list[str]
    rows: Iterator[Row]
    size: int = 0
    done: int = 0


# --- which format -------------------------------------------------------------------------------------------------


def detect(path: Path) -> Format:
    """The file's format, by what is in it, not by its name. Raises Invalid for what is no table."""
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"PK\x03\x04"):
        names = _sheets(path)
        return Format("xlsx", sheet=names[0], sheets=names)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise _unusable(lazy("这是旧的 .xls，请在表格软件里另存为 .xlsx 或 .csv 再传。"))
    if not head.strip():
        raise _unusable(lazy("文件是空的。"))
    encoding = encodings.detect(path)
    with _lines(path, encoding, Table([], iter(()))) as lines:
        first = next((text for _number, text in lines if text.strip()), "")
        if first.lstrip().startswith("{"):
            return Format("jsonl", encoding)
    return Format("csv", encoding, _delimiter(first))


def _unusable(reason: Text) -> Invalid:
    return Invalid({"file": reason})


def _delimiter(heading: str) -> str:
    """What parts the first line into most columns."""
    return max(DELIMITERS, key=lambda delimiter: len(_parse(heading, delimiter) or ()))


def _sheets(path: Path) -> list[str]:
    with _book(path) as book:
        names = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if not names:
        raise _unusable(lazy("这个工作簿里没有看得见的工作表。"))
    return names


# --- opening ------------------------------------------------------------------------------------------------------


@contextmanager
def opened(path: Path, how: Format) -> Iterator[Table]:
    """Open ``path``; closed again at the end of the block.

    Raises Invalid, naming the field, for a file that cannot be read as ``how`` says or has no headings.
    """
    openers = {"xlsx": _open_sheet, "jsonl": _open_json, "csv": _open_csv}
    with openers[how.kind](path, how) as table:
        if not any(table.headings):
            raise _unusable(lazy("第一行要是各列的名字。"))
        yield table


def rows_within(rows: Iterable[Row], headings: Sequence[str]) -> Iterator[Row]:
    """Rows with as many cells as there are headings; empty ones are passed over, what does not fit is named."""
    width = len(headings)
    for row in rows:
        if row.wrong:
            yield row
        elif any(cell not in (None, "") for cell in row.cells):
            yield _fitted(row, width)


def _fitted(row: Row, width: int) -> Row:
    cells = list(row.cells)
    extra = [cell for cell in cells[width:] if cell not in (None, "")]
    if extra:
        wrong = lazy(
            "这一行有 %(n)s 格，第一行只有 %(width)s 列，可能多了分隔符。", n=len(cells), width=width
        )
        return Row(row.line, cells, wrong)
    cells = cells[:width] + [""] * (width - len(cells))
    return Row(row.line, cells, unreadable(cells))


def unreadable(cells: Iterable[Any]) -> Text:
    """What is wrong with the letters of a row, "" when nothing is."""
    for cell in cells:
        if not isinstance(cell, str):
            continue
        if len(cell) > MAX_CELL:
            return lazy("有一格太长：%(n)s 个字，最多 %(most)s 个。", n=len(cell), most=MAX_CELL)
        if "\0" in cell:
            return lazy("这一行里有看不见的 NUL 字符。")
        if _STRAY.search(cell):
            return lazy("这一行有读不出的字，编码和文件的其余部分不一样。")
    return ""


# --- text ---------------------------------------------------------------------------------------------------------


@contextmanager
def _lines(path: Path, encoding: str, table: Table) -> Iterator[Iterator[tuple[int, str]]]:
    """Physical lines with their numbers; of an endless line only its beginning."""
    if encoding not in encodings.ENCODINGS:
        raise Invalid({"encoding": lazy("没有“%(name)s”这种编码，请从列表里选。", name=encoding)})
    table.size = path.stat().st_size
    with path.open("rb") as raw, TextIOWrapper(raw, encoding, errors="replace", newline="") as text:
        yield _numbered(text, raw, table)


def _numbered(text: IO[str], raw: IO[bytes], table: Table) -> Iterator[tuple[int, str]]:
    number = 0
    while line := text.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE and not line.endswith(("\n", "\r")):
            while len(rest := text.readline(MAX_LINE)) == MAX_LINE and not rest.endswith(("\n", "\r")):
                pass
        table.done = raw.tell()
        yield number, line


@contextmanager
def _open_csv(path: Path, how: Format) -> Iterator[Table]:
    if how.delimiter not in DELIMITERS:
        raise Invalid({"delimiter": lazy("没有这种分隔符，请从列表里选。")})
    table = Table([], iter(()))
    with _lines(path, how.encoding, table) as lines:
        rows = _csv_rows(lines, how.delimiter)
        table.headings = _headings(next(rows, Row(1, [])))
        table.rows = rows_within(rows, table.headings)
        yield table


def _headings(row: Row) -> list[str]:
    """The names of the columns: without blanks around them, none twice."""
    if row.wrong or unreadable(row.cells):
        raise _unusable(lazy("第一行读不出：%(why)s", why=row.wrong or unreadable(row.cells)))
    names: list[str] = []
    for cell in row.cells[:MAX_COLUMNS]:
        name = str(cell if cell is not None else "").strip()[:80]
        while name and name in names:
            name += "*"
        names.append(name)
    while names and not names[-1]:
        names.pop()
    return names


def _csv_rows(lines: Iterator[tuple[int, str]], delimiter: str) -> Iterator[Row]:
    """Rows, quoted cells over several lines put together; a quote that is never closed costs its own line only."""
    waiting: deque[tuple[int, str]] = deque()
    width = 0

    def take() -> tuple[int, str] | None:
        return waiting.popleft() if waiting else next(lines, None)

    while (line := take()) is not None:
        number, text = line
        if len(text) >= MAX_LINE:
            yield Row(number, [text[:200]], lazy("这一行太长，超过 %(n)s 个字。", n=MAX_LINE))
            continue
        cells = _parse(text, delimiter)
        joined: list[tuple[int, str]] = []
        if cells is None:
            joined, cells = _joined(text, take, delimiter)
            # Two broken lines can look like one whole: only if it has all its cells it is one.
            cells = cells if cells and width in (0, len(cells)) else None
        if cells is not None:
            width = width or len(cells)
            yield Row(number, cells)
        else:
            waiting.extendleft(reversed(joined))
            yield Row(number, [text.rstrip("\r\n")[:2000]], lazy("引号不成对，这一行拆不成格。"))


def _joined(text: str, take: Any, delimiter: str) -> tuple[list[tuple[int, str]], list[str] | None]:
    """The lines that follow ``text`` until its quoted cell is closed, and the cells of all of them, if it ever is."""
    following: list[tuple[int, str]] = []
    whole = [text]
    while len(following) < MAX_JOINED and (line := take()) is not None:
        following.append(line)
        whole.append(line[1])
        if '"' in line[1]:
            cells = _parse("".join(whole), delimiter)
            if cells is not None or sum(map(len, whole)) > MAX_LINE:
                return following, cells
    return following, None


def _parse(text: str, delimiter: str) -> list[str] | None:
    """The cells of one record; None when its quotes do not match."""
    text = text.removesuffix("\n").removesuffix("\r")
    if '"' not in text:
        return text.split(delimiter)
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None


@contextmanager
def _open_json(path: Path, how: Format) -> Iterator[Table]:
    """Objects, one a line; the keys of the first twenty are the columns."""
    with _lines(path, how.encoding, Table([], iter(()))) as lines:
        first = [_object(text) for _number, (_n, text) in zip(range(20), lines, strict=False)]
    names = dict.fromkeys(
        name[:80] for values in first if values for name in values if not unreadable([name])
    )
    table = Table(list(names)[:MAX_COLUMNS], iter(()))
    with _lines(path, how.encoding, table) as lines:
        table.rows = rows_within(_json_rows(lines, table.headings), table.headings)
        yield table


def _json_rows(lines: Iterator[tuple[int, str]], headings: list[str]) -> Iterator[Row]:
    for number, text in lines:
        if not text.strip():
            continue
        values = _object(text)
        if len(text) >= MAX_LINE or values is None:
            yield Row(number, [text[:2000]], lazy("这一行不是一个 JSON 对象。"))
        else:
            yield Row(number, [_flat(values.get(name)) for name in headings])


def _flat(value: Any) -> Any:
    """A list or an object as its text."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _object(text: str) -> dict[str, Any] | None:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None


# --- workbooks ----------------------------------------------------------------------------------------------------


@contextmanager
def _book(path: Path) -> Iterator[Any]:
    """The workbook, streamed; a file that would unpack to too much, or is damaged, is refused before it is read."""
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise _damaged() from None
    strings = sum(size for name, size in sizes.items() if "worksheets/" not in name)
    if len(sizes) > 2000 or sum(sizes.values()) > MAX_SHEET or strings > MAX_STRINGS:
        raise _unusable(lazy("这个工作簿展开后太大，请另存为 .csv 再传。"))
    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except Exception:  # noqa: BLE001  # openpyxl raises whatever a damaged file leads to
        raise _damaged() from None
    try:
        yield book
    finally:
        book.close()


def _damaged() -> Invalid:
    return _unusable(lazy("这个 .xlsx 打不开，可能没有传完整，或不是表格。"))


@contextmanager
def _open_sheet(path: Path, how: Format) -> Iterator[Table]:
    with _book(path) as book:
        if how.sheet not in book.sheetnames:
            raise Invalid({"sheet": lazy("没有“%(name)s”这个工作表。", name=how.sheet)})
        sheet = book[how.sheet]
        table = Table([], iter(()), size=sheet.max_row or 0)
        # Some programs write a size that is too small: only an estimate, never where to stop.
        sheet.reset_dimensions()
        rows = _sheet_rows(sheet, table)
        table.headings = _headings(next(rows, Row(1, [])))
        table.rows = rows_within(rows, table.headings)
        yield table


def _sheet_rows(sheet: Any, table: Table) -> Iterator[Row]:
    try:
        for number, values in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True), 1):
            table.done = number
            cells = [plain(value) for value in values]
            while cells and cells[-1] == "":
                cells.pop()
            yield Row(number, cells)
    except Invalid:
        raise
    except Exception:  # noqa: BLE001  # as above: what is damaged shows while it is read
        raise _damaged() from None


def plain(value: Any) -> str:
    """A sheet's cell as text: whole numbers without a point, days as 2026-10-31."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
