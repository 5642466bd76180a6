"""Every SELECT on notifications."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from campus_service.accounts.models import User
from campus_service.core.actor import Actor
from campus_service.core.db import db
from campus_service.core.settings import settings
from campus_service.notifications.kinds import KINDS, Group
from campus_service.notifications.models import DemoMail, Notification, NotificationPreference

PAGE_SIZE = 20
# The bar shows "99+": nothing is gained by counting further.
COUNT_TO = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Some notifications, newest first; ``next`` is the id before which the others lie, None at the end."""

    items: Sequence[Notification]
    next: int | None


def unread_count(user_id: int) -> int:
    """How many a person has not opened, COUNT_TO at most."""
    unread = select(Notification.id).where(Notification.user_id == user_id, Notification.read_at.is_(None))
    return db.session.scalar(select(func.count()).select_from(unread.limit(COUNT_TO).subquery())) or 0


def page(actor: Actor, before: int | None = None) -> Page:
    """The actor's own notifications before id ``before``; raises SignInNeeded for a visitor."""
    chosen = select(Notification).where(Notification.user_id == actor.person_id())
    if before is not None:
        chosen = chosen.where(Notification.id < before)
    found = db.session.scalars(chosen.order_by(Notification.id.desc()).limit(PAGE_SIZE + 1)).all()
    items = found[:PAGE_SIZE]
    return Page(items, items[-1].id if len(found) > PAGE_SIZE else None)


def preferences(user_id: int) -> dict[Group, bool]:
    """For each group whether the person wants mail about it."""
    own = select(NotificationPreference).where(NotificationPreference.user_id == user_id)
    return dict.fromkeys(Group, True) | {row.group: row.mail for row in db.session.scalars(own)}


@dataclass(frozen=True, slots=True)
class Letter:
    """What is needed to write one notification as a mail."""

    id: int
    kind: str
    params: dict[str, object]
    link: str
    to: str
    locale: str
    reply_to: str = ""
    thread: str = ""


def letter(notification_id: int) -> Letter | None:
    """The notification as a mail, or None when none is wanted.

    That is: it was read meanwhile, the account is closed, its address not confirmed, or its group off.
    """
    row = db.session.execute(
        select(Notification, User.email, User.locale)
        .join(User, User.id == Notification.user_id)
        .where(
            Notification.id == notification_id,
            Notification.read_at.is_(None),
            User.active,
            User.email_confirmed_at.is_not(None),
        )
    ).one_or_none()
    if row is None:
        return None
    notice, email, locale = row
    kind = KINDS.get(notice.kind)
    if kind is None or not preferences(notice.user_id)[kind.group]:
        return None
    return Letter(
        id=notice.id,
        kind=notice.kind,
        params=notice.params,
        link=notice.link,
        to=email,
        locale=locale,
        reply_to=notice.reply_to if settings().inbound_port else "",
        thread=notice.thread,
    )


def demo_mails(limit: int = 100) -> Sequence[DemoMail]:
    """The demo's mails, newest first."""
    return db.session.scalars(select(DemoMail).order_by(DemoMail.id.desc()).limit(limit)).all()


def demo_mail(mail_id: int) -> DemoMail | None:
    """One of the demo's mails."""
    return db.session.get(DemoMail, mail_id)
