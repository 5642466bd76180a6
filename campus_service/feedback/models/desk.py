"""What staff keep beside the cases: routing rules and models, templates, options, recipients, public answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from campus_service.core.db import Base, UtcDateTime


class RoutingRule(Base):
    """One of the coordinator's ordered rules: the first that matches wins."""

    __tablename__ = "routing_rules"
    __table_args__ = (Index("ix_routing_rules_position", "position", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(60))
    # Any of the words; all of "with" must be there too, none of "without". Empty: does not matter.
    words: Mapped[list[Any]] = mapped_column(JSON, default=list)
    with_words: Mapped[list[Any]] = mapped_column(JSON, default=list)
    without_words: Mapped[list[Any]] = mapped_column(JSON, default=list)
    areas: Mapped[list[Any]] = mapped_column(JSON, default=list)
    kinds: Mapped[list[Any]] = mapped_column(JSON, default=list)
    department_code: Mapped[str] = mapped_column(ForeignKey("departments.code"))
    # Decides whatever the classifier says; the shipped rules leave a strong disagreement to a person.
    firm: Mapped[bool] = mapped_column(default=True)
    active: Mapped[bool] = mapped_column(default=True)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class RoutingModel(Base):
    """A trained classifier as plain numbers; the newest one is used by every process."""

    __tablename__ = "routing_models"

    id: Mapped[int] = mapped_column(primary_key=True)
    trained_at: Mapped[datetime] = mapped_column(UtcDateTime)
    samples: Mapped[int]
    # What cross-validation said of it: {"top1": 0.93, …}.
    figures: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    weights: Mapped[bytes] = mapped_column(LargeBinary)


class AnswerTemplate(Base):
    """Words that an officer often needs, with placeholders; of one department, or of all."""

    __tablename__ = "answer_templates"

    id: Mapped[int] = mapped_column(primary_key=True)
    department_code: Mapped[str | None] = mapped_column(ForeignKey("departments.code"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    body: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DepartmentOption(Base):
    """How a department works: whether its head approves answers, and whom a sender may call."""

    __tablename__ = "department_options"

    department_code: Mapped[str] = mapped_column(ForeignKey("departments.code"), primary_key=True)
    needs_approval: Mapped[bool] = mapped_column(default=False)
    contact: Mapped[str] = mapped_column(String(80), default="")


class ReportRecipient(Base):
    """A person who receives reports (举报), unless they accuse his own department."""

    __tablename__ = "report_recipients"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PublicAnswer(Base):
    """Question and answer of a case for everybody, names stripped; an editor confirms what was suggested."""

    __tablename__ = "public_answers"
    __table_args__ = (
        Index(
            "ix_public_answers_published",
            "published_at",
            "id",
            sqlite_where=text("published_at IS NOT NULL"),
            postgresql_where=text("published_at IS NOT NULL"),
        ),
        Index(
            "ix_public_answers_suggested",
            "id",
            sqlite_where=text("published_by IS NULL"),
            postgresql_where=text("published_by IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), unique=True)
    department_code: Mapped[str] = mapped_column(ForeignKey("departments.code"))
    title: Mapped[str] = mapped_column(String(60))
    question: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    faq: Mapped[bool] = mapped_column(default=False)
    flags: Mapped[list[Any]] = mapped_column(JSON, default=list)
    suggested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}
