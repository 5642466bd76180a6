"""What the bulletin throws away: automatic savings that stand close together, marks of yesterday's reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby, pairwise
from typing import Any

from sqlalchemy import Select, delete, select

from campus_service.bulletin.models import Article, Comment, Revision
from campus_service.bulletin.service import reading
from campus_service.bulletin.states import Origin
from campus_service.core.audit import AuditEntry
from campus_service.core.clock import now
from campus_service.core.db import db

# Every automatic saving of so many days is there to go back to; of those before, the last of each hour.
WHOLE = timedelta(days=7)
_AT_ONCE = 500
# What the audit log names a revision with; the review page compares with the one that was decided about last.
_NAMING = ("article.approved", "article.changes_requested", "article.restored")


def daily() -> None:
    """Once a night."""
    reading.forget()
    thin()


def thin() -> int:
    """Throw away automatic savings older than WHOLE but for each hour's last; returns how many went.

    An article's newest text, what somebody saved by hand, restored, brought in or kept aside, what a comment was made
    on and what the audit log names (a reviewer decided about it, somebody went back to it) stay for good. A window that began from one that went is joined from the one before it.
    """
    gone = [
        earlier.id
        for _place, rows in groupby(_old_savings(), key=lambda row: (row.article_id, row.by_id))
        for earlier, later in pairwise(rows)
        if earlier.at.replace(minute=0, second=0, microsecond=0)
        == later.at.replace(minute=0, second=0, microsecond=0)
    ]
    for first in range(0, len(gone), _AT_ONCE):
        db.session.execute(delete(Revision).where(Revision.id.in_(gone[first : first + _AT_ONCE])))
    return len(gone)


def _old_savings() -> Iterator[Any]:
    commented = select(Comment.id).where(
        Comment.article_id == Revision.article_id, Comment.revision == Revision.number
    )
    named = select(AuditEntry.seq).where(
        AuditEntry.object_type == "articles",
        AuditEntry.object_id == Revision.article_id,
        AuditEntry.action.in_(_NAMING),
        AuditEntry.after["revision"].as_integer() == Revision.number,
    )
    rows: Select[*tuple[Any, ...]] = (
        select(Revision.id, Revision.article_id, Revision.by_id, Revision.at)
        .join(Article, Article.id == Revision.article_id)
        .where(Revision.origin == Origin.AUTOSAVE, Revision.at < now() - WHOLE)
        .where(Revision.number != Article.revision, ~commented.exists(), ~named.exists())
        .order_by(Revision.article_id, Revision.by_id, Revision.number)
    )
    return iter(db.session.execute(rows))
