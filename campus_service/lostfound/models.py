"""Tables of the registry, with the constraints behind every "at most once"."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from campus_service.core.db import Base, StrEnumColumn, UtcDateTime
from campus_service.core.i18n import marked
from campus_service.lostfound.categories import Category
from campus_service.lostfound.custody import CustodyClass
from campus_service.lostfound.states import ClaimState, FoundState, LostState

__all__ = ["Claim", "CustodyEvent", "Desk", "FoundItem", "LostReport", "Pickup", "Return"]


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
    __table_args__ = _list_indexes("lost_reports", "state")

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


class Desk(Base):
    """A place where things are handed in and collected."""

    __tablename__ = "desks"

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(80))
    place: Mapped[str] = mapped_column(String(60))
    hours: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str] = mapped_column(String(20))
    active: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)


class CustodyEvent(Base):
    """One step of an item's way, for its timeline. No names of persons: the audit log has them."""

    __tablename__ = "custody_events"
    __table_args__ = (Index("ix_custody_events_item", "item_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("found_items.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    step: Mapped[str] = mapped_column(String(20))
    desk_code: Mapped[str | None] = mapped_column(ForeignKey("desks.code"))
    shelf: Mapped[str] = mapped_column(String(20), default="")
    note: Mapped[str] = mapped_column(String(200), default="")


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


DESKS: list[dict[str, Any]] = [
    {
        "code": "centre",
        "name": "大学生事务服务中心招领点",
        "name_en": "Student Affairs Centre desk",
        "place": marked("大学生活动中心一楼"),
        "hours": marked("工作日 8:00–12:00，14:00–17:30"),
        "phone": "0000-6100",
    },
    {
        "code": "library",
        "name": "图书馆总服务台",
        "name_en": "Library service desk",
        "place": marked("图书馆一楼"),
        "hours": marked("每天 7:30–22:00"),
        "phone": "0000-2012",
    },
    {
        "code": "gym",
        "name": "体育馆服务台",
        "name_en": "Gym service desk",
        "place": marked("体育馆一楼"),
        "hours": marked("每天 9:00–21:00"),
        "phone": "0000-2033",
    },
    {
        "code": "security",
        "name": "保卫处值班室",
        "name_en": "Security office",
        "place": marked("东湖校区正门旁"),
        "hours": marked("全天 24 小时"),
        "phone": "0000-1110",
    },
]
