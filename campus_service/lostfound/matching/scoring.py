"""How likely two reports are one thing: what agrees and what contradicts, weighed; symmetric and pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from campus_service.lostfound.matching import lexicon
from campus_service.lostfound.matching.features import Features, Values

N = TypeVar("N", int, float)

# How much each piece of evidence says, in log odds. "+" agrees, "-" contradicts; strength 0 to 1 multiplies it.
PRIOR: dict[str, float] = {
    "words+": 9.0,
    "shared+": 4.0,
    "grams+": 7.0,
    "category-": -1.5,
    "colour+": 0.9,
    "colour-": -2.2,
    "brand+": 1.2,
    "brand-": -2.5,
    "thing+": 0.8,
    "thing-": -2.0,
    "model+": 1.2,
    "model-": -2.4,
    "count+": 0.9,
    "count-": -2.2,
    "size+": 0.9,
    "size-": -2.0,
    "motif+": 1.4,
    "motif-": -1.8,
    "pattern+": 0.6,
    "pattern-": -1.0,
    "shape+": 0.5,
    "shape-": -1.2,
    "material+": 0.4,
    "material-": -0.7,
    "sex+": 0.3,
    "sex-": -1.5,
    "age+": 0.2,
    "age-": -0.6,
    "side+": 0.6,
    "side-": -2.5,
    "wire+": 0.3,
    "wire-": -1.8,
    "part+": 0.5,
    "part-": -1.2,
    "surname+": 1.5,
    "surname-": -2.5,
    "title+": 1.5,
    "title-": -1.5,
    "place+": 1.6,
    "place-": -1.3,
    "floor+": 0.6,
    "floor-": -0.5,
    "room+": 1.2,
    "room-": -0.5,
    "spot+": 1.5,
    "day+": 1.2,
    "day-": -2.5,
    # Photos are second: they sort what words have found.
    "photo+": 1.0,
    "photo-": -0.7,
}
BASE = -6.5
# Told is a pair that is the likeliest for both sides, within this much of the best.
TIE = 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for or against; ``ours`` and ``theirs`` are what the two sides say."""

    key: str
    strength: float
    ours: tuple[str, ...] = ()
    theirs: tuple[str, ...] = ()


class Corpus:
    """How common each term is among all reports: a shared rare word says more than a shared common one."""

    def __init__(self, size: int = 0, counts: Mapping[str, int] | None = None) -> None:
        whole = math.log(size + 60)
        rarities = {term: (whole - math.log(count + 1)) / whole for term, count in (counts or {}).items()}
        self._squares = {term: max(0.0, rarity) ** 2 for term, rarity in rarities.items()}

    def square(self, term: str) -> float:
        """How rare a term is, squared: between 0 (every report says it) and 1 (nobody did yet)."""
        return self._squares.get(term, 1.0)

    def weight(self, terms: Iterable[str]) -> float:
        """The sum of the squares."""
        known = self._squares.get
        return sum([known(term, 1.0) for term in terms])


FULL = 8.0
# So many reports are read to learn which words are common.
SAMPLE = 3000


def corpus_of(reports: Iterable[Features]) -> Corpus:
    """What is common among the first SAMPLE of ``reports``."""
    sample = list(islice(reports, SAMPLE))
    counts = Counter(term for report in sample for term in report.terms | report.words | report.grams)
    return Corpus(len(sample), counts)


def compare(lost: Features, found: Features, corpus: Corpus) -> list[Evidence]:
    """All evidence about the pair, without weights."""
    evidence = [*_texts(lost, found, corpus), *_when_and_where(lost, found, corpus)]
    if lost.category != found.category:
        evidence.append(Evidence("category-", 1.0, (lost.category,), (found.category,)))
    for dimension, judge in _JUDGES.items():
        evidence += judge(dimension, lost, found)
    evidence += _numbers("count", lost.counts, found.counts, _counts_agree)
    evidence += _numbers("size", lost.sizes, found.sizes, _sizes_agree)
    evidence += _sets("model", lost.models, found.models)
    evidence += _titles(lost.titles, found.titles)
    return evidence


def score(evidence: Iterable[Evidence], weights: Mapping[str, float] = PRIOR) -> float:
    """The log odds that the pair is one thing."""
    return BASE + sum(weights.get(one.key, 0.0) * one.strength for one in evidence)


# --- words ------------------------------------------------------------------------------------------------------


def _texts(a: Features, b: Features, corpus: Corpus) -> Iterable[Evidence]:
    mine, theirs = _things_of(a.terms), _things_of(b.terms)
    both = mine & theirs
    shared = corpus.weight(both)
    # Two bare lines are alike at once and say little: they count as if they held FULL rare words.
    whole = math.sqrt(max(FULL, corpus.weight(mine)) * max(FULL, corpus.weight(theirs)))
    yield Evidence("words+", shared / whole, tuple(sorted(both)))
    yield Evidence("shared+", 1 - math.exp(-shared / 3))
    whole = math.sqrt(max(FULL, corpus.weight(a.grams)) * max(FULL, corpus.weight(b.grams)))
    yield Evidence("grams+", corpus.weight(a.grams & b.grams) / whole)


def _things_of(terms: frozenset[str]) -> frozenset[str]:
    return frozenset(term for term in terms if not term.startswith("@"))


# --- looks ------------------------------------------------------------------------------------------------------


def _get(values: Values, dimension: str) -> frozenset[str]:
    return values.get(dimension, frozenset())


def _agree(key: str, strength: float, ours: Iterable[str], theirs: Iterable[str] = ()) -> Evidence:
    return Evidence(f"{key}+", strength, tuple(sorted(ours)), tuple(sorted(theirs)))


def _against(key: str, strength: float, ours: Iterable[str], theirs: Iterable[str]) -> Evidence:
    return Evidence(f"{key}-", strength, tuple(sorted(ours)), tuple(sorted(theirs)))


def _exclusive(dimension: str, a: Features, b: Features) -> Iterable[Evidence]:
    """Values that a thing has one of: shared ones agree, different ones contradict."""
    mine, theirs = _get(a.values, dimension), _get(b.values, dimension)
    if mine & theirs:
        yield _agree(dimension, 1.0, mine & theirs)
    elif mine and theirs:
        yield _against(dimension, 1.0, mine, theirs)


def _headed(dimension: str, a: Features, b: Features) -> Iterable[Evidence]:
    """As the title names it: agreement of what the titles say counts whole, of what is said in passing half."""
    mine, theirs = _get(a.values, dimension), _get(b.values, dimension)
    if not (mine and theirs):
        return
    my_head, their_head = _get(a.heads, dimension) or mine, _get(b.heads, dimension) or theirs
    if my_head & their_head:
        yield _agree(dimension, 1.0, my_head & their_head)
    elif (my_head & theirs) or (mine & their_head):
        yield _agree(dimension, 0.6, (my_head & theirs) | (mine & their_head))
    elif not mine & theirs:
        yield _against(dimension, 1.0, my_head, their_head)


def _colours(dimension: str, a: Features, b: Features) -> Iterable[Evidence]:
    mine, theirs = _get(a.values, dimension), _get(b.values, dimension)
    if not (mine and theirs):
        return
    both = mine & theirs
    if both:
        # Two things with two colours each say more when both are the same.
        yield _agree(dimension, len(both) / min(len(mine), len(theirs)), both)
        ours, others = _get(a.heads, dimension), _get(b.heads, dimension)
        if not _near(ours or mine, others or theirs):
            # The same colours, but of other parts; where a title names none, one may just not have mentioned it.
            yield _against(dimension, 0.5 if ours and others else 0.25, ours or mine, others or theirs)
    elif _near(mine, theirs):
        yield _agree(dimension, 0.3, mine, theirs)
    else:
        yield _against(dimension, 1.0, mine, theirs)


def _near(mine: Iterable[str], theirs: frozenset[str]) -> bool:
    return any(one == other or lexicon.near(one, other) for one in mine for other in theirs)


def _parts(dimension: str, a: Features, b: Features) -> Iterable[Evidence]:
    """What hangs or sticks on a thing: one says it has it, the other that it has not."""
    mine, theirs = _get(a.values, dimension), _get(b.values, dimension)
    missing = (mine & _get(b.values, "lacks")) | (theirs & _get(a.values, "lacks"))
    if mine & theirs:
        yield _agree(dimension, min(1.0, len(mine & theirs) / 2), mine & theirs)
    if missing:
        yield _against(dimension, 1.0, missing & mine, missing & theirs)


_JUDGES: dict[str, Callable[[str, Features, Features], Iterable[Evidence]]] = {
    "colour": _colours,
    "brand": _exclusive,
    "thing": _headed,
    "motif": _exclusive,
    "pattern": _exclusive,
    "shape": _exclusive,
    "material": _exclusive,
    "sex": _exclusive,
    "age": _exclusive,
    "surname": _exclusive,
    "side": _exclusive,
    "wire": _exclusive,
    "part": _parts,
}


# --- numbers ----------------------------------------------------------------------------------------------------


def _numbers(
    key: str,
    mine: Mapping[str, frozenset[N]],
    theirs: Mapping[str, frozenset[N]],
    agree: Callable[[frozenset[N], frozenset[N]], bool],
) -> Iterable[Evidence]:
    for unit in sorted(mine.keys() & theirs.keys()):
        ours, others = _written(mine[unit], unit), _written(theirs[unit], unit)
        if not (mine[unit] & theirs[unit] or (unit not in _EXACT and agree(mine[unit], theirs[unit]))):
            yield Evidence(f"{key}-", 1.0, ours, others)
        elif max(mine[unit]) > 1:
            # "One umbrella" on both sides is no news.
            yield Evidence(f"{key}+", 1.0, ours, others)


# A year, a class, a generation is the same or is not.
_EXACT = ("级", "班", "代", "letter")


def _written(numbers: Iterable[float], unit: str) -> tuple[str, ...]:
    return tuple(f"{number:g} {unit}" for number in sorted(numbers))


def _counts_agree(a: frozenset[int], b: frozenset[int]) -> bool:
    """The same number, or parts of the one that make up the other: two big and one small are three."""
    return bool(a & b) or sum(a) in b or sum(b) in a


def _sizes_agree(a: frozenset[float], b: frozenset[float]) -> bool:
    """Sizes are guessed: a tenth more or less is the same."""
    return any(abs(one - other) <= 0.11 * max(one, other) for one in a for other in b)


def _sets(key: str, mine: Values, theirs: Values) -> Iterable[Evidence]:
    for name in sorted(mine.keys() & theirs.keys()):
        ours, others = (tuple(f"{name} {n}" for n in sorted(side[name])) for side in (mine, theirs))
        sign = "+" if mine[name] & theirs[name] else "-"
        yield Evidence(f"{key}{sign}", 1.0, ours, others)


def _titles(mine: frozenset[str], theirs: frozenset[str]) -> Iterable[Evidence]:
    if mine and theirs:
        likest = max(_alike(one, other) for one in mine for other in theirs)
        key = "title+" if likest >= 0.5 else "title-"
        yield Evidence(key, 1.0, tuple(sorted(mine)), tuple(sorted(theirs)))


def _alike(one: str, other: str) -> float:
    """The share of the shorter title's characters that the other has too."""
    a, b = set(one), set(other)
    return len(a & b) / min(len(a), len(b))


# --- place and day ----------------------------------------------------------------------------------------------


def _when_and_where(lost: Features, found: Features, corpus: Corpus) -> Iterable[Evidence]:
    gap = found.day - lost.day
    yield Evidence("day+", _days(gap), (str(gap),))
    if gap < -1 or gap > 21:
        yield Evidence("day-", 1.0 if gap < -1 else min(1.0, (gap - 21) / 60), (str(gap),))
    if lost.area != "other" and lost.area == found.area:
        yield Evidence("place+", 1.0, (lost.area,))
    elif lost.areas & found.areas:
        yield Evidence("place+", 0.7, tuple(sorted(lost.areas & found.areas)))
    elif lost.areas and found.areas:
        yield Evidence("place-", 1.0, (lost.area,), (found.area,))
    rare = max(corpus.weight(lost.spot_words & found.words), corpus.weight(found.spot_words & lost.words))
    yield Evidence("spot+", 1 - math.exp(-rare))
    if not lost.areas or not found.areas or lost.areas & found.areas:
        for kind in ("floor", "room"):
            yield from _sets(kind, _only(lost.spots, kind), _only(found.spots, kind))


def _only(values: Values, name: str) -> Values:
    return {name: values[name]} if name in values else {}


def _days(gap: int) -> float:
    """1 on the same day, less with every day; things are found after they were lost."""
    if gap < 0:
        return 0.4 if gap == -1 else 0.0
    return 1.0 / (1.0 + gap / 4)
