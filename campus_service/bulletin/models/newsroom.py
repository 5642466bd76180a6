"""What only the newsroom sees: articles in the making with every revision, comments, issues and their plan."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from campus_service.bulletin.states import ArticleState, IssueState, Origin, Section
from campus_service.bulletin.texts import ArticleText, EventText
from campus_service.core.db import Base, StrEnumColumn, UtcDateTime, on_violation
from campus_service.core.errors import Conflict
from campus_service.core.i18n import lazy


class Article(Base):
    """One article: its newest text, where it stands, and who holds the pen. Readers never see this table."""

    __tablename__ = "articles"
    __table_args__ = (
        Index("ix_articles_desk", "state", "updated_at"),
        Index("ix_articles_writer", "writer_id", "updated_at"),
        # What is with readers has an approval behind it.
        CheckConstraint(
            "state NOT IN ('approved', 'online', 'bound') OR approved_hash IS NOT NULL", name="approved"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[ArticleState] = mapped_column(StrEnumColumn(ArticleState))
    section: Mapped[Section] = mapped_column(StrEnumColumn(Section))
    title: Mapped[str] = mapped_column(String(60))
    lede: Mapped[str] = mapped_column(String(200), default="")
    # The name above the article, often a pen name.
    byline: Mapped[str] = mapped_column(String(40), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    # texts.EventText as JSON.
    event: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    # One of its ArticleImages; those point here already, and two tables must not point at each other.
    cover_id: Mapped[int | None]
    # The number of the newest revision; 0 before the first.
    revision: Mapped[int] = mapped_column(default=0)
    writer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The reviewer's last word: why changes are wanted.
    review_note: Mapped[str] = mapped_column(String(1000), default="")
    reviewed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_hash: Mapped[str | None] = mapped_column(String(64))
    # When it goes online ahead of an issue; None: with the issue.
    online_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The lease: who is editing, in which window, until when.
    pen_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    pen_window: Mapped[str] = mapped_column(String(64), default="")
    pen_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}

    @property
    def text(self) -> ArticleText:
        """The newest text as one value."""
        event = EventText.of(self.event)
        return ArticleText(self.section.value, self.title, self.lede, self.byline, self.body, event)

    def take(self, text: ArticleText) -> None:
        """Make ``text`` the newest."""
        self.section, self.title, self.lede = Section(text.section), text.title, text.lede
        self.byline, self.body = text.byline, text.body
        self.event = text.event.plain() if text.event else None


class Revision(Base):
    """One state of an article's text, kept for good."""

    __tablename__ = "article_revisions"
    __table_args__ = (UniqueConstraint("article_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    # 1, 2, 3 … within the article; those put aside are numbered too.
    number: Mapped[int]
    # Which revision this one grew from.
    base: Mapped[int]
    origin: Mapped[Origin] = mapped_column(StrEnumColumn(Origin))
    section: Mapped[Section] = mapped_column(StrEnumColumn(Section))
    title: Mapped[str] = mapped_column(String(60))
    lede: Mapped[str] = mapped_column(String(200))
    byline: Mapped[str] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text)
    event: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def text(self) -> ArticleText:
        """The text as one value."""
        event = EventText.of(self.event)
        return ArticleText(self.section.value, self.title, self.lede, self.byline, self.body, event)


class ArticleImage(Base):
    """A picture of an article; in the text it stands as ``![alt](image:<id>)``."""

    __tablename__ = "article_images"
    __table_args__ = (Index("ix_article_images_article_id", "article_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    photo_key: Mapped[str] = mapped_column(String(32), unique=True)
    # Of the 2048 rendition, in pixels.
    width: Mapped[int]
    height: Mapped[int]
    alt: Mapped[str] = mapped_column(String(120), default="")
    # The point every crop keeps, in hundredths from left and top.
    focal_x: Mapped[int] = mapped_column(default=50)
    focal_y: Mapped[int] = mapped_column(default=50)


class Comment(Base):
    """A word about one paragraph, open until it is settled."""

    __tablename__ = "article_comments"
    __table_args__ = (Index("ix_article_comments_article_id", "article_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    # The revision it was written about; the paragraph may have moved since: ``quote`` finds it again.
    revision: Mapped[int]
    paragraph: Mapped[int]
    quote: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(String(1000))
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Issue(Base):
    """An issue (期): planned, signed, published once; its number is given at publishing and has no gaps."""

    __tablename__ = "issues"
    __table_args__ = (CheckConstraint("(state = 'published') = (number IS NOT NULL)", name="number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int | None] = mapped_column(unique=True)
    state: Mapped[IssueState] = mapped_column(StrEnumColumn(IssueState))
    title: Mapped[str] = mapped_column(String(60))
    # The editors' word at the head of the issue.
    lede: Mapped[str] = mapped_column(String(300), default="")
    due_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    signed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Over title, order and every article's text: what was signed is what is published.
    signed_hash: Mapped[str | None] = mapped_column(String(64))
    publish_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class Slot(Base):
    """A place in an issue: first a plan, then an article."""

    __tablename__ = "issue_slots"
    __table_args__ = (Index("ix_issue_slots_issue_id", "issue_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"))
    # From 0; gaps do not matter.
    position: Mapped[int]
    section: Mapped[Section] = mapped_column(StrEnumColumn(Section))
    topic: Mapped[str] = mapped_column(String(60))
    writer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    due_on: Mapped[date | None]
    # An article stands in one issue only.
    article_id: Mapped[int | None] = mapped_column(ForeignKey("articles.id"), unique=True)


on_violation(
    "uq_issue_slots_article_id",
    "issue_slots.article_id",
    error=lambda: Conflict(lazy("这篇文章已经排进了一期。")),
)
# Two windows saved at the same moment: the second one tries again with what the first has written.
on_violation("uq_article_revisions_article_id_number", "article_revisions.number", error=Conflict)
