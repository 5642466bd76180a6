"""Claims, and the way from an approved one to the return."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campus_service.core.db import Base, StrEnumColumn, UtcDateTime
from campus_service.lostfound.models.reports import FoundItem
from campus_service.lostfound.states import ClaimState


class Claim(Base):
    """Somebody says that a found item is his."""

    __tablename__ = "claims"
    __table_args__ = (
        Index(
            "uq_claims_one_approved",
            "item_id",
            unique=True,
            sqlite_where=text("state IN ('approved', 'returned')"),
            postgresql_where=text("state IN ('approved', 'returned')"),
        ),
        Index(
            "uq_claims_one_alive",
            "item_id",
            "claimant_id",
            unique=True,
            sqlite_where=text("state IN ('submitted', 'appealed', 'approved')"),
            postgresql_where=text("state IN ('submitted', 'appealed', 'approved')"),
        ),
        Index("ix_claims_state", "state", "id"),
        # Evidence that is to be purged.
        Index(
            "ix_claims_evidence",
            "ended_at",
            sqlite_where=text("answer != ''"),
            postgresql_where=text("answer != ''"),
        ),
        Index("ix_claims_claimant", "claimant_id", "submitted_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("found_items.id"), index=True)
    claimant_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    state: Mapped[ClaimState] = mapped_column(StrEnumColumn(ClaimState), default=ClaimState.SUBMITTED)
    question: Mapped[str] = mapped_column(String(200))
    answer: Mapped[str] = mapped_column(Text)
    when_where: Mapped[str] = mapped_column(String(200))
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    # Refused, withdrawn, expired or collected; an appeal opens it again. Evidence is purged by this moment.
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(300), default="")
    appeal: Mapped[str] = mapped_column(Text, default="")
    appealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The six digits are derived from this and the site's secret: the table alone does not reveal them.
    code_nonce: Mapped[str] = mapped_column(String(32), default="")
    code_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    slot_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    item: Mapped[FoundItem] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": version}


class Pickup(Base):
    """The claimant stands at the desk: the code was right, now the person is checked."""

    __tablename__ = "pickups"
    __table_args__ = (
        Index(
            "uq_pickups_one_open",
            "claim_id",
            unique=True,
            sqlite_where=text("aborted_at IS NULL"),
            postgresql_where=text("aborted_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    # PIPL 6: the kind of document and its last four characters, nothing else of it.
    id_type: Mapped[str] = mapped_column(String(20), default="")
    id_last4: Mapped[str] = mapped_column(String(4), default="")
    id_checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    id_checked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_via: Mapped[str] = mapped_column(String(10), default="")
    aborted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    abort_reason: Mapped[str] = mapped_column(String(200), default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Return(Base):
    """The thing went back. The unique columns are the promise: once per item, once per claim."""

    __tablename__ = "returns"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("found_items.id"), unique=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), unique=True)
    pickup_id: Mapped[int] = mapped_column(ForeignKey("pickups.id"), unique=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    returned_at: Mapped[datetime] = mapped_column(UtcDateTime)
