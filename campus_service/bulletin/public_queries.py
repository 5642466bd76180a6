"""What readers may read: publications, published issues, corrections. No draft is ever selected here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Row, func, select, tuple_

from campus_service.bulletin.models import Correction, Event, Issue, Publication, ReadCount
from campus_service.bulletin.states import IssueState, Section
from campus_service.core.clock import BEIJING, now, to_local
from campus_service.core.db import db
from campus_service.core.errors import NotFound
from campus_service.core.i18n import lazy

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
# So many articles of a section stand on a page.
PAGE_SIZE = 30

# What a list tells of an article.
_ENTRY = (
    Publication.id,
    Publication.slug,
    Publication.title,
    Publication.lede,
    Publication.byline,
    Publication.section,
    Publication.minutes,
    Publication.cover,
    Publication.position,
    Publication.issue_id,
    Publication.published_at,
    Issue.number,
)
_entries = select(*_ENTRY).outerjoin(Issue, Issue.id == Publication.issue_id)
_out = select(Issue).where(Issue.state == IssueState.PUBLISHED)


def newest_issue() -> Issue | None:
    """The current issue."""
    return db.session.scalar(_out.order_by(Issue.number.desc()).limit(1))


def issue(number: int) -> Issue:
    """A published issue; raises NotFound."""
    found = db.session.scalar(_out.where(Issue.number == number))
    if found is None:
        raise NotFound(lazy("没有第 %(n)s 期，可能还没有出刊。", n=number))
    return found


def years() -> list[int]:
    """The years in which an issue came out, the newest first."""
    days = db.session.scalars(select(Issue.published_at).where(Issue.state == IssueState.PUBLISHED))
    return sorted({to_local(day).year for day in days if day}, reverse=True)


def issues_of(year: int) -> Sequence[AnyRow]:
    """The issues that came out in a year of Beijing's calendar, the newest first: number, title, lede, day."""
    rows = select(Issue.number, Issue.title, Issue.lede, Issue.published_at)
    rows = rows.where(Issue.state == IssueState.PUBLISHED)
    rows = rows.where(Issue.published_at >= datetime(year, 1, 1, tzinfo=BEIJING))
    rows = rows.where(Issue.published_at < datetime(year + 1, 1, 1, tzinfo=BEIJING))
    return db.session.execute(rows.order_by(Issue.number.desc())).all()


def contents(issue_id: int) -> Sequence[AnyRow]:
    """The articles of an issue in order."""
    return db.session.execute(
        _entries.where(Publication.issue_id == issue_id).order_by(Publication.position)
    ).all()


def front(limit: int) -> Sequence[AnyRow]:
    """What is new for the front page: the newest articles, those of one issue in its order."""
    order = (Publication.published_at.desc(), Publication.position, Publication.id)
    return db.session.execute(_entries.order_by(*order).limit(limit)).all()


def early(limit: int = 10) -> Sequence[AnyRow]:
    """Articles that wait for their issue, the newest first."""
    waiting = _entries.where(Publication.issue_id.is_(None))
    return db.session.execute(waiting.order_by(Publication.published_at.desc()).limit(limit)).all()


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a list, and the moment and id that the next page begins behind."""

    rows: Sequence[AnyRow]
    next: tuple[datetime, int] | None


def of_section(section: Section, before: tuple[datetime, int] | None = None) -> Page:
    """The articles of a section, the newest first, ``PAGE_SIZE`` at a time."""
    found = _entries.where(Publication.section == section)
    if before is not None:
        found = found.where(tuple_(Publication.published_at, Publication.id) < before)
    order = (Publication.published_at.desc(), Publication.id.desc())
    rows = db.session.execute(found.order_by(*order).limit(PAGE_SIZE + 1)).all()
    shown, last = rows[:PAGE_SIZE], rows[PAGE_SIZE - 1] if len(rows) > PAGE_SIZE else None
    return Page(shown, (last.published_at, last.id) if last else None)


def of_ids(ids: Iterable[int]) -> dict[int, AnyRow]:
    """Those of ``ids`` that are published, by id."""
    return {row.id: row for row in db.session.execute(_entries.where(Publication.id.in_(list(ids))))}


def all_publications(announcing: bool) -> Iterator[tuple[Publication, Event | None]]:
    """Every published article: those that announce an event, with it, or the others."""
    rows = select(Publication, Event).outerjoin(Event, Event.publication_id == Publication.id)
    rows = rows.where(Event.id.is_not(None) if announcing else Event.id.is_(None))
    yield from db.session.execute(rows.execution_options(yield_per=100))


_reads = (
    select(func.sum(ReadCount.count))
    .where(ReadCount.publication_id == Publication.id)
    .correlate(Publication)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class Found:
    """An article for its page: with its issue, its event and its corrections."""

    publication: Publication
    number: int | None
    issue_title: str
    event: Event | None
    corrections: Sequence[Correction]
    reads: int


def article(slug: str) -> Found:
    """A published article; raises NotFound."""
    wanted = (
        select(Publication, Issue.number, Issue.title, Event, _reads)
        .outerjoin(Issue, Issue.id == Publication.issue_id)
        .outerjoin(Event, Event.publication_id == Publication.id)
        .where(Publication.slug == slug)
    )
    row = db.session.execute(wanted).one_or_none()
    if row is None:
        raise NotFound(lazy("没有这篇文章，可能还没有发布。"))
    publication, number, title, event, reads = row
    corrected: Sequence[Correction] = ()
    if publication.updated_at != publication.published_at:
        corrected = db.session.scalars(
            select(Correction).where(Correction.publication_id == publication.id).order_by(Correction.id)
        ).all()
    return Found(publication, number, title or "", event, corrected, reads or 0)


# --- events and feeds -------------------------------------------------------------------------------------------

# A feed reader that was away for long sees so many.
FEED_LENGTH = 40


def feed(section: Section | None = None) -> Sequence[AnyRow]:
    """The newest articles with their text, for a feed."""
    rows = select(*_ENTRY, Publication.html, Publication.updated_at)
    rows = rows.outerjoin(Issue, Issue.id == Publication.issue_id)
    if section is not None:
        rows = rows.where(Publication.section == section)
    order = (Publication.published_at.desc(), Publication.id.desc())
    return db.session.execute(rows.order_by(*order).limit(FEED_LENGTH)).all()


_events = (
    select(Event, Publication.slug, Publication.lede, Issue.number)
    .join(Publication, Publication.id == Event.publication_id)
    .outerjoin(Issue, Issue.id == Publication.issue_id)
)


def events(
    start: datetime | None = None, end: datetime | None = None, section: Section | None = None
) -> Sequence[AnyRow]:
    """Published events that touch the time from ``start`` to before ``end``, in order; cancelled ones too."""
    found = _events
    if start is not None:
        found = found.where(Event.ends_at >= start)
    if end is not None:
        found = found.where(Event.starts_at < end)
    if section is not None:
        found = found.where(Event.section == section)
    return db.session.execute(found.order_by(Event.starts_at, Event.id).limit(1000)).all()


def past_events(limit: int = 30) -> Sequence[AnyRow]:
    """Published events that are over, the last one first; cancelled ones too."""
    over = _events.where(Event.ends_at < now())
    return db.session.execute(over.order_by(Event.starts_at.desc(), Event.id.desc()).limit(limit)).all()


def events_of(publication_ids: Iterable[int]) -> dict[int, AnyRow]:
    """The events that these articles announce, by the article's id."""
    rows = db.session.execute(_events.where(Event.publication_id.in_(list(publication_ids))))
    return {row.Event.publication_id: row for row in rows}


def event(event_id: int) -> AnyRow:
    """A published event with its article; raises NotFound."""
    row = db.session.execute(_events.where(Event.id == event_id)).one_or_none()
    if row is None:
        raise NotFound(lazy("没有这个活动，可能链接不完整。"))
    return row
