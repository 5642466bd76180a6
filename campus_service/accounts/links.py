"""One-time links in mails: made, found, used up; and the mails themselves as outbox rows."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, select, update

from campus_service.accounts.models import OneTimeLink, Purpose, User
from campus_service.accounts.passwords import new_token, token_hash
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.errors import NotFound
from campus_service.core.i18n import lazy
from campus_service.core.settings import settings
from campus_service.jobs import enqueue

LIFE = {Purpose.CONFIRM: timedelta(hours=48), Purpose.RESET: timedelta(hours=1)}
# The first link of an account that an administrator made: its owner may be on holiday.
INVITE_LIFE = timedelta(days=7)
PATHS = {Purpose.CONFIRM: "confirm", Purpose.RESET: "reset"}
GONE = lazy("这个链接已经用过、被新的代替或过期了。请重新申请一封邮件。")


def make(user: User, purpose: Purpose, life: timedelta | None = None) -> str:
    """The address of a new link for ``user``; earlier links of this purpose stop working."""
    use_up(user.id, purpose)
    token = new_token()
    db.session.add(
        OneTimeLink(
            token_hash=token_hash(token),
            user_id=user.id,
            purpose=purpose,
            expires_at=now() + (life or LIFE[purpose]),
        )
    )
    db.session.flush()
    return f"{settings().base_url}/{PATHS[purpose]}/{token}"


def owner(token: str, purpose: Purpose) -> User:
    """Whose link this is. Raises NotFound when it was used, replaced, has run out or its account is closed."""
    return _open_account(db.session.scalar(select(OneTimeLink.user_id).where(*_usable(token, purpose))))


def take(token: str, purpose: Purpose) -> User:
    """Use a link up and return whose it is; of two who send it at once, one succeeds. Raises NotFound."""
    taken = update(OneTimeLink).where(*_usable(token, purpose)).values(used_at=now())
    user = _open_account(db.session.scalar(taken.returning(OneTimeLink.user_id)))
    use_up(user.id, purpose)
    return user


def use_up(user_id: int, purpose: Purpose) -> None:
    """Let no link of this purpose of this person work any more."""
    mine = (OneTimeLink.user_id == user_id, OneTimeLink.purpose == purpose, OneTimeLink.used_at.is_(None))
    db.session.execute(update(OneTimeLink).where(*mine).values(used_at=now()))


def _usable(token: str, purpose: Purpose) -> tuple[ColumnElement[bool], ...]:
    return (
        OneTimeLink.token_hash == token_hash(token),
        OneTimeLink.purpose == purpose,
        OneTimeLink.used_at.is_(None),
        OneTimeLink.expires_at > now(),
    )


def _open_account(user_id: int | None) -> User:
    user = db.session.get(User, user_id) if user_id is not None else None
    if user is None or not user.active:
        raise NotFound(GONE)
    return user


def mail(user: User, template: str, **params: Any) -> None:
    """Promise ``user`` a mail in his language from templates/mail/accounts/``template``.txt."""
    enqueue(
        "mail.send",
        {
            "to": user.email,
            "locale": user.locale,
            "template": f"accounts/{template}",
            "params": params,
            # Becomes the Message-ID: a mail handed over twice is recognisable as one.
            "key": f"account-{user.id}-{secrets.token_hex(8)}",
        },
    )
