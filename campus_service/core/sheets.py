"""Tables for spreadsheet programs: CSV with a byte-order mark, and XLSX; a cell is never a formula (ASVS 1.2.10)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from flask import Response
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from campus_service.core.clock import to_local
from campus_service.core.errors import NotFound

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What spreadsheet programs take for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

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
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_bytes(head: Row, rows: Iterable[Row]) -> bytes:
    """A CSV file that Excel opens in UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([safe(value) for value in head])
    writer.writerows([safe(value) for value in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def xlsx_bytes(head: Row, rows: Iterable[Row]) -> bytes:
    """An XLSX file with one sheet; its rows are written one by one, memory does not hold them all."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("data")
    for row in (head, *rows):
        cells = []
        for value in map(safe, row):
            cell = WriteOnlyCell(sheet, value=value)
            if isinstance(value, str):
                cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def download(name: str, kind: str, head: Row, rows: Iterable[Row]) -> Response:
    """The table as a file; raises NotFound for another kind than csv and xlsx."""
    makers = {"csv": (csv_bytes, CSV_TYPE), "xlsx": (xlsx_bytes, XLSX_TYPE)}
    if kind not in makers:
        raise NotFound()
    make, type = makers[kind]
    response = Response(make(head, rows), content_type=type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response
