"""The desks, and the steps of an item's way between them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from campus_service.core.db import Base, UtcDateTime
from campus_service.core.i18n import marked


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
