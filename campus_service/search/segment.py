"""What was read of Whoosh segments, as bit sets.

A segment never changes once written: which documents hold a word, and their order by time, is read once and kept
for as long as the segment lives. A query is then a few AND and OR of big integers, its total is exact, and a commit
of fifty documents costs readers one small new segment. Deleted documents are one more bit set.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from operator import and_, or_
from typing import Any

from campus_service.search.engine import Filters, Hits, Sort
from campus_service.search.synonyms import Choice, Group, Plan, forgiving

# Bit sets kept per segment; one of 100,000 documents takes 12.5 kB.
KEEP = 600
# More hits than this are ordered by walking the segment's own order, fewer by sorting them.
WALK = 2000


class Segment:
    """One Whoosh segment's postings and columns."""

    def __init__(self, leaf: Any) -> None:
        self._leaf = leaf
        self.size = int(leaf.doc_count_all())
        self._sets: OrderedDict[tuple[str, str], int] = OrderedDict()
        column = leaf.column_reader("sort") if self.size else ()
        self.sort: list[float] = [column[n] for n in range(self.size)]
        self._order: list[int] | None = None

    def alive(self, deleted: Iterable[int]) -> int:
        """The documents of this segment without the ``deleted`` ones."""
        return ((1 << self.size) - 1) & ~bits(deleted)

    def having(self, field: str, word: str) -> int:
        """The documents whose ``field`` holds ``word``."""
        key = (field, word)
        known = self._sets.get(key)
        if known is None:
            known = self._keep(key, self._read(field, word))
        else:
            self._sets.move_to_end(key)
        return known

    def _keep(self, key: tuple[str, str], found: int) -> int:
        self._sets[key] = found
        if len(self._sets) > KEEP:
            self._sets.popitem(last=False)
        return found

    def _read(self, field: str, word: str) -> int:
        if (field, word) not in self._leaf:
            return 0
        return bits(self._leaf.postings(field, word).all_ids())

    def words(self, field: str, prefix: str) -> list[str]:
        """Words of ``field`` that begin with ``prefix``."""
        return [
            word.decode() if isinstance(word, bytes) else word
            for word in self._leaf.expand_prefix(field, prefix)
        ]

    def beginning(self, field: str, prefix: str) -> int:
        """The documents with a word of ``field`` that begins with ``prefix``."""
        key = (field, f"{prefix}*")
        if key not in self._sets:
            self._keep(
                key, bits_of(self._leaf.postings(field, word).all_ids() for word in self.words(field, prefix))
            )
        return self._sets[key]

    def near(self, field: str, word: str) -> list[str]:
        """Words at one typo's distance that share the first letter."""
        return [str(other) for other in self._leaf.terms_within(field, word, 1, prefix=1)]

    def values(self, field: str) -> list[str]:
        """All values of an ID field."""
        return [word.decode() if isinstance(word, bytes) else word for word in self._leaf.lexicon(field)]

    def days(self, first: int | None, last: int | None) -> int:
        """The documents between two days (YYYYMMDD), both included."""
        key = ("day", f"{first}-{last}")
        if key not in self._sets:
            column = self._leaf.column_reader("day")
            low, high = first or 0, last or 99_999_999
            self._keep(key, bits(n for n in range(self.size) if low <= column[n] <= high))
        return self._sets[key]

    def newest(self, wanted: int) -> Iterator[tuple[float, int]]:
        """Document numbers of ``wanted``, newest first, with their time."""
        if wanted.bit_count() <= WALK:
            for n in sorted(numbers(wanted), key=lambda n: (self.sort[n], n), reverse=True):
                yield self.sort[n], n
            return
        if self._order is None:
            self._order = sorted(range(self.size), key=lambda n: (self.sort[n], n), reverse=True)
        mask = wanted.to_bytes((self.size + 7) // 8, "little")
        for n in self._order:
            if mask[n >> 3] >> (n & 7) & 1:
                yield self.sort[n], n

    def id(self, number: int) -> str:
        """The document's id."""
        return str(self._leaf.stored_fields(number)["id"])


class Snapshot:
    """One generation of the index: its segments and which of their documents are alive."""

    def __init__(self, parts: Sequence[tuple[Segment, int]]) -> None:
        self._parts = parts

    def count(self) -> int:
        """How many documents are alive."""
        return sum(alive.bit_count() for _segment, alive in self._parts)

    def search(
        self, plan: Plan, filters: Filters, *, sort: Sort, offset: int, limit: int, loose: bool
    ) -> Hits:
        """One page of hits and their exact number."""
        plan = self._forgiving(plan)
        tiers = [self._tiers(segment, alive, plan, filters, sort, loose) for segment, alive in self._parts]
        total = sum(mask.bit_count() for masks in tiers for mask in masks)
        ids: list[str] = []
        skip = offset
        for tier in zip(*tiers, strict=True):
            here = sum(mask.bit_count() for mask in tier)
            if skip >= here:
                skip -= here
                continue
            ids += self._page(tier, skip, limit - len(ids))
            skip = 0
            if len(ids) >= limit:
                break
        return Hits(ids, total)

    def _page(self, masks: Sequence[int], skip: int, limit: int) -> list[str]:
        """Ids of one tier, newest first over all segments."""
        streams = [
            _hits(segment, mask) for (segment, _alive), mask in zip(self._parts, masks, strict=True) if mask
        ]
        merged = heapq.merge(*streams, key=lambda hit: hit[:2])
        page = []
        for at, (_time, number, segment) in enumerate(merged):
            if at >= skip + limit:
                break
            if at >= skip:
                page.append(segment.id(-number))
        return page

    def _tiers(
        self, segment: Segment, alive: int, plan: Plan, filters: Filters, sort: Sort, loose: bool
    ) -> list[int]:
        """Hits as disjoint sets in order of rank."""
        within = alive & _filtered(segment, filters)
        if loose:
            return [within & _all(segment.having("grams", gram) for gram in plan.loose) if plan.loose else 0]
        matching = within & _matching(segment, plan)
        if sort == "newest" or plan.empty:
            return [matching]
        typed = _all(segment.having("text", word) for word in plan.exact)
        met = _levels(matching, [_group(segment, group, plan.prefix) for group in plan.groups])
        titles = [_group(segment, group, plan.prefix, "title") for group in plan.groups]
        levels = [level for some in met for level in _levels(some, titles)]
        return [part for level in levels for part in (level & typed, level & ~typed)]

    def facets(self, plan: Plan, filters: Filters, fields: Sequence[str]) -> dict[str, dict[str, int]]:
        """Counts per value of each field, under the other filters."""
        plan = self._forgiving(plan)
        found: dict[str, dict[str, int]] = {field: {} for field in fields}
        for segment, alive in self._parts:
            matching = alive & _matching(segment, plan)
            for field in fields:
                others = matching & _filtered(segment, filters, leave_out=field)
                for value in segment.values(field):
                    count = (others & segment.having(field, value)).bit_count()
                    if count:
                        found[field][value] = found[field].get(value, 0) + count
        return found

    def _forgiving(self, plan: Plan) -> Plan:
        return forgiving(plan, self._held, self._near)

    def _held(self, group: Group, prefix: str) -> bool:
        return any(alive & _group(segment, group, prefix) for segment, alive in self._parts)

    def _near(self, word: str) -> set[str]:
        return {other for segment, _alive in self._parts for other in segment.near("text", word)}

    def suggest(self, prefix: str, limit: int) -> list[str]:
        """Words that begin with ``prefix``, the commonest first."""
        counts: dict[str, int] = {}
        for segment, alive in self._parts:
            for word in segment.words("text", prefix):
                counts[word] = counts.get(word, 0) + (alive & segment.having("text", word)).bit_count()
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        return [word for word in ranked if counts[word]][:limit]


def _hits(segment: Segment, mask: int) -> Iterator[tuple[float, int, Segment]]:
    """A segment's hits as merge() wants them: the newest is the smallest."""
    return ((-time, -number, segment) for time, number in segment.newest(mask))


def _matching(segment: Segment, plan: Plan) -> int:
    """The documents that meet as many groups as the plan asks for."""
    sets = [_group(segment, group, plan.prefix) for group in plan.groups]
    if plan.least >= len(sets):
        return _all(sets)
    needed = _all(sets[at] for at in plan.must)
    return needed & _any(_levels(_any(sets), sets)[: len(sets) - plan.least + 1])


def _levels(within: int, sets: Sequence[int]) -> list[int]:
    """``within`` in disjoint parts: those in all of ``sets`` first, those in none of them last."""
    parts = [within]
    for some in sets:
        parts = [
            (above & some) | (below & ~some) for above, below in zip([*parts, 0], [0, *parts], strict=True)
        ]
    return parts


def _group(segment: Segment, group: Group, prefix: str, field: str = "text") -> int:
    found = _any(_choice(segment, choice, field) for choice in group)
    if group[0] == (prefix,):
        found |= segment.beginning(field, prefix)
    return found


def _choice(segment: Segment, choice: Choice, field: str) -> int:
    return _all(segment.having(field, word) for word in choice)


def _filtered(segment: Segment, filters: Filters, leave_out: str = "") -> int:
    wanted: list[int] = [
        _any(segment.having(field, value) for value in values)
        for field, values in filters.choices().items()
        if field != leave_out
    ]
    if filters.day_from is not None or filters.day_to is not None:
        wanted.append(segment.days(filters.day_from, filters.day_to))
    return _all(wanted)


def _all(sets: Iterable[int]) -> int:
    """AND; of nothing it is everything."""
    return reduce(and_, sets, -1)


def _any(sets: Iterable[int]) -> int:
    """OR; of nothing it is nothing."""
    return reduce(or_, sets, 0)


def bits(ids: Iterable[int]) -> int:
    """Document numbers as a bit set."""
    return bits_of((ids,))


def bits_of(lists: Iterable[Iterable[int]]) -> int:
    """Several lists of document numbers as one bit set."""
    found = bytearray()
    for ids in lists:
        for number in ids:
            at = number >> 3
            if at >= len(found):
                found.extend(bytes(at + 1 - len(found)))
            found[at] |= 1 << (number & 7)
    return int.from_bytes(found, "little")


def numbers(mask: int) -> Iterator[int]:
    """The document numbers of a bit set, ascending."""
    for at, byte in enumerate(mask.to_bytes((mask.bit_length() + 7) // 8, "little")):
        if byte:
            yield from ((at << 3) + bit for bit in range(8) if byte >> bit & 1)
