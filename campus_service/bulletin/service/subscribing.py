"""Subscriptions by mail: asked for, confirmed by a second step, changed and ended by the reader alone."""

from __future__ import annotations

import secrets

from sqlalchemy import select

from campus_service.bulletin.commands import Subscribe
from campus_service.bulletin.models import Subscriber
from campus_service.core.clock import now, today
from campus_service.core.db import db, insert_or
from campus_service.core.errors import NotFound
from campus_service.core.i18n import lazy
from campus_service.jobs import enqueue

# So many mails a day may ask one address: whoever types it in is not its owner yet.
MOST_ASKED = 3


def subscribe(command: Subscribe, locale: str) -> None:
    """Note a wish and ask the address whether it is its own (double opt-in), MOST_ASKED times a day at most.

    The answer is the same whether the address was known: one that reads us already gets the link to its choices
    instead, and nothing of them changes.
    """
    row = _row_of(command.email, locale)
    if row.asked_on != today():
        row.asked_on, row.asked = today(), 0
    if row.asked >= MOST_ASKED:
        return
    row.asked += 1
    if not reads(row):
        row.token = _token() if row.ended_at else row.token
        row.whole, row.sections, row.locale = command.whole, [each.value for each in command.sections], locale
        row.confirmed_at, row.ended_at, row.ended_why = None, None, ""
    db.session.flush()
    enqueue("bulletin.ask_reader", {"subscriber": row.id}, key=f"bulletin.ask_reader.{row.id}")


def _row_of(email: str, locale: str) -> Subscriber:
    """The address's row, a new one if there is none, ours until the commit: two at the same moment come one after the other."""
    new = {"email": email, "locale": locale, "sections": [], "token": _token(), "created_at": now()}
    put = insert_or(Subscriber).values(new | {"whole": False, "ended_why": "", "asked": 0})
    db.session.execute(put.on_conflict_do_nothing(index_elements=["email"]))
    return db.session.scalars(select(Subscriber).where(Subscriber.email == email).with_for_update()).one()


def _token() -> str:
    return secrets.token_urlsafe(24)


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
        row.confirmed_at = now()
    return row


def change(token: str, command: Subscribe) -> Subscriber:
    """Another choice; it also takes up a subscription that was ended."""
    row = of_token(token)
    row.whole, row.sections = command.whole, [each.value for each in command.sections]
    if not reads(row):
        row.confirmed_at, row.ended_at, row.ended_why = now(), None, ""
    return row


def end(token: str) -> Subscriber:
    """No more mail from now on; a second time changes nothing."""
    row = of_token(token)
    if row.ended_at is None:
        row.ended_at, row.ended_why = now(), "asked"
    return row


def bounced(row: Subscriber) -> None:
    """Nobody reads there any more: its mails come back."""
    if row.ended_at is None:
        row.ended_at, row.ended_why = now(), "bounced"
