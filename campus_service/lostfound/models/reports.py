"""What was lost and what was found."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from campus_service.core.db import Base, StrEnumColumn, UtcDateTime
from campus_service.lostfound.categories import Category
from campus_service.lostfound.custody import CustodyClass
from campus_service.lostfound.states import FoundState, LostState


class Report:
    """What a lost report and a found item have in common."""

    id: Mapped[int] = mapped_column(primary_key=True)
    no: Mapped[str] = mapped_column(String(16), unique=True)
    title: Mapped[str] = mapped_column(String(60))
    description: Mapped[str] = mapped_column(Text, default="")
    category: Mapped[Category] = mapped_column(StrEnumColumn(Category))
    area: Mapped[str] = mapped_column(String(20))
    place: Mapped[str] = mapped_column(String(80), default="")
    occurred_on: Mapped[date]
    day_part: Mapped[str] = mapped_column(String(12), default="")
    # Seen by staff and by the person who wrote it; never published, never indexed.
    private_marks: Mapped[str] = mapped_column(Text, default="")
    contact: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Whether the public list shows it, and since when: the list's order.
    listed: Mapped[bool] = mapped_column(default=False)
    listed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # The first photo's key, kept here so that a list of 20 needs no second query.
    cover: Mapped[str] = mapped_column(String(32), default="")
    # Where an imported line came from; the same line is never imported twice.
    source_ref: Mapped[str | None] = mapped_column(String(60), unique=True)
    version: Mapped[int] = mapped_column(default=1)

    @declared_attr
    def reporter_id(cls) -> Mapped[int | None]:
        """Who posted it; None for the desks' anonymous finders and for imports."""
        return mapped_column(ForeignKey("users.id"), index=True)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        """A stale write is refused."""
        return {"version_id_col": cls.version}


def _list_indexes(table: str, state: str) -> tuple[Index, ...]:
    """The public list is read newest first, plain or by one facet."""

    def of_listed(name: str, *columns: str) -> Index:
        return Index(
            f"ix_{table}_{name}", *columns, sqlite_where=text("listed = 1"), postgresql_where=text("listed")
        )

    return (
        of_listed("listed", "listed_at", "id"),
        of_listed("category", "category", "listed_at", "id"),
        of_listed("area", "area", "listed_at", "id"),
        Index(f"ix_{table}_state", state, "listed_at", "id"),
    )


class LostReport(Report, Base):
    """Somebody misses a thing."""

    __tablename__ = "lost_reports"
    __table_args__ = (
        *_list_indexes("lost_reports", "state"),
        # All that the figures read, so that they never load a description.
        Index("ix_lost_reports_figures", "created_at", "category", "state"),
    )

    state: Mapped[LostState] = mapped_column(StrEnumColumn(LostState), default=LostState.OPEN)
    # When to ask "still missing?"; answered by renewing, else the report lapses.
    remind_on: Mapped[date] = mapped_column(index=True)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FoundItem(Report, Base):
    """A thing somebody found."""

    __tablename__ = "found_items"
    __table_args__ = (
        *_list_indexes("found_items", "state"),
        Index("ix_found_items_desk", "desk_code", "state"),
        Index(
            "ix_found_items_figures", "created_at", "category", "area", "state", "occurred_on", "taken_in_at"
        ),
        CheckConstraint("state != 'held' OR desk_code IS NOT NULL", name="held_somewhere"),
    )

    state: Mapped[FoundState] = mapped_column(StrEnumColumn(FoundState), default=FoundState.REPORTED)
    custody: Mapped[CustodyClass] = mapped_column(StrEnumColumn(CustodyClass))
    over_500: Mapped[bool] = mapped_column(default=False)
    contents: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    question: Mapped[str] = mapped_column(String(200), default="")
    desk_code: Mapped[str | None] = mapped_column(ForeignKey("desks.code"))
    shelf: Mapped[str] = mapped_column(String(20), default="")
    finder_name: Mapped[str] = mapped_column(String(40), default="")
    taken_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Civil Code 315: the day of the notice; 318: one year from it.
    notice_on: Mapped[date | None]
    due_on: Mapped[date | None] = mapped_column(index=True)
    # A finder who keeps the thing is reminded to hand it in (Civil Code 314).
    hand_in_by: Mapped[date | None] = mapped_column(index=True)
    # How many claims wait for a decision: the list says "being checked" without asking the claims.
    open_claims: Mapped[int] = mapped_column(default=0)
    hand_in_reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The desk that the finder said he brings it to, and when that desk should have logged it.
    hand_in_desk: Mapped[str | None] = mapped_column(String(20))
    log_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    unlogged_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    unlogged_security_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
