"""What the API answers about the registry."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field

from campus_service.core.actor import Actor
from campus_service.core.permissions import Permission as P
from campus_service.lostfound import policy
from campus_service.lostfound.labels import labels
from campus_service.lostfound.models import Claim, FoundItem, LostReport, Pickup, Return
from campus_service.lostfound.projection import Card, public_text
from campus_service.lostfound.service import decision_due, pickup_code
from campus_service.lostfound.states import UNDECIDED


class ListQuery(BaseModel):
    """How the list is narrowed."""

    kind: Literal["found", "lost"] = "found"
    category: str = ""
    area: str = ""
    since: Literal["", "7", "30", "older"] = ""
    state: Literal["", "reported", "held", "in_transit", "checking", "open"] = ""
    q: str = Field(default="", max_length=100, description="full-text search; sorts by relevance")
    after: str = Field(default="", max_length=200, description="the `next` of the page before")
    page: int = Field(default=1, ge=1, le=500, description="page of a text search")


class CardOut(BaseModel):
    """A report in a list: public fields only."""

    no: str
    kind: str
    title: str
    category: str
    category_label: str
    place: str
    occurred_on: date
    state_label: str
    photo_url: str
    url: str

    @classmethod
    def of(cls, card: Card) -> CardOut:
        """From the card that the page shows."""
        return cls(
            no=card.no,
            kind=card.kind,
            title=card.title,
            category=card.category,
            category_label=card.category_label,
            place=card.place,
            occurred_on=card.day,
            state_label=card.state_label,
            photo_url=card.photo_url,
            url=card.url,
        )


class ListOut(BaseModel):
    """A page of the list."""

    items: list[CardOut]
    total: int = Field(description="counted at most half a minute ago; of a text search, the number of hits")
    next: str = Field(description="cursor of the next page, empty on the last")


class ReportOut(BaseModel):
    """One report, as far as the caller may see it; private fields are left out for others."""

    no: str
    kind: str
    state: str
    title: str
    description: str
    category: str
    custody: str | None = None
    area: str
    place: str
    occurred_on: date
    day_part: str
    listed: bool
    photos: list[str]
    private_marks: str | None = None
    contact: str | None = None
    desk: str | None = None
    shelf: str | None = None
    due_on: date | None = None

    @classmethod
    def of(cls, actor: Actor, report: FoundItem | LostReport, photos: list[str]) -> ReportOut:
        """``report`` for ``actor``, by the same rule as the page."""
        title, description, place = public_text(report)
        mine = policy.sees_everything(actor, report)
        found = isinstance(report, FoundItem)
        staff = found and actor.can(P.LOSTFOUND_PRIVATE_READ)
        return cls(
            no=report.no,
            kind="found" if found else "lost",
            state=report.state,
            title=report.title if mine else title,
            description=report.description if mine else description,
            category=report.category,
            custody=report.custody if isinstance(report, FoundItem) else None,
            area=report.area,
            place=report.place if mine else place,
            occurred_on=report.occurred_on,
            day_part=report.day_part,
            listed=report.listed,
            photos=photos,
            private_marks=report.private_marks if mine else None,
            contact=report.contact if mine else None,
            desk=report.desk_code if isinstance(report, FoundItem) else None,
            shelf=report.shelf if staff and isinstance(report, FoundItem) else None,
            due_on=report.due_on if isinstance(report, FoundItem) else None,
        )


class Numbered(BaseModel):
    """What was posted got this number."""

    no: str
    url: str


class ClaimOut(BaseModel):
    """A claim for its claimant or for staff; the code only for the claimant."""

    id: int
    item: str
    state: str
    state_label: str
    question: str
    answer: str
    when_where: str
    submitted_at: datetime
    answer_by: datetime | None = None
    reason: str
    pickup_code: str | None = None
    code_expires_at: datetime | None = None
    slot_at: datetime | None = None

    @classmethod
    def of(cls, actor: Actor, claim: Claim) -> ClaimOut:
        """``claim`` for ``actor``."""
        return cls(
            id=claim.id,
            item=claim.item.no,
            state=claim.state,
            state_label=labels().claim[claim.state],
            question=claim.question,
            answer=claim.answer,
            when_where=claim.when_where,
            submitted_at=claim.submitted_at,
            answer_by=decision_due(claim.appealed_at or claim.submitted_at)
            if claim.state in UNDECIDED
            else None,
            reason=claim.reason,
            pickup_code=(pickup_code(claim) or None) if claim.claimant_id == actor.id else None,
            code_expires_at=claim.code_expires_at,
            slot_at=claim.slot_at,
        )


class ClaimsOut(BaseModel):
    """Several claims."""

    claims: list[ClaimOut]


class PickupOut(BaseModel):
    """A pick-up in progress."""

    id: int
    claim: int
    identity_checked: bool
    recipient_confirmed: bool

    @classmethod
    def of(cls, pickup: Pickup) -> PickupOut:
        """From the row."""
        return cls(
            id=pickup.id,
            claim=pickup.claim_id,
            identity_checked=pickup.id_checked_at is not None,
            recipient_confirmed=pickup.confirmed_at is not None,
        )


class ReturnOut(BaseModel):
    """A finished return."""

    id: int
    claim: int
    returned_at: datetime

    @classmethod
    def of(cls, done: Return) -> ReturnOut:
        """From the row."""
        return cls(id=done.id, claim=done.claim_id, returned_at=done.returned_at)
