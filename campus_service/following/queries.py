"""Every SELECT on kept searches and their hits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from campus_service.accounts.models import User
from campus_service.core.actor import Actor
from campus_service.core.db import db
from campus_service.core.errors import NotFound
from campus_service.following.models import SavedSearch, SearchHit
from campus_service.following.states import Rhythm
from campus_service.search.engine import IndexDoc
from campus_service.search.models import SearchDocument
from campus_service.search.sources import tabs_with

# Hits that the page shows of each search.
LAST = 3


def mine(actor: Actor) -> Sequence[SavedSearch]:
    """The actor's searches, the latest first; raises SignInNeeded for a visitor."""
    return db.session.scalars(
        select(SavedSearch).where(SavedSearch.user_id == actor.person_id()).order_by(SavedSearch.id.desc())
    ).all()


def one(actor: Actor, search_id: int) -> SavedSearch:
    """A search of the actor's own; raises NotFound for anybody else's."""
    row = db.session.get(SavedSearch, search_id)
    if row is None or row.user_id != actor.person_id():
        raise NotFound()
    return row


def positions(user_id: int) -> set[int]:
    """Which of a person's places are taken."""
    return set(db.session.scalars(select(SavedSearch.position).where(SavedSearch.user_id == user_id)))


def same(user_id: int, values: dict[str, Any]) -> SavedSearch | None:
    """The person's search for exactly that."""
    return db.session.scalar(select(SavedSearch).filter_by(user_id=user_id, **values))


def last_hits(search_ids: Sequence[int]) -> dict[int, list[str]]:
    """The ids of the LAST documents that each search found, newest first, in one query."""
    place = func.row_number().over(
        partition_by=SearchHit.search_id, order_by=(SearchHit.found_at.desc(), SearchHit.document_id.desc())
    )
    ranked = (
        select(SearchHit.search_id, SearchHit.document_id, place.label("place"))
        .where(SearchHit.search_id.in_(search_ids))
        .subquery()
    )
    found: dict[int, list[str]] = {}
    rows = db.session.execute(select(ranked).where(ranked.c.place <= LAST).order_by(ranked.c.place))
    for row in rows:
        found.setdefault(row.search_id, []).append(row.document_id)
    return found


def candidates(doc: IndexDoc, owner_id: int | None) -> Sequence[Any]:
    """Id and words of the searches whose filters let ``doc`` through; not its owner's, not those that are off."""
    statement = (
        select(SavedSearch.id, SavedSearch.query)
        .join(User, User.id == SavedSearch.user_id)
        .where(
            SavedSearch.kind.in_(("", *tabs_with(doc.kind))),
            SavedSearch.category.in_(("", doc.category)),
            SavedSearch.area.in_(("", doc.place)),
            SavedSearch.rhythm != Rhythm.OFF,
            User.active,
        )
    )
    if owner_id is not None:
        statement = statement.where(SavedSearch.user_id != owner_id)
    return db.session.execute(statement).all()


def untold(document_id: str, limit: int) -> Sequence[tuple[SavedSearch, SearchHit]]:
    """Hits on a document that are to be told at once, by person."""
    rows = db.session.execute(
        select(SavedSearch, SearchHit)
        .join(SearchHit, SearchHit.search_id == SavedSearch.id)
        .where(
            SearchHit.document_id == document_id,
            SearchHit.told_at.is_(None),
            SavedSearch.rhythm == Rhythm.INSTANT,
        )
        .order_by(SavedSearch.user_id, SavedSearch.id)
        .limit(limit)
    )
    return [(search, hit) for search, hit in rows]


@dataclass(frozen=True, slots=True)
class Gathered:
    """How much a search has found since its owner was last told."""

    search: SavedSearch
    count: int


def gathered() -> Sequence[Gathered]:
    """Searches with untold hits that are public still, by person."""
    counts = (
        select(SearchHit.search_id, func.count().label("count"))
        .join(SearchDocument, SearchDocument.id == SearchHit.document_id)
        .where(SearchHit.told_at.is_(None))
        .group_by(SearchHit.search_id)
        .subquery()
    )
    rows = db.session.execute(
        select(SavedSearch, counts.c.count)
        .join(counts, counts.c.search_id == SavedSearch.id)
        .where(SavedSearch.rhythm != Rhythm.OFF)
        .order_by(SavedSearch.user_id, SavedSearch.id)
    )
    return [Gathered(search, count) for search, count in rows]


def to_stop(id: int, *, of_person: bool) -> list[SavedSearch]:
    """The search ``id``; or all of person ``id`` that come in the daily mail."""
    which = (
        (SavedSearch.user_id == id, SavedSearch.rhythm != Rhythm.INSTANT)
        if of_person
        else (SavedSearch.id == id,)
    )
    return list(db.session.scalars(select(SavedSearch).where(*which).order_by(SavedSearch.id)))
