"""Subscriptions by mail: asked for, confirmed by a second step, changed and ended by the reader alone."""

from __future__ import annotations

import secrets

from sqlalchemy import select

from campus_service.bulletin.commands import Subscribe
from campus_service.bulletin.models import Subscriber
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.errors import NotFound
from campus_service.core.i18n import lazy
from campus_service.jobs import enqueue

# So many lasting failures in a row end a subscription: nobody reads there any more.
MAX_BOUNCES = 3


def subscribe(command: Subscribe, locale: str) -> None:
    """Note a wish and ask the address whether it is its own (double opt-in).

    The answer is the same whether the address was known: one that reads us already gets the link to its choices
    instead, and nothing of them changes.
    """
    row = db.session.scalar(select(Subscriber).where(Subscriber.email == command.email).with_for_update())
    if row is None or not reads(row):
        row = row or Subscriber(email=command.email, bounces=0, created_at=now())
        row.whole, row.sections, row.locale = command.whole, [each.value for each in command.sections], locale
        row.token, row.confirmed_at, row.ended_at, row.ended_why = secrets.token_urlsafe(24), None, None, ""
        db.session.add(row)
        db.session.flush()
    enqueue("bulletin.ask_reader", {"subscriber": row.id}, key=f"bulletin.ask_reader.{row.id}")


def reads(row: Subscriber) -> bool:
    """Whether mail goes there."""
    return row.confirmed_at is not None and row.ended_at is None


def of_token(token: str) -> Subscriber:
    """The reader whose mail has this link; raises NotFound."""
    row = (
        db.session.scalar(select(Subscriber).where(Subscriber.token == token[:43]))
        if token.isascii()
        else None
    )
    if row is None:
        raise NotFound(lazy("这个链接已经失效，请重新订阅。"))
    return row


def confirm(token: str) -> Subscriber:
    """The address is its reader's; a second time changes nothing."""
    row = of_token(token)
    if row.ended_at is None and row.confirmed_at is None:
        row.confirmed_at, row.bounces = now(), 0
    return row


def change(token: str, command: Subscribe) -> Subscriber:
    """Another choice; it also takes up a subscription that was ended."""
    row = of_token(token)
    row.whole, row.sections = command.whole, [each.value for each in command.sections]
    row.confirmed_at, row.ended_at, row.ended_why = row.confirmed_at or now(), None, ""
    return row


def end(token: str) -> Subscriber:
    """No more mail from now on; a second time changes nothing."""
    row = of_token(token)
    if row.ended_at is None:
        row.ended_at, row.ended_why = now(), "asked"
    return row


def bounced(row: Subscriber) -> None:
    """A mail came back for good; after MAX_BOUNCES in a row the subscription ends."""
    row.bounces += 1
    if row.bounces >= MAX_BOUNCES and row.ended_at is None:
        row.ended_at, row.ended_why = now(), "bounced"
