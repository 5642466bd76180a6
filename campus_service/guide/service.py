"""Changing the service guide: a guide is written and, in the same transaction, found by the search."""

from __future__ import annotations

from sqlalchemy.exc import NoResultFound

from campus_service.accounts.models import Department
from campus_service.core.clock import now, to_local
from campus_service.core.db import db
from campus_service.core.errors import Invalid
from campus_service.core.i18n import lazy
from campus_service.core.numbers import take
from campus_service.following import service as following
from campus_service.guide.commands import AddGuide
from campus_service.guide.models import Guide
from campus_service.search.engine import SearchDoc

KIND = "guide"


def add(command: AddGuide) -> Guide:
    """Add a guide and put it into the search; checks no permission: files and the demo bring guides in.

    Raises Invalid for a department that does not exist, Conflict (at the commit) for a second guide of the same
    title in one department.
    """
    department = _department(command.department)
    guide = Guide(
        **command.model_dump(exclude={"department"}),
        slug=_new_slug(department.code),
        department_code=department.code,
        active=True,
        updated_at=now(),
    )
    db.session.add(guide)
    db.session.flush()
    following.publish(search_doc(guide, department), None)
    return guide


def _department(code: str) -> Department:
    try:
        return db.session.get_one(Department, code)
    except NoResultFound:
        raise Invalid({"department": lazy("没有代码为 %(code)s 的部门。", code=code)}) from None


def _new_slug(department_code: str) -> str:
    """it-services-3: short in a link, and the same whatever the matter will be called."""
    return f"{department_code.replace('_', '-')}-{take(f'guide.{department_code}')}"


def search_id(guide: Guide) -> str:
    """The guide's id in the search index."""
    return f"{KIND}:{guide.id}"


def search_doc(guide: Guide, department: Department) -> SearchDoc:
    """What may be searched of a guide."""
    body = [guide.who, department.name, guide.place]
    return SearchDoc(
        id=search_id(guide),
        kind=KIND,
        category=guide.department_code,
        status="active",
        place="",
        day=int(to_local(guide.updated_at).strftime("%Y%m%d")),
        sort=guide.updated_at.timestamp(),
        title=guide.title,
        body=" ".join([*body, *guide.materials, *guide.steps, *guide.refusal_reasons]),
    )
