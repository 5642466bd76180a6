"""The nightly comparison: what features have, what the table of documents holds, what the index answers from."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from sqlalchemy import delete, func, select

from campus_service.core.clock import now
from campus_service.core.db import db, transaction
from campus_service.jobs.models import OutboxRow
from campus_service.search import service
from campus_service.search.engine import EngineUnavailable, IndexDoc
from campus_service.search.models import SearchDocument
from campus_service.search.sources import Source, sources
from campus_service.search.table_engine import TableEngine

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Differences:
    """What was mended of one kind: rows that were missing, that said something else, that should not be there."""

    kind: str
    missing: int = 0
    stale: int = 0
    surplus: int = 0

    @property
    def any(self) -> bool:
        """Whether anything was wrong."""
        return bool(self.missing or self.stale or self.surplus)


@dataclass(frozen=True, slots=True)
class Lag:
    """How many promised changes the index does not show yet, and the age of the oldest in seconds."""

    changes: int = 0
    oldest_s: float = 0.0


def lag() -> Lag:
    """What the index has yet to take in, dead jobs included; nothing for the table, which shows a row with its commit."""
    if isinstance(service.engine(), TableEngine):
        return Lag()
    promised = select(func.count(), func.min(OutboxRow.created_at)).where(OutboxRow.name == "search.sync")
    changes, oldest = db.session.execute(promised).one()
    return Lag(changes, max(0.0, (now() - oldest).total_seconds()) if changes else 0.0)


def reconcile() -> list[Differences]:
    """Bring the table in line with the features, and the index with the table; returns what differed, by kind.

    Each kind in a transaction of its own. What is changed meanwhile by others is right either way: they write the row and
    promise its indexing themselves.
    """
    found = [_of(source) for source in sources()]
    for differences in found:
        if differences.any:
            log.warning(
                "search documents mended",
                **{name: getattr(differences, name) for name in Differences.__slots__},
            )
    if any(differences.any for differences in found) or not _index_agrees():
        with transaction():
            service.rebuild_later()
    return found


def _of(source: Source) -> Differences:
    with transaction():
        known = {
            row.id: row
            for row in db.session.execute(select(*service.INDEXED).where(SearchDocument.kind == source.kind))
        }
        missing = stale = 0
        for document in source.documents():
            row = known.pop(document.id, None)
            wanted = service.as_indexed(document)
            if row is None:
                missing += 1
            elif IndexDoc(*row) != wanted:
                stale += 1
            else:
                continue
            db.session.merge(service.row_of(document))
        if known:
            db.session.execute(delete(SearchDocument).where(SearchDocument.id.in_(list(known))))
    return Differences(source.kind, missing, stale, len(known))


def _index_agrees() -> bool:
    try:
        return service.engine().count() == service.count()
    except EngineUnavailable:
        return False
