"""Copies of a mailing: written once for each reader, claimed in batches, and how far each has come.

Nobody gets anything twice: the pair of mailing and reader is unique, and a copy is noted as handed over before the
server hears the end of the mail (states.DeliveryState).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Row, and_, bindparam, case, func, insert, or_, select, update

from campus_service.bulletin.models import Correction, Delivery, Issue, Mailing, Publication, Subscriber
from campus_service.bulletin.service import subscribing
from campus_service.bulletin.states import DeliveryState, MailingKind
from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import Base, db
from campus_service.core.errors import NotFound
from campus_service.core.permissions import Permission as P
from campus_service.core.settings import settings
from campus_service.jobs import enqueue

BATCH = 50
MAX_ATTEMPTS = 6
# A server that said "not now" is asked again after so long: those that greylist want minutes (RFC 6647 2.1).
RETRY = timedelta(minutes=10)
# So many copies in a row that came back for good end a subscription.
MAX_BOUNCES = 3
_S = DeliveryState
# What has left us, or must be taken for it.
GONE = (_S.HANDED, _S.DOUBTFUL, _S.SENT, _S.BOUNCED)
# What waits for us.
WAITING = (_S.QUEUED, _S.SENDING)
# Where a sender's copy is before the last dot of its mail, and after it: another sender, which comes when a mailing is
# held and let go on, may have looked after it meanwhile. What the server says before counts for nothing after.
BEFORE_END = (_S.SENDING,)
AFTER_END = (_S.HANDED, _S.DOUBTFUL)
_IN_HAND = (*BEFORE_END, *AFTER_END)
CHUNK = 5000
# Who ended it may be asked anew by anybody, and is no reader before he says yes.
_READS = and_(Subscriber.confirmed_at.is_not(None), Subscriber.ended_at.is_(None))


def write_copies(mailing: Mailing) -> int:
    """Write a copy for everybody who asked for it, once; returns how many there are."""
    if mailing.total:
        return mailing.total
    readers = _readers(mailing)
    rows = [
        {
            "mailing_id": mailing.id,
            "subscriber_id": reader.id,
            "whole": reader.whole,
            "sections": reader.sections,
            "domain": reader.email.rpartition("@")[2],
            "state": _S.QUEUED,
            "attempts": 0,
            "error": "",
        }
        for reader in readers
    ]
    for first in range(0, len(rows), CHUNK):
        db.session.execute(insert(Delivery), rows[first : first + CHUNK])
    mailing.total = len(rows)
    if not rows:
        mailing.finished_at = now()
    return mailing.total


def _readers(mailing: Mailing) -> list[Row[int, str, bool, list[str]]]:
    rows = select(Subscriber.id, Subscriber.email, Subscriber.whole, Subscriber.sections)
    found = db.session.execute(rows.where(_READS).order_by(Subscriber.id)).all()
    if mailing.kind is MailingKind.CORRECTION:
        had = _who_got(articles_of(mailing)[0])
        return [row for row in found if row.id in had]
    sections = {each.section.value for each in articles_of(mailing)}
    whole = mailing.kind is MailingKind.ISSUE
    return [row for row in found if (whole and row.whole) or sections.intersection(row.sections)]


def _who_got(article: Publication) -> set[int]:
    """Those who received the article, early or in its issue: who reads some sections had these alone in his copy."""
    rows = (
        select(Delivery.subscriber_id, Delivery.whole, Delivery.sections, Mailing.publication_id)
        .join(Mailing, Mailing.id == Delivery.mailing_id)
        .where(or_(Mailing.publication_id == article.id, Mailing.issue_id == (article.issue_id or 0)))
        .where(Delivery.state.in_(GONE))
    )
    return {
        row.subscriber_id
        for row in db.session.execute(rows)
        if row.publication_id or row.whole or article.section.value in row.sections
    }


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


def _had_early(mailing_id: int, readers: Iterable[int]) -> dict[int, frozenset[int]]:
    """The articles of an issue that each of ``readers`` has had as a mail of its own."""
    issue = select(Mailing.issue_id).where(Mailing.id == mailing_id).scalar_subquery()
    rows = (
        select(Delivery.subscriber_id, Publication.id)
        .join(Mailing, Mailing.id == Delivery.mailing_id)
        .join(Publication, Publication.id == Mailing.publication_id)
        .where(Publication.issue_id == issue, Delivery.state.in_(GONE))
        .where(Delivery.subscriber_id.in_(list(readers)))
    )
    had: dict[int, set[int]] = {}
    for reader, publication in db.session.execute(rows):
        had.setdefault(reader, set()).add(publication)
    return {reader: frozenset(ids) for reader, ids in had.items()}


@dataclass(frozen=True, slots=True)
class Copy:
    """A claimed copy, and to whom it goes."""

    id: int
    email: str
    locale: str
    token: str
    whole: bool
    sections: tuple[str, ...]
    # Articles that this reader has had as mails of their own.
    had: frozenset[int] = frozenset()


def take_back(mailing_id: int) -> None:
    """What a sender had claimed when it died waits again; what it had handed over is doubtful."""
    _give_up(Delivery.mailing_id == mailing_id)


def give_back(ids: Iterable[int]) -> None:
    """The same for what a sender has left, whatever ended it: not begun, or without the server's answer."""
    _give_up(Delivery.id.in_(list(ids)))


def _give_up(which: ColumnElement[bool]) -> None:
    for state, then in ((_S.SENDING, _S.QUEUED), (_S.HANDED, _S.DOUBTFUL)):
        db.session.execute(update(Delivery).where(which, Delivery.state == state).values(state=then))


def claim(mailing_id: int) -> list[Copy]:
    """The next copies to send, at most BATCH, none to a domain that has had its share of this minute."""
    allowed = _allowance()
    full = [domain for domain, left in allowed.items() if left <= 0]
    rows = (
        select(Delivery.id, Delivery.subscriber_id, Delivery.domain, Subscriber.email, Subscriber.locale)
        .add_columns(Subscriber.token, Delivery.whole, Delivery.sections, _READS.label("reads"))
        .join(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .where(Delivery.mailing_id == mailing_id, Delivery.state == _S.QUEUED, Delivery.domain.not_in(full))
        .where(or_(Delivery.attempts == 0, Delivery.at < now() - RETRY))
        .order_by(Delivery.id)
        .limit(BATCH)
    )
    found = db.session.execute(rows).all()
    had = _had_early(mailing_id, [row.subscriber_id for row in found])
    copies, ended = [], []
    for row in found:
        left = allowed.get(row.domain, settings().mail_pace)
        if not row.reads:
            ended.append(row.id)
        elif left > 0:
            allowed[row.domain] = left - 1
            early = had.get(row.subscriber_id, frozenset())
            copies.append(
                Copy(row.id, row.email, row.locale, row.token, row.whole, tuple(row.sections), early)
            )
    _move(ended, (_S.QUEUED,), _S.SKIPPED)
    _move([copy.id for copy in copies], (_S.QUEUED,), _S.SENDING)
    return copies


def _allowance() -> dict[str, int]:
    """How many copies each domain that got some lately may still have this minute, whatever mailing they are of."""
    lately = select(Delivery.domain, func.count()).where(Delivery.at > now() - timedelta(minutes=1))
    lately = lately.where(Delivery.state.in_((*GONE, _S.SENDING))).group_by(Delivery.domain)
    return {domain: settings().mail_pace - count for domain, count in db.session.execute(lately)}


def _move(ids: Iterable[int], before: Iterable[DeliveryState], then: DeliveryState, error: str = "") -> None:
    """Only from where we know a copy to be: another sender may have it by now."""
    chosen = list(ids)
    if chosen:
        ours = update(Delivery).where(Delivery.id.in_(chosen), Delivery.state.in_(tuple(before)))
        db.session.execute(ours.values(state=then, error=error[:300], at=now()))


# One statement for each mail, made once: building it anew takes longer than running it.
_copies = Base.metadata.tables["deliveries"]
_HAND_OVER = (
    update(_copies)
    .where(
        or_(
            and_(_copies.c.id == bindparam("copy"), _copies.c.state == _S.SENDING),
            and_(_copies.c.id.in_(bindparam("taken", expanding=True)), _copies.c.state.in_(_IN_HAND)),
        )
    )
    .values(state=case((_copies.c.id == bindparam("copy"), _S.HANDED), else_=_S.SENT), at=bindparam("moment"))
    .returning(_copies.c.id)
)


def handed(copy_id: int, taken: Iterable[int] = ()) -> bool:
    """The server has the whole mail but for its end: from now on it counts as gone; it has said yes to ``taken``.

    False when another sender has the copy by now: then the end must not be sent.
    """
    values = {"copy": copy_id, "taken": list(taken), "moment": now()}
    return copy_id in db.session.execute(_HAND_OVER, values).scalars().all()


def sent(ids: Iterable[int]) -> None:
    """The server said yes."""
    _move(ids, _IN_HAND, _S.SENT)


def skip(copy_id: int) -> None:
    """The reader has had everything that is in it."""
    _move([copy_id], BEFORE_END, _S.SKIPPED)


def later(copy_id: int, error: str, before: tuple[DeliveryState, ...] = BEFORE_END) -> None:
    """The server said "not now": again after RETRY, MAX_ATTEMPTS times in all."""
    tries = Delivery.attempts + 1
    ours = update(Delivery).where(Delivery.id == copy_id, Delivery.state.in_(before))
    state = case((tries >= MAX_ATTEMPTS, _S.FAILED), else_=_S.QUEUED)
    db.session.execute(ours.values(attempts=tries, state=state, error=error[:300], at=now()))


def refused(copy_id: int, error: str, before: tuple[DeliveryState, ...] = BEFORE_END) -> None:
    """The server said "never", of this mail."""
    _move([copy_id], before, _S.FAILED, error)


def unknown(copy_id: int, error: str, before: tuple[DeliveryState, ...] = BEFORE_END) -> None:
    """The server knows no such address: as good as a mail that came back."""
    _move([copy_id], before, _S.BOUNCED, error)
    _end_if_nobody_reads(db.session.get_one(Delivery, copy_id).subscriber_id)


def trouble(mailing_id: int, error: str) -> None:
    """Note why the mail server takes nothing, for the newsroom; empty when it does."""
    db.session.execute(update(Mailing).where(Mailing.id == mailing_id).values(trouble=error[:300]))


def finish(mailing_id: int) -> bool:
    """Note the end when no copy waits any more; returns whether it is over."""
    waiting = select(func.count()).where(Delivery.mailing_id == mailing_id, Delivery.state.in_(WAITING))
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
    db.session.flush()
    _end_if_nobody_reads(row.subscriber_id)


def _end_if_nobody_reads(subscriber_id: int) -> None:
    """After MAX_BOUNCES copies in a row that came back, counted from when the reader last asked for them."""
    row = db.session.get(Subscriber, subscriber_id)
    if row is None or row.confirmed_at is None:
        return
    latest = (
        select(Delivery.state)
        .where(Delivery.subscriber_id == row.id, Delivery.state.in_(GONE), Delivery.at >= row.confirmed_at)
        .order_by(Delivery.id.desc())
        .limit(MAX_BOUNCES)
    )
    if db.session.scalars(latest).all() == [_S.BOUNCED] * MAX_BOUNCES:
        subscribing.bounced(row)


# --- in the newsroom ----------------------------------------------------------------------------------------------


def go_on(mailing_id: int, turn: int = 0, delay: timedelta | None = None) -> None:
    """Promise a run that sends what is left. ``turn``: a run that promises the next one must name the other turn."""
    enqueue(
        "bulletin.mailing",
        {"mailing": mailing_id, "turn": turn},
        delay=delay or timedelta(0),
        key=f"bulletin.mailing.{mailing_id}.{turn}",
    )


def pause(actor: Actor, mailing_id: int) -> Mailing:
    """Hold a mailing after the batch that is under way, or let it go on. Needs bulletin:mailing:manage."""
    mailing = _managed(actor, mailing_id)
    mailing.paused_at = None if mailing.paused_at else now()
    if mailing.paused_at is None:
        go_on(mailing.id)
    word = "paused" if mailing.paused_at else "resumed"
    audit.record(actor, f"mailing.{word}", obj_type="mailings", obj_id=mailing.id)
    return mailing


def send_doubtful(actor: Actor, mailing_id: int) -> int:
    """Send once more what a crash left in doubt; returns how many. Needs bulletin:mailing:manage.

    Somebody may then get a copy twice, which is why a person decides. The Message-ID is that of the first time.
    """
    mailing = _managed(actor, mailing_id)
    doubtful = update(Delivery).where(Delivery.mailing_id == mailing.id, Delivery.state == _S.DOUBTFUL)
    again = db.session.scalars(doubtful.values(state=_S.QUEUED).returning(Delivery.id)).all()
    if again:
        mailing.finished_at = None
        go_on(mailing.id)
        after = {"copies": len(again)}
        audit.record(actor, "mailing.sent_again", obj_type="mailings", obj_id=mailing.id, after=after)
    return len(again)


def _managed(actor: Actor, mailing_id: int) -> Mailing:
    actor.require(P.BULLETIN_MAILING_MANAGE)
    mailing = db.session.get(Mailing, mailing_id)
    if mailing is None:
        raise NotFound()
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
        return sum(count for state, count in self.counts.items() if state not in WAITING)


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


@dataclass(frozen=True, slots=True)
class Domain:
    """How far the copies to one mail domain are."""

    name: str
    total: int
    done: int
    failed: int


@dataclass(frozen=True, slots=True)
class Failure:
    """A copy that did not arrive, with the server's word; the address shortened."""

    address: str
    state: DeliveryState
    error: str


# So many domains and failures are shown.
MOST_SHOWN = 50


def one(actor: Actor, mailing_id: int) -> tuple[Progress, list[Domain], list[Failure]]:
    """A mailing with its domains, the largest first, and what failed last. Needs bulletin:mailing:manage."""
    mailing = _managed(actor, mailing_id)
    ours = Delivery.mailing_id == mailing.id
    counts = select(Delivery.state, func.count()).where(ours).group_by(Delivery.state)
    by_state: dict[DeliveryState, int] = dict(db.session.execute(counts).all())
    waiting, lost = (
        func.sum(case((Delivery.state.in_(states), 1), else_=0))
        for states in (WAITING, (_S.FAILED, _S.BOUNCED))
    )
    domains = select(Delivery.domain, func.count(), func.count() - waiting, lost).where(ours)
    domains = domains.group_by(Delivery.domain).order_by(func.count().desc(), Delivery.domain)
    failures = select(Subscriber.email, Delivery.state, Delivery.error)
    failures = failures.join(Subscriber, Subscriber.id == Delivery.subscriber_id)
    failures = failures.where(ours, Delivery.error != "").order_by(Delivery.at.desc(), Delivery.id)
    return (
        Progress(mailing, title_of(mailing), by_state),
        [Domain(*row) for row in db.session.execute(domains.limit(MOST_SHOWN))],
        [Failure(_shortened(row[0]), *row[1:]) for row in db.session.execute(failures.limit(MOST_SHOWN))],
    )


def _shortened(email: str) -> str:
    """Enough to know one's own by."""
    name, _at, domain = email.rpartition("@")
    return f"{name[:2]}…@{domain}"
