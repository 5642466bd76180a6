"""What finder and owner write to each other through the site: neither sees who the other is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from campus_service.core.db import Base, UtcDateTime


class ContactThread(Base):
    """One person writes to whoever posted a report: one thread a report and person."""

    __tablename__ = "contact_threads"
    __table_args__ = (
        UniqueConstraint("report_no", "asker_id", name="uq_contact_threads_once"),
        Index("ix_contact_threads_asker", "asker_id", "opened_at"),
        Index("ix_contact_threads_poster", "poster_id", "opened_at"),
        Index("ix_contact_threads_reported", "reported_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # A number of lost_reports or found_items.
    report_no: Mapped[str] = mapped_column(String(16))
    asker_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    poster_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # By one of the two, or because the report is over; then no more is written.
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # One of the two asks staff to read it; before that they cannot.
    reported_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reported_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class ContactMessage(Base):
    """One thing that was written."""

    __tablename__ = "contact_messages"
    __table_args__ = (Index("ix_contact_messages_thread", "thread_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("contact_threads.id", ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    body: Mapped[str] = mapped_column(String(500))
