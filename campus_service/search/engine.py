"""What a search engine takes and gives: documents, filters, hits, and the protocol every engine follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol

from campus_service.search.synonyms import Plan

Choice = str | Sequence[str] | None
Sort = Literal["newest", "score"]


class EngineUnavailable(Exception):
    """The index is missing or damaged: SQL answers until it is rebuilt."""


class EngineBusy(EngineUnavailable):
    """Another process is writing the index: try again later."""


@dataclass(frozen=True, slots=True)
class SearchDoc:
    """One public document: ``day`` is YYYYMMDD, ``sort`` seconds since 1970; newer ones come first."""

    id: str
    kind: str
    category: str
    status: str
    place: str
    day: int
    sort: float
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class IndexDoc:
    """A document as an engine keeps it: tokens instead of text."""

    id: str
    kind: str
    category: str
    status: str
    place: str
    day: int
    sort: float
    title: str
    text: str
    grams: str


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search is narrowed to; several values mean any of them."""

    kind: Choice = None
    category: Choice = None
    status: Choice = None
    place: Choice = None
    day_from: int | None = None
    day_to: int | None = None

    def choices(self) -> dict[str, tuple[str, ...]]:
        """The set choices by field."""
        found = {}
        for name in ("kind", "category", "status", "place"):
            value = getattr(self, name)
            if value:
                found[name] = (value,) if isinstance(value, str) else tuple(value)
        return found


@dataclass(frozen=True, slots=True)
class Hits:
    """The ids of one page and how many documents there are in all."""

    ids: list[str] = field(default_factory=list)
    total: int = 0


class Engine(Protocol):
    """An index of public documents; any failure is EngineUnavailable."""

    def writing(self, wait_s: float = ...) -> AbstractContextManager[None]:
        """Be the only writer inside the block, or raise EngineBusy after ``wait_s`` seconds."""

    def busy(self) -> bool:
        """Whether somebody is writing at this moment."""

    def ensure_schema(self) -> None:
        """Create an empty index where there is none."""

    def upsert(self, docs: Iterable[IndexDoc]) -> None:
        """Add or replace documents, to be seen after commit()."""

    def delete(self, ids: Iterable[str]) -> None:
        """Remove documents, to be seen after commit()."""

    def commit(self) -> None:
        """Publish what was added and removed."""

    def search(
        self, plan: Plan, filters: Filters, *, sort: Sort, offset: int, limit: int, loose: bool = False
    ) -> Hits:
        """One page; ``loose`` matches single characters (the second pass)."""

    def facets(self, plan: Plan, filters: Filters, fields: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        """Counts per value of each field, under the other filters."""

    def suggest(self, prefix: str, limit: int = 8) -> list[str]:
        """Indexed words that begin with ``prefix``."""

    def rebuild(self, docs: Iterable[IndexDoc], progress: Callable[[int], None] = ...) -> int:
        """Build a new index aside and swap it in; returns how many documents it holds.

        ``progress`` hears for how many documents the work is done, at last for all.
        """

    def health(self) -> bool:
        """Whether the index is there and whole."""

    def close(self) -> None:
        """Let go of open files."""
