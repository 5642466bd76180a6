"""The readers who get the bulletin by mail, what is sent to them, and how far each copy has come."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from campus_service.bulletin.states import DeliveryState, MailingKind
from campus_service.core.db import Base, StrEnumColumn, UtcDateTime


class Subscriber(Base):
    """An address that asked for the bulletin; mail goes to confirmed ones that have not ended it."""

    __tablename__ = "subscribers"

    id: Mapped[int] = mapped_column(primary_key=True)
    # In small letters.
    email: Mapped[str] = mapped_column(String(254), unique=True)
    locale: Mapped[str] = mapped_column(String(8))
    # Every issue as one mail.
    whole: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Codes of states.Section: what appears there, one mail each time.
    sections: Mapped[list[str]] = mapped_column(JSON)
    # In the links of its mails; a new one when it subscribes again.
    token: Mapped[str] = mapped_column(String(43), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # "asked" by the reader, or "bounced".
    ended_why: Mapped[str] = mapped_column(String(16), default="")
    # How often the address was asked to confirm on that day.
    asked_on: Mapped[date | None]
    asked: Mapped[int] = mapped_column(default=0)


class Mailing(Base):
    """One thing sent to many: an issue, an early article, or a correction; each at most once."""

    __tablename__ = "mailings"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[MailingKind] = mapped_column(StrEnumColumn(MailingKind))
    issue_id: Mapped[int | None] = mapped_column(ForeignKey("issues.id"), unique=True)
    publication_id: Mapped[int | None] = mapped_column(ForeignKey("publications.id"), unique=True)
    correction_id: Mapped[int | None] = mapped_column(ForeignKey("corrections.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # How many copies there are; 0 until they are written.
    total: Mapped[int] = mapped_column(default=0)
    # Why the mail server took nothing the last time; empty while it does.
    trouble: Mapped[str] = mapped_column(String(300), default="")


class Delivery(Base):
    """One reader's copy of a mailing; the pair is unique, so nobody gets anything twice."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("mailing_id", "subscriber_id"),
        Index("ix_deliveries_queue", "mailing_id", "state", "domain"),
        Index("ix_deliveries_lately", "at", "domain"),
        Index("ix_deliveries_subscriber_id", "subscriber_id"),
        CheckConstraint("attempts >= 0", name="attempts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailings.id"))
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"))
    # What the reader had chosen when the copy was written.
    whole: Mapped[bool]
    sections: Mapped[list[str]] = mapped_column(JSON)
    # Of the address, for the pace.
    domain: Mapped[str] = mapped_column(String(254))
    state: Mapped[DeliveryState] = mapped_column(StrEnumColumn(DeliveryState))
    attempts: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str] = mapped_column(String(300), default="")
