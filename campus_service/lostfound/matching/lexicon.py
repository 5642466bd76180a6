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
def _lengths() -> dict[str, tuple[int, ...]]:
    """The first character → how long the words are that begin with it, the longest first."""
    found: dict[str, set[int]] = {}
    for word in _words():
        found.setdefault(word[0], set()).add(len(word))
    return {first: tuple(sorted(lengths, reverse=True)) for first, lengths in found.items()}


def read(text: str) -> Iterator[Found]:
    """The lexicon's words in normalised ``text``, the longest at each place."""
    words, lengths = _words(), _lengths()
    at = 0
    while at < len(text):
        end = at + 1
        for length in lengths.get(text[at], ()):
            word = text[at : at + length]
            if word in words and _whole(text, at, at + len(word)):
                yield Found(words[word], bool(_DENIED.search(text, max(0, at - 4), at)))
                end = at + len(word)
                break
        at = end


def _whole(text: str, start: int, end: int) -> bool:
    """A Latin word must be a whole word: mi is not in mini."""
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (_latin(text[start]) and _latin(before)) and not (_latin(text[end - 1]) and _latin(after))


def _latin(char: str) -> bool:
    return "a" <= char <= "z"
