"""Text → tokens, the same for documents and queries.

Lower-case, full width → half width, traditional → simplified, letters apart from digits (iphone15 = iPhone 15),
then rjieba in search mode (../shared measurements: 40,000 documents a second, 33 MB).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import rjieba

# A query longer than this is cut; whatever is typed, the work stays bounded.
MAX_QUERY = 100
# Before the last character of a word that documents hold.
HEAD = "~"
# Before the code of a document's category among its words.
CATEGORY = "@"
# Guessed words (黑伞, 长伞) hide the known ones in them (伞) from those who ask for these.
HMM = False
_SEAM = re.compile(r"(?<=[a-z])(?=[0-9])|(?<=[0-9])(?=[a-z])")
# The number of a floor, a house, a row; 第一教学楼 and 一食堂 are names.
_ORDINAL = re.compile(
    r"(?<![第一二三四五六七八九十])(?:[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九])(?=[楼层栋号排])"
)
_DIGITS = {digit: value for value, digit in enumerate("一二三四五六七八九", 1)}
_NOT = re.compile(r"[\u3400-\u9fff]不[\u3400-\u9fff]")
_WORD = re.compile(r"[^\W_]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
# Words that every notice has: they find nothing by themselves.
STOP = frozenset(
    [
        *"的了在我是一个和与有吗呢啊把被捡丢到找",
        *"上里下中谁求请只吧",
        *(
            "一个",
            "一件",
            "捡到",
            "丢了",
            "丢失",
            "寻找",
            "请问",
            "有人",
            "有没有",
            "看到",
            "帮忙",
            "失主",
            "我的",
            *(f"一{measure}" for measure in "只副把张台本支条部串双顶块枚套"),
            "还有",
            "以及",
            "不见了",
            "落在",
            "忘在",
        ),
        *("the", "a", "an", "of", "my", "i", "lost", "found"),
    ]
)


@cache
def _table() -> dict[int, str]:
    """Traditional → simplified, character by character."""
    lines = files("opencc").joinpath("dictionary/TSCharacters.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if "\t" in line)
    return {ord(old): new.split(" ")[0] for old, new in pairs if len(old) == 1}


def normalise(text: str) -> str:
    """``text`` as it is compared: one case, one width, one script."""
    return unicodedata.normalize("NFKC", text).lower().translate(_table())


def plain(text: str) -> str:
    """``text`` normalised, with floors and houses in figures: 四楼 is 4楼."""
    return _ORDINAL.sub(lambda found: str(_figure(found.group())), normalise(text))


def _figure(word: str) -> int:
    """三 → 3, 十一 → 11, 二十 → 20."""
    tens, sign, ones = word.rpartition("十")
    if not sign:
        return _DIGITS.get(word, 0)
    return _DIGITS.get(tens, 1) * 10 + _DIGITS.get(ones, 0)


def load_words(words: frozenset[str]) -> None:
    """Teach the tokeniser words that it must keep whole."""
    for word in words:
        if _HAN.search(word):
            rjieba.add_word(word, 20_000, "n")


def seams(text: str) -> set[int]:
    """Where the words of normalised ``text`` begin and end."""
    at, found = 0, {0, *(seam.start() for seam in _SEAM.finditer(text))}
    for part in rjieba.cut(text, HMM):
        at += len(part)
        found.add(at)
    return found


def tokens(text: str) -> list[str]:
    """The tokens of ``text`` in order, repeated ones repeated."""
    words = _words(rjieba.cut_for_search(_SEAM.sub(" ", plain(text)), HMM))
    # The dictionary keeps 灯不亮 whole; who asks for a 灯 means it too.
    return [
        part for word in words for part in ((word, word[0], word[2]) if _NOT.fullmatch(word) else (word,))
    ]


def _words(parts: Iterable[str]) -> list[str]:
    return [word for part in parts for word in _WORD.findall(part)]


def heads(words: Iterable[str]) -> list[str]:
    """What the Chinese words are kinds of, marked: 玻璃杯 is a ~杯."""
    return [HEAD + word[-1] for word in dict.fromkeys(words) if len(word) > 1 and is_han(word)]


def parts(word: str) -> list[str]:
    """What a Chinese compound is put together from, its head last: 近视眼镜 is 近视 and 眼镜, 玻璃杯 is 玻璃 and 杯."""
    if len(word) < 3 or not is_han(word):
        return []
    known = [part for part in rjieba.cut_for_search(word, HMM) if part != word]
    ends = [part for part in known if word.endswith(part)]
    head = max(ends, key=len, default=word[-1])
    return [*rjieba.cut(word[: -len(head)], HMM), head]


def query_tokens(text: str) -> list[str]:
    """The words that a query asks for, whole: a document that holds 保护套 holds its parts as well.

    Without stop words, unless there is nothing else.
    """
    return telling(text) or _whole(text)


def telling(text: str) -> list[str]:
    """As query_tokens(), without stop words in any case."""
    return [token for token in _whole(text) if token not in STOP]


def _whole(text: str) -> list[str]:
    cut = rjieba.cut(_SEAM.sub(" ", plain(text[:MAX_QUERY])), HMM)
    return list(dict.fromkeys(_words(cut)))


def grams(text: str, limit: int = 240) -> list[str]:
    """Single Han characters of ``text``, each once, for the second, looser pass."""
    return list(dict.fromkeys(_HAN.findall(normalise(text[:limit]))))


def is_latin(token: str) -> bool:
    """Whether ``token`` is a word of letters, where a typo can be forgiven."""
    return token.isascii() and token.isalpha()


def is_han(word: str) -> bool:
    """Whether ``word`` is all Chinese characters."""
    return bool(word) and all(_HAN.match(char) for char in word)


def one_typo(word: str, other: str) -> bool:
    """Whether one letter more, less or other makes ``other`` of ``word``."""
    if word == other or abs(len(word) - len(other)) > 1:
        return False
    at = next(
        (at for at, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other))
    )
    mine, its = word[at:], other[at:]
    return mine[1:] == its or mine == its[1:] or mine[1:] == its[1:]
