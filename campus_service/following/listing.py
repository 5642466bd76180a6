"""Kept searches as their page shows them: in words, with what each found last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from campus_service.core.actor import Actor
from campus_service.following import queries
from campus_service.following.kinds import FOLLOWABLE, Hit, name
from campus_service.following.models import SavedSearch


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
    known = _hits(id for ids in found.values() for id in ids)
    return named(mine, {key: [known[id] for id in ids if id in known] for key, ids in found.items()})


def named(searches: Sequence[SavedSearch], hits: Mapping[int, Sequence[Hit]] | None = None) -> list[Row]:
    """Searches in the reader's words."""
    return [_row(search, (hits or {}).get(search.id, ())) for search in searches]


def _row(search: SavedSearch, hits: Sequence[Hit]) -> Row:
    kind = FOLLOWABLE.get(search.kind)
    label, url = (str(kind.label), kind.list_url(search)) if kind else ("", "")
    return Row(search, name(search), label, url, hits)


def _hits(ids: Iterable[str]) -> dict[str, Hit]:
    """What the public may see of documents, in one query a kind."""
    by_kind: dict[str, list[str]] = {}
    for id in set(ids):
        by_kind.setdefault(id.partition(":")[0], []).append(id)
    known: dict[str, Hit] = {}
    for kind, wanted in by_kind.items():
        if kind in FOLLOWABLE:
            known |= FOLLOWABLE[kind].hits(wanted)
    return known
