"""Copies of a mailing: written once for each reader, claimed in batches, and how far each has come.

Nobody gets anything twice: the pair of mailing and reader is unique, and a copy is noted as handed over before the
server hears the end of the mail (states.DeliveryState).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, func, insert, or_, select, update

from campus_service.bulletin.models import Correction, Delivery, Issue, Mailing, Publication, Subscriber
from campus_service.bulletin.service import subscribing
from campus_service.bulletin.states import DeliveryState, MailingKind
from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.errors import NotFound
from campus_service.core.permissions import Permission as P
from campus_service.core.settings import settings
from campus_service.jobs import enqueue

BATCH = 50
MAX_ATTEMPTS = 6
_S = DeliveryState
# What has left us, or must be taken for it.
GONE = (_S.HANDED, _S.SENT, _S.BOUNCED)
CHUNK = 5000


def write_copies(mailing: Mailing) -> int:
    """Write a copy for everybody who asked for it, once; returns how many there are."""
    if mailing.total:
        return mailing.total
    readers = _readers(mailing)
    rows = [
        {
            "mailing_id": mailing.id,
            "subscriber_id": id,
            "domain": email.rpartition("@")[2],
            "state": _S.QUEUED,
            "attempts": 0,
            "error": "",
        }
        for id, email in readers
    ]
    for first in range(0, len(rows), CHUNK):
        db.session.execute(insert(Delivery), rows[first : first + CHUNK])
    mailing.total = len(rows)
    if not rows:
        mailing.finished_at = now()
    return mailing.total


def _readers(mailing: Mailing) -> list[tuple[int, str]]:
    rows = select(Subscriber.id, Subscriber.email, Subscriber.whole, Subscriber.sections)
    rows = rows.where(Subscriber.confirmed_at.is_not(None), Subscriber.ended_at.is_(None)).order_by(
        Subscriber.id
    )
    if mailing.kind is MailingKind.CORRECTION:
        rows = rows.where(Subscriber.id.in_(_who_got(mailing.correction_id or 0)))
        return [(row.id, row.email) for row in db.session.execute(rows)]
    sections = {each.section.value for each in articles_of(mailing)}
    whole = mailing.kind is MailingKind.ISSUE
    return [
        (row.id, row.email)
        for row in db.session.execute(rows)
        if (whole and row.whole) or sections.intersection(row.sections)
    ]


def _who_got(correction_id: int) -> Select[Any]:
    """Readers who received the article that had the error, early or in its issue."""
    correction = db.session.get_one(Correction, correction_id)
    publication = db.session.get_one(Publication, correction.publication_id)
    mailings = select(Mailing.id).where(
        or_(Mailing.publication_id == publication.id, Mailing.issue_id == (publication.issue_id or 0))
    )
    return select(Delivery.subscriber_id).where(Delivery.mailing_id.in_(mailings), Delivery.state.in_(GONE))


def articles_of(mailing: Mailing) -> list[Publication]:
    """What a mailing brings: the issue's articles without those that were mailed early, or the one article."""
    rows = select(Publication)
    if mailing.kind is MailingKind.ISSUE:
        rows = rows.where(Publication.issue_id == mailing.issue_id).order_by(Publication.position)
    elif mailing.kind is MailingKind.ARTICLE:
        rows = rows.where(Publication.id == mailing.publication_id)
    else:
        correction = db.session.get_one(Correction, mailing.correction_id)
        rows = rows.where(Publication.id == correction.publication_id)
    return list(db.session.scalars(rows))


def mailed_early(mailing: Mailing) -> set[int]:
    """The issue's articles that section readers have had as a mail of their own."""
    if mailing.issue_id is None:
        return set()
    early = select(Mailing.publication_id).join(Publication, Publication.id == Mailing.publication_id)
    found = db.session.scalars(early.where(Publication.issue_id == mailing.issue_id))
    return {id for id in found if id is not None}


@dataclass(frozen=True, slots=True)
class Copy:
    """A claimed copy, and to whom it goes."""

    id: int
    email: str
    locale: str
    token: str
    whole: bool
    sections: tuple[str, ...]


def take_back(mailing_id: int) -> None:
    """What a worker had claimed when it died waits again; what it had handed over counts as sent."""
    ours = Delivery.mailing_id == mailing_id
    db.session.execute(update(Delivery).where(ours, Delivery.state == _S.SENDING).values(state=_S.QUEUED))


def claim(mailing_id: int) -> list[Copy]:
    """The next copies to send, at most BATCH, none to a domain that has had its share of this minute."""
    allowed = _allowance(mailing_id)
    full = [domain for domain, left in allowed.items() if left <= 0]
    rows = (
        select(Delivery.id, Delivery.domain, Subscriber.email, Subscriber.locale, Subscriber.token)
        .add_columns(Subscriber.whole, Subscriber.sections, Subscriber.ended_at)
        .join(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .where(Delivery.mailing_id == mailing_id, Delivery.state == _S.QUEUED, Delivery.domain.not_in(full))
        .order_by(Delivery.id)
        .limit(BATCH)
    )
    copies, ended = [], []
    for row in db.session.execute(rows):
        left = allowed.get(row.domain, settings().mail_pace)
        if row.ended_at is not None:
            ended.append(row.id)
        elif left > 0:
            allowed[row.domain] = left - 1
            copies.append(Copy(row.id, row.email, row.locale, row.token, row.whole, tuple(row.sections)))
    _set(ended, _S.FAILED, error="ended meanwhile")
    _set([copy.id for copy in copies], _S.SENDING)
    return copies


def _allowance(mailing_id: int) -> dict[str, int]:
    """How many copies each domain that got some lately may still have this minute."""
    lately = select(Delivery.domain, func.count()).where(Delivery.at > now() - timedelta(minutes=1))
    lately = lately.where(Delivery.mailing_id == mailing_id, Delivery.state.in_(GONE)).group_by(
        Delivery.domain
    )
    return {domain: settings().mail_pace - count for domain, count in db.session.execute(lately)}


def _set(ids: Iterable[int], state: DeliveryState, error: str = "") -> None:
    chosen = list(ids)
    if chosen:
        change = update(Delivery).where(Delivery.id.in_(chosen))
        db.session.execute(change.values(state=state, error=error, at=now()))


def handed(copy_id: int) -> bool:
    """The server has the whole mail but for its end: from now on it counts as sent.

    False when another sender has the copy by now: then the end must not be sent.
    """
    mine = update(Delivery).where(Delivery.id == copy_id, Delivery.state == _S.SENDING)
    taken = db.session.scalar(mine.values(state=_S.HANDED, at=now()).returning(Delivery.id))
    return taken is not None


def sent(ids: Iterable[int]) -> None:
    """The server said yes."""
    _set(ids, _S.SENT)


def later(copy_id: int, error: str) -> None:
    """The server said "not now": again in the next round, MAX_ATTEMPTS times."""
    row = db.session.get_one(Delivery, copy_id)
    row.attempts += 1
    row.state = _S.FAILED if row.attempts >= MAX_ATTEMPTS else _S.QUEUED
    row.error, row.at = error[:300], now()


def refused(copy_id: int, error: str) -> None:
    """The server said "never"."""
    _set([copy_id], _S.FAILED, error[:300])


def finish(mailing_id: int) -> bool:
    """Note the end when no copy waits any more; returns whether it is over."""
    waiting = select(func.count()).where(
        Delivery.mailing_id == mailing_id, Delivery.state.in_((_S.QUEUED, _S.SENDING))
    )
    if db.session.scalar(waiting):
        return False
    mailing = db.session.get_one(Mailing, mailing_id)
    mailing.finished_at = mailing.finished_at or now()
    return True


def bounce(delivery_id: int, status: str) -> None:
    """A mail of ours came back: for good (5.x.x) it counts against the address, for a while it does not."""
    row = db.session.get(Delivery, delivery_id)
    if row is None or not status.startswith("5") or row.state is _S.BOUNCED:
        return
    row.state, row.error = _S.BOUNCED, status[:300]
    subscriber = db.session.get(Subscriber, row.subscriber_id)
    if subscriber is not None:
        subscribing.bounced(subscriber)


# --- in the newsroom ----------------------------------------------------------------------------------------------


def pause(actor: Actor, mailing_id: int) -> Mailing:
    """Hold a mailing after the batch that is under way, or let it go on. Needs bulletin:mailing:manage."""
    actor.require(P.BULLETIN_MAILING_MANAGE)
    mailing = db.session.get(Mailing, mailing_id)
    if mailing is None:
        raise NotFound()
    mailing.paused_at = None if mailing.paused_at else now()
    if mailing.paused_at is None:
        enqueue("bulletin.mailing", {"mailing": mailing.id}, key=f"bulletin.mailing.{mailing.id}")
    word = "paused" if mailing.paused_at else "resumed"
    audit.record(actor, f"mailing.{word}", obj_type="mailings", obj_id=mailing.id)
    return mailing


@dataclass(frozen=True, slots=True)
class Progress:
    """A mailing as the newsroom sees it."""

    mailing: Mailing
    title: str
    counts: dict[DeliveryState, int]

    @property
    def done(self) -> int:
        """Copies that wait no more."""
        return sum(count for state, count in self.counts.items() if state not in (_S.QUEUED, _S.SENDING))


def progress(actor: Actor, limit: int = 30) -> list[Progress]:
    """The newest mailings with how far they are. Needs bulletin:mailing:manage."""
    actor.require(P.BULLETIN_MAILING_MANAGE)
    mailings = db.session.scalars(select(Mailing).order_by(Mailing.id.desc()).limit(limit)).all()
    counts: dict[int, dict[DeliveryState, int]] = {}
    rows = select(Delivery.mailing_id, Delivery.state, func.count()).where(
        Delivery.mailing_id.in_([each.id for each in mailings])
    )
    for id, state, count in db.session.execute(rows.group_by(Delivery.mailing_id, Delivery.state)):
        counts.setdefault(id, {})[state] = count
    return [Progress(each, title_of(each), counts.get(each.id, {})) for each in mailings]


def title_of(mailing: Mailing) -> str:
    """What a mailing is about."""
    if mailing.kind is MailingKind.ISSUE:
        return db.session.get_one(Issue, mailing.issue_id).title
    return next((row.title for row in articles_of(mailing)), "")
