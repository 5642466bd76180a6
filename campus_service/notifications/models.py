"""Tables of notifications, of what each person wants by mail, and of the demo's mails."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from campus_service.core.db import Base, StrEnumColumn, UtcDateTime
from campus_service.notifications.kinds import Group
from campus_service.notifications.robots import Robot


class Notification(Base):
    """One thing that one person should know; its words are made when they are shown."""

    __tablename__ = "notifications"
    __table_args__ = (
        Index("ix_notifications_user", "user_id", "id"),
        # The number in the bar of every page counts only these few.
        Index(
            "ix_notifications_unread",
            "user_id",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(60))
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    link: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Where an answer to the mail goes ("": nowhere), and what its mails are about: they form one conversation.
    reply_to: Mapped[str] = mapped_column(String(254), default="", server_default="")
    thread: Mapped[str] = mapped_column(String(60), default="", server_default="")


class NotificationPreference(Base):
    """Whether a person wants mail about a group; no row means yes."""

    __tablename__ = "notification_preferences"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    group: Mapped[Group] = mapped_column(StrEnumColumn(Group), primary_key=True)
    mail: Mapped[bool]


class DemoMail(Base):
    """A mail that the demo shows on a page instead of sending it."""

    __tablename__ = "demo_mails"

    id: Mapped[int] = mapped_column(primary_key=True)
    to: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class InboundMail(Base):
    """A mail that somebody sent to one of our signed addresses: stored before it is acknowledged, read by a job."""

    __tablename__ = "inbound_mails"
    __table_args__ = (
        # Mail servers deliver at least once.
        UniqueConstraint("address", "message_hash", name="uq_inbound_mails_message"),
        Index("ix_inbound_mails_received_at", "received_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(320))
    message_hash: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Bounces and most answers of machines name no sender.
    senderless: Mapped[bool]
    # The whole mail, until it is handled.
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)
    # What its writer added, without quotation and signature; empty until it is handled.
    body: Mapped[str] = mapped_column(Text, default="")
    automatic: Mapped[bool] = mapped_column(default=False)
    handled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Webhook(Base):
    """A robot in a group chat of the staff, and what it announces there."""

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    kind: Mapped[Robot] = mapped_column(StrEnumColumn(Robot))
    # Holds the robot's token: as secret as the secret.
    url: Mapped[str] = mapped_column(String(500))
    secret: Mapped[str] = mapped_column(String(200), default="")
    # Only what concerns this department; None: everything.
    department_code: Mapped[str | None] = mapped_column(ForeignKey("departments.code"))
    events: Mapped[list[str]] = mapped_column(JSON)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_ok_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str] = mapped_column(String(300), default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}
