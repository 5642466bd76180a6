"""The beginnings of stories: a search is kept, something comes in."""

from __future__ import annotations

from typing import Any

from campus_service.core.db import transaction
from campus_service.following import service
from campus_service.following.commands import KeepSearch
from tests.conftest import Person

SCARF = {"q": "围巾", "kind": "found"}


def kept(person: Person, **changes: Any) -> int:
    """``person`` keeps a search (found scarves unless changed); returns its id."""
    with transaction():
        return service.keep(person.actor, KeepSearch.model_validate(SCARF | changes)).id
