"""What can be followed: every kind of thing that can be found, and all of them together; how a search for it is named."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from typing import Protocol

from flask import url_for

from campus_service.core.actor import Actor
from campus_service.core.i18n import LazyString
from campus_service.search import sources
from campus_service.search.sources import Hit
from campus_service.search.suggesting import ALL

# The kind of a search over everything.
EVERYTHING = ""


class Wanted(Protocol):
    """What a search asks for: a kept one, or what was noted of it."""

    @property
    def query(self) -> str:
        """The words."""

    @property
    def kind(self) -> str:
        """The kind of document, or EVERYTHING."""

    @property
    def category(self) -> str:
        """The category."""

    @property
    def area(self) -> str:
        """The area."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """How searches for one kind can be narrowed, where that is possible.

    ``categories`` and ``areas``: the codes that may be chosen. ``filters``: category and area in the reader's words.
    ``list_url``: the list that shows all that the search finds.
    """

    categories: Container[str]
    areas: Container[str]
    filters: Callable[[Wanted], list[str]]
    list_url: Callable[[Wanted], str]


_WHOLE = Narrowing(
    (),
    (),
    lambda _wanted: [],
    lambda wanted: url_for("search.index", q=wanted.query, tab=wanted.kind or None),
)
_NARROWED: dict[str, Narrowing] = {}


def narrow(kind: str, narrowing: Narrowing) -> None:
    """Let searches for this kind be narrowed; the feature that has it calls this when it is imported."""
    _NARROWED[kind] = narrowing


def narrowing(kind: str) -> Narrowing:
    """How searches for this kind can be narrowed."""
    return _NARROWED.get(kind, _WHOLE)


def exists(kind: str) -> bool:
    """Whether there is such a kind to follow."""
    return kind == EVERYTHING or sources.source_of(kind) is not None


def label(kind: str) -> LazyString | str:
    """What a kind is called: as its tab of the search page; nothing for one that is no more."""
    source = sources.source_of(kind)
    return ALL if kind == EVERYTHING else source.label if source else ""


def name(wanted: Wanted) -> str:
    """A search in the reader's words: “黑伞” · 图书馆."""
    parts = [f"“{wanted.query}”"] if wanted.query else []
    return " · ".join(parts + narrowing(wanted.kind).filters(wanted))


def public_hits(ids: Iterable[str]) -> dict[str, Hit]:
    """Documents as everybody may read them now, by id; what is not public (any more) is left out."""
    return sources.hits(Actor.visitor(), ids)
