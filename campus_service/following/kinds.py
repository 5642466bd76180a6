"""Which kinds of search documents can be followed: features register how theirs are named, listed and shown."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from campus_service.core.i18n import LazyString


class Wanted(Protocol):
    """What a search asks for: a kept one, or what was noted of it."""

    @property
    def query(self) -> str:
        """The words."""

    @property
    def kind(self) -> str:
        """The kind of document."""

    @property
    def category(self) -> str:
        """The category."""

    @property
    def area(self) -> str:
        """The area."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A document as everybody may read it now."""

    title: str
    url: str
    note: str


@dataclass(frozen=True, slots=True)
class Followable:
    """One kind of document.

    ``categories`` and ``areas``: the codes that may be chosen. ``filters``: category and area in the reader's words.
    ``list_url``: the list that shows all that the search finds. ``hits``: what the public may see of documents, by
    id, in one query; what is not public (any more) is left out.
    """

    label: LazyString
    categories: Container[str]
    areas: Container[str]
    filters: Callable[[Wanted], list[str]]
    list_url: Callable[[Wanted], str]
    hits: Callable[[Sequence[str]], Mapping[str, Hit]]


FOLLOWABLE: dict[str, Followable] = {}


def follow(kind: str, followable: Followable) -> None:
    """Let people follow documents of this kind; the feature that has them calls this when it is imported."""
    FOLLOWABLE[kind] = followable


def name(wanted: Wanted) -> str:
    """A search in the reader's words: “黑伞” · 图书馆."""
    known = FOLLOWABLE.get(wanted.kind)
    parts = [f"“{wanted.query}”"] if wanted.query else []
    return " · ".join(parts + (known.filters(wanted) if known else []))
