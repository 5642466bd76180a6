"""SELECTs of the list of thanks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from campus_service.accounts.models import User
from campus_service.core.db import db
from campus_service.lostfound.models import Commendation, FoundItem, Return
from campus_service.lostfound.states import FoundState

MOST = 500


def commendation(item_id: int) -> Commendation | None:
    """What the finder of an item agreed to, or took back."""
    return db.session.scalar(select(Commendation).where(Commendation.item_id == item_id))


def name_shown(item_id: int) -> str:
    """The name that the finder of an item agreed to, "" without agreement."""
    row = commendation(item_id)
    return row.shown_as if row and row.withdrawn_at is None else ""


def thanked(since: datetime, limit: int = MOST) -> Sequence[Any]:
    """Who is thanked for things returned ``since``, the latest first: number, name as agreed, category, class, moment.

    A closed account is thanked no more.
    """
    chosen = (
        select(FoundItem.no, Commendation.shown_as, FoundItem.category, FoundItem.custody, Return.returned_at)
        .join(FoundItem, FoundItem.id == Commendation.item_id)
        .join(Return, Return.item_id == FoundItem.id)
        .outerjoin(User, User.id == Commendation.person_id)
        .where(
            Commendation.withdrawn_at.is_(None),
            FoundItem.state == FoundState.RETURNED,
            Return.returned_at >= since,
            or_(Commendation.person_id.is_(None), User.active),
        )
    )
    return db.session.execute(chosen.order_by(Return.returned_at.desc()).limit(limit)).all()


def names_shown(item_ids: Collection[int]) -> dict[int, str]:
    """The names that finders agreed to, by item; asks nothing for no items."""
    if not item_ids:
        return {}
    chosen = select(Commendation.item_id, Commendation.shown_as).where(
        Commendation.item_id.in_(item_ids), Commendation.withdrawn_at.is_(None)
    )
    return {row.item_id: row.shown_as for row in db.session.execute(chosen)}
