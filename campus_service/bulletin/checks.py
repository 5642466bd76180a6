"""What an attentive sub-editor would notice in a Chinese text. Pure: hints with their line and words, never a refusal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from campus_service.bulletin.texts import ArticleText
from campus_service.core.clock import to_local
from campus_service.core.errors import Text
from campus_service.core.i18n import lazy

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# Longer than two lines of a card on a phone; a Latin letter is half as wide as a 汉字.
TITLE_WIDTH = 26
# A text about things to come that names a day so long ago was most likely copied from last year's.
LONG_GONE = timedelta(days=30)
WEEKDAYS = "一二三四五六日"
# What a hint quotes on each side of the spot.
AROUND = 6


@dataclass(frozen=True, slots=True)
class Hint:
    """Something to look at: ``line`` of the body from 1 (0: title or event), the ``words`` there, and what to do."""

    kind: str
    line: int
    words: str
    text: Text


#: What is wrong with an address of a link, or None; who knows the site's pages says so.
Judge = Callable[[str], Text | None]


def check(text: ArticleText, today: date, alts: Mapping[int, str], judge: Judge) -> list[Hint]:
    """All hints for a text, in the order of its lines.

    ``alts``: the words of the article's pictures by id. ``judge``: says what is wrong with a link's address.
    """
    around = to_local(text.event.starts_at).date() if text.event else today
    found = [*_title(text.title), *_event(text, today)]
    lines = text.body.split("\n")
    for number, (line, words) in enumerate(zip(lines, _words_alone(lines), strict=True), 1):
        found += _blanks(number, words)
        found += _punctuation(number, words)
        found += days(number, words, around, today if text.section == "events" else None)
        found += _pictures(number, line, alts)
        found += _links(number, line, judge)
    return found


def _title(title: str) -> Iterator[Hint]:
    width = sum(1.0 if ord(letter) > 0x2E7F else 0.5 for letter in title)
    if width > TITLE_WIDTH:
        yield Hint(
            "title",
            0,
            title,
            lazy(
                "标题有 %(n)s 个字宽，手机上超过两行；%(most)s 个以内更好读。",
                n=round(width),
                most=TITLE_WIDTH,
            ),
        )


def _event(text: ArticleText, today: date) -> Iterator[Hint]:
    if text.event and to_local(text.event.ends_at).date() < today:
        day = to_local(text.event.ends_at).date()
        words = f"{day.year}年{day.month}月{day.day}日"
        yield Hint("gone", 0, words, lazy("活动的时间已经过去了，看看年份和月份。"))


# --- words without what is no prose -----------------------------------------------------------------------------

_FENCE = re.compile(r"\s{0,3}(```|~~~)")
_NO_PROSE = re.compile(
    r"(`+)(?!`).+?(?<!`)\1(?!`)"  # code
    r"|!\[[^\]]*\]\([^)]*\)"  # pictures
    r"|\]\([^)]*\)"  # where a link leads
    r"|<?https?://[^\s>\u3000-\u303f\uff00-\uffef\u4e00-\u9fff]+>?"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|\[\^[^\]]*\]:?"
)


def _words_alone(lines: list[str]) -> Iterator[str]:
    """Each line with code, addresses and marks blanked out, as long as it was: columns stay what they are."""
    fence = ""
    for line in lines:
        mark = _FENCE.match(line)
        if fence or mark:
            if mark and (not fence or mark.group(1) == fence):
                fence = "" if fence else mark.group(1)
            yield "\0" * len(line)
        else:
            yield _NO_PROSE.sub(lambda found: "\0" * len(found.group()), line)


def _around(line: str, start: int, end: int) -> str:
    return line[max(0, start - AROUND) : end + AROUND].strip("\0 ").replace("\0", " ")


# --- blanks and punctuation -------------------------------------------------------------------------------------

# One letter alone belongs to the Chinese word: T恤, A座, U盘.
_TIGHT = re.compile(rf"(?<=[{HAN}])(?=[A-Za-z]{{2}})|(?<=[A-Za-z]{{2}})(?=[{HAN}])")
_ONE_HAN = re.compile(rf"[{HAN}]")
_HALF = re.compile(
    rf"(?<=[{HAN}])[,;:!?](?!\S*[A-Za-z0-9]\.)|[,;:!?](?=[{HAN}])|(?<=[{HAN}])\.(?![\w.])"
    rf"|\((?=[{HAN}])|(?<=[{HAN}])\((?!\0)|(?<=[{HAN}])\)|(?<=[{HAN}])\.{{2,}}"
    rf"|(?<=[{HAN}])\"|\"(?=[{HAN}])"
)
_FULL = {
    ",": "，",
    ";": "；",
    ":": "：",
    "!": "！",
    "?": "？",
    ".": "。",
    "(": "（",
    ")": "）",
    '"': "“”",
}


def _blanks(number: int, line: str) -> Iterator[Hint]:
    last = -1
    for found in _TIGHT.finditer(line):
        at = found.start()
        # Both ends of one word are one thing to look at.
        same, last = last >= 0 and not _ONE_HAN.search(line, last, at), at
        if same:
            continue
        yield Hint("blank", number, _around(line, at, at), lazy("汉字和英文之间空一格。"))


def _punctuation(number: int, line: str) -> Iterator[Hint]:
    for found in _HALF.finditer(line):
        mark = found.group()
        right = "……" if len(mark) > 1 else _FULL[mark]
        yield Hint(
            "punctuation",
            number,
            _around(line, *found.span()),
            lazy("中文里的 %(half)s 用全角 %(full)s。", half=mark, full=right),
        )


# --- days -------------------------------------------------------------------------------------------------------

_DAY = re.compile(
    r"(?:(?P<year>\d{4})\s?年\s?)?(?<![\d.])(?P<month>\d{1,2})\s?月\s?(?P<day>\d{1,2})\s?[日号]"
    rf"(?:[\s，,、（(]{{0,2}}(?:周|星期|礼拜)(?P<weekday>[{WEEKDAYS}天]))?"
)


def days(number: int, line: str, around: date, upcoming: date | None = None) -> Iterator[Hint]:
    """Hints for the days named in a line.

    A day without a year is meant in the year that brings it nearest to ``around``. With ``upcoming`` (today) days long
    gone are told too.
    """
    for found in _DAY.finditer(line):
        words = found.group()
        day = meant(found["year"], int(found["month"]), int(found["day"]), around)
        if day is None:
            yield Hint("day", number, words, lazy("没有这一天。"))
            continue
        said = found["weekday"]
        if said and WEEKDAYS.index(said.replace("天", "日")) != day.weekday():
            right = WEEKDAYS[day.weekday()]
            yield Hint(
                "weekday",
                number,
                words,
                lazy(
                    "%(year)s年%(month)s月%(day)s日是星期%(right)s。",
                    year=day.year,
                    month=day.month,
                    day=day.day,
                    right=right,
                ),
            )
        if upcoming and day < upcoming - LONG_GONE:
            yield Hint("gone", number, words, lazy("这一天过去很久了，看看是不是从旧稿里带来的。"))


def meant(year: str | None, month: int, day: int, around: date) -> date | None:
    """The day that is meant: of the named year, else the one nearest to ``around``; None when there is none."""
    years = [int(year)] if year else range(around.year - 1, around.year + 2)
    possible = [found for each in years if (found := _date(each, month, day))]
    # 29 February is a day, if not of this year.
    return min(possible, key=lambda each: abs(each - around), default=None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


# --- pictures and links -----------------------------------------------------------------------------------------

_PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]*)[^)]*\)")
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(<?([^)\s>]*)[^)]*\)|<(https?://[^>\s]+)>")
_OWN = re.compile(r"image:(\d{1,9})")


def _pictures(number: int, line: str, alts: Mapping[int, str]) -> Iterator[Hint]:
    for found in _PICTURE.finditer(line):
        own = _OWN.fullmatch(found.group(2))
        if own is None:
            yield Hint(
                "picture",
                number,
                found.group(),
                lazy("别的网站的图片不会显示，请把它存下来，再插到这里。"),
            )
        elif int(own.group(1)) not in alts:
            yield Hint("picture", number, found.group(), lazy("这张图片不在这篇文章里，请重新插入。"))
        elif not (found.group(1).strip() or alts[int(own.group(1))].strip()):
            yield Hint("alt", number, found.group(), lazy("图片没有文字说明，看不见图的读者不知道是什么。"))


def _links(number: int, line: str, judge: Judge) -> Iterator[Hint]:
    for found in _LINK.finditer(line):
        wrong = judge(found.group(2) or found.group(3) or "")
        if wrong:
            yield Hint("link", number, found.group(1) or found.group(3) or found.group(2), wrong)
