"""The beginnings of stories: a thing is found, claimed, approved, about to be returned."""

from __future__ import annotations

from typing import Any

from campus_service.core.db import transaction
from campus_service.lostfound import queries, service
from campus_service.lostfound.commands import (
    CheckIdentity,
    Decide,
    EnterCode,
    MakeClaim,
    PostFound,
    PostLost,
    TakeIn,
)
from tests.conftest import Cast, Person

SCARF = {
    "title": "黑红格子围巾",
    "category": "clothing",
    "place": "图书馆一楼咖啡角",
    "description": "带流苏",
    "private_marks": "水洗标只剩半截",
}


def lost(person: Person, **changes: Any) -> str:
    """``person`` posts a lost report; returns its number."""
    with transaction():
        return service.post_lost(person.actor, PostLost.model_validate(SCARF | changes))


def found(person: Person, **changes: Any) -> str:
    """``person`` posts a find and keeps it for now; returns its number."""
    with transaction():
        return service.post_found(person.actor, PostFound.model_validate(SCARF | changes))


def held(people: Cast, **changes: Any) -> str:
    """The desk has taken a thing in; returns its number."""
    values = SCARF | {"desk": "centre", "shelf": "A-06"} | changes
    with transaction():
        return service.take_in(people.desk.actor, TakeIn.model_validate(values))


def claimed(person: Person, no: str, answer: str = "水洗标剪掉了半截", **changes: Any) -> int:
    """``person`` claims ``no``; returns the claim's id."""
    values = {"answer": answer, "when_where": "昨天下午，咖啡角沙发"} | changes
    with transaction():
        return service.make_claim(person.actor, no, MakeClaim.model_validate(values))


def approved(people: Cast, no: str, person: Person | None = None) -> int:
    """A claim of ``person`` (林小满 unless named) on ``no`` was approved; returns its id."""
    claim_id = claimed(person or people.lin, no)
    with transaction():
        service.decide(people.he.actor, claim_id, Decide(approve=True))
    return claim_id


def at_the_desk(people: Cast, claim_id: int) -> int:
    """The claimant showed his code; returns the pick-up's id."""
    code = service.pickup_code(queries.claim(people.he.actor, claim_id))
    with transaction():
        return service.open_pickup(people.desk.actor, EnterCode(code=code)).id


def ready(people: Cast, claim_id: int) -> int:
    """All is done but the officer's confirmation; returns the pick-up's id."""
    pickup_id = at_the_desk(people, claim_id)
    with transaction():
        service.check_identity(
            people.desk.actor, pickup_id, CheckIdentity(id_type="campus_card", id_last4="0001")
        )
    with transaction():
        service.confirm_receipt(people.lin.actor, claim_id)
    return pickup_id
