"""SELECTs that only the desks' pages need."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Select, select

from campus_service.accounts.models import User
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.permissions import Permission as P
from campus_service.lostfound.categories import Category
from campus_service.lostfound.models import Claim, FoundItem, LostReport
from campus_service.lostfound.signals import WINDOW, Told
from campus_service.lostfound.states import ALIVE, ClaimState, LostState

# So many claims are looked through for signs at once.
MOST_TOLD = 400


def is_claimed(item_id: int) -> bool:
    """Whether a claim on the item lives: waits, was approved, or is at the counter."""
    claim = select(Claim.id).where(Claim.item_id == item_id, Claim.state.in_(ALIVE)).limit(1)
    return db.session.scalar(claim) is not None


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


# --- signs in claims ---------------------------------------------------------------------------------------------


def told_lately(actor: Actor) -> list[Told]:
    """The claims of the last 30 days whose answers are still kept. Needs lostfound:claim:decide."""
    return _told(actor, _claims().where(Claim.submitted_at > now() - WINDOW))


def told_around(actor: Actor, item_id: int) -> list[Told]:
    """All claims on an item, and what its claimants claimed elsewhere. Needs lostfound:claim:decide."""
    claimants = select(Claim.claimant_id).where(Claim.item_id == item_id)
    return _told(actor, _claims().where(Claim.claimant_id.in_(claimants)))


def _claims() -> Select[Claim, User]:
    return select(Claim, User).join(User, User.id == Claim.claimant_id).where(Claim.answer != "")


def _told(actor: Actor, statement: Select[Claim, User]) -> list[Told]:
    actor.require(P.LOSTFOUND_CLAIM_DECIDE)
    rows = db.session.execute(statement.order_by(Claim.id.desc()).limit(MOST_TOLD))
    return [
        Told(
            claim.id,
            claim.item_id,
            claim.claimant_id,
            claim.answer,
            claim.submitted_at,
            claim.state is ClaimState.REJECTED or claim.appealed_at is not None,
            user.created_at,
        )
        for claim, user in rows
    ]


def numbers_of(item_ids: Collection[int]) -> dict[int, str]:
    """The public numbers of several items."""
    rows = db.session.execute(select(FoundItem.id, FoundItem.no).where(FoundItem.id.in_(item_ids)))
    return {row.id: row.no for row in rows}
