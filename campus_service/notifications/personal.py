"""A person's notifications and mails: copied for him, and taken away."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import delete, or_, select

from campus_service.core import personal
from campus_service.core.db import db
from campus_service.core.settings import settings
from campus_service.notifications import kinds
from campus_service.notifications.models import DemoMail, Notification, NotificationPreference


def _copy(person: personal.Person) -> Mapping[str, Any]:
    mine = select(Notification).where(Notification.user_id == person.id).order_by(Notification.id)
    preferences = NotificationPreference.user_id == person.id
    return {
        "notifications": [_as_read(notice) for notice in db.session.scalars(mine)],
        "mail_preferences": personal.rows(NotificationPreference, preferences),
    }


def _as_read(notice: Notification) -> dict[str, Any]:
    words = kinds.words(notice.kind, notice.params)
    return {
        "created_at": notice.created_at,
        "read_at": notice.read_at,
        "title": words.title,
        "body": words.body,
        "link": notice.link,
    }


def _erase(person: personal.Person) -> None:
    for model in (Notification, NotificationPreference):
        db.session.execute(delete(model).where(model.user_id == person.id))
    named = or_(
        DemoMail.to == person.email,
        personal.mentions(DemoMail.subject, person),
        personal.mentions(DemoMail.body, person),
    )
    db.session.execute(delete(DemoMail).where(named))
    others = select(Notification).where(personal.mentions(Notification.params, person, json_text=True))
    for notice in db.session.scalars(others):
        text = json.dumps(notice.params, ensure_ascii=False)
        notice.params = json.loads(personal.without(text, person))


def forget_about(links: Collection[str]) -> None:
    """Remove everybody's notifications that lead to these pages: what they were about is gone."""
    db.session.execute(delete(Notification).where(Notification.link.in_(links)))
    shown = or_(*(DemoMail.body.contains(settings().base_url + link, autoescape=True) for link in links))
    db.session.execute(delete(DemoMail).where(shown))


personal.register("notifications", personal.Part(_copy, _erase))
