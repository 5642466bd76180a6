"""The inbox score of a department and month, frozen on the 3rd working day, and the appeals against it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from campus_service.core.db import Base, StrEnumColumn, UtcDateTime


class AppealState(StrEnum):
    """Where an appeal against a score stands."""

    OPEN = "open"
    UPHELD = "upheld"
    REJECTED = "rejected"


class ScoreMonth(Base):
    """A department's frozen score of one month ("2026-10") with the figures it was made of."""

    __tablename__ = "score_months"

    department_code: Mapped[str] = mapped_column(ForeignKey("departments.code"), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    frozen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    score: Mapped[float]
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)


class ScoreAppeal(Base):
    """A department contests how one case counted; once per case and month."""

    __tablename__ = "score_appeals"
    __table_args__ = (Index("uq_score_appeals_once", "month", "case_id", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    department_code: Mapped[str] = mapped_column(ForeignKey("departments.code"))
    month: Mapped[str] = mapped_column(String(7))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    reason: Mapped[str] = mapped_column(String(300))
    state: Mapped[AppealState] = mapped_column(StrEnumColumn(AppealState), default=AppealState.OPEN)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decision: Mapped[str] = mapped_column(String(300), default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}
