"""The vocabulary of what tells two like things apart (data/lexicon.txt), and finding it in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from campus_service.search.analyser import normalise

_DENIED = re.compile(r"(?:没有?|无|未|不)(?:任何|带|挂|贴|配)?$")


@dataclass(frozen=True, slots=True)
class Found:
    """One word of the lexicon in a text: its (dimension, value) pairs, and whether the text denies it (没有挂绳)."""

    values: tuple[tuple[str, str], ...]
    denied: bool


@cache
def _lines() -> tuple[tuple[tuple[str, str], list[str]], ...]:
    """(dimension, value) and its words, line by line."""
    text = files("campus_service.lostfound.matching").joinpath("data/lexicon.txt").read_text(encoding="utf-8")
    parts = (line.split(":", 1) for line in text.splitlines() if ":" in line and not line.startswith("#"))
    return tuple(((head.split()[0], head.split()[1]), words.split()) for head, words in parts)


@cache
def _labels() -> dict[tuple[str, str], str]:
    return {value: words[0] for value, words in reversed(_lines())}


def label(dimension: str, value: str) -> str:
    """The Chinese word for a value: the first of its line."""
    return _labels().get((dimension, value), value)


@cache
def _near() -> frozenset[frozenset[str]]:
    return frozenset(
        frozenset((value, other))
        for (dimension, value), words in _lines()
        if dimension == "near"
        for other in words
    )


def near(one: str, other: str) -> bool:
    """Whether people take the two colours for one another."""
    return frozenset((one, other)) in _near()


@cache
def _words() -> dict[str, tuple[tuple[str, str], ...]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for value, words in _lines():
        for word in words if value[0] != "near" else ():
            found.setdefault(normalise(word), []).append(value)
    return {word: tuple(pairs) for word, pairs in found.items()}


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile("|".join(map(_bounded, sorted(_words(), key=len, reverse=True))))


def _bounded(word: str) -> str:
    """A Latin word is a whole word: mi is not in mini."""
    head = "(?<![a-z])" if word[0].isascii() and word[0].isalpha() else ""
    tail = "(?![a-z])" if word[-1].isascii() and word[-1].isalpha() else ""
    return f"{head}{re.escape(word)}{tail}"


def read(text: str) -> Iterator[Found]:
    """The lexicon's words in normalised ``text``, the longest at each place."""
    for match in _pattern().finditer(text):
        yield Found(_words()[match[0]], bool(_DENIED.search(text, max(0, match.start() - 4), match.start())))
