"""SELECTs of the newsroom's lists: articles by where they stand, what waits for somebody, issues, who could write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from campus_service.accounts.models import User
from campus_service.bulletin import queries
from campus_service.bulletin.models import Article, Correction, Issue, Publication, ReadCount, Revision, Slot
from campus_service.bulletin.states import EDITABLE, PUBLISHED, ArticleState, IssueState, Origin
from campus_service.core.actor import Actor
from campus_service.core.audit import AuditEntry
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.i18n import LazyString, lazy
from campus_service.core.permissions import Permission as P

PAGE = 50
# Issues that are out, on one page of the list.
ISSUES = 60
# An article's place among those that could fill a slot: more is a list nobody reads.
FREE = 200


class Shelf(StrEnum):
    """How the desk sorts its articles."""

    WORK = "work"
    MINE = "mine"
    REVIEW = "review"
    BACK = "back"
    APPROVED = "approved"
    PUBLISHED = "published"
    DROPPED = "dropped"

    @property
    def label(self) -> LazyString:
        """For the tabs."""
        return _SHELVES[self]


_SHELVES = {
    Shelf.WORK: lazy("在做的"),
    Shelf.MINE: lazy("我的"),
    Shelf.REVIEW: lazy("待审"),
    Shelf.BACK: lazy("退改"),
    Shelf.APPROVED: lazy("通过"),
    Shelf.PUBLISHED: lazy("读者看到的"),
    Shelf.DROPPED: lazy("不用了"),
}
_STATES = {
    Shelf.WORK: (*EDITABLE, ArticleState.SUBMITTED, ArticleState.APPROVED, ArticleState.ONLINE),
    Shelf.MINE: (*EDITABLE, ArticleState.SUBMITTED, ArticleState.APPROVED, ArticleState.ONLINE),
    Shelf.REVIEW: (ArticleState.SUBMITTED,),
    Shelf.BACK: (ArticleState.CHANGES_REQUESTED,),
    Shelf.APPROVED: (ArticleState.APPROVED,),
    Shelf.PUBLISHED: tuple(PUBLISHED),
    Shelf.DROPPED: (ArticleState.DROPPED,),
}


@dataclass(frozen=True, slots=True)
class DeskRow:
    """An article on the desk: who wrote it, who holds the pen now, where it stands in an issue, since when readers have it."""

    article: Article
    writer: str
    pen: str
    issue: Issue | None
    due_on: date | None
    slug: str


def _given(actor: Actor) -> ColumnElement[bool]:
    """Articles that are the actor's: written by him, or given to him by a plan."""
    place = aliased(Slot)  # the list joins the places itself
    planned = exists().where(place.article_id == Article.id, place.writer_id == actor.id)
    return or_(Article.writer_id == actor.id, planned)


def _readable(actor: Actor, found: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """The same as policy.can_read, in SQL."""
    return found if actor.can(P.BULLETIN_ARTICLE_EDIT) else found.where(_given(actor))


def _on(actor: Actor, shelf: Shelf, found: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    found = _readable(actor, found).where(Article.state.in_(_STATES[shelf]))
    return found.where(_given(actor)) if shelf is Shelf.MINE else found


def counts(actor: Actor) -> dict[Shelf, int]:
    """How many articles lie on each shelf."""
    rows = db.session.execute(
        _readable(actor, select(Article.state, func.count()).group_by(Article.state))
    ).all()
    by_state = {row[0]: row[1] for row in rows}
    counted = {shelf: sum(by_state.get(state, 0) for state in states) for shelf, states in _STATES.items()}
    mine = db.session.scalar(_on(actor, Shelf.MINE, select(func.count()).select_from(Article)))
    return counted | {Shelf.MINE: mine or 0}


def articles(
    actor: Actor, shelf: Shelf, words: str = "", before: tuple[datetime, int] | None = None
) -> list[DeskRow]:
    """The articles of a shelf that ``actor`` may read, the last changed first; one more than PAGE if there are more.

    ``words``: part of a title. ``before``: when the last row of the page before was changed, and its id.
    """
    found = _on(actor, shelf, _rows())
    if words:
        found = found.where(Article.title.contains(words, autoescape=True))
    if before:
        found = found.where(tuple_(Article.updated_at, Article.id) < before)
    found = found.order_by(Article.updated_at.desc(), Article.id.desc()).limit(PAGE + 1)
    return [DeskRow(*row) for row in db.session.execute(found)]


def _rows() -> Select[*tuple[Any, ...]]:
    writer, pen = aliased(User), aliased(User)
    return (
        select(
            Article,
            func.coalesce(writer.name, ""),
            func.coalesce(pen.name, ""),
            Issue,
            Slot.due_on,
            func.coalesce(Publication.slug, ""),
        )
        .outerjoin(writer, writer.id == Article.writer_id)
        .outerjoin(pen, (pen.id == Article.pen_id) & (Article.pen_until > now()))
        .outerjoin(Slot, Slot.article_id == Article.id)
        .outerjoin(Issue, Issue.id == Slot.issue_id)
        .outerjoin(Publication, Publication.article_id == Article.id)
    )


def desk_row(actor: Actor, article_id: int) -> DeskRow:
    """One article as the desk shows it, for one who may read it; raises SignInNeeded, Forbidden or NotFound."""
    queries.article(actor, article_id)
    return DeskRow(*db.session.execute(_rows().where(Article.id == article_id)).one())


def own_texts(actor: Actor, ids: Sequence[int]) -> set[int]:
    """Which of these articles ``actor`` wrote any of: those he may not approve."""
    wrote = select(Revision.article_id).where(
        Revision.article_id.in_(ids), Revision.by_id == actor.id, Revision.origin != Origin.RESTORED
    )
    return set(db.session.scalars(wrote.distinct()))


def asked_of(actor: Actor) -> list[tuple[Slot, Issue]]:
    """Places that a plan gave to ``actor`` and that have no article yet, the most urgent first."""
    rows = (
        select(Slot, Issue)
        .join(Issue, Issue.id == Slot.issue_id)
        .where(Slot.writer_id == actor.id, Slot.article_id.is_(None), Issue.state == IssueState.PLANNING)
        .order_by(Slot.due_on.is_(None), Slot.due_on, Slot.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(rows)]


# --- issues -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filling:
    """How far the plan of an issue has come."""

    places: int = 0
    filled: int = 0
    ready: int = 0


def fillings(ids: Sequence[int]) -> dict[int, Filling]:
    """Of each issue: places, those with an article, those whose article is approved or with readers."""
    ready = (ArticleState.APPROVED, *PUBLISHED)
    rows = (
        select(
            Slot.issue_id,
            func.count(Slot.id),
            func.count(Slot.article_id),
            func.count(Article.id).filter(Article.state.in_(ready)),
        )
        .outerjoin(Article, Article.id == Slot.article_id)
        .where(Slot.issue_id.in_(ids))
        .group_by(Slot.issue_id)
    )
    return {row[0]: Filling(*row[1:]) for row in db.session.execute(rows)}


def published(limit: int = ISSUES) -> Sequence[Issue]:
    """Issues that are out, the newest first."""
    return db.session.scalars(
        select(Issue).where(Issue.state == IssueState.PUBLISHED).order_by(Issue.number.desc()).limit(limit)
    ).all()


def plan(issue_id: int) -> list[tuple[Slot, Article | None, str]]:
    """The issue's places in order, each with its article and the name of who is to write it."""
    rows = (
        select(Slot, Article, func.coalesce(User.name, ""))
        .outerjoin(Article, Article.id == Slot.article_id)
        .outerjoin(User, User.id == func.coalesce(Slot.writer_id, Article.writer_id))
        .where(Slot.issue_id == issue_id)
        .order_by(Slot.position, Slot.id)
    )
    return [(row[0], row[1], row[2]) for row in db.session.execute(rows)]


def free_articles() -> Sequence[Article]:
    """Articles that stand in no issue and could, the last changed first."""
    gone = (ArticleState.BOUND, ArticleState.DROPPED)
    return db.session.scalars(
        select(Article)
        .where(Article.state.not_in(gone), ~exists().where(Slot.article_id == Article.id))
        .order_by(Article.updated_at.desc(), Article.id.desc())
        .limit(FREE)
    ).all()


def writers() -> list[tuple[int, str]]:
    """Who could be asked to write: id and name."""
    ids = queries.people_who(P.BULLETIN_ARTICLE_WRITE)
    rows = select(User.id, User.name).where(User.id.in_(ids)).order_by(User.name, User.id)
    return [(row[0], row[1]) for row in db.session.execute(rows)]


def last_reviewed(article_id: int) -> int | None:
    """The revision that a reviewer decided about last; None before the first decision."""
    found = db.session.scalar(
        select(AuditEntry.after)
        .where(
            AuditEntry.object_type == "articles",
            AuditEntry.object_id == article_id,
            AuditEntry.action.in_(("article.changes_requested", "article.approved")),
        )
        .order_by(AuditEntry.seq.desc())
        .limit(1)
    )
    return found.get("revision") if found else None


def corrections(publication_id: int) -> Sequence[tuple[Correction, str]]:
    """A publication's corrections with who made them, newest first."""
    rows = (
        select(Correction, func.coalesce(User.name, ""))
        .outerjoin(User, User.id == Correction.by_id)
        .where(Correction.publication_id == publication_id)
        .order_by(Correction.id.desc())
    )
    return [(row[0], row[1]) for row in db.session.execute(rows)]


def reads_of(issue_id: int) -> dict[int, int]:
    """How often each article of a published issue was read, by the article's id."""
    rows = (
        select(Publication.article_id, func.sum(ReadCount.count))
        .join(ReadCount, ReadCount.publication_id == Publication.id)
        .where(Publication.issue_id == issue_id)
        .group_by(Publication.article_id)
    )
    return {article: int(count) for article, count in db.session.execute(rows)}
