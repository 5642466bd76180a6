"""The way of a thing between desks, what is inside it, and where ledger and shelf do not agree."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campus_service.core.db import Base, StrEnumColumn, UtcDateTime
from campus_service.lostfound.custody import Content
from campus_service.lostfound.models.reports import FoundItem
from campus_service.lostfound.states import Arrival, DifferenceKind, Explanation

_OPEN_LEG = text("received_at IS NULL AND taken_back_at IS NULL")
_OPEN = text("settled_at IS NULL AND leg_id IS NOT NULL")


class CustodyLeg(Base):
    """A thing goes from one desk to another: who gave it signs, who receives it signs, never the same person."""

    __tablename__ = "custody_legs"
    __table_args__ = (
        CheckConstraint("received_by IS NULL OR received_by != given_by", name="two_signatures"),
        CheckConstraint("(received_by IS NULL) = (received_at IS NULL)", name="receipt_is_signed"),
        Index(
            "uq_custody_legs_one_open",
            "item_id",
            unique=True,
            sqlite_where=_OPEN_LEG,
            postgresql_where=_OPEN_LEG,
        ),
        Index("ix_custody_legs_item", "item_id", "id"),
        Index("ix_custody_legs_due", "due_at", sqlite_where=_OPEN_LEG, postgresql_where=_OPEN_LEG),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("found_items.id"))
    from_desk: Mapped[str] = mapped_column(ForeignKey("desks.code"))
    to_desk: Mapped[str] = mapped_column(ForeignKey("desks.code"))
    given_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Whoever carries it need not have an account: a name, a courier, a car.
    carried_by: Mapped[str] = mapped_column(String(40), default="")
    note: Mapped[str] = mapped_column(String(200), default="")
    # The clock: after this moment the leg is overdue.
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    received_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    arrival: Mapped[Arrival | None] = mapped_column(StrEnumColumn(Arrival))
    arrival_note: Mapped[str] = mapped_column(String(200), default="")
    taken_back_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    taken_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # When somebody was last told that it is overdue: first both desks, from then on security, once a day.
    alarmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    item: Mapped[FoundItem] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": version}

    @property
    def ended(self) -> bool:
        """Whether it arrived, or came back."""
        return self.received_at is not None or self.taken_back_at is not None


class Difference(Base):
    """The ledger says one thing, the hands another: at an arrival, or in a count of a shelf. Open until settled."""

    __tablename__ = "custody_differences"
    __table_args__ = (
        UniqueConstraint("stock_take_id", "item_id"),
        Index(
            "uq_custody_differences_one_open_per_leg",
            "leg_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_custody_differences_open", "settled_at", "id"),
        Index("ix_custody_differences_item", "item_id"),
        CheckConstraint("(leg_id IS NULL) != (stock_take_id IS NULL)", name="one_source"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("found_items.id"))
    kind: Mapped[DifferenceKind] = mapped_column(StrEnumColumn(DifferenceKind))
    leg_id: Mapped[int | None] = mapped_column(ForeignKey("custody_legs.id"))
    stock_take_id: Mapped[int | None] = mapped_column(ForeignKey("stock_takes.id"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    explanation: Mapped[Explanation | None] = mapped_column(StrEnumColumn(Explanation))
    note: Mapped[str] = mapped_column(String(300), default="")
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    settled_note: Mapped[str] = mapped_column(String(300), default="")

    item: Mapped[FoundItem] = relationship(lazy="raise")


class StockTake(Base):
    """A count of a shelf, or of a whole desk, against the ledger."""

    __tablename__ = "stock_takes"
    __table_args__ = (
        Index(
            "uq_stock_takes_one_open",
            "desk_code",
            "shelf",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    desk_code: Mapped[str] = mapped_column(ForeignKey("desks.code"))
    # "" is the whole desk.
    shelf: Mapped[str] = mapped_column(String(20), default="")
    started_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # How many the ledger expected when it was closed; before that it is asked for.
    expected: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class StockCount(Base):
    """One thing was counted, and where it lay."""

    __tablename__ = "stock_counts"
    __table_args__ = (UniqueConstraint("stock_take_id", "item_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    stock_take_id: Mapped[int] = mapped_column(ForeignKey("stock_takes.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("found_items.id"))
    shelf: Mapped[str] = mapped_column(String(20), default="")
    counted_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    counted_at: Mapped[datetime] = mapped_column(UtcDateTime)

    item: Mapped[FoundItem] = relationship(lazy="raise")


class ItemContent(Base):
    """One line of what a bag or a wallet holds. Never public; the strictest line decides how the thing is kept."""

    __tablename__ = "item_contents"
    __table_args__ = (
        UniqueConstraint("item_id", "line"),
        CheckConstraint("second_by IS NULL OR second_by != seen_by", name="counted_by_two"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("found_items.id"))
    line: Mapped[int]
    kind: Mapped[Content] = mapped_column(StrEnumColumn(Content))
    what: Mapped[str] = mapped_column(String(80), default="")
    count: Mapped[int] = mapped_column(default=1)
    # Cash, in fen; None until somebody counted it.
    fen: Mapped[int | None]
    # Nobody for what an import brought.
    seen_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    second_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    second_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}

    @property
    def uncounted(self) -> bool:
        """Cash that two people have not counted yet (domain.md §1)."""
        return self.kind is Content.CASH and self.second_by is None
