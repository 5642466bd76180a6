"""The monthly notice as PDF: every row, on as many pages as it takes, each numbered."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from campus_service.lostfound.notice_paper import Row, notice_pdf
from tests.papers import codes, fonts, size, words

DAY = date(2026, 11, 1)
PATH = "/lost-found/notices/2026-10"


def rows(count: int) -> list[Row]:
    return [(f"2610-{n:04}", "衣物", "图书馆", "10月31日") for n in range(count)]


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (40, 2), (400, 13)])
def test_every_row_is_there_and_every_page_is_numbered(app: Flask, count: int, pages: int) -> None:
    pdf = notice_pdf("2026年10月", rows(count), [("收到", count), ("归还", 3)], DAY, PATH).content

    text = words(pdf)
    assert size(pdf) == (pages, 210, 297)
    assert all(no in text for no, *_rest in rows(count))
    assert [f"{page}/{pages}" in text for page in range(1, pages + 1)] == [True] * pages
    assert text.count("捡到的地方") == pages
    assert ("本月没有要公告的物品" in text) == (not count)


def test_it_says_by_which_law_and_where_to_claim(app: Flask) -> None:
    pdf = notice_pdf("2026年10月", rows(1), [("收到", 1234)], DAY, PATH).content

    text = words(pdf)
    for part in (
        "招领公告（2026年10月）",
        "第三百一十五条",
        "第三百一十八条",
        "2026年11月1日",
        "1,234",
        "图书馆总服务台",
        "大学生活动中心一楼，工作日8:00–12:00",
    ):
        assert part in text
    assert codes(pdf) == [f"http://campus.test{PATH}"]
    assert set(fonts(pdf).values()) == {True}


def test_hostile_rows_are_text_and_stay_in_their_columns(app: Flask) -> None:
    hostile: list[Row] = [
        ("2610-0001", '#panic("x") $x$', "W" * 80, "10月31日"),
        ("2610-0002", "🎪", "مفتاح", "，" * 60),
    ]

    text = words(notice_pdf("2026年10月", hostile, [], DAY, PATH).content)

    assert '#panic("x")$x$' in text
    assert text.count("W") == 80


def test_another_row_is_another_notice(app: Flask) -> None:
    first, second = (notice_pdf("2026年10月", rows(n), [], DAY, PATH) for n in (1, 2))

    assert first.key != second.key
    assert first == notice_pdf("2026年10月", rows(1), [], DAY, PATH)
