"""How things leave without their owner, what is told of them before, and the notices about campus cards."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campus_service.core.db import Base, StrEnumColumn, UtcDateTime
from campus_service.lostfound.custody import CustodyClass, Destination
from campus_service.lostfound.models.reports import FoundItem
from campus_service.lostfound.states import CardState

_OPEN_CARD = text("state IN ('waiting', 'told')")
_ALIVE = text("withdrawn_at IS NULL")


class CardNotice(Base):
    """The owner of a campus card at a desk is to be told. The number itself is kept nowhere (PIPL 6)."""

    __tablename__ = "card_notices"
    __table_args__ = (
        Index(
            "uq_card_notices_open",
            "number_hash",
            unique=True,
            sqlite_where=_OPEN_CARD,
            postgresql_where=_OPEN_CARD,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("found_items.id"), unique=True)
    # Keyed with the site's secret: who has the table alone cannot try out numbers.
    number_hash: Mapped[str] = mapped_column(String(64))
    state: Mapped[CardState] = mapped_column(StrEnumColumn(CardState), default=CardState.WAITING)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    item: Mapped[FoundItem] = relationship(lazy="raise")


class Protocol(Base):
    """The sheet of what left together: where to, who received it, by which receipt."""

    __tablename__ = "protocols"

    id: Mapped[int] = mapped_column(primary_key=True)
    no: Mapped[str] = mapped_column(String(16), unique=True)
    destination: Mapped[Destination] = mapped_column(StrEnumColumn(Destination))
    receiver: Mapped[str] = mapped_column(String(60), default="")
    receipt: Mapped[str] = mapped_column(String(80), default="")
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[int] = mapped_column(ForeignKey("users.id"))


class Disposal(Base):
    """One thing is to leave without its owner: proposed by one person, signed by another.

    The constraints are the promise: two different persons; one signature only where somebody there receives the
    thing and signs for it; one way out for each thing.
    """

    __tablename__ = "disposals"
    __table_args__ = (
        Index("uq_disposals_one_alive", "item_id", unique=True, sqlite_where=_ALIVE, postgresql_where=_ALIVE),
        Index("ix_disposals_protocol", "protocol_id"),
        CheckConstraint("signed_by IS NULL OR signed_by != proposed_by", name="two_persons"),
        CheckConstraint("(signed_by IS NULL) = (signed_at IS NULL)", name="signed"),
        CheckConstraint(
            "protocol_id IS NULL OR signed_by IS NOT NULL "
            "OR destination IN ('issuer', 'police', 'card_centre', 'clinic')",
            name="left_signed",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("found_items.id"))
    destination: Mapped[Destination] = mapped_column(StrEnumColumn(Destination))
    reason: Mapped[str] = mapped_column(String(300))
    proposed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    signed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    protocol_id: Mapped[int | None] = mapped_column(ForeignKey("protocols.id"))
    version: Mapped[int] = mapped_column(default=1)

    item: Mapped[FoundItem] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": version}


class RetentionRule(Base):
    """A period that an administrator set for a class, and why; the newest of a class is in force."""

    __tablename__ = "retention_rules"
    __table_args__ = (Index("ix_retention_rules_custody", "custody", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    custody: Mapped[CustodyClass] = mapped_column(StrEnumColumn(CustodyClass))
    days: Mapped[int]
    reason: Mapped[str] = mapped_column(String(300))
    set_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PublicNotice(Base):
    """A month's 招领公告 as it was published (Civil Code 315): once for each month, never changed."""

    __tablename__ = "public_notices"

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7), unique=True)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    # Number, category, area and day of each thing; of classes that are not listed only how many.
    lines: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    counted: Mapped[dict[str, Any]] = mapped_column(JSON)
