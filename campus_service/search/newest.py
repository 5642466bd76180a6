"""The newest documents of each kind with their words in memory: what is typed is answered from them with every key.

An engine counts and sorts all there is, which costs too much for a question that is put with every letter. What these
documents hold is enough to say what is had most now; the engine is asked for what few of them have.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import and_, or_
from typing import Any

from sqlalchemy import select

from campus_service.core.cache import remembered
from campus_service.core.db import db
from campus_service.search.models import SearchDocument
from campus_service.search.segment import numbers
from campus_service.search.sources import kinds_of, sources
from campus_service.search.synonyms import Group, Plan

D = SearchDocument
# So many of each kind, read so often, in seconds.
MANY = 1000
KEEP = 30.0


class Newest:
    """Documents, the newest first, and for each word the set of those that hold it."""

    def __init__(self, rows: Sequence[Any]) -> None:
        self._ids = [row.id for row in rows]
        self._kinds = _holding([row.kind for row in rows])
        self._titles = _holding([row.title for row in rows])
        self._texts = _holding([row.text for row in rows])
        self._words = sorted(self._texts)

    def count(self, wanted: Plan, kind: str) -> int:
        """How many of those that the tab of one ``kind`` shows, or of all, meet the plan."""
        return self._met(wanted, kind).bit_count()

    def first(self, wanted: Plan, kind: str, limit: int) -> list[str]:
        """The ids of those that meet it: in their titles first, the newest first in each."""
        met = self._met(wanted, kind)
        titled = met & _all(self._group(self._titles, group, wanted.prefix) for group in wanted.groups)
        ordered = [*numbers(titled), *numbers(met & ~titled)]
        return [self._ids[number] for number in ordered[:limit]]

    def _met(self, wanted: Plan, kind: str) -> int:
        if wanted.empty:
            return 0
        every = (1 << len(self._ids)) - 1
        within = reduce(or_, (self._kinds.get(one, 0) for one in kinds_of(kind)), 0) if kind else every
        return within & _all(self._group(self._texts, group, wanted.prefix) for group in wanted.groups)

    def _group(self, holding: dict[str, int], group: Group, prefix: str) -> int:
        found = reduce(or_, (_all(holding.get(word, 0) for word in way) for way in group))
        return found | self._beginning(holding, prefix) if group[0] == (prefix,) else found

    def _beginning(self, holding: dict[str, int], prefix: str) -> int:
        """Those with a word that begins with ``prefix``: it may not be typed to its end."""
        found, at = 0, bisect_left(self._words, prefix)
        while at < len(self._words) and self._words[at].startswith(prefix):
            found |= holding.get(self._words[at], 0)
            at += 1
        return found


def newest() -> Newest:
    """The newest documents, read at most ``KEEP`` seconds ago."""
    return remembered("search.newest", KEEP, _read)


def _read() -> Newest:
    rows = [row for source in sources() for row in db.session.execute(_newest_of(source.kind))]
    return Newest(sorted(rows, key=lambda row: row.sort, reverse=True))


def _newest_of(kind: str) -> Any:
    columns = select(D.id, D.kind, D.sort, D.title, D.text)
    return columns.where(D.kind == kind).order_by(D.sort.desc()).limit(MANY)


def _holding(texts: Sequence[str]) -> dict[str, int]:
    """Word → which of ``texts`` hold it."""
    found: dict[str, int] = {}
    for number, text in enumerate(texts):
        for word in text.split():
            found[word] = found.get(word, 0) | 1 << number
    return found


def _all(sets: Iterable[int]) -> int:
    return reduce(and_, sets, -1)
