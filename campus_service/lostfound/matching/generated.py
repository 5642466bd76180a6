"""Reports that nobody wrote: other people's things to lose a real pair among, for evaluation and figures."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from campus_service.lostfound.categories import Category
from campus_service.lostfound.matching.features import Text
from campus_service.lostfound.states import Kind


@cache
def _tables() -> dict[str, list[str]]:
    text = (
        files("campus_service.lostfound.matching").joinpath("data/everyday.txt").read_text(encoding="utf-8")
    )
    lines = (line.partition(": ") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: words.split("|") for name, _, words in lines}


def texts(count: int, first: date, last: date, seed: int = 7) -> Iterator[tuple[Kind, Text]]:
    """``count`` reports of things lost and found in turn, from ``first`` to ``last``; the same seed, the same reports."""
    dice = random.Random(seed)  # noqa: S311  # chance is no secret here
    for number in range(count):
        yield _one(dice, Kind.FOUND if number % 2 else Kind.LOST, first, (last - first).days)


def everyday(count: int = 600) -> Iterator[Text]:
    """What everybody writes: a site with few reports learns from it which words are common."""
    day = date(2026, 1, 1)
    return (text for _kind, text in texts(count, day, day))


def _one(dice: random.Random, kind: Kind, first: date, days: int) -> tuple[Kind, Text]:
    tables = _tables()
    category = dice.choice(list(Category)).value

    def fill(name: str, **words: str) -> str:
        return dice.choice(tables[name]).format(
            c=dice.choice(tables["colour"]),
            b=dice.choice(tables.get(f"{category}.brands", [""])),
            n=dice.randint(2, 9),
            r=dice.randint(101, 509),
            spot=dice.choice(tables["spot"]),
            **words,
        )

    place, thing = fill("place"), fill(category)
    title = fill(kind.value, thing=thing, place=place)
    extras = "，".join(fill("extra") for _ in range(dice.randint(1, 3)))
    day = first + timedelta(days=dice.randint(0, days))
    return kind, Text(title, f"{fill('where')}，{extras}", category, place, day)
