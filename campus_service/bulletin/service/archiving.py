"""Issues that were published before this site was there: taken over as they were, numbers and days included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from campus_service.bulletin.models import Article, ArticleImage, Issue, Revision, Slot
from campus_service.bulletin.service import planning, publishing, writing
from campus_service.bulletin.states import ArticleState, IssueState, Origin, Section
from campus_service.bulletin.texts import ArticleText
from campus_service.core.actor import Actor
from campus_service.core.clock import freeze, now
from campus_service.core.db import db
from campus_service.core.errors import Invalid
from campus_service.core.i18n import lazy
from campus_service.core.numbers import take
from campus_service.media import decoder
from campus_service.media import service as media


@dataclass(frozen=True, slots=True)
class Archived:
    """An article as it was published; ``picture``: its cover as a file's bytes, with what it shows."""

    text: ArticleText
    picture: bytes = b""
    alt: str = ""


def next_number() -> int | None:
    """The number of the next issue; None before the first one: an archive may begin with any."""
    last = db.session.scalar(select(func.max(Issue.number)))
    return None if last is None else last + 1


def archive_issue(number: int, title: str, articles: Sequence[Archived], published_at: datetime) -> Issue:
    """Take over an issue; nobody is told and no mail is sent. Checks no permission: files and the demo bring them.

    Raises Invalid when ``number`` would leave a gap behind the last issue.
    """
    wanted = next_number()
    if wanted is None:
        take("bulletin.issue", number - 1)
    elif number != wanted:
        raise Invalid({"issue": lazy("期号要接着来：下一期是 %(n)s。", n=wanted)})
    with freeze(published_at):
        issue = Issue(
            state=IssueState.APPROVED,
            title=title,
            lede="",
            created_at=now(),
            signed_at=now(),
            publish_at=now(),
        )
        db.session.add(issue)
        db.session.flush()
        for position, each in enumerate(articles):
            article = _article(each)
            db.session.add(
                Slot(
                    issue_id=issue.id,
                    position=position,
                    section=article.section,
                    topic=article.title,
                    article_id=article.id,
                )
            )
        db.session.flush()
        issue.signed_hash = planning.contents_hash(issue)
        return publishing.publish(Actor.system(), issue, quietly=True)


def _article(archived: Archived) -> Article:
    text, moment = archived.text, now()
    article = Article(
        state=ArticleState.APPROVED,
        revision=1,
        created_at=moment,
        updated_at=moment,
        approved_at=moment,
        approved_hash=text.hash,
    )
    article.take(text)
    db.session.add(article)
    db.session.flush()
    db.session.add(
        Revision(
            article_id=article.id,
            number=1,
            base=0,
            origin=Origin.IMPORTED,
            section=Section(text.section),
            title=text.title,
            lede=text.lede,
            byline=text.byline,
            body=text.body,
            event=text.event.plain() if text.event else None,
            at=moment,
        )
    )
    if archived.picture:
        article.cover_id = _cover(article, archived).id
    db.session.flush()
    return article


def _cover(article: Article, archived: Archived) -> ArticleImage:
    system = Actor.system()
    photo = media.store(system, decoder.clean(archived.picture))
    return writing.keep_picture(system, article.id, photo, archived.alt)
