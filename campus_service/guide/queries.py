"""Reading the service guide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Row, select

from campus_service.accounts.models import Department
from campus_service.core.db import db
from campus_service.core.errors import NotFound
from campus_service.core.i18n import lazy
from campus_service.guide.models import Guide
from campus_service.search.models import SearchDocument

AnyRow: TypeAlias = Row[*tuple[Any, ...]]

# What a list tells of a guide.
_ENTRY = (
    Guide.id,
    Guide.slug,
    Guide.title,
    Guide.who,
    Guide.promise_working_days,
    Guide.department_code,
    Department.name,
    Department.name_en,
)
_entries = select(*_ENTRY).join(Department, Guide.department_code == Department.code).where(Guide.active)


def entries() -> Sequence[AnyRow]:
    """All guides that hold, by department and title."""
    return db.session.execute(_entries.order_by(Guide.department_code, Guide.title)).all()


def entries_of(ids: Iterable[int]) -> dict[int, AnyRow]:
    """Those of ``ids`` that hold, by id."""
    return {row.id: row for row in db.session.execute(_entries.where(Guide.id.in_(list(ids))))}


def everything() -> Iterator[tuple[Guide, Department]]:
    """Every guide that holds, with its department."""
    wanted = select(Guide, Department).join(Department, Guide.department_code == Department.code)
    for row in db.session.execute(wanted.where(Guide.active)):
        yield row.Guide, row.Department


def guide(slug: str) -> tuple[Guide, Department]:
    """One guide with its department; NotFound when there is none or it no longer holds."""
    wanted = select(Guide, Department).join(Department, Guide.department_code == Department.code)
    row = db.session.execute(wanted.where(Guide.slug == slug, Guide.active)).one_or_none()
    if row is None:
        raise NotFound(lazy("没有这份办事指南，可能已经撤下。"))
    return row.Guide, row.Department


def known_titles() -> set[tuple[str, str]]:
    """Department and title of every guide, withdrawn ones included."""
    return {
        (row.department_code, row.title)
        for row in db.session.execute(select(Guide.department_code, Guide.title))
    }


def department_codes() -> set[str]:
    """The departments that may have guides."""
    return set(db.session.scalars(select(Department.code)))


def words() -> Sequence[AnyRow]:
    """The searchable words of every guide, as the search keeps them: between blanks."""
    document = select(SearchDocument.id, SearchDocument.title, SearchDocument.text)
    return db.session.execute(
        document.where(SearchDocument.kind == "guide").order_by(SearchDocument.id)
    ).all()
