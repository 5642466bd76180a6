"""Tables of people: users, their roles and departments, sign-ins, API tokens and one-time links."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, text, true
from sqlalchemy.orm import Mapped, mapped_column

from campus_service.core.db import Base, StrEnumColumn, UtcDateTime, on_violation
from campus_service.core.errors import Invalid
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Role


class Purpose(StrEnum):
    """What a one-time link is for."""

    CONFIRM = "confirm"
    RESET = "reset"


class Department(Base):
    """A department of the university; officers' roles belong to one."""

    __tablename__ = "departments"

    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(80))


class User(Base):
    """A person with an account; cannot sign in before the mail address is confirmed."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    # The student number, or the staff number of staff; upper-case.
    student_no: Mapped[str | None] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(40))
    # Lower-case.
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    locale: Mapped[str] = mapped_column(String(8), default="zh_CN", server_default="zh_CN")
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    email_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RoleGrant(Base):
    """One role of one person; for an officer or a head, in one department."""

    __tablename__ = "role_grants"
    __table_args__ = (
        Index("uq_role_grants_department", "user_id", "role", "department_code", unique=True),
        # NULLs are distinct in a unique index: roles without a department need their own.
        Index(
            "uq_role_grants_plain",
            "user_id",
            "role",
            unique=True,
            sqlite_where=text("department_code IS NULL"),
            postgresql_where=text("department_code IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    role: Mapped[Role] = mapped_column(StrEnumColumn(Role))
    department_code: Mapped[str | None] = mapped_column(ForeignKey("departments.code"))


class SignIn(Base):
    """One signed-in device: the cookie holds a random token, this row its hash and its life."""

    __tablename__ = "sign_ins"
    __table_args__ = (Index("ix_sign_ins_user_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # "Chrome · Android": enough to recognise one's own phone, too little to follow a person.
    device: Mapped[str] = mapped_column(String(60), default="")


class ApiToken(Base):
    """A personal API token; only its hash is kept."""

    __tablename__ = "api_tokens"
    __table_args__ = (Index("ix_api_tokens_user_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OneTimeLink(Base):
    """A link in a mail that works once: confirms an address or sets a new password."""

    __tablename__ = "one_time_links"
    __table_args__ = (Index("ix_one_time_links_user_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    purpose: Mapped[Purpose] = mapped_column(StrEnumColumn(Purpose))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


on_violation(
    "uq_users_email", "users.email", error=lambda: Invalid({"email": lazy("这个邮箱已经有账号了。")})
)
on_violation(
    "uq_users_student_no",
    "users.student_no",
    error=lambda: Invalid({"student_no": lazy("这个学工号已经有账号了。")}),
)

# The twelve departments that answer feedback (data/README.md), the centre itself and the desks' operator.
DEPARTMENTS: list[dict[str, str]] = [
    {"code": "academic_affairs", "name": "教务处", "name_en": "Academic Affairs"},
    {"code": "student_affairs", "name": "学生工作处", "name_en": "Student Affairs"},
    {"code": "logistics", "name": "后勤处", "name_en": "Logistics"},
    {"code": "dormitory", "name": "宿舍管理中心", "name_en": "Dormitory Management"},
    {"code": "security", "name": "保卫处", "name_en": "Campus Security"},
    {"code": "library", "name": "图书馆", "name_en": "Library"},
    {"code": "it_services", "name": "信息化办公室", "name_en": "IT Services"},
    {"code": "finance", "name": "财务处", "name_en": "Finance"},
    {"code": "clinic", "name": "校医院", "name_en": "Clinic"},
    {"code": "counselling", "name": "心理健康教育中心", "name_en": "Counselling"},
    {"code": "career", "name": "就业指导中心", "name_en": "Career Centre"},
    {"code": "youth_league", "name": "校团委", "name_en": "Youth League"},
    {"code": "affairs_centre", "name": "大学生事务服务中心", "name_en": "Student Affairs Centre"},
    {"code": "property", "name": "物业", "name_en": "Property Services"},
]
