"""What a sub-editor would notice: each hint with its line and words, and silence where nothing is wrong."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus_service.bulletin import checks
from campus_service.bulletin.checks import WEEKDAYS, Hint
from campus_service.bulletin.texts import ArticleText, EventText
from campus_service.core.clock import BEIJING
from campus_service.core.errors import Text

TODAY = date(2026, 9, 1)
FAIR = EventText(
    datetime(2026, 9, 19, 10, tzinfo=BEIJING), datetime(2026, 9, 20, 17, tzinfo=BEIJING), "广场", "校团委"
)
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))
HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=12)


def _nothing(_href: str) -> Text | None:
    return None


def hints(
    body: str,
    *,
    section: str = "tips",
    title: str = "标题",
    event: EventText | None = None,
    today: date = TODAY,
) -> list[Hint]:
    text = ArticleText(section, title, "", "", body, event)
    return checks.check(text, today, {1: "分区图", 2: ""}, _nothing)


def kinds(body: str) -> list[str]:
    return [hint.kind for hint in hints(body)]


def test_a_clean_text_has_no_hints() -> None:
    body = (
        "## 时间地点\n\n招新集市设在广场，9月19日（周六）上午十点开始。用 App 报名，A座、T恤和 5G 都不算错。\n\n"
        "1. 先看[分区图](https://campus.test/a,b?c=1)。\n\n![分区图](image:1)\n\n`x=汉,字`\n\n```\n代码,不看(的)\n```\n\n价格 3.5 元，10:30 见。"
    )
    assert hints(body) == []


@pytest.mark.parametrize("body", ["用App报名", "下载App吧", "关注WeChat公众号", "请看 readme文件"])
def test_a_blank_is_missing_between_chinese_and_latin(body: str) -> None:
    assert set(kinds(body)) == {"blank"}


@pytest.mark.parametrize("body", ["T恤", "A座三楼", "维生素C", "120个摊位", "9月的第3周", "用 App 报名"])
def test_a_letter_that_belongs_to_a_word_and_numbers_stand_close(body: str) -> None:
    assert kinds(body) == []


@pytest.mark.parametrize(
    ("body", "right"),
    [
        ("周六,周日", "，"),
        ("注意:带伞", "："),
        ("好吗?好", "？"),
        ("快来!", "！"),
        ("结束了.", "。"),
        ("等等...", "……"),
        ("活动(室外)", "（"),
        ('他说"好"', "“”"),
    ],
)
def test_punctuation_in_chinese_is_full_width(body: str, right: str) -> None:
    found = hints(body)
    assert {hint.kind for hint in found} == {"punctuation"}
    assert right in str(found[0].text)


def test_punctuation_of_addresses_code_and_english_is_left_alone() -> None:
    assert kinds("见 https://campus.test/a,b;c 或 `git add .`，以及 Hello, world! (really)") == []


def test_a_weekday_that_is_another_is_told_with_the_right_one() -> None:
    (hint,) = hints("第一段\n\n定在9月19日 周日见。", event=FAIR)
    assert (hint.kind, hint.line, hint.words) == ("weekday", 3, "9月19日 周日")
    assert "2026年9月19日是星期六" in str(hint.text)


@pytest.mark.parametrize(
    "words", ["9月19日 周六", "9月19日（星期六）", "9 月 19 日，周六", "2027年9月19日周日", "9月20日礼拜天"]
)
def test_a_weekday_that_is_right_is_passed_over(words: str) -> None:
    assert hints(words, event=FAIR) == []


@given(DAYS, st.integers(-180, 180))
def test_the_right_weekday_of_a_day_half_a_year_around_is_never_a_hint(around: date, away: int) -> None:
    day = around + timedelta(days=away)
    words = f"{day.month}月{day.day}日（周{WEEKDAYS[day.weekday()]}）"
    assert list(checks.days(1, words, around)) == []


@given(DAYS, st.integers(-180, 180), st.integers(1, 6))
def test_every_wrong_weekday_is_one(around: date, away: int, off: int) -> None:
    day = around + timedelta(days=away)
    words = f"{day.month}月{day.day}日周{WEEKDAYS[(day.weekday() + off) % 7]}"
    (hint,) = checks.days(1, f"我们{words}见", around)
    assert (hint.kind, hint.words) == ("weekday", words)


@given(DAYS, DAYS)
def test_a_named_year_counts_and_not_the_nearest(day: date, around: date) -> None:
    assert checks.meant(str(day.year), day.month, day.day, around) == day


@pytest.mark.parametrize("words", ["2月30日", "13月1日", "4月31号", "2027年2月29日"])
def test_a_day_that_does_not_exist_is_told(words: str) -> None:
    assert kinds(f"定在{words}。") == ["day"]


def test_a_leap_day_of_a_year_nearby_is_a_day() -> None:
    assert checks.meant(None, 2, 29, date(2027, 12, 1)) == date(2028, 2, 29)


def test_a_day_long_gone_is_told_where_something_is_announced() -> None:
    assert [hint.kind for hint in hints("定在5月1日。", section="events")] == ["gone"]
    assert hints("去年5月1日的事。", section="tips") == []
    assert hints("8月20日报名截止。", section="events") == []


def test_an_event_in_the_past_is_told() -> None:
    (hint,) = hints("来吧。", event=FAIR, today=date(2026, 9, 21))
    assert (hint.kind, hint.line) == ("gone", 0)
    assert hints("来吧。", event=FAIR, today=date(2026, 9, 20)) == []


def test_a_title_beyond_two_lines_of_a_phone_is_told() -> None:
    assert [hint.kind for hint in hints("", title="招" * 27)] == ["title"]
    assert hints("", title="招" * 26) == []
    assert hints("", title="a" * 52) == []


def test_pictures_without_words_from_elsewhere_or_of_another_article_are_told() -> None:
    found = hints(
        "![](image:2)\n\n![ ](image:9)\n\n![图](https://other.test/x.png)\n\n![](image:1)\n\n![图](image:2)"
    )
    assert [(hint.kind, hint.line) for hint in found] == [("alt", 1), ("picture", 3), ("picture", 5)]


def test_links_are_shown_to_whoever_knows_the_pages() -> None:
    asked = []

    def judge(href: str) -> Text | None:
        asked.append(href)
        return "没有了" if href == "/compass/1/gone" else None

    text = ArticleText(
        "tips", "标题", "", "", "看[上一期](/compass/1/gone)和<https://a.test/>\n\n![图](image:1)", None
    )
    (hint,) = checks.check(text, TODAY, {1: "图"}, judge)
    assert asked == ["/compass/1/gone", "https://a.test/"]
    assert (hint.kind, hint.words, hint.text) == ("link", "上一期", "没有了")


MARKUP = st.text(
    st.sampled_from("汉字，。,.:;!?()[]<>`~*_#-!|\"'\\/ \n\t0129ab月日周三星期年image:http"), max_size=200
)


@given(MARKUP | st.text(max_size=120))
def test_whatever_is_typed_gets_hints_with_a_line_of_the_text_and_words_that_stand_there(body: str) -> None:
    lines = body.split("\n")
    for hint in hints(body, section="events"):
        assert 1 <= hint.line <= len(lines)
        assert str(hint.text)
        if hint.kind != "punctuation" and "\0" not in body:
            assert all(part in lines[hint.line - 1] for part in hint.words.split(" ") if hint.kind == "blank")


@given(st.lists(HAN, min_size=1, max_size=5))
def test_chinese_with_full_width_punctuation_is_never_a_hint(parts: list[str]) -> None:
    assert [hint for hint in hints("，".join(parts) + "。") if hint.kind in ("blank", "punctuation")] == []


@given(HAN, st.text("abcdefgXYZ", min_size=2, max_size=8), HAN)
def test_putting_in_the_blanks_takes_the_hints_away(left: str, word: str, right: str) -> None:
    assert kinds(f"{left}{word}{right}").count("blank") == 1
    assert "blank" not in kinds(f"{left} {word} {right}")
