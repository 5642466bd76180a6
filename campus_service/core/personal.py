"""What of each part belongs to one person: parts register what goes into his copy and what his deletion takes away.

Personal Information Protection Law (个人信息保护法) 45: a copy of one's data; 47: its deletion, but for what another
law keeps (Civil Code 314-318: the record of a thing's custody).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, inspect, or_, select

from campus_service.core.db import Base, db
from campus_service.core.i18n import LazyString

GONE = "…"


@dataclass(frozen=True, slots=True)
class Person:
    """Whose data it is; ``words`` are what names him: name, address, number."""

    id: int
    email: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the site.

    ``copy``: plain rows by what they are. ``erase`` removes them, or what in them leads to the person; it bears being
    repeated. ``files``: names and contents beside the rows. ``unfinished``: what must come to its end before.
    """

    copy: Callable[[Person], Mapping[str, Any]]
    erase: Callable[[Person], None]
    files: Callable[[Person], Iterable[tuple[str, bytes]]] = lambda _person: ()
    unfinished: Callable[[Person], Sequence[LazyString]] = lambda _person: ()


PARTS: dict[str, Part] = {}


def register(name: str, part: Part) -> None:
    """Make a part known; it calls this when it is put into the application. ``name`` is its file in the copy."""
    PARTS[name] = part


def rows(
    model: type[Base], *where: ColumnElement[bool], leave_out: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """The rows of a table as plain values, the oldest first, without the columns ``leave_out``."""
    columns = [column for column in inspect(model).columns if column.name not in set(leave_out)]
    found = db.session.execute(select(*columns).where(*where).order_by(*inspect(model).primary_key))
    return [dict(row) for row in found.mappings()]


def mentions(column: Any, person: Person, *, json_text: bool = False) -> ColumnElement[bool]:
    """Whether a column of text (or of JSON, which escapes Chinese) names the person."""
    words = [json.dumps(word)[1:-1] if json_text else word for word in person.words]
    text = cast(column, Text)
    return or_(*(text.contains(word, autoescape=True) for word in words))


def without(text: str, person: Person) -> str:
    """``text`` with GONE in place of what names the person."""
    for word in person.words:
        text = text.replace(word, GONE)
    return text


def scrub(model: type[Base], names: Sequence[str], person: Person, *where: ColumnElement[bool]) -> None:
    """Take what names the person out of these text columns of the rows."""
    columns = inspect(model).columns
    for row in db.session.scalars(
        select(model).where(*where, or_(*(mentions(columns[name], person) for name in names)))
    ):
        for name in names:
            setattr(row, name, without(getattr(row, name) or "", person))
