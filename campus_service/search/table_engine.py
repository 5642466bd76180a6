"""The engine that asks the table of documents itself: at scale on PostgreSQL, anywhere while the index is away.

Words are looked up with LIKE, which is slow and needs nothing; on PostgreSQL by index (vectors.py). Both find what the bit sets
of segment.py find.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select, true

from campus_service.core.db import db
from campus_service.search.analyser import one_typo
from campus_service.search.engine import Filters, Hits, IndexDoc, Sort
from campus_service.search.models import SearchDocument
from campus_service.search.synonyms import Group, Plan, forgiving

D = SearchDocument
Condition = ColumnElement[bool]
# More hits than this are ranked among the newest of them only.
RANKED = 2000
# So many documents are read for words that look like a mistyped one.
LOOKED_AT = 2000


class TableEngine:
    """Reads in the caller's transaction; what a row holds is found from its commit on, so nothing is to be written."""

    def writing(self, wait_s: float = 0.0) -> AbstractContextManager[None]:  # noqa: ARG002
        """Anybody may write at any time."""
        return nullcontext()

    def busy(self) -> bool:
        """Never."""
        return False

    def ensure_schema(self) -> None:
        """The migration did."""

    def upsert(self, docs: Iterable[IndexDoc]) -> None:
        """The row is there already."""

    def delete(self, ids: Iterable[str]) -> None:
        """The row is gone already."""

    def commit(self) -> None:
        """The transaction does."""

    def rebuild(self, docs: Iterable[IndexDoc], progress: Callable[[int], None] = lambda _done: None) -> int:  # noqa: ARG002
        """The rows are there already."""
        count = self.count()
        progress(count)
        return count

    def health(self) -> bool:
        """As whole as the database."""
        return True

    def close(self) -> None:
        """Nothing is open."""

    def count(self) -> int:
        """How many documents there are."""
        return db.session.scalar(select(func.count()).select_from(D)) or 0

    # --- reading ------------------------------------------------------------------------------------------------

    def search(
        self, plan: Plan, filters: Filters, *, sort: Sort, offset: int, limit: int, loose: bool = False
    ) -> Hits:
        """One page, ranked as the index ranks; of very many hits the newest are ranked."""
        plan = self._forgiving(plan)
        where = and_(_filtered(filters), self._loose(plan) if loose else self._matching(plan))
        total = db.session.scalar(select(func.count()).select_from(D).where(where)) or 0
        if not total:
            # Looking for the newest of none would walk through all there are.
            return Hits()
        newest = (D.sort.desc(), D.id.desc())
        if sort == "newest" or loose:
            return Hits(
                list(db.session.scalars(_page(select(D.id).where(where), newest, offset, limit))), total
            )
        order = (*self._rank(plan), *newest)
        asked = select(D.id).where(where)
        if total > RANKED and offset + limit <= RANKED:
            inner = select(D.id).where(where).order_by(*newest).limit(RANKED).subquery()
            asked = select(D.id).where(D.id.in_(select(inner.c.id)))
        return Hits(list(db.session.scalars(_page(asked, order, offset, limit))), total)

    def _matching(self, plan: Plan) -> Condition:
        met = [_group("text", group, plan.prefix) for group in plan.groups]
        if not met:
            return true()
        if plan.least >= len(met):
            return and_(*met)
        return and_(or_(*met), *(met[at] for at in sorted(plan.must)), _how_many(met) >= plan.least)

    def _loose(self, plan: Plan) -> Condition:
        return _every("grams", plan.loose) if plan.loose else false()

    def _rank(self, plan: Plan) -> Sequence[Any]:
        """Most groups met, most of them in the title, the words as typed."""
        met = [_group("text", group, plan.prefix) for group in plan.groups]
        titles = [_group("title", group, plan.prefix) for group in plan.groups]
        typed = case((_every("text", plan.exact), 0), else_=1)
        fewer = [_how_many(met).desc()] if plan.least < len(met) else []
        return [*fewer, _how_many(titles).desc(), typed]

    def _forgiving(self, plan: Plan) -> Plan:
        return forgiving(plan, self._held, self._near)

    def _held(self, group: Group, prefix: str) -> bool:
        statement = select(D.id).where(_group("text", group, prefix)).limit(1)
        return db.session.scalar(statement) is not None

    def _near(self, word: str) -> set[str]:
        """The words at one typo's distance that share the first letter."""
        rows = self._beginning(word[0])
        found = {other for row in rows for other in row.split()}
        return {other for other in found if other.startswith(word[0]) and one_typo(word, other)}

    def facets(self, plan: Plan, filters: Filters, fields: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        """Counts per value of each field, under the other filters."""
        plan = self._forgiving(plan)
        found: dict[str, dict[str, int]] = {}
        for field in fields:
            column = getattr(D, field)
            where = and_(_filtered(filters, leave_out=field), self._matching(plan))
            rows = db.session.execute(select(column, func.count()).where(where).group_by(column))
            found[field] = {value: number for value, number in rows}  # noqa: C416
        return found

    def _beginning(self, prefix: str) -> Sequence[str]:
        """The words of the newest documents that hold one beginning with ``prefix``."""
        starting = _group("text", ((prefix,),), prefix)
        return db.session.scalars(
            select(D.text).where(starting).order_by(D.sort.desc()).limit(LOOKED_AT)
        ).all()

    def suggest(self, prefix: str, limit: int = 8) -> list[str]:
        """Words that begin with ``prefix``, the commonest among the newest documents first."""
        rows = self._beginning(prefix)
        counts: dict[str, int] = {}
        for row in rows:
            for word in row.split():
                if word.startswith(prefix):
                    counts[word] = counts.get(word, 0) + 1
        return sorted(counts, key=lambda word: (-counts[word], word))[:limit]


def _page(statement: Any, order: Sequence[Any], offset: int, limit: int) -> Any:
    return statement.order_by(*order).offset(offset).limit(limit)


def _group(field: str, group: Group, prefix: str) -> Condition:
    """Whether ``field`` meets a group; its first way also as the beginning of a word if it is ``prefix``."""
    ways = [_every(field, choice) for choice in group]
    if group[0] == (prefix,):
        ways.append(getattr(D, field).contains(f" {prefix}", autoescape=True))
    return or_(*ways)


def _every(field: str, words: Sequence[str]) -> Condition:
    """Whether ``field`` holds all of ``words``: they stand between blanks."""
    column = getattr(D, field)
    return and_(true(), *(column.contains(f" {word} ", autoescape=True) for word in words))


def _how_many(conditions: Sequence[Condition]) -> Any:
    first, *others = (case((condition, 1), else_=0) for condition in conditions)
    return sum(others, start=first)


def _filtered(filters: Filters, leave_out: str = "") -> Condition:
    where: list[Condition] = [
        getattr(D, name).in_(values) for name, values in filters.choices().items() if name != leave_out
    ]
    if filters.day_from is not None:
        where.append(D.day >= filters.day_from)
    if filters.day_to is not None:
        where.append(D.day <= filters.day_to)
    return and_(true(), *where)
