"""Kept searches as their page shows them: in words, with what each found last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from campus_service.core.actor import Actor
from campus_service.following import queries
from campus_service.following.kinds import label, name, narrowing, public_hits
from campus_service.following.models import SavedSearch
from campus_service.search.sources import Hit


@dataclass(frozen=True, slots=True)
class Row:
    """One kept search."""

    search: SavedSearch
    name: str
    label: str
    url: str
    hits: Sequence[Hit] = ()


def rows(actor: Actor) -> list[Row]:
    """The actor's searches, the latest first, with their last hits that are public still."""
    mine = queries.mine(actor)
    found = queries.last_hits([search.id for search in mine])
    known = public_hits({id for ids in found.values() for id in ids})
    return named(mine, {key: [known[id] for id in ids if id in known] for key, ids in found.items()})


def named(searches: Sequence[SavedSearch], hits: Mapping[int, Sequence[Hit]] | None = None) -> list[Row]:
    """Searches in the reader's words."""
    return [_row(search, (hits or {}).get(search.id, ())) for search in searches]


def _row(search: SavedSearch, hits: Sequence[Hit]) -> Row:
    url = narrowing(search.kind).list_url(search)
    return Row(search, name(search), str(label(search.kind)), url, hits)
