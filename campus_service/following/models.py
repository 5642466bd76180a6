"""Tables of kept searches and of what each has found."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from campus_service.core.db import Base, StrEnumColumn, UtcDateTime
from campus_service.following.states import Rhythm

#: Kept searches of one person; positions run from 0, so that the database does the counting.
MOST = 20


class SavedSearch(Base):
    """What somebody waits for: words, filters, or both. "" is everything."""

    __tablename__ = "saved_searches"
    __table_args__ = (
        UniqueConstraint("user_id", "query", "kind", "category", "area", name="uq_saved_searches_once"),
        UniqueConstraint("user_id", "position", name="uq_saved_searches_position"),
        CheckConstraint(f"position BETWEEN 0 AND {MOST - 1}", name="position"),
        Index("ix_saved_searches_filters", "kind", "category", "area"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    position: Mapped[int]
    query: Mapped[str] = mapped_column(String(100), default="")
    # As the search documents have them.
    kind: Mapped[str] = mapped_column(String(20), default="")
    category: Mapped[str] = mapped_column(String(32), default="")
    area: Mapped[str] = mapped_column(String(20), default="")
    rhythm: Mapped[Rhythm] = mapped_column(StrEnumColumn(Rhythm), default=Rhythm.INSTANT)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SearchHit(Base):
    """A document that a kept search found; the key is the promise that it is told once."""

    __tablename__ = "saved_search_hits"
    __table_args__ = (
        Index("ix_saved_search_hits_document", "document_id"),
        Index(
            "ix_saved_search_hits_untold",
            "search_id",
            sqlite_where=text("told_at IS NULL"),
            postgresql_where=text("told_at IS NULL"),
        ),
    )

    search_id: Mapped[int] = mapped_column(
        ForeignKey("saved_searches.id", ondelete="CASCADE"), primary_key=True
    )
    # Only the id: what the public may read of it is looked up when it is shown.
    document_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
