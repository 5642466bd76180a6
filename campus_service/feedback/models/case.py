"""A case and what belongs to it: its log, its messages, hand-overs, returns, answers, followers, reminders."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campus_service.core.db import Base, StrEnumColumn, UtcDateTime
from campus_service.feedback.states import (
    AnswerState,
    CaseState,
    Channel,
    Clock,
    EventType,
    HandoverState,
    Kind,
    MessageKind,
    Outcome,
    Publicity,
    RouteHow,
)


def _where(condition: str, sqlite: str = "") -> dict[str, Any]:
    return {"sqlite_where": text(sqlite or condition), "postgresql_where": text(condition)}


class Case(Base):
    """One message that somebody must answer."""

    __tablename__ = "cases"
    __table_args__ = (
        # The inbox: open cases of a department by what is due next.
        Index("ix_cases_inbox", "department_code", "next_due_at", "id", **_where("is_open", "is_open = 1")),
        # What concerns safety stands above everything else.
        Index(
            "ix_cases_urgent",
            "department_code",
            "next_due_at",
            "id",
            **_where("is_open AND urgent", "is_open = 1 AND urgent = 1"),
        ),
        Index("ix_cases_offered", "offered_to", "next_due_at", "id", **_where("offered_to IS NOT NULL")),
        Index("ix_cases_open", "state", "next_due_at", "id", **_where("is_open", "is_open = 1")),
        Index("ix_cases_assignee", "assignee_id", "next_due_at", "id", **_where("is_open", "is_open = 1")),
        Index("ix_cases_department", "department_code", "created_at", "id"),
        Index("ix_cases_created", "created_at", "id"),
        Index("ix_cases_public", "updated_at", "id", **_where("publicity = 'public'")),
        Index("ix_cases_public_created", "created_at", "id", **_where("publicity = 'public'")),
        Index("ix_cases_flagged", "id", **_where("publicity = 'flagged'")),
        Index("ix_cases_sender", "sender_id", "id"),
        Index("ix_cases_answered", "answered_at", **_where("answered_at IS NOT NULL")),
        CheckConstraint("NOT (anonymous AND sender_id IS NOT NULL)", name="anonymous_is_nobody"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    no: Mapped[str] = mapped_column(String(16), unique=True)
    kind: Mapped[Kind] = mapped_column(StrEnumColumn(Kind))
    title: Mapped[str] = mapped_column(String(60))
    body: Mapped[str] = mapped_column(Text)
    area: Mapped[str] = mapped_column(String(20), default="other")
    place: Mapped[str] = mapped_column(String(80), default="")
    # Open311 callers may send a point; nobody else is asked for one.
    lat: Mapped[float | None]
    long: Mapped[float | None]
    channel: Mapped[Channel] = mapped_column(StrEnumColumn(Channel), default=Channel.WEB)
    # The service that an Open311 caller chose (open311/services.py).
    service_code: Mapped[str | None] = mapped_column(String(32))
    state: Mapped[CaseState] = mapped_column(StrEnumColumn(CaseState), default=CaseState.RECEIVED)
    is_open: Mapped[bool] = mapped_column(default=True)
    urgent: Mapped[bool] = mapped_column(default=False)

    # Who sent it: a person, or nobody (anonymous), or somebody at a counter or on the phone.
    anonymous: Mapped[bool] = mapped_column(default=False)
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    caller_name: Mapped[str] = mapped_column(String(40), default="")
    caller_contact: Mapped[str] = mapped_column(String(120), default="")
    # A keyed hash to find the case by its 16 digits, and an Argon2 hash to prove them.
    receipt_lookup: Mapped[str | None] = mapped_column(String(64), unique=True)
    receipt_hash: Mapped[str] = mapped_column(String(200), default="")
    # A report (举报): for its recipients only, never for the accused department.
    confidential: Mapped[bool] = mapped_column(default=False)
    accused_department: Mapped[str | None] = mapped_column(ForeignKey("departments.code"))

    # Who is responsible: the holder, the department that accepted first, and whom it was offered to.
    department_code: Mapped[str | None] = mapped_column(ForeignKey("departments.code"))
    first_department: Mapped[str | None] = mapped_column(ForeignKey("departments.code"))
    offered_to: Mapped[str | None] = mapped_column(ForeignKey("departments.code"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    # Why it went there first; the final holder is what the classifier learns from.
    route_how: Mapped[RouteHow | None] = mapped_column(StrEnumColumn(RouteHow))
    routed_to: Mapped[str | None] = mapped_column(String(32))
    route_confidence: Mapped[float | None]
    route_why: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    # What clocks.py computed from the log, kept to sort and to wake by; explained line by line.
    accept_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_clock: Mapped[Clock | None] = mapped_column(StrEnumColumn(Clock))
    clock_lines: Mapped[list[Any]] = mapped_column(JSON, default=list)
    calendar_version: Mapped[int] = mapped_column(default=0)
    paused: Mapped[bool] = mapped_column(default=False)
    # 0 none, 1 head, 2 supervisor, 3 督办, 4 public list.
    escalation: Mapped[int] = mapped_column(default=0)

    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    outcome: Mapped[Outcome | None] = mapped_column(StrEnumColumn(Outcome))
    # Whose it is instead, or by which rule it is declined.
    outcome_detail: Mapped[str] = mapped_column(String(200), default="")
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    solved: Mapped[bool | None]
    rating: Mapped[int | None]
    rating_text: Mapped[str] = mapped_column(String(300), default="")
    rated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reopened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    # A part of a case that several departments answer; the first-asked one answers for all.
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    consent: Mapped[bool] = mapped_column(default=False)
    publicity: Mapped[Publicity] = mapped_column(StrEnumColumn(Publicity), default=Publicity.PRIVATE)
    # What a check of the public text found: [{"what": "phone", "text": "…"}].
    flags: Mapped[list[Any]] = mapped_column(JSON, default=list)
    followers: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    parent: Mapped[Case | None] = relationship(lazy="raise", foreign_keys=[parent_id], remote_side=[id])

    __mapper_args__ = {"version_id_col": version}


class CaseEvent(Base):
    """One line of a case's log: append-only, the only thing that clocks are computed from."""

    __tablename__ = "case_events"
    __table_args__ = (
        Index("ix_case_events_case", "case_id", "id"),
        Index("ix_case_events_at", "at"),
        Index("ix_case_events_adjudicated", "id", **_where("type = 'adjudicated'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    type: Mapped[EventType] = mapped_column(StrEnumColumn(EventType))
    # None: an anonymous sender, or the site itself.
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    department_code: Mapped[str | None] = mapped_column(String(32))
    to_department: Mapped[str | None] = mapped_column(String(32))
    # The reason, as the sender sees it.
    note: Mapped[str] = mapped_column(Text, default="")
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Message(Base):
    """What was said: by the sender, to the sender, or among staff. Photos hang on it (owner "feedback_message")."""

    __tablename__ = "case_messages"
    __table_args__ = (Index("ix_case_messages_case", "case_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[MessageKind] = mapped_column(StrEnumColumn(MessageKind))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    department_code: Mapped[str | None] = mapped_column(String(32))
    body: Mapped[str] = mapped_column(Text)
    # Staff named with @ in a note.
    mentions: Mapped[list[Any]] = mapped_column(JSON, default=list)
    # A mail that was threaded in is stored once, however often its server delivers it.
    mail_id: Mapped[str | None] = mapped_column(String(64), unique=True)


class Handover(Base):
    """A department offers a case to another one; it stays responsible until that one accepts."""

    __tablename__ = "case_handovers"
    __table_args__ = (
        Index("uq_case_handovers_one_pending", "case_id", unique=True, **_where("state = 'pending'")),
        Index("ix_case_handovers_case", "case_id", "id"),
        Index("ix_case_handovers_lapsed", "id", **_where("state = 'lapsed'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    from_department: Mapped[str] = mapped_column(ForeignKey("departments.code"))
    to_department: Mapped[str] = mapped_column(ForeignKey("departments.code"))
    reason: Mapped[str] = mapped_column(String(300))
    offered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    offered_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    state: Mapped[HandoverState] = mapped_column(StrEnumColumn(HandoverState), default=HandoverState.PENDING)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decision: Mapped[str] = mapped_column(String(300), default="")


class CaseReturn(Base):
    """A department says "not ours" before accepting: once per department and case (domain.md §2)."""

    __tablename__ = "case_returns"
    __table_args__ = (Index("uq_case_returns_once", "case_id", "department_code", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    department_code: Mapped[str] = mapped_column(ForeignKey("departments.code"))
    reason: Mapped[str] = mapped_column(String(300))
    suggested: Mapped[str | None] = mapped_column(ForeignKey("departments.code"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Answer(Base):
    """An answer: waiting for the head's approval, sent, or sent back to its author."""

    __tablename__ = "case_answers"
    __table_args__ = (
        Index("uq_case_answers_one_waiting", "case_id", unique=True, **_where("state = 'submitted'")),
        Index("ix_case_answers_case", "case_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    department_code: Mapped[str] = mapped_column(ForeignKey("departments.code"))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    body: Mapped[str] = mapped_column(Text)
    outcome: Mapped[Outcome] = mapped_column(StrEnumColumn(Outcome))
    outcome_detail: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[AnswerState] = mapped_column(StrEnumColumn(AnswerState))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decision: Mapped[str] = mapped_column(String(300), default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Answering(Base):
    """Somebody has the answer box of a case open: a hint, not a lock."""

    __tablename__ = "case_answering"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Follower(Base):
    """Me too: a person who met the same and is told with the sender. Once per person and case."""

    __tablename__ = "case_followers"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class CaseLink(Base):
    """Two cases that belong together without being one; the smaller id first."""

    __tablename__ = "case_links"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True, index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Recipient(Base):
    """A named person who may read a report (举报)."""

    __tablename__ = "case_recipients"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)


class Reminder(Base):
    """A reminder or an escalation that was sent: each step of a deadline at most once."""

    __tablename__ = "case_reminders"
    __table_args__ = (Index("uq_case_reminders_once", "case_id", "clock", "due_at", "step", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    clock: Mapped[Clock] = mapped_column(StrEnumColumn(Clock))
    # The deadline the step belongs to: an extended one is reminded of anew.
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # "50", "80", "100", "head", "supervisor", "oversight", "public".
    step: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
