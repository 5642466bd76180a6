"""One report read into features: what it is, how it looks, how many, where and when. Public text only, pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from campus_service.core.places import AREAS, area_of
from campus_service.lostfound.matching import lexicon
from campus_service.search.analyser import STOP, normalise, tokens
from campus_service.search.synonyms import canonical

Values = Mapping[str, frozenset[str]]

_DIGITS = {
    "零": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "俩": 2,
    "三": 3,
    "仨": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_NUMBER = r"\d{1,4}|[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两俩三仨四五六七八九]{1,2}"
# What is counted: a unit says which numbers of two reports may be compared. 个 counts anything and says nothing.
_COUNTED = re.compile(
    rf"({_NUMBER})\s?(把|张|本|支|块|条|枚|颗|双|副|顶|件|根|片|盒|瓶|册|粒|格|只|枝|卷|keys|cards)"
)
_UNITS = {"keys": "把", "cards": "张", "枝": "支", "册": "本", "根": "条"}
_SIZED = re.compile(
    rf"(\d{{1,5}}(?:\.\d)?|{_NUMBER})\s?(万?)(ml|毫升|升|英寸|寸|gb|tb|g|mah|毫安|码|cm|厘米|mm|毫米|w|瓦|度|级|届|班|代|骨|元|块钱)(?![a-z])"
)
_SIZE_UNITS = {
    "毫升": ("ml", 1.0), "升": ("ml", 1000.0), "寸": ("inch", 1.0), "英寸": ("inch", 1.0), "毫安": ("mah", 1.0), "gb": ("g", 1.0),
    "tb": ("g", 1024.0), "厘米": ("cm", 1.0), "毫米": ("mm", 1.0), "瓦": ("w", 1.0), "届": ("级", 1.0), "块钱": ("元", 1.0),
}  # fmt: skip
# A power bank's size is often said without its unit.
_CAPACITY = re.compile(r"(?<!\d)([12345]0000|5000|\d(?:\.\d)?万)(?!\d|元|块|多?[元块])")
_LETTER_SIZE = re.compile(
    r"(?:[码号款]|尺码)[是为:]?\s?(xs|s|m|l|x{1,3}l|\dxl)(?![a-z])|(?<![a-z\d])(xs|s|m|l|x{1,3}l|\dxl)\s?[码号]"
)
_MODEL = re.compile(
    r"([a-z]{1,9}|小米|红米|荣耀|一加|华为)\s?(\d{1,3})(?![\da-z.])(?!\s?(?:楼|层|栋|号|ml|毫升|寸|把|张|块|元|g|码))"
)
_CODE = re.compile(r"[a-z]+\d+[a-z\d]*|\d+[a-z]+[a-z\d]*|[a-z]{2,}|(?<![\d.])\d{3,9}(?!\d)")
_TITLED = re.compile(r"[《“\"「]([^》”\"」]{1,30})[》”\"」]")
_SURNAME = re.compile(r"姓(?!名|氏)([\u4e00-\u9fff])")
_SOUND = re.compile("完好|完整|全新|崭新|无损")
_DAMAGE = frozenset(("crack", "scratch", "broken", "paint", "tape", "rust"))
_FLOOR = re.compile(rf"({_NUMBER})\s?(?:楼|层|f(?![a-z]))")
_HOUSE = re.compile(rf"({_NUMBER})\s?(?:栋|号楼|舍|幢)")
_ROOM = re.compile(r"(?<![\d.])([a-f]?\d{3,4})(?![\d.]|ml|毫|级|届|元|块|mah|g|页|年)")
_HAN_RUN = re.compile(r"[\u3400-\u9fff]{2,}")
_PLACES = re.compile("|".join(sorted({word for area in AREAS for word in area.words}, key=len, reverse=True)))


@dataclass(frozen=True, slots=True)
class Text:
    """The public words of a report, and its day: all that matching may look at."""

    title: str
    description: str
    category: str
    place: str
    day: date


@dataclass(frozen=True, slots=True)
class Features:
    """What a report says, made comparable. ``heads`` are the values that its title names: the thing itself."""

    category: str
    day: int
    area: str
    areas: frozenset[str]
    spots: Values
    values: Values
    heads: Values
    counts: Mapping[str, frozenset[int]]
    sizes: Mapping[str, frozenset[float]]
    models: Values
    titles: frozenset[str]
    terms: frozenset[str]
    words: frozenset[str]
    spot_words: frozenset[str]
    grams: frozenset[str]


@lru_cache(maxsize=5_000)
def read(text: Text) -> Features:
    """The features of one report."""
    title, description, place = normalise(text.title), normalise(text.description), normalise(text.place)
    body = f"{title}。{description}"
    heads, values = _values(title), _values(body)
    if _SOUND.search(body):
        values["lacks"] = values.get("lacks", frozenset()) | _DAMAGE
    surnames = frozenset(_SURNAME.findall(body))
    if surnames:
        values["surname"] = surnames
    sizes = _sizes(body)
    spots = _spots(description) | _spots(place)
    areas = frozenset({area_of(text.place), *_areas(body)}) - {"other"}
    spot_words = _words(_PLACES.sub(" ", place))
    plain = _PLACES.sub(" ", body)
    return Features(
        category=text.category,
        day=text.day.toordinal(),
        area=area_of(text.place),
        areas=areas,
        spots=spots,
        values=values,
        heads=heads,
        counts=_counts(body),
        sizes=sizes,
        models=_models(body),
        titles=frozenset(found.strip() for found in _TITLED.findall(body)),
        terms=_words(plain) | _marks(plain, values, areas, spots),
        words=_words(plain) | spot_words,
        spot_words=spot_words,
        grams=_grams(plain),
    )


def _values(text: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for word in lexicon.read(text):
        for dimension, value in word.values:
            if dimension != "skip" and not word.denied:
                found.setdefault(dimension, set()).add(value)
            elif dimension == "part":
                found.setdefault("lacks", set()).add(value)
    return {dimension: frozenset(values) for dimension, values in found.items()}


def numbers(text: str) -> list[int]:
    """The number that ``text`` writes; two digits side by side (四五) are either."""
    if text.isdecimal():
        return [int(text)]
    if "十" in text:
        tens, _, ones = text.partition("十")
        return [10 * _DIGITS.get(tens, 1) + _DIGITS.get(ones, 0)]
    return [_DIGITS[char] for char in text]


def _counts(text: str) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, unit in _COUNTED.findall(text):
        found.setdefault(_UNITS.get(unit, unit), set()).update(numbers(number))
    return {unit: frozenset(values) for unit, values in found.items()}


def _sizes(text: str) -> dict[str, frozenset[float]]:
    found: dict[str, set[float]] = {}
    for number, many, unit in _SIZED.findall(text):
        values = [float(number)] if number[0].isdecimal() else list(map(float, numbers(number)))
        name, factor = _SIZE_UNITS.get(unit, (unit, 1.0))
        factor *= 10_000 if many else 1
        # 2023级 is 23级.
        whole = 100 if name == "级" else 10**9
        found.setdefault(name, set()).update(value * factor % whole for value in values)
    for number in _CAPACITY.findall(text):
        found.setdefault("mah", set()).add(float(number.rstrip("万")) * (10_000 if "万" in number else 1))
    letters = ["xs", "s", "m", "l", "xl", "xxl", "xxxl"]
    for pair in _LETTER_SIZE.findall(text):
        letter = {"2xl": "xxl", "3xl": "xxxl"}.get("".join(pair), "".join(pair))
        if letter in letters:
            # Far enough apart that neighbours are not the same size.
            found.setdefault("letter", set()).add(10.0 ** letters.index(letter))
    return {unit: frozenset(values) for unit, values in found.items()}


def _models(text: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for name, number in _MODEL.findall(text):
        found.setdefault(name, set()).add(number)
    return {name: frozenset(values) for name, values in found.items()}


def _spots(text: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for kind, pattern in (("floor", _FLOOR), ("house", _HOUSE)):
        for number in pattern.findall(text):
            found.setdefault(kind, set()).update(map(str, numbers(number)))
    for room in _ROOM.findall(text):
        found.setdefault("room", set()).add(room[-3:])
        if "floor" not in found and len(room) == 3:
            found["floor"] = {room[0]}
    return {kind: frozenset(values) for kind, values in found.items()}


def _areas(text: str) -> Iterable[str]:
    return (area_of(word) for word in set(_PLACES.findall(text)))


def _words(text: str) -> frozenset[str]:
    """The words of a text, one for each group of synonyms."""
    words = {canonical(word) for word in tokens(text) if word not in STOP and not word.isdecimal()}
    return frozenset(word for word in words if len(word) > 1)


def _marks(text: str, values: Values, areas: frozenset[str], spots: Values) -> frozenset[str]:
    """Values of the lexicon, codes and places, as terms that candidates are found by."""
    marked = {f"{dimension}:{value}" for dimension, found in values.items() for value in found}
    codes = {f"#{code}" for code in _CODE.findall(text)}
    places = {f"@{area}" for area in areas} | {f"@{kind}{n}" for kind, found in spots.items() for n in found}
    return frozenset(marked | codes | places)


def _grams(text: str) -> frozenset[str]:
    """Pairs of neighbouring Han characters: what a tokeniser cuts differently still meets here."""
    return frozenset(run[at : at + 2] for run in _HAN_RUN.findall(text) for at in range(len(run) - 1))
