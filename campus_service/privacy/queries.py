"""Every SELECT on copies and deletions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.errors import NotFound
from campus_service.privacy.models import DataExport, Erasure


def export_of(user_id: int) -> DataExport | None:
    """The person's copy that is being made or can be fetched."""
    row = db.session.get(DataExport, user_id)
    return row if row is not None and row.expires_at > now() else None


def ready(actor: Actor) -> DataExport:
    """The actor's own copy; raises NotFound when there is none, or not yet, or not any more."""
    row = export_of(actor.person_id())
    if row is None or row.ready_at is None:
        raise NotFound()
    return row


def expired(moment: datetime) -> Sequence[DataExport]:
    """Copies whose time is over."""
    return db.session.scalars(select(DataExport).where(DataExport.expires_at <= moment)).all()


def erasure_of(user_id: int) -> Erasure | None:
    """The deletion that the person asked for."""
    return db.session.get(Erasure, user_id)
