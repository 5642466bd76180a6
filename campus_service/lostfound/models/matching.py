"""Pairs of a lost report and a found item that may be one thing, and what matching keeps to find them fast."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campus_service.core.db import Base, StrEnumColumn, UtcDateTime
from campus_service.lostfound.models.reports import FoundItem, LostReport
from campus_service.lostfound.states import PairState


class MatchPair(Base):
    """A lost report and a found item, how likely they are one thing, and what people said of it."""

    __tablename__ = "match_pairs"
    __table_args__ = (
        # Once: a pair that was dismissed or told stays so however often it is found again.
        UniqueConstraint("lost_id", "found_id"),
        Index("ix_match_pairs_found", "found_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    lost_id: Mapped[int] = mapped_column(ForeignKey("lost_reports.id"))
    found_id: Mapped[int] = mapped_column(ForeignKey("found_items.id"))
    state: Mapped[PairState] = mapped_column(StrEnumColumn(PairState), default=PairState.PROPOSED)
    # Log odds, see matching/scoring.py.
    score: Mapped[float]
    # The evidence as data: [key, strength, what the lost report says, what the found item says].
    reasons: Mapped[list[list[Any]]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    lost: Mapped[LostReport] = relationship(lazy="raise")
    found: Mapped[FoundItem] = relationship(lazy="raise")


class MatchTerm(Base):
    """Which open report has which word: a hash of side, category and word, so that one range of the key answers."""

    __tablename__ = "match_terms"
    __table_args__ = (Index("ix_match_terms_report", "report"), {"sqlite_with_rowid": False})

    term: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    # The day it was lost or found, as an ordinal.
    day: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    # Twice the report's id, and one more for a found item.
    report: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class MatchCount(Base):
    """How often a piece of evidence stood beside pairs that people confirmed or dismissed; "*" counts the pairs."""

    __tablename__ = "match_counts"

    evidence: Mapped[str] = mapped_column(String(20), primary_key=True)
    confirmed: Mapped[int] = mapped_column(default=0)
    dismissed: Mapped[int] = mapped_column(default=0)


class PhotoPrint(Base):
    """What a photo looks like in 64 bits, and its colours; goes with the photo."""

    __tablename__ = "photo_prints"

    key: Mapped[str] = mapped_column(ForeignKey("photos.key", ondelete="CASCADE"), primary_key=True)
    # Hexadecimal: a number of 64 bits without a sign fits no column.
    shape: Mapped[str] = mapped_column(String(16))
    # Shares of 12 coarse colours, in percent.
    colours: Mapped[list[int]] = mapped_column(JSON)
