"""What is left of an answer: the words of its writer, whatever program he wrote it with."""

from __future__ import annotations

import pytest
from flask import Flask

from campus_service.core.i18n import LOCALES, force_locale
from campus_service.notifications.mail import MARKER
from campus_service.notifications.quoting import written

WORDS = "谢谢，水龙头修好了。\n可是走廊的灯还是不亮。"
OURS = "—— 请在此行以上回复 ——\n\n3 号楼漏水有新答复\n后勤处：已派人。"
QUOTED = "\n".join(f"> {line}" for line in OURS.split("\n"))

PROGRAMS = {
    "our marker alone": f"{WORDS}\n\n{OURS}",
    "our marker in English": f"{WORDS}\n\n—— Please reply above this line ——\nA new answer",
    "our marker quoted": f"{WORDS}\n\n> —— 请在此行以上回复 ——\nund so weiter",
    "plain quotation": f"{WORDS}\n\n{QUOTED}",
    "Gmail in English": f"{WORDS}\n\nOn Sun, Nov 1, 2026 at 10:00 AM 江城大学校园服务 <noreply@campus.example> wrote:\n\n{QUOTED}",
    "Gmail, broken in two": f"{WORDS}\n\nOn Sun, Nov 1, 2026 at 10:00 AM 江城大学校园服务\n<noreply@campus.example> wrote:\n\n{QUOTED}",
    "Gmail in Chinese": f"{WORDS}\n\n江城大学校园服务 <noreply@campus.example> 于2026年11月1日周日 10:00写道：\n\n{QUOTED}",
    "Apple Mail in Chinese": f"{WORDS}\n\n> 在 2026年11月1日，10:00，江城大学校园服务 <noreply@campus.example> 写道：\n> \n{QUOTED}",
    "Apple Mail, bare": f"{WORDS}\n\n在 2026年11月1日，上午10:00，江城大学校园服务 <noreply@campus.example> 写道：\n\n3 号楼漏水",
    "iPhone": f"{WORDS}\n\n发自我的iPhone\n\n> 在 2026年11月1日，10:00，江城大学 <noreply@campus.example> 写道：\n> \n{QUOTED}",
    "163": f'{WORDS}\n\n\n\n\n\n在 2026-11-01 10:00:00，"江城大学校园服务" <noreply@campus.example> 写道：\n\n3 号楼漏水',
    "163 in English": f'{WORDS}\n\nAt 2026-11-01 10:00:00, "江城大学" <noreply@campus.example> wrote:\n3 号楼漏水',
    "163, master": f"{WORDS}\n---- 回复的原邮件 ----\n| 发件人 | 江城大学 |\n| 日期 | 2026年11月01日 |",
    "QQ": f"{WORDS}\n\n\n------------------ 原始邮件 ------------------\n发件人: \"江城大学校园服务\" <noreply@campus.example>;\n发送时间: 2026年11月1日(星期日) 上午10:00\n收件人: \"林小满\"",
    "QQ on a phone": f"{WORDS}\n\n\n---Original---\nFrom: \"江城大学\"<noreply@campus.example>\nDate: Sun, Nov 1, 2026 10:00 AM",
    "QQ with no-break blanks": f"{WORDS}\n\n\n------------------\xa0原始邮件\xa0------------------\n发件人:",
    "Outlook": f"{WORDS}\n\n-----Original Message-----\nFrom: 江城大学\nSent: Sunday",
    "Outlook in Chinese": f"{WORDS}\n\n-----邮件原件-----\n发件人: 江城大学\n发送时间: 2026年11月1日",
    "Outlook without a line": f"{WORDS}\n\n发件人: 江城大学校园服务 <noreply@campus.example>\n发送时间: 2026年11月1日 10:00\n收件人: 林小满\n主题: 3 号楼漏水",
    "Outlook in English": f"{WORDS}\n\n________________________________\nFrom: Campus <noreply@campus.example>\nSent: Sunday",
    "Outlook on a phone": f"{WORDS}\n\n获取 Outlook for iOS\n________________________________\n发件人: 江城大学",
    "Foxmail": f"{WORDS}\n\n\n发件人： 江城大学校园服务\n发送时间： 2026-11-01 10:00\n收件人： 林小满",
    "bold heads": f"{WORDS}\n\n**From:** Campus\n**Date:** Sunday\n",
    "a signature": f"{WORDS}\n\n-- \n林小满\n计算机学院 2026 级",
    "a signature without its blank": f"{WORDS}\n--\n林小满",
    "a phone's signature": f"{WORDS}\n\n发自我的华为手机",
    "windows line ends": f"{WORDS}\n\n{QUOTED}".replace("\n", "\r\n"),
}  # fmt: skip


@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_only_the_writers_words_are_left(text: str) -> None:
    assert written(text) == WORDS


@pytest.mark.parametrize(
    "text",
    [
        "发件人：我收到一封邮件，发件人是教务处，可我不认识他。",
        "发件人：教务处\n我不认识他。",
        "我在 10:00 写道的那句话，请删掉。",
        "请看 2026 年的通知，里面写道：\n宿舍十一点关门。",
        "一--二\n三 -- 四",
        "发自内心地感谢后勤处的师傅",
        "On Monday it broke again.\nWho will come?",
        "第一段\n\n第二段",
    ],
)
def test_words_that_only_look_like_it_stay(text: str) -> None:
    assert written(text) == text


def test_the_line_before_a_quotation_stays_whatever_stands_in_it() -> None:
    introduction = "江城大学 <noreply@campus.example> 于2026年11月1日周日 10:00写道："
    assert written(f"我的学号是 2026110001\n{introduction}\n> 正文") == "我的学号是 2026110001"
    english = "On Sun, Nov 1, 2026 at 10:00 AM Campus\n<noreply@campus.example> wrote:"
    assert written(f"On Monday at 9:00 it broke\n{english}\n> text") == "On Monday at 9:00 it broke"


def test_answers_between_the_quoted_lines_are_kept() -> None:
    assert written("> 哪一层？\n三楼\n> 哪一间？\n305") == "三楼\n305"


def test_nothing_is_left_of_a_bare_quotation() -> None:
    assert written(QUOTED) == ""
    assert written("") == ""


@pytest.mark.parametrize("locale", LOCALES)
def test_our_marker_is_known_in_every_language(app: Flask, locale: str) -> None:
    with force_locale(locale):
        assert written(f"好的\n{MARKER}\n旧的") == "好的"


def test_hostile_lines_take_no_time() -> None:
    line = "on " + "a:1 @ 10:00 " * 3000
    assert written("\n".join([line] * 60)).startswith("on a:1")
    assert written("-" * 100_000 + "x").startswith("---")
