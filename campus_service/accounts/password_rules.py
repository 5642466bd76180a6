"""Which passwords are refused and why (ASVS 5.0, 6.2.1 and 6.2.4); no rule asks for kinds of characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from campus_service.core.i18n import LazyString, lazy

SHORTEST = 8
LONGEST = 128
# What must be left of a password once a personal word in it is taken away.
_OWN_PART = 6
_SITE_WORDS = ("campus", "service", "jiangcheng", "江城大学", "校园指南针")
_ROWS = (
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
)
_BIRTHDAY = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")


def normal(password: str) -> str:
    """``password`` as it is checked and hashed: a full-width letter typed by mistake is the plain one."""
    return unicodedata.normalize("NFKC", password)


def why_refused(password: str, personal: Iterable[str] = ()) -> LazyString | None:
    """Why ``password`` is not accepted, or None; ``personal``: number, name, mail of the person."""
    password = normal(password)
    if len(password) < SHORTEST:
        return lazy(
            "至少 %(n)s 个字符，现在有 %(now)s 个。可以用几个不相干的词连起来。",
            n=SHORTEST,
            now=len(password),
        )
    if len(password) > LONGEST:
        return lazy("最多 %(n)s 个字符，现在有 %(now)s 个。", n=LONGEST, now=len(password))
    lower = password.lower()
    if lower in _common():
        return lazy("这个密码太常见，别人会先试它。请换一个，例如几个不相干的词连起来。")
    if len(set(lower)) < 4:
        return lazy("这个密码只有 %(n)s 种字符反复出现，太好猜。请换一个。", n=len(set(lower)))
    if any(lower in row or lower[::-1] in row for row in _ROWS):
        return lazy("这个密码是按顺序或键盘排列的，太好猜。请换一个。")
    if _BIRTHDAY.fullmatch(lower):
        return lazy("这个密码像一个日期，太好猜。请换一个。")
    return _personal(lower, personal)


def _personal(lower: str, personal: Iterable[str]) -> LazyString | None:
    for word in (*personal, *_SITE_WORDS):
        rest = lower.replace(word.lower(), "") if len(word) > 1 else lower
        if rest != lower and len(rest) < _OWN_PART:
            return lazy("这个密码里主要是“%(word)s”，认识你的人会先试它。请换一个。", word=word)
    return None


@cache
def _common() -> frozenset[str]:
    lines = (Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))
