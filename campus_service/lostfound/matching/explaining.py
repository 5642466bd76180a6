"""Evidence in words: 同一栋楼，晚一天；数量不同：丢的 3 把，捡到的 2 把."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from campus_service.core.i18n import LazyString, _, language, lazy
from campus_service.core.places import area_label
from campus_service.lostfound.categories import LABELS, Category
from campus_service.lostfound.matching import lexicon
from campus_service.lostfound.matching.scoring import PRIOR, Evidence

# How evidence is kept beside a pair: key, strength, what the lost report says, what the found item says.
Reason = Sequence[Any]
MOST = 6
# A contradiction weaker than this is weighed, but not worth a line.
FAINT = 0.4
# What a loser may read of an item whose details stay closed: class, day and area (domain.md §1).
OPEN_KEYS = ("category", "day", "place")
_HAN = re.compile(r"[\u3400-\u9fff]+")

_NAMES: dict[str, LazyString] = {
    "colour": lazy("颜色"),
    "brand": lazy("品牌"),
    "thing": lazy("东西"),
    "model": lazy("型号"),
    "count": lazy("数量"),
    "size": lazy("大小"),
    "motif": lazy("图案或挂件"),
    "pattern": lazy("花纹"),
    "shape": lazy("样式"),
    "material": lazy("材质"),
    "sex": lazy("男女款"),
    "age": lazy("新旧"),
    "side": lazy("左右"),
    "wire": lazy("有线无线"),
    "surname": lazy("姓"),
    "title": lazy("书名或题字"),
    "floor": lazy("楼层"),
    "room": lazy("房间"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One reason; ``good`` when it speaks for the pair."""

    text: str
    good: bool


def kept(evidence: Iterable[Evidence]) -> list[list[Any]]:
    """Evidence as it is stored with the pair."""
    return [[one.key, round(one.strength, 3), list(one.ours)[:8], list(one.theirs)[:8]] for one in evidence]


def lines(reasons: Iterable[Reason], *, closed: bool) -> list[Line]:
    """What speaks for and against, the weightiest first; ``closed``: class, day and area only."""
    reasons, told = list(reasons), []
    own_lines = {reason[0][:-1] for reason in reasons if reason[0].endswith("+")}
    for reason in sorted(reasons, key=lambda one: -abs(PRIOR.get(one[0], 0.0) * one[1])):
        name, sign = reason[0][:-1], reason[0][-1]
        faint = sign == "-" and reason[1] < FAINT
        text = (
            "" if faint or (closed and name not in OPEN_KEYS) else _text(name, sign == "+", reason, own_lines)
        )
        if text:
            told.append(Line(text, sign == "+"))
    return told[:MOST]


def sentence(reasons: Iterable[Reason], *, closed: bool) -> str:
    """The reasons in one line, for a notice."""
    return _("；").join(line.text for line in lines(reasons, closed=closed)[:4])


def _text(name: str, good: bool, reason: Reason, own_lines: Collection[str]) -> str:
    _key, strength, ours, theirs = reason
    match name:
        case "day":
            # The missing nearness of days is no reason of its own; the gap is told once.
            return _days(int(ours[0])) if ours and (good or int(ours[0]) < -1) else ""
        case "place":
            return _place(good, strength, ours, theirs)
        case "category":
            return _("类别不同：丢的%(lost)s，捡到的%(found)s", lost=_category(ours), found=_category(theirs))
        case "words":
            said = [word for word in ours if _is_said(word) and not _has_line(word, own_lines)]
            return _("都提到%(words)s", words=_("、").join(said[:4])) if said else ""
        case "photo":
            return _("照片看着像") if good else _("照片看着不像")
        case "part":
            return _part(good, ours, theirs)
        case _ if name in _NAMES:
            return _valued(name, good, ours, theirs)
        case _:
            return ""


def _is_said(word: str) -> bool:
    return ":" not in word and not word.startswith("#")


def _has_line(word: str, own_lines: Collection[str]) -> bool:
    """Whether the word only repeats a line such as 颜色一样：黑."""
    return any(dimension in own_lines for found in lexicon.read(word) for dimension, _value in found.values)


def _days(gap: int) -> str:
    if gap == 0:
        return _("同一天")
    if gap == 1:
        return _("晚一天捡到")
    return _("晚 %(n)s 天捡到", n=gap) if gap > 0 else _("捡到的日子还早 %(n)s 天", n=-gap)


def _place(good: bool, strength: float, ours: Sequence[str], theirs: Sequence[str]) -> str:
    if good and strength == 1:
        return _("同一个地方：%(area)s", area=area_label(ours[0]))
    if good:
        return _("都提到%(words)s", words=area_label(ours[0]))
    return _("地方不同：丢在%(lost)s，捡到在%(found)s", lost=area_label(ours[0]), found=area_label(theirs[0]))


def _category(values: Sequence[str]) -> str:
    return str(LABELS[Category(values[0])])


def _part(good: bool, ours: Sequence[str], theirs: Sequence[str]) -> str:
    shown = _values("part", ours or theirs)
    if good:
        return _("都有%(what)s", what=shown)
    return (
        _("丢的有%(what)s，捡到的没有", what=shown) if ours else _("捡到的有%(what)s，丢的没有", what=shown)
    )


def _valued(name: str, good: bool, ours: Sequence[str], theirs: Sequence[str]) -> str:
    what, mine, other = _NAMES[name], _values(name, ours), _values(name, theirs)
    if good:
        return _("%(what)s一样：%(value)s", what=what, value=mine)
    return _("%(what)s不同：丢的%(lost)s，捡到的%(found)s", what=what, lost=mine, found=other)


def _values(name: str, values: Sequence[str]) -> str:
    return _("、").join(filter(None, (_value(name, value) for value in values)))


def _value(name: str, value: str) -> str:
    if name in ("title", "surname"):
        return value
    if name in ("floor", "room"):
        return value.rpartition(" ")[2]
    if name in ("model", "count", "size"):
        # Units are Chinese words: 3 把. Another language is told the number.
        return value if language() == "zh_CN" else _HAN.sub("", value).strip()
    return lexicon.label(name, value) if language() == "zh_CN" else value.replace("_", " ")
