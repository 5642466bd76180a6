"""Reading the newsroom's tables; what readers are shown is read in public_queries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from campus_service.accounts.models import RoleGrant, User
from campus_service.bulletin import policy
from campus_service.bulletin.models import (
    Article,
    ArticleImage,
    Comment,
    Correction,
    Event,
    Issue,
    Publication,
    Revision,
    Slot,
)
from campus_service.bulletin.states import ArticleState, IssueState, Origin
from campus_service.core.actor import Actor
from campus_service.core.db import db
from campus_service.core.errors import Forbidden, NotFound, SignInNeeded
from campus_service.core.i18n import lazy
from campus_service.core.permissions import ROLE_PERMISSIONS
from campus_service.core.permissions import Permission as P


def assigned(actor: Actor, article_id: int) -> bool:
    """Whether a plan gave the article to the actor."""
    found = select(Slot.id).where(Slot.article_id == article_id, Slot.writer_id == actor.id)
    return actor.signed_in and db.session.scalar(found) is not None


def article(actor: Actor, article_id: int) -> Article:
    """An article for one who may read it in the newsroom; raises SignInNeeded, Forbidden or NotFound."""
    if not policy.in_newsroom(actor):
        raise Forbidden() if actor.signed_in else SignInNeeded()
    found = db.session.get(Article, article_id)
    if found is None or not policy.can_read(actor, found, assigned(actor, article_id)):
        raise NotFound(lazy("没有这篇文章，或者它不归你写。"))
    return found


def issue(actor: Actor, issue_id: int) -> Issue:
    """An issue for anybody in the newsroom; raises SignInNeeded, Forbidden or NotFound."""
    if not policy.in_newsroom(actor):
        raise Forbidden() if actor.signed_in else SignInNeeded()
    found = db.session.get(Issue, issue_id)
    if found is None:
        raise NotFound(lazy("没有这一期。"))
    return found


def authors(article_id: int) -> set[int]:
    """Everybody who wrote any of it; none of them may approve it."""
    wrote = select(Revision.by_id).where(
        Revision.article_id == article_id, Revision.origin != Origin.RESTORED, Revision.by_id.is_not(None)
    )
    return {person for person in db.session.scalars(wrote.distinct()) if person is not None}


def revision(article_id: int, number: int) -> Revision:
    """One revision; raises NotFound."""
    found = db.session.scalar(
        select(Revision).where(Revision.article_id == article_id, Revision.number == number)
    )
    if found is None:
        raise NotFound(lazy("没有第 %(n)s 稿。", n=number))
    return found


def revision_up_to(article_id: int, number: int) -> Revision | None:
    """The revision of that number, or the last one before it that was not thinned out (service.upkeep)."""
    found = select(Revision).where(Revision.article_id == article_id, Revision.number <= number)
    return db.session.scalar(found.order_by(Revision.number.desc()).limit(1))


def revisions(article_id: int, limit: int = 200) -> Sequence[tuple[Revision, str]]:
    """The revisions with who wrote them, newest first."""
    rows = (
        select(Revision, func.coalesce(User.name, ""))
        .outerjoin(User, User.id == Revision.by_id)
        .where(Revision.article_id == article_id)
        .order_by(Revision.number.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in db.session.execute(rows)]


def last_number(article_id: int) -> int:
    """The highest revision's number, those put aside included; 0 before the first."""
    return db.session.scalar(select(func.max(Revision.number)).where(Revision.article_id == article_id)) or 0


def images(article_id: int) -> dict[int, ArticleImage]:
    """The article's pictures by id."""
    rows = select(ArticleImage).where(ArticleImage.article_id == article_id).order_by(ArticleImage.id)
    return {image.id: image for image in db.session.scalars(rows)}


def comments(article_id: int) -> Sequence[tuple[Comment, str]]:
    """The comments with who wrote them, in the order of the text."""
    rows = (
        select(Comment, User.name)
        .join(User, User.id == Comment.by_id)
        .where(Comment.article_id == article_id)
        .order_by(Comment.paragraph, Comment.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(rows)]


def slots(issue_id: int) -> Sequence[Slot]:
    """The issue's places in order."""
    return db.session.scalars(
        select(Slot).where(Slot.issue_id == issue_id).order_by(Slot.position, Slot.id)
    ).all()


def contents(issue_id: int) -> Sequence[tuple[Slot, Article]]:
    """The filled places with their articles, in order."""
    rows = (
        select(Slot, Article)
        .join(Article, Article.id == Slot.article_id)
        .where(Slot.issue_id == issue_id)
        .order_by(Slot.position, Slot.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(rows)]


def slot_of(article_id: int) -> Slot | None:
    """Where the article stands in an issue."""
    return db.session.scalar(select(Slot).where(Slot.article_id == article_id))


def issues_in_work() -> Sequence[Issue]:
    """Issues that are not published, the next one first."""
    return db.session.scalars(
        select(Issue).where(Issue.state != IssueState.PUBLISHED).order_by(Issue.due_on, Issue.id)
    ).all()


def due_issues(moment: datetime) -> Sequence[int]:
    """Ids of the issues whose time has come."""
    return db.session.scalars(
        select(Issue.id)
        .where(Issue.state == IssueState.SCHEDULED, Issue.publish_at <= moment)
        .order_by(Issue.publish_at, Issue.id)
    ).all()


def due_articles(moment: datetime) -> Sequence[int]:
    """Ids of the approved articles whose time to go online has come."""
    return db.session.scalars(
        select(Article.id)
        .where(Article.state == ArticleState.APPROVED, Article.online_at <= moment)
        .order_by(Article.online_at, Article.id)
    ).all()


def publication_of(article_id: int) -> Publication | None:
    """What readers have of the article."""
    return db.session.scalar(select(Publication).where(Publication.article_id == article_id))


def publication_by_slug(slug: str) -> Publication | None:
    """What readers have at an address."""
    return db.session.scalar(select(Publication).where(Publication.slug == slug))


def corrections(publication_id: int) -> Sequence[Correction]:
    """A publication's corrections, oldest first."""
    return db.session.scalars(
        select(Correction).where(Correction.publication_id == publication_id).order_by(Correction.id)
    ).all()


def event(event_id: int) -> Event:
    """A published event; raises NotFound."""
    found = db.session.get(Event, event_id)
    if found is None:
        raise NotFound(lazy("没有这个活动，可能链接不完整。"))
    return found


def event_of(publication_id: int) -> Event | None:
    """The event a publication announces."""
    return db.session.scalar(select(Event).where(Event.publication_id == publication_id))


def clashing(starts_at: datetime, ends_at: datetime, article_id: int | None = None) -> Sequence[Event]:
    """Published events that overlap with a time, for the editor's warning; the article's own is left out."""
    overlap = select(Event).where(
        Event.cancelled_at.is_(None), Event.starts_at < ends_at, Event.ends_at > starts_at
    )
    if article_id is not None:
        overlap = overlap.join(Publication, Publication.id == Event.publication_id).where(
            Publication.article_id != article_id
        )
    return db.session.scalars(overlap.order_by(Event.starts_at).limit(10)).all()


def people_who(permission: P) -> list[int]:
    """Ids of the active people whose roles carry ``permission``."""
    roles = [role for role, held in ROLE_PERMISSIONS.items() if permission in held]
    found = select(User.id).join(RoleGrant, RoleGrant.user_id == User.id)
    found = found.where(RoleGrant.role.in_(roles), User.active).distinct().order_by(User.id)
    return list(db.session.scalars(found))


def names(ids: set[int]) -> dict[int, str]:
    """People's names by id."""
    rows = db.session.execute(select(User.id, User.name).where(User.id.in_(ids)))
    return {row.id: row.name for row in rows}
