"""Gapless running numbers, allocated inside the business transaction."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from campus_service.core.db import Base, db, insert_or


class Counter(Base):
    """The last number given out under a name."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int]


def take(name: str, count: int = 1) -> int:
    """Give out ``count`` numbers of the series ``name``; returns the first (1 for a new series)."""
    statement = (
        insert_or(Counter)
        .values(name=name, value=count)
        .on_conflict_do_update(index_elements=["name"], set_={"value": Counter.value + count})
        .returning(Counter.value)
    )
    return int(db.session.execute(statement).scalar_one()) - count + 1
