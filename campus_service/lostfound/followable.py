"""Lets people follow what is found and what is lost: how such a search is named, and what its hits show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from campus_service.core.page import fmt_day
from campus_service.core.places import BY_CODE
from campus_service.following.kinds import Followable, Hit, Wanted, follow
from campus_service.lostfound import presenting, queries
from campus_service.lostfound.categories import Category
from campus_service.lostfound.labels import labels
from campus_service.lostfound.presenting import Asked
from campus_service.lostfound.queries import ListFilter
from campus_service.lostfound.states import Kind


def _filters(wanted: Wanted) -> list[str]:
    names = labels()
    chosen = (names.category.get(wanted.category), names.area.get(wanted.area))
    return [name for name in chosen if name]


def _list_url(wanted: Wanted) -> str:
    narrowed = ListFilter(Kind(wanted.kind), category=wanted.category, area=wanted.area)
    return Asked(narrowed, wanted.query).url()


def _hits(kind: Kind, ids: Sequence[str]) -> Mapping[str, Hit]:
    """Cards of search ids ("found:12") that are public now."""
    rows = queries.by_ids(kind, [int(id.partition(":")[2]) for id in ids])
    return {f"{kind}:{row.id}": _hit(kind, row) for row in rows}


def _hit(kind: Kind, row: object) -> Hit:
    card = presenting.card(kind, row)
    return Hit(card.title, card.url, f"{card.no} · {card.place} · {fmt_day(card.day, weekday=False)}")


def register() -> None:
    """Make both sides of the registry followable."""
    for kind in Kind:
        categories = frozenset(category.value for category in Category)
        follow(
            kind.value,
            Followable(
                kind.label,
                categories,
                BY_CODE,
                _filters,
                _list_url,
                lambda ids, kind=kind: _hits(kind, ids),  # type: ignore[misc]
            ),
        )
