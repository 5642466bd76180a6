"""What readers have. Every channel reads these tables and no draft: an embargo holds because nothing is here yet."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, true
from sqlalchemy.orm import Mapped, mapped_column

from campus_service.bulletin.states import Section
from campus_service.core.db import Base, StrEnumColumn, UtcDateTime


class Publication(Base):
    """An article as readers have it.

    ``snapshot`` and ``hash`` are what was published; a trigger keeps them from being changed. Title, lede, body and
    ``html`` are the same with its corrections. Early ones have no issue yet; binding gives them one and their place.
    """

    __tablename__ = "publications"
    __table_args__ = (
        Index("ix_publications_published_at", "published_at"),
        Index("ix_publications_section", "section", "published_at"),
        Index("ix_publications_issue_id", "issue_id", "position"),
        CheckConstraint("(issue_id IS NULL) = (position IS NULL)", name="bound"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # At most once: an article is published, or not.
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"), unique=True)
    # The last part of its address; it never changes.
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    issue_id: Mapped[int | None] = mapped_column(ForeignKey("issues.id"))
    position: Mapped[int | None]
    section: Mapped[Section] = mapped_column(StrEnumColumn(Section))
    # texts.ArticleText as JSON, and its hash.
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON)
    hash: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(60))
    lede: Mapped[str] = mapped_column(String(200))
    byline: Mapped[str] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text)
    # Ready for the page.
    html: Mapped[str] = mapped_column(Text)
    # The text's headings: [[anchor, words], …].
    contents: Mapped[list[list[str]]] = mapped_column(JSON)
    letters: Mapped[int]
    minutes: Mapped[int]
    # projection.Cover as JSON; None without one.
    cover: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # The last correction or binding, for feeds and caches.
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Correction(Base):
    """An error that readers had (勘误): what stood there, what is right. It is never taken back."""

    __tablename__ = "corrections"
    __table_args__ = (Index("ix_corrections_publication_id", "publication_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id"))
    wrong: Mapped[str] = mapped_column(String(500))
    right: Mapped[str] = mapped_column(String(500))
    note: Mapped[str] = mapped_column(String(300), default="")
    # Whether the wrong words stand in title, lede or body; an event's time stands beside them.
    in_text: Mapped[bool] = mapped_column(default=True, server_default=true())
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Event(Base):
    """A published event; calendars know it by ``uid`` for good, and ``sequence`` grows with every change (RFC 5545)."""

    __tablename__ = "bulletin_events"
    __table_args__ = (Index("ix_bulletin_events_starts_at", "starts_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(80), unique=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id"), unique=True)
    section: Mapped[Section] = mapped_column(StrEnumColumn(Section))
    title: Mapped[str] = mapped_column(String(60))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    place: Mapped[str] = mapped_column(String(80))
    organiser: Mapped[str] = mapped_column(String(80))
    sequence: Mapped[int] = mapped_column(default=0)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReadCount(Base):
    """How often an article was read on a day: a page in sight for some seconds, told by the page itself."""

    __tablename__ = "read_counts"

    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]


class ReadMark(Base):
    """That somebody's read of today was counted: a keyed hash whose key changes daily; forgotten the next day."""

    __tablename__ = "read_marks"
    __table_args__ = (Index("ix_read_marks_day", "day"),)

    mark: Mapped[str] = mapped_column(String(32), primary_key=True)
    day: Mapped[date]


class Board(Base):
    """A notice board where posters hang; its code stands in the poster's QR."""

    __tablename__ = "boards"

    code: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    place: Mapped[str] = mapped_column(String(80), default="")
    active: Mapped[bool] = mapped_column(default=True, server_default=true())


class BoardScan(Base):
    """How many came from a board's poster on a day; nothing about who they were."""

    __tablename__ = "board_scans"

    board_code: Mapped[str] = mapped_column(ForeignKey("boards.code"), primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]
