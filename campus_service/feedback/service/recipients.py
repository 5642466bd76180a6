"""Who receives reports (举报): named persons, added and removed by an administrator."""

from __future__ import annotations

from campus_service.accounts import queries as accounts
from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.errors import Conflict, Invalid, NotFound
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission as P
from campus_service.feedback.commands import NameRecipient
from campus_service.feedback.models import ReportRecipient


def add_recipient(actor: Actor, command: NameRecipient) -> int:
    """Name a person who reads the reports that come from now on. Needs feedback:recipient:name.

    Raises Invalid when there is no such active person, Conflict when he is named already. Returns his id.
    """
    actor.require(P.FEEDBACK_RECIPIENT_NAME)
    person = accounts.user_by_account(command.account)
    if person is None or not person.active:
        raise Invalid({"account": lazy("没有这个学工号或邮箱的在用账号。")})
    if db.session.get(ReportRecipient, person.id) is not None:
        raise Conflict(lazy("%(name)s 已经在名单里。", name=person.name))
    db.session.add(ReportRecipient(user_id=person.id, added_at=now()))
    db.session.flush()
    audit.record(actor, "recipient.named", obj_type="user", obj_id=person.id)
    return person.id


def remove_recipient(actor: Actor, user_id: int) -> None:
    """Take a person off the list; reports he was given before stay with him. Needs feedback:recipient:name."""
    actor.require(P.FEEDBACK_RECIPIENT_NAME)
    row = db.session.get(ReportRecipient, user_id)
    if row is None:
        raise NotFound(lazy("名单里没有这个人。"))
    db.session.delete(row)
    db.session.flush()
    audit.record(actor, "recipient.removed", obj_type="user", obj_id=user_id)
