"""The table of guides."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from campus_service.core.db import Base, UtcDateTime, on_violation
from campus_service.core.errors import Conflict
from campus_service.core.i18n import lazy


class Guide(Base):
    """One matter of one department: who may ask, what to bring, which steps, by when, and why it may be refused."""

    __tablename__ = "guides"
    __table_args__ = (
        UniqueConstraint("department_code", "title"),
        CheckConstraint("promise_working_days >= 0", name="promise"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # The last part of the guide's address; it never changes.
    slug: Mapped[str] = mapped_column(String(48), unique=True)
    department_code: Mapped[str] = mapped_column(ForeignKey("departments.code"))
    title: Mapped[str] = mapped_column(String(60))
    who: Mapped[str] = mapped_column(String(300))
    # The regulation that the matter rests on (依据).
    basis: Mapped[str] = mapped_column(String(300))
    materials: Mapped[list[str]] = mapped_column(JSON)
    steps: Mapped[list[str]] = mapped_column(JSON)
    # Working days from complete materials to the result; 0: while one waits.
    promise_working_days: Mapped[int]
    place: Mapped[str] = mapped_column(String(200))
    hours: Mapped[str] = mapped_column(String(200))
    phone: Mapped[str] = mapped_column(String(60))
    refusal_reasons: Mapped[list[str]] = mapped_column(JSON)
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


on_violation(
    "uq_guides_department_code_title",
    "guides.title",
    error=lambda: Conflict(lazy("这个部门已经有同名的办事指南。")),
)
