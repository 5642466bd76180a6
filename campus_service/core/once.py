"""The same form sent twice makes one row and gives the same answer (idempotency keys)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Index, String, select, update
from sqlalchemy.orm import Mapped, mapped_column

from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import Base, UtcDateTime, db, insert_or
from campus_service.core.settings import settings

KEY_LENGTH = 120


class DoneOnce(Base):
    """What a form with this key led to."""

    __tablename__ = "done_once"
    __table_args__ = (Index("ix_done_once_at", "at"),)

    key: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)
    result: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


def once(actor: Actor, scope: str, key: str, make: Callable[[], str]) -> str:
    """Return what ``make`` returned the first time this actor sent ``key`` in ``scope``.

    An empty key means: do not remember. Of two senders at the same moment the second waits at the primary key
    until the first has committed, and gets the first one's answer. Of a form without a name only a keyed hash and
    the hour are kept: neither a browser's history nor its clock leads to what was sent.
    """
    if not key:
        return make()
    full, at = f"{scope}:{actor.id or 0}:{key}", now()
    if not actor.signed_in and not actor.permissions:
        secret = settings().secret_key.get_secret_value().encode()
        full = f"{scope}:0:{hmac.digest(secret, f'once:{key}'.encode(), 'sha256').hex()}"
        at = at.replace(minute=0, second=0, microsecond=0)
    elif len(full) > KEY_LENGTH:
        full = f"{scope}:{actor.id or 0}:{hashlib.sha256(key.encode()).hexdigest()}"
    reserve = insert_or(DoneOnce).values(key=full, result="", at=at).on_conflict_do_nothing()
    if db.session.scalar(reserve.returning(DoneOnce.key)) is None:
        return db.session.execute(select(DoneOnce.result).where(DoneOnce.key == full)).scalar_one()
    result = make()
    db.session.execute(update(DoneOnce).where(DoneOnce.key == full).values(result=result))
    return result
