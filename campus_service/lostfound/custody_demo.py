"""The demo's custody: a thing that is on its way for too long, one to be signed for, a count that is going on."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db, transaction
from campus_service.lostfound import service
from campus_service.lostfound.commands_custody import CountItem, Send, StartStockTake
from campus_service.lostfound.models import CustodyEvent, FoundItem
from campus_service.lostfound.service import legs, stocktaking
from campus_service.lostfound.states import FoundState

# So many days ago the overdue thing left.
LEFT_DAYS = 5


def tell(desk: Actor, officer: Actor) -> None:
    """Add the stories to the demo; ``desk`` and ``officer`` are two different people."""
    overdue, fresh = _held_at("library", 3)[1:]
    with transaction():
        (late,) = service.send(desk, Send(numbers=[overdue], desk="centre", carried_by="校内班车"))
        late.given_at = now() - timedelta(days=LEFT_DAYS)
        late.due_at = legs.leg_due(late.given_at)
        sent = db.session.scalars(select(CustodyEvent).order_by(CustodyEvent.id.desc()).limit(1)).one()
        sent.at = late.given_at
    with transaction():
        service.send(officer, Send(numbers=[fresh], desk="centre", note="和一把伞放在一起"))
    with transaction():
        take = stocktaking.start(desk, StartStockTake(desk="centre")).id
    for no in _held_at("centre", 3):
        with transaction():
            stocktaking.count(desk, take, CountItem(tag=no))


def _held_at(desk: str, count: int) -> list[str]:
    """Numbers of ordinary things that lie there, those in nobody's claim."""
    return list(
        db.session.scalars(
            select(FoundItem.no)
            .where(
                FoundItem.desk_code == desk,
                FoundItem.state == FoundState.HELD,
                FoundItem.open_claims == 0,
            )
            .order_by(FoundItem.listed_at, FoundItem.id)
            .limit(count)
        )
    )
