"""How a query is understood, for those who look after the words."""

from __future__ import annotations

from dataclasses import dataclass

from campus_service.core.i18n import _
from campus_service.search import service, suggesting, synonyms, words
from campus_service.search.analyser import CATEGORY, HEAD, MAX_QUERY, plain, query_tokens
from campus_service.search.engine import Filters
from campus_service.search.sources import sources
from campus_service.search.synonyms import Choice, Group, Plan

# Hits that the box shows, alternatives of one word, looser readings.
HITS, WAYS, READINGS = 5, 40, 4


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the query and what it stands for: by the staff's lines, by the shipped ones; ``more`` are not shown."""

    said: str
    ours: list[str]
    shipped: list[str]
    more: int


@dataclass(frozen=True, slots=True)
class Tried:
    """A query, understood; ``strict`` is the reading that is tried first, ``looser`` follow while there are few hits."""

    text: str
    normal: str
    cut: list[str]
    words: list[Word]
    strict: str
    looser: list[str]
    meant: list[str]
    found: service.Found
    counts: dict[str, int]


def try_query(text: str) -> Tried:
    """What the search makes of ``text``, and what it finds at this moment."""
    wanted, known = words.plan(text), synonyms.plan(text)
    kinds = [source.kind for source in sources()]
    shipped = {choice for group in known.groups for choice in group}
    phrases = words.added().phrases
    ours = {way for phrase in phrases for way in ((phrase,), tuple(query_tokens(phrase)))} - shipped
    return Tried(
        text,
        plain(text[:MAX_QUERY]).strip(),
        query_tokens(text),
        [_word(group, ours) for group in wanted.groups],
        _reading(wanted),
        [_reading(looser) for _at, looser in zip(range(READINGS), synonyms.relaxed(wanted), strict=False)],
        suggesting.meant(text),
        service.find(text, Filters(kind=kinds), limit=HITS),
        service.counts(text, kinds),
    )


def _word(group: Group, mine: set[Choice]) -> Word:
    others = group[1:]
    ours = [_said(choice) for choice in others if choice in mine]
    theirs = [_said(choice) for choice in others if choice not in mine]
    return Word(_said(group[0]), ours, theirs[:WAYS], max(0, len(theirs) - WAYS))


def _said(choice: Choice) -> str:
    """A way to say it; 杯 alone also asks for what ends in it, a category's words for all of it."""
    text = " ".join(choice)
    if text.startswith(HEAD):
        return f"…{text.removeprefix(HEAD)}"
    return _("整个类别") if text.startswith(CATEGORY) else text


def _reading(wanted: Plan) -> str:
    said = " + ".join(_said(group[0]) for group in wanted.groups)
    if wanted.least < len(wanted.groups):
        return _("%(words)s，有 %(n)s 个就行", words=said, n=wanted.least)
    return said
