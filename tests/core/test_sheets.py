"""Tables for spreadsheet programs: nothing in them can be run."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from campus_service.core.sheets import csv_bytes, safe, xlsx_bytes

FORMULAS = ["=1+1", "+1", "-2", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://evil.example")']


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


def test_numbers_stay_numbers() -> None:
    sheet = load_workbook(io.BytesIO(xlsx_bytes(["n"], [[7], [1.5], [None]]))).active
    assert sheet is not None
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == [7, 1.5, None]


@given(st.lists(st.lists(st.text(max_size=30), min_size=2, max_size=2), max_size=5))
def test_any_text_comes_back_as_a_row_of_cells_that_begin_no_formula(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(csv_bytes(["a", "b"], rows).decode("utf-8-sig"))))
    assert len(read) == len(rows) + 1
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in read for cell in row)
