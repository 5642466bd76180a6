"""What the accounts hold of a person: copied for him, and taken away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select

from campus_service.accounts import queries
from campus_service.accounts.models import ApiToken, OneTimeLink, RoleGrant, SignIn, User
from campus_service.accounts.roles import ROLE_NAMES
from campus_service.core import personal
from campus_service.core.audit import AuditEntry
from campus_service.core.db import db
from campus_service.core.i18n import LazyString, lazy, marked
from campus_service.core.permissions import Role
from campus_service.jobs.models import OutboxRow

# What stands where a name was; the account itself stays, for the audit log and the records name it by its id.
NOBODY = marked("已注销")


def person(user_id: int) -> personal.Person:
    """A person and what names him."""
    user = db.session.get_one(User, user_id)
    words = (user.email, user.student_no or "", user.name)
    return personal.Person(user.id, user.email, tuple(word for word in words if len(word) > 1))


def _copy(person: personal.Person) -> Mapping[str, Any]:
    mine = {
        "account": (User, User.id, ("password_hash",)),
        "roles": (RoleGrant, RoleGrant.user_id, ()),
        "devices": (SignIn, SignIn.user_id, ("token_hash",)),
        "api_tokens": (ApiToken, ApiToken.user_id, ("token_hash",)),
    }
    found: dict[str, Any] = {
        name: personal.rows(model, owner == person.id, leave_out=left)
        for name, (model, owner, left) in mine.items()
    }
    steps = (AuditEntry.at, AuditEntry.action, AuditEntry.object_type, AuditEntry.object_id)
    log = select(*steps).where(AuditEntry.actor_id == person.id).order_by(AuditEntry.seq)
    return found | {"what_you_did": [dict(row) for row in db.session.execute(log).mappings()]}


def _erase(person: personal.Person) -> None:
    for model in (SignIn, ApiToken, OneTimeLink, RoleGrant):
        db.session.execute(delete(model).where(model.user_id == person.id))
    _forget_mails(person)
    user = db.session.get_one(User, person.id)
    user.name, user.student_no, user.email = NOBODY, None, f"erased-{user.id}@invalid"
    user.password_hash, user.active = "-", False


def _forget_mails(person: personal.Person) -> None:
    """Mails to the person that wait to be sent, or could not be."""
    waiting = select(OutboxRow).where(OutboxRow.name == "mail.send")
    for row in db.session.scalars(
        waiting.where(personal.mentions(OutboxRow.payload, person, json_text=True))
    ):
        db.session.delete(row)


def _unfinished(person: personal.Person) -> Sequence[LazyString]:
    roles = {grant.role for grant in queries.grants([person.id])} - {Role.STUDENT}
    return [
        lazy("你还有“%(role)s”的工作角色，先请管理员收回。", role=ROLE_NAMES[role]) for role in sorted(roles)
    ]


personal.register("account", personal.Part(_copy, _erase, unfinished=_unfinished))
