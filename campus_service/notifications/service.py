"""Noting what a person should know, marking it read, and keeping what he wants by mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update

from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db, insert_or
from campus_service.core.errors import NotFound
from campus_service.jobs import enqueue
from campus_service.notifications.kinds import KINDS, Group
from campus_service.notifications.models import Notification, NotificationPreference
from campus_service.notifications.queries import Page, page, preferences, unread_count

__all__ = [
    "Page",
    "mark_all_read",
    "mark_read",
    "mark_read_before",
    "notify",
    "page",
    "preferences",
    "set_preferences",
    "unread_count",
]


def notify(
    user_id: int, kind: str, params: Mapping[str, Any], link: str, *, reply_to: str = "", thread: str = ""
) -> Notification:
    """Tell person ``user_id`` something inside the running transaction: in the site, and by mail after it.

    ``kind``: a registered code. ``params``: plain JSON for its words; nothing private, a mail may show it.
    ``link``: the path of the page where it goes on. ``reply_to``: where an answer to the mail goes, made by
    ``inbound.signed_address``; unused while inbound mail is off. ``thread``: what the mail is about ("case-123"):
    mails about the same form one conversation. Raises LookupError for an unknown kind, ValueError for a
    link that leaves the site.
    """
    if kind not in KINDS:
        raise LookupError(f"no kind of notification is called {kind!r}: register it in the feature's tasks")
    if not is_local(link):
        raise ValueError(f"a notification leads to a path of this site, not to {link!r}")
    notice = Notification(
        user_id=user_id,
        kind=kind,
        params=dict(params),
        link=link,
        created_at=now(),
        reply_to=reply_to,
        thread=thread,
    )
    db.session.add(notice)
    db.session.flush()
    enqueue("notifications.mail", {"notification_id": notice.id})
    return notice


def is_local(path: str) -> bool:
    """Whether ``path`` stays on this site; "//host" and "/\\host" would leave it."""
    return path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable()


def mark_read(actor: Actor, notification_id: int) -> str:
    """Note that the actor opened his notification; returns its link. Raises NotFound for somebody else's."""
    notice = db.session.get(Notification, notification_id)
    if notice is None or notice.user_id != actor.person_id():
        raise NotFound()
    if notice.read_at is None:
        notice.read_at = now()
    return notice.link


def mark_all_read(actor: Actor) -> None:
    """Note that the actor has seen everything there is."""
    own = update(Notification).where(
        Notification.user_id == actor.person_id(), Notification.read_at.is_(None)
    )
    db.session.execute(own.values(read_at=now()))


def mark_read_before(moment: datetime) -> None:
    """Note everybody's older notifications as read: data that was brought in is no news."""
    older = update(Notification).where(Notification.created_at < moment, Notification.read_at.is_(None))
    db.session.execute(older.values(read_at=now()))


def set_preferences(actor: Actor, mail: Mapping[Group, bool]) -> None:
    """Keep for each group in ``mail`` whether the actor wants mail about it."""
    rows = [{"user_id": actor.person_id(), "group": group, "mail": wanted} for group, wanted in mail.items()]
    statement = insert_or(NotificationPreference).values(rows)
    changes = {"mail": statement.excluded.mail}
    db.session.execute(statement.on_conflict_do_update(index_elements=["user_id", "group"], set_=changes))
