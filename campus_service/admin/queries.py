"""Finding entries of the audit log."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import or_, select

from campus_service.accounts.models import User
from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.audit import AuditEntry, Fault
from campus_service.core.db import db
from campus_service.core.permissions import Permission

PAGE_SIZE = 50
FAULTS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked for; an empty field matches everything."""

    action: str = ""  # its beginning: "claim" finds claim.approved
    actor: str = ""  # part of the name
    obj: str = ""  # "claim", or "claim 12"

    @property
    def object_type(self) -> str:
        """The kind of thing."""
        return self.obj.split()[0] if self.obj.split() else ""

    @property
    def object_id(self) -> int | None:
        """The thing's id, where one was given."""
        number = self.obj.split()[-1] if self.obj.split() else ""
        return int(number) if re.fullmatch("[0-9]{1,9}", number) else None


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, newest first; ``next`` is the number before which the others lie, None at the end."""

    items: Sequence[AuditEntry]
    next: int | None


def entries(actor: Actor, wanted: Filter, before: int | None = None) -> Page:
    """PAGE_SIZE entries that match ``wanted``, before number ``before``; needs audit:log:read."""
    actor.require(Permission.AUDIT_LOG_READ)
    chosen = select(AuditEntry)
    if before is not None:
        chosen = chosen.where(AuditEntry.seq < before)
    if wanted.action:
        chosen = chosen.where(AuditEntry.action.startswith(wanted.action, autoescape=True))
    if wanted.actor:
        named = select(User.id).where(User.name.contains(wanted.actor, autoescape=True))
        by_name = AuditEntry.actor_name.contains(wanted.actor, autoescape=True)
        chosen = chosen.where(or_(by_name, AuditEntry.actor_id.in_(named)))
    if wanted.object_type:
        chosen = chosen.where(AuditEntry.object_type == wanted.object_type)
    if wanted.object_id is not None:
        chosen = chosen.where(AuditEntry.object_id == wanted.object_id)
    found = db.session.scalars(chosen.order_by(AuditEntry.seq.desc()).limit(PAGE_SIZE + 1)).all()
    items = found[:PAGE_SIZE]
    return Page(items, items[-1].seq if len(found) > PAGE_SIZE else None)


def changes(entry: AuditEntry) -> list[tuple[str, object, object]]:
    """What the entry says of each field: its name, before, after (None where there is nothing)."""
    names = dict.fromkeys([*entry.before, *entry.after])
    return [(name, entry.before.get(name), entry.after.get(name)) for name in names]


def faults(actor: Actor) -> list[Fault]:
    """The first FAULTS_SHOWN broken links of the whole chain; needs audit:log:read."""
    actor.require(Permission.AUDIT_LOG_READ)
    return list(islice(audit.verify(), FAULTS_SHOWN))
