"""The jobs that send mails; they talk to the outside, so each bears being repeated (the Message-ID stays)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import delete

from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.i18n import force_locale
from campus_service.core.settings import settings
from campus_service.jobs import daily, job
from campus_service.notifications import inbound, kinds, mail, queries, webhooks
from campus_service.notifications.models import InboundMail, Notification

# A year is longer than any item stays; who opened a notification before that does not come back to it.
KEPT_AFTER_READING = timedelta(days=365)

# What a mail said is in the case by then; its hash must outlast a server that delivers it twice.
MAILS_KEPT = timedelta(days=30)

daily("notifications.forget", hour=3)


@job("notifications.forget")
def forget(_payload: dict[str, Any]) -> None:
    """Drop notifications that were read long ago, and inbound mails that were handled."""
    db.session.execute(delete(Notification).where(Notification.read_at < now() - KEPT_AFTER_READING))
    db.session.execute(delete(InboundMail).where(InboundMail.handled_at < now() - MAILS_KEPT))


@job("notifications.inbound")
def read_mail(payload: dict[str, Any]) -> None:
    """Read a mail that came in and give it to the feature whose address it has: {mail_id}."""
    inbound.hand_on(payload["mail_id"])


@job("notifications.webhook", transactional=False)
def say(payload: dict[str, Any]) -> None:
    """Let a group robot say something: {webhook_id, title, text, link}."""
    webhooks.deliver(payload)


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
    stop = kinds.stop_path(letter.kind, letter.params)
    params = {
        "title": mail.one_line(text.title),
        "body": text.body,
        "url": settings().base_url + letter.link,
        "stop": settings().base_url + stop if stop else "",
    }
    composed = mail.compose(letter.to, letter.locale, "notification", params, f"notification-{letter.id}")
    mail.send(replace(composed, reply_to=letter.reply_to, thread=letter.thread, stop=params["stop"]))
