"""What the daily upkeep looks for: reports to ask about, codes that ran out, evidence to purge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from campus_service.core.db import db
from campus_service.lostfound.models import Claim, FoundItem, LostReport, Pickup
from campus_service.lostfound.states import ALIVE, ClaimState, FoundState, LostState


def to_remind(day: date) -> Sequence[LostReport]:
    """Open lost reports that should be asked "still missing?"."""
    return db.session.scalars(
        select(LostReport).where(
            LostReport.state == LostState.OPEN, LostReport.remind_on <= day, LostReport.reminded_at.is_(None)
        )
    ).all()


def to_lapse(moment: datetime) -> Sequence[LostReport]:
    """Open lost reports whose reminder from before ``moment`` was not answered."""
    return db.session.scalars(
        select(LostReport).where(LostReport.state == LostState.OPEN, LostReport.reminded_at < moment)
    ).all()


def to_hand_in(day: date) -> Sequence[FoundItem]:
    """Items that a finder still keeps after the day he was to hand them in."""
    return db.session.scalars(
        select(FoundItem).where(
            FoundItem.state == FoundState.REPORTED,
            FoundItem.hand_in_by <= day,
            FoundItem.hand_in_reminded_at.is_(None),
            FoundItem.reporter_id.is_not(None),
        )
    ).all()


def overdue_codes(moment: datetime) -> Sequence[Claim]:
    """Approved claims whose pick-up code ran out and that are not being handed out right now."""
    open_pickups = select(Pickup.claim_id).where(Pickup.aborted_at.is_(None))
    return db.session.scalars(
        select(Claim)
        .join(Claim.item)
        .where(
            Claim.state == ClaimState.APPROVED, Claim.code_expires_at < moment, Claim.id.not_in(open_pickups)
        )
        .options(contains_eager(Claim.item))
    ).all()


def claims_to_purge(moment: datetime) -> Sequence[Claim]:
    """Claims that ended before ``moment`` and whose evidence is still kept."""
    return db.session.scalars(
        select(Claim).where(Claim.state.not_in(ALIVE), Claim.ended_at < moment, Claim.answer != "")
    ).all()


def pickups_of(claim_id: int) -> Sequence[Pickup]:
    """All pick-ups of a claim, aborted ones too."""
    return db.session.scalars(select(Pickup).where(Pickup.claim_id == claim_id)).all()
