"""Tables for spreadsheet programs: nothing in them can be run."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from campus_service.core.sheets import csv_bytes, csv_parts, safe, xlsx_bytes

FORMULAS = [
    "=1+1",
    "+1",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM",
    "\u3000=1",
    '=HYPERLINK("http://evil.example")',
]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_a_text(text: str) -> None:
    assert str(safe(text)).startswith("'") or not str(safe(text)).startswith(("=", "+", "-", "@"))
    sheet = load_workbook(io.BytesIO(xlsx_bytes(["a"], [[text]]))).active
    assert sheet is not None
    assert sheet["A2"].data_type == "s"


def test_excel_sees_that_the_csv_is_utf_8() -> None:
    data = csv_bytes(["部门"], [["后勤处"]])
    assert data.startswith(b"\xef\xbb\xbf")
    assert "后勤处" in data.decode("utf-8-sig")


def test_moments_are_in_beijing_time() -> None:
    assert safe(datetime(2026, 11, 1, 16, 5, tzinfo=UTC)) == "2026-11-02 00:05"


def test_a_workbook_has_real_days_and_moments() -> None:
    moment = datetime(2026, 11, 1, 16, 5, tzinfo=UTC)
    sheet = load_workbook(io.BytesIO(xlsx_bytes(["d", "m"], [[date(2026, 11, 1), moment]]))).active
    assert sheet is not None
    assert sheet["A2"].is_date
    assert sheet["A2"].value == datetime(2026, 11, 1)  # noqa: DTZ001  # spreadsheets know no zones
    assert sheet["B2"].value == datetime(2026, 11, 2, 0, 5)  # noqa: DTZ001


def test_a_table_is_written_while_its_rows_are_read() -> None:
    read = []

    def rows() -> Iterator[list[str]]:
        for n in range(5_000):
            read.append(n)
            yield ["一行不短的文字" * 4]

    parts = csv_parts(["a"], rows())
    next(parts)
    assert 0 < len(read) < 5_000


def test_numbers_stay_numbers() -> None:
    sheet = load_workbook(io.BytesIO(xlsx_bytes(["n"], [[7], [1.5], [None]]))).active
    assert sheet is not None
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == [7, 1.5, None]


BEGINNINGS = st.sampled_from(
    ["", "=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", " ", "\u3000"]
)
CELLS = st.builds("".join, st.tuples(BEGINNINGS, BEGINNINGS, st.text(max_size=20)))


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=5))
def test_any_text_comes_back_as_a_row_of_cells_that_begin_no_formula(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(csv_bytes(["a", "b"], rows).decode("utf-8-sig"), newline="")))
    assert len(read) == len(rows) + 1
    for cell in (cell for row in read for cell in row):
        # A spreadsheet drops white space, and takes full-width signs for the plain ones.
        assert not unicodedata.normalize("NFKC", cell).lstrip().startswith(("=", "+", "-", "@"))
