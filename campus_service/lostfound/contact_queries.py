"""Every SELECT on letters between finder and owner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from campus_service.core.actor import Actor
from campus_service.core.db import db
from campus_service.core.errors import NotFound, SignInNeeded
from campus_service.lostfound import policy
from campus_service.lostfound.models import ContactMessage, ContactThread, FoundItem, LostReport
from campus_service.lostfound.states import FoundState, LostState


def thread(actor: Actor, thread_id: int) -> ContactThread:
    """A thread; raises NotFound unless ``actor`` is one of the two, or security and it was reported."""
    row = db.session.get(ContactThread, thread_id)
    if row is None or not policy.can_read(actor, row):
        raise NotFound() if actor.signed_in else SignInNeeded()
    return row


def thread_about(asker_id: int, no: str) -> ContactThread | None:
    """The thread that this person began about a report."""
    mine = select(ContactThread).where(ContactThread.report_no == no, ContactThread.asker_id == asker_id)
    return db.session.scalar(mine)


def report(no: str) -> FoundItem | LostReport:
    """The report that a thread is about, listed or not."""
    model: Any = LostReport if "-L" in no else FoundItem
    found: FoundItem | LostReport = db.session.scalars(select(model).where(model.no == no)).one()
    return found


def letters(thread_id: int) -> Sequence[ContactMessage]:
    """What was written, the oldest first."""
    mine = select(ContactMessage).where(ContactMessage.thread_id == thread_id)
    return db.session.scalars(mine.order_by(ContactMessage.id)).all()


def begun_since(asker_id: int, moment: datetime) -> int:
    """How many threads this person began since ``moment``."""
    begun = select(func.count()).where(ContactThread.asker_id == asker_id, ContactThread.opened_at >= moment)
    return db.session.scalar(begun) or 0


def written_since(author_id: int, thread_id: int, moment: datetime) -> int:
    """How many letters this person wrote in a thread since ``moment``."""
    his = (ContactMessage.thread_id == thread_id, ContactMessage.author_id == author_id)
    return db.session.scalar(select(func.count()).where(*his, ContactMessage.at >= moment)) or 0


def my_threads(actor: Actor) -> Sequence[tuple[ContactThread, str]]:
    """One's threads, each with the last words written in it, the latest begun first."""
    me = actor.person_id()
    last = (
        select(ContactMessage.body)
        .where(ContactMessage.thread_id == ContactThread.id)
        .order_by(ContactMessage.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    mine = or_(ContactThread.asker_id == me, ContactThread.poster_id == me)
    rows = db.session.execute(
        select(ContactThread, last).where(mine).order_by(ContactThread.id.desc()).limit(50)
    )
    return [(row, words or "") for row, words in rows]


def to_close() -> Sequence[ContactThread]:
    """Open threads whose report is over, or whose thing was handed in."""
    kept = select(FoundItem.no).where(FoundItem.listed, FoundItem.state == FoundState.REPORTED)
    missed = select(LostReport.no).where(LostReport.listed, LostReport.state == LostState.OPEN)
    return db.session.scalars(
        select(ContactThread).where(
            ContactThread.closed_at.is_(None),
            ContactThread.report_no.not_in(kept),
            ContactThread.report_no.not_in(missed),
        )
    ).all()


def to_forget(moment: datetime) -> Sequence[ContactThread]:
    """Threads closed before ``moment``."""
    return db.session.scalars(select(ContactThread).where(ContactThread.closed_at < moment)).all()
