"""A person's kept searches: copied for him, and taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select

from campus_service.core import personal
from campus_service.core.db import db
from campus_service.following.models import SavedSearch, SearchHit


def _copy(person: personal.Person) -> Mapping[str, Any]:
    mine = select(SavedSearch.id).where(SavedSearch.user_id == person.id)
    return {
        "searches": personal.rows(SavedSearch, SavedSearch.user_id == person.id),
        "hits": personal.rows(SearchHit, SearchHit.search_id.in_(mine)),
    }


def _erase(person: personal.Person) -> None:
    mine = select(SavedSearch.id).where(SavedSearch.user_id == person.id)
    db.session.execute(delete(SearchHit).where(SearchHit.search_id.in_(mine)))
    db.session.execute(delete(SavedSearch).where(SavedSearch.user_id == person.id))


personal.register("following", personal.Part(_copy, _erase))
