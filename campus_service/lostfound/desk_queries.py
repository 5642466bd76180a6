"""SELECTs that only the desks' pages need."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from campus_service.core.actor import Actor
from campus_service.core.db import db
from campus_service.core.permissions import Permission as P
from campus_service.lostfound.categories import Category
from campus_service.lostfound.models import LostReport
from campus_service.lostfound.states import LostState


def open_lost(actor: Actor, category: Category, area: str, limit: int) -> Sequence[LostReport]:
    """Open lost reports of a category, public or not, those of the same area first, then the newest.

    Owners of cards and documents are found privately: their reports stand in no public list. Needs
    lostfound:private:read.
    """
    actor.require(P.LOSTFOUND_PRIVATE_READ)
    return db.session.scalars(
        select(LostReport)
        .where(LostReport.state == LostState.OPEN, LostReport.category == category)
        .order_by((LostReport.area != area), LostReport.id.desc())
        .limit(limit)
    ).all()
