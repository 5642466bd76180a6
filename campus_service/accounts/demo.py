"""The people of the demo: one for each role, all with the same known password; never on a real site."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from campus_service.accounts.models import User
from campus_service.accounts.passwords import hash_password
from campus_service.accounts.service import new_person
from campus_service.core.db import db
from campus_service.core.i18n import LazyString, lazy
from campus_service.core.permissions import Role
from campus_service.core.settings import settings

PASSWORD = "campus-demo-2026"  # printed on the demo's own sign-in page


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One of the demo's people and what he is there to show."""

    student_no: str
    name: str
    email: str
    roles: tuple[Role, ...]
    department: str | None
    part: LazyString
    password: str = PASSWORD


DEMO_PEOPLE = [
    DemoPerson("2026110001", "林同学", "lin@demo.example", (Role.STUDENT,), None, lazy("丢了东西的学生")),
    DemoPerson("2026110002", "周同学", "zhou@demo.example", (Role.STUDENT,), None, lazy("捡到东西的学生")),
    DemoPerson("2026110003", "吴同学", "wu@demo.example", (Role.STUDENT,), None, lazy("也来认领的学生")),
    DemoPerson("W00001", "周师傅", "desk@demo.example", (Role.DESK,), None, lazy("招领点值班员")),
    DemoPerson("W00002", "何老师", "security@demo.example", (Role.SECURITY,), None, lazy("保卫处")),
    DemoPerson(
        "W00008", "孙老师", "security2@demo.example", (Role.SECURITY,), None, lazy("保卫处，复核申诉")
    ),
    DemoPerson("W00003", "沈同学", "editor@demo.example", (Role.STUDENT, Role.EDITOR), None, lazy("编辑")),
    DemoPerson(
        "2026110009", "阿柚", "writer@demo.example", (Role.STUDENT, Role.WRITER), None, lazy("撰稿人")
    ),
    DemoPerson(
        "2026110010", "唐同学", "editor2@demo.example", (Role.STUDENT, Role.EDITOR), None, lazy("另一位编辑")
    ),
    DemoPerson("W00009", "顾老师", "chief@demo.example", (Role.CHIEF_EDITOR,), None, lazy("主编")),
    DemoPerson(
        "W00004", "许老师", "coordinator@demo.example", (Role.COORDINATOR,), None, lazy("事务中心协调员")
    ),
    DemoPerson("W00005", "管理员", "admin@demo.example", (Role.ADMIN,), None, lazy("管理员")),
    DemoPerson(
        "W00006", "郑老师", "officer@demo.example", (Role.OFFICER,), "logistics", lazy("后勤处经办人")
    ),
    DemoPerson(
        "W00007", "秦处长", "head@demo.example", (Role.DEPARTMENT_HEAD,), "logistics", lazy("后勤处负责人")
    ),
]


def create_demo_people() -> dict[str, User]:
    """Add the demo's people that are missing; returns all by mail address. Raises RuntimeError outside the demo."""
    if not settings().demo:
        raise RuntimeError("demo accounts exist only with CAMPUS_DEMO=true")
    emails = [person.email for person in DEMO_PEOPLE]
    there = {user.email: user for user in db.session.scalars(select(User).where(User.email.in_(emails)))}
    missing = [person for person in DEMO_PEOPLE if person.email not in there]
    password_hash = hash_password(PASSWORD) if missing else ""
    for person in missing:
        roles: list[tuple[Role, str | None]] = [(role, person.department) for role in person.roles]
        there[person.email] = new_person(
            person.student_no, person.name, person.email, password_hash=password_hash, roles=roles
        )
    return there
