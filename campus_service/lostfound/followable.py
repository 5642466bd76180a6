"""Lets searches for what is found and what is lost be narrowed by category and area, as their list can."""

from __future__ import annotations

from campus_service.core.places import BY_CODE
from campus_service.following.kinds import Narrowing, Wanted, narrow
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


def register() -> None:
    """Make both sides of the registry narrow."""
    categories = frozenset(category.value for category in Category)
    for kind in Kind:
        narrow(kind.value, Narrowing(categories, BY_CODE, _filters, _list_url))
