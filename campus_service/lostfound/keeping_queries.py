"""SELECTs on campus cards, on what falls due and leaves, on retention periods and the monthly notices."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager

from campus_service.core.actor import Actor
from campus_service.core.db import db
from campus_service.core.errors import NotFound
from campus_service.core.permissions import Permission as P
from campus_service.lostfound.custody import CustodyClass
from campus_service.lostfound.models import (
    CardNotice,
    Claim,
    Disposal,
    FoundItem,
    Pickup,
    Protocol,
    PublicNotice,
    RetentionRule,
)
from campus_service.lostfound.states import PRESENT, CardState, ClaimState, FoundState

OPEN_CARD = (CardState.WAITING, CardState.TOLD)
# More is not looked at in one page; what is later comes up when this is done.
DUE_ROWS = 300
LATEST = 20

# --- campus cards ----------------------------------------------------------------------------------------------


def open_card(number_hash: str) -> CardNotice | None:
    """The notice about the card with this number that still lies at a desk, with its item."""
    return db.session.scalar(
        select(CardNotice)
        .join(CardNotice.item)
        .where(CardNotice.number_hash == number_hash, CardNotice.state.in_(OPEN_CARD))
        .options(contains_eager(CardNotice.item))
    )


def waiting_cards() -> Sequence[CardNotice]:
    """Notices that wait for an account, with their items."""
    return db.session.scalars(
        select(CardNotice)
        .join(CardNotice.item)
        .where(CardNotice.state == CardState.WAITING)
        .options(contains_eager(CardNotice.item))
    ).all()


def cards(actor: Actor) -> Sequence[CardNotice]:
    """Cards that lie at the desks, the newest first. Needs lostfound:item:intake."""
    actor.require(P.LOSTFOUND_ITEM_INTAKE)
    return db.session.scalars(
        select(CardNotice)
        .join(CardNotice.item)
        .where(CardNotice.state.in_(OPEN_CARD))
        .order_by(CardNotice.id.desc())
        .limit(200)
        .options(contains_eager(CardNotice.item))
    ).all()


def card_of(actor: Actor, no: str) -> CardNotice:
    """The notice about the card ``no``; raises NotFound. Needs lostfound:item:intake."""
    actor.require(P.LOSTFOUND_ITEM_INTAKE)
    row = db.session.scalar(
        select(CardNotice)
        .join(CardNotice.item)
        .where(FoundItem.no == no)
        .options(contains_eager(CardNotice.item))
    )
    if row is None:
        raise NotFound()
    return row


def has_card(item_id: int) -> bool:
    """Whether the number on the card was registered for this thing."""
    return db.session.scalar(select(CardNotice.id).where(CardNotice.item_id == item_id)) is not None


# --- what falls due, and leaves --------------------------------------------------------------------------------


def due(actor: Actor, until: date) -> Sequence[FoundItem]:
    """Things at the desks whose day is ``until`` or before, the most urgent first. Needs lostfound:item:intake."""
    actor.require(P.LOSTFOUND_ITEM_INTAKE)
    return db.session.scalars(
        select(FoundItem)
        .where(FoundItem.state == FoundState.HELD, FoundItem.due_on <= until)
        .order_by(FoundItem.due_on, FoundItem.id)
        .limit(DUE_ROWS)
    ).all()


def open_disposals(actor: Actor) -> Sequence[Disposal]:
    """Disposals that wait for the second signature, with their items. Needs lostfound:item:intake."""
    actor.require(P.LOSTFOUND_ITEM_INTAKE)
    return db.session.scalars(
        select(Disposal)
        .join(Disposal.item)
        .where(Disposal.protocol_id.is_(None), Disposal.withdrawn_at.is_(None))
        .order_by(Disposal.destination, Disposal.id)
        .limit(DUE_ROWS)
        .options(contains_eager(Disposal.item))
    ).all()


def disposals(ids: Collection[int]) -> Sequence[Disposal]:
    """These disposals with their items, in the order they were proposed."""
    return db.session.scalars(
        select(Disposal)
        .join(Disposal.item)
        .where(Disposal.id.in_(ids))
        .order_by(Disposal.id)
        .options(contains_eager(Disposal.item))
    ).all()


def disposal_of(item_id: int) -> Disposal | None:
    """The open disposal of a thing, or the one by which it left."""
    return db.session.scalar(
        select(Disposal).where(Disposal.item_id == item_id, Disposal.withdrawn_at.is_(None))
    )


def approved_claims(item_ids: Collection[int]) -> Sequence[Claim]:
    """The approved claims on these things, with their items."""
    return db.session.scalars(
        select(Claim)
        .join(Claim.item)
        .where(Claim.item_id.in_(item_ids), Claim.state == ClaimState.APPROVED)
        .options(contains_eager(Claim.item))
    ).all()


def is_being_handed_out(claim_id: int) -> bool:
    """Whether its claimant stands at a desk right now."""
    going = select(Pickup.id).where(Pickup.claim_id == claim_id, Pickup.aborted_at.is_(None))
    return db.session.scalar(going) is not None


def protocol(actor: Actor, protocol_id: int) -> tuple[Protocol, Sequence[Disposal]]:
    """A protocol and what left by it; raises NotFound. Needs lostfound:item:intake."""
    actor.require(P.LOSTFOUND_ITEM_INTAKE)
    row = db.session.get(Protocol, protocol_id)
    if row is None:
        raise NotFound()
    things = (
        select(Disposal)
        .join(Disposal.item)
        .where(Disposal.protocol_id == protocol_id)
        .order_by(Disposal.id)
        .options(contains_eager(Disposal.item))
    )
    return row, db.session.scalars(things).all()


def protocols(actor: Actor) -> Sequence[tuple[Protocol, int]]:
    """The latest protocols and how many things left by each. Needs lostfound:item:intake."""
    actor.require(P.LOSTFOUND_ITEM_INTAKE)
    rows = db.session.execute(
        select(Protocol, func.count(Disposal.id))
        .join(Disposal, Disposal.protocol_id == Protocol.id)
        .group_by(Protocol.id)
        .order_by(Protocol.id.desc())
        .limit(LATEST)
    )
    return [(row, count) for row, count in rows]


# --- how long things are kept ----------------------------------------------------------------------------------


def retention() -> dict[CustodyClass, RetentionRule]:
    """The period in force of each class for which an administrator set one."""
    newest = select(func.max(RetentionRule.id)).group_by(RetentionRule.custody)
    rows = db.session.scalars(select(RetentionRule).where(RetentionRule.id.in_(newest)))
    return {row.custody: row for row in rows}


def retention_history(actor: Actor) -> Sequence[RetentionRule]:
    """All periods that were ever set, the newest first. Needs lostfound:retention:set."""
    actor.require(P.LOSTFOUND_RETENTION_SET)
    return db.session.scalars(select(RetentionRule).order_by(RetentionRule.id.desc()).limit(100)).all()


def notice_days(custody: CustodyClass) -> Sequence[date]:
    """The days of notice of the things of a class that are still here."""
    days = select(FoundItem.notice_on).where(
        FoundItem.custody == custody, FoundItem.state.in_(PRESENT), FoundItem.due_on.is_not(None)
    )
    return [day for day in db.session.scalars(days.distinct()) if day is not None]


# --- 招领公告 --------------------------------------------------------------------------------------------------


def notices() -> Sequence[Any]:
    """Month, moment and number of lines of each published notice, the newest first."""
    lines = func.json_array_length(PublicNotice.lines).label("lines")
    rows = select(PublicNotice.month, PublicNotice.published_at, lines)
    return db.session.execute(rows.order_by(PublicNotice.month.desc()).limit(120)).all()


def notice(month: str) -> PublicNotice:
    """The notice of ``month`` (yyyy-mm); raises NotFound."""
    row = db.session.scalar(select(PublicNotice).where(PublicNotice.month == month))
    if row is None:
        raise NotFound()
    return row


def is_published(month: str) -> bool:
    """Whether the notice of ``month`` (yyyy-mm) is out."""
    return db.session.scalar(select(PublicNotice.id).where(PublicNotice.month == month)) is not None


def came_in(start: datetime, end: datetime) -> Sequence[FoundItem]:
    """Things that a desk took in from ``start`` until before ``end`` and that still wait for their owners."""
    return db.session.scalars(
        select(FoundItem)
        .where(
            FoundItem.taken_in_at >= start,
            FoundItem.taken_in_at < end,
            FoundItem.state.in_((FoundState.HELD, FoundState.IN_TRANSIT)),
        )
        .order_by(FoundItem.category, FoundItem.occurred_on, FoundItem.id)
    ).all()
