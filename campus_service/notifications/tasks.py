"""The jobs that send mails; they talk to the outside, so each bears being repeated (the Message-ID stays)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete

from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.i18n import force_locale
from campus_service.core.settings import settings
from campus_service.jobs import daily, job
from campus_service.notifications import kinds, mail, queries
from campus_service.notifications.models import Notification

# A year is longer than any item stays; who opened a notification before that does not come back to it.
KEPT_AFTER_READING = timedelta(days=365)

daily("notifications.forget", hour=3)


@job("notifications.forget")
def forget(_payload: dict[str, Any]) -> None:
    """Drop notifications that were read long ago."""
    db.session.execute(delete(Notification).where(Notification.read_at < now() - KEPT_AFTER_READING))


@job("mail.send", transactional=False)
def send_template(payload: dict[str, Any]) -> None:
    """Send templates/mail/<template>.txt to an address: {to, locale, template, params, key}."""
    mail.send(
        mail.compose(payload["to"], payload["locale"], payload["template"], payload["params"], payload["key"])
    )


@job("notifications.mail", transactional=False)
def send_notification(payload: dict[str, Any]) -> None:
    """Send one notification by mail if its reader still wants that: {notification_id}."""
    letter = queries.letter(payload["notification_id"])
    # A slow mail server must not keep a transaction open.
    db.session.rollback()
    if letter is None:
        return
    with force_locale(letter.locale):
        text = kinds.words(letter.kind, letter.params)
    params = {"title": mail.one_line(text.title), "body": text.body, "url": settings().base_url + letter.link}
    mail.send(mail.compose(letter.to, letter.locale, "notification", params, f"notification-{letter.id}"))
