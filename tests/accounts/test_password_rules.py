"""Which passwords are refused, and that the reader hears why."""

from __future__ import annotations

import pytest
from flask import Flask

from campus_service.accounts.password_rules import _common, why_refused

ME = ("2026110001", "林小满", "lin.xiaoman@campus.test", "lin.xiaoman")


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("", "现在有 0 个"),
        ("a1b2c3d", "现在有 7 个"),
        ("x" * 129, "最多 128 个字符"),
        ("password", "太常见"),
        ("PassWord1", "太常见"),
        ("woaini1314", "太常见"),
        ("ｐａｓｓｗｏｒｄ", "太常见"),
        ("1212121212", "2 种字符"),
        ("23456789", "按顺序"),
        ("uiopasdfghj", "键盘"),
        ("ijklmnopq", "按顺序"),
        ("20040917", "像一个日期"),
        ("2026110001", "2026110001"),
        ("林小满林小满林小满", "3 种字符"),
        ("lin.xiaoman99", "lin.xiaoman"),
        ("Campus1!campus", "campus"),
    ],
)
def test_a_guessable_password_is_refused_with_its_reason(app: Flask, password: str, words: str) -> None:
    assert words in str(why_refused(password, ME))


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery 7",
        "四个不相干的词语",
        "lin.xiaoman walks far",
        "q7#Lw0!z",
        "x" * 10 + "abcd" + "y" * 114,
    ],
)
def test_others_are_accepted_without_a_rule_on_kinds_of_characters(app: Flask, password: str) -> None:
    assert why_refused(password, ME) is None


def test_more_than_three_thousand_common_ones_are_known(app: Flask) -> None:
    assert len(_common()) >= 6000
    assert all(why_refused(password) is not None for password in sorted(_common())[::50])
