"""Titles with what a query asks for marked, in plain Python: by the words that found it, those of the staff as well."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markupsafe import Markup, escape

from campus_service.search import words
from campus_service.search.analyser import is_latin, normalise
from campus_service.search.synonyms import Choice, Plan

Span = tuple[int, int]


def highlight(text: str, query: str) -> Markup:
    """``text`` escaped, with what ``query`` asks for marked."""
    return marked(text, words.plan(query))


def marked(text: str, wanted: Plan) -> Markup:
    """``text`` escaped, with what a plan asks for marked."""
    low = "".join(_one(char) for char in text)
    spans = (
        span
        for group in wanted.groups
        for at, choice in enumerate(group)
        for span in _spans(low, choice, typed=not at)
    )
    parts: list[Markup | str] = []
    last = 0
    for start, end in _merged(sorted(spans)):
        parts += [escape(text[last:start]), Markup("<mark>"), escape(text[start:end]), Markup("</mark>")]
        last = end
    return Markup("").join([*parts, escape(text[last:])])


def _spans(low: str, choice: Choice, typed: bool) -> Iterator[Span]:
    """Where a way to say it stands: in one piece, else in pieces; of a way that nobody typed none may be missing."""
    here = [_bounded(word) for word in choice if word and word in low]
    if not here or (len(here) < len(choice) and not typed):
        return
    whole = [found.span() for found in re.finditer(r"[\W_]*".join(here), low)]
    if whole or len(here) == 1:
        yield from whole
        return
    each = [[found.span() for found in re.finditer(piece, low)] for piece in here]
    if typed or all(each):
        yield from (span for spans in each for span in spans)


def _merged(spans: list[Span]) -> list[Span]:
    """Sorted spans, those that touch made one."""
    merged: list[Span] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _bounded(word: str) -> str:
    """A Latin word begins where a word begins (key, not monkey); a number is the whole number."""
    pattern = re.escape(word)
    if is_latin(word):
        return rf"(?<![a-z]){pattern}"
    return rf"(?<!\d){pattern}(?!\d)" if word.isdecimal() else pattern


def _one(char: str) -> str:
    """The normalised character, if it is still one: positions must not move."""
    normal = normalise(char)
    return normal if len(normal) == 1 else char
