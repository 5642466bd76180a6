"""Tables for spreadsheet programs: CSV with a byte-order mark, and XLSX; a cell is never a formula (ASVS 1.2.10).

Rows go out one by one: CSV as it is written, XLSX by way of a temporary file. Neither holds a table in memory.
"""

from __future__ import annotations

import csv
import io
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import IO, Any

from flask import Response, stream_with_context
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from campus_service.core.clock import to_local
from campus_service.core.errors import NotFound

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = ("csv", "xlsx")
# What spreadsheet programs take for the beginning of a formula, and white space that some drop before they look.
_FORMULA, _WHITE = ("=", "+", "-", "@"), ("\t", "\r", "\n")
# Of a CSV file, so many letters are sent at once; of an XLSX file, so many bytes.
_PIECE = 64 * 1024
# A cell of Excel holds no more.
_LONGEST = 32_767

Row = Sequence[Any]


def safe(value: Any) -> Any:
    """A cell's value as it is shown: moments in Beijing time, and no text that could be run."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return to_local(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    text = "".join(char for char in str(value) if char in "\n\t" or char.isprintable())
    return f"'{text}" if text.startswith(_WHITE) or _begins_formula(text) else text


def _begins_formula(text: str) -> bool:
    """Also by a full-width sign (＝), which some programs fold to the plain one."""
    return unicodedata.normalize("NFKC", text.lstrip()[:1]) in _FORMULA


def csv_parts(head: Row, rows: Iterable[Row]) -> Iterator[bytes]:
    """A CSV file that Excel opens in UTF-8, in pieces."""
    out = io.StringIO("\ufeff")
    out.seek(0, io.SEEK_END)
    writer = csv.writer(out)
    writer.writerow([safe(value) for value in head])
    for row in rows:
        writer.writerow([safe(value) for value in row])
        if out.tell() > _PIECE:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def csv_bytes(head: Row, rows: Iterable[Row]) -> bytes:
    """The CSV file as a whole."""
    return b"".join(csv_parts(head, rows))


def xlsx_file(head: Row, rows: Iterable[Row]) -> IO[bytes]:
    """An XLSX file with one sheet, open at its beginning: days, moments and numbers are real ones."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("data")
    sheet.append([_cell(sheet, value) for value in head])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    out = tempfile.TemporaryFile()  # noqa: SIM115  # it lives until the last piece was sent
    book.save(out)
    out.seek(0)
    return out


def _cell(sheet: Any, value: Any) -> Any:
    if isinstance(value, datetime):
        return _dated(sheet, to_local(value).replace(tzinfo=None, microsecond=0), "yyyy-mm-dd hh:mm")
    if isinstance(value, date):
        return _dated(sheet, datetime(value.year, value.month, value.day), "yyyy-mm-dd")  # noqa: DTZ001  # a day
    shown = safe(value)
    if not isinstance(shown, str):
        return shown
    cell = WriteOnlyCell(sheet, value=shown[:_LONGEST])
    cell.data_type = "s"
    return cell


def _dated(sheet: Any, value: datetime, shape: str) -> Any:
    cell = WriteOnlyCell(sheet, value=value)
    cell.number_format = shape
    return cell


def xlsx_bytes(head: Row, rows: Iterable[Row]) -> bytes:
    """The XLSX file as a whole."""
    with xlsx_file(head, rows) as file:
        return file.read()


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece


def download(name: str, kind: str, head: Row, rows: Iterable[Row]) -> Response:
    """The table as a file; raises NotFound for another kind than csv and xlsx."""
    if kind == "csv":
        body, type = stream_with_context(csv_parts(head, rows)), CSV_TYPE
    elif kind == "xlsx":
        body, type = _pieces(xlsx_file(head, rows)), XLSX_TYPE
    else:
        raise NotFound()
    response = Response(body, content_type=type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response
