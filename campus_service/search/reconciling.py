"""The nightly comparison: what features have, what the table of documents holds, what the index answers from."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from sqlalchemy import delete, func, select

from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db, transaction
from campus_service.core.settings import settings
from campus_service.jobs.models import OutboxRow
from campus_service.search import service
from campus_service.search.engine import EngineUnavailable, IndexDoc
from campus_service.search.models import SearchDocument
from campus_service.search.sources import Source, sources
from campus_service.search.table_engine import TableEngine
from campus_service.search.whoosh_engine import WhooshEngine

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


@dataclass(frozen=True, slots=True)
class Status:
    """The engine in use, documents in the table and in the index (None: no index, or none that can be read), the lag."""

    engine: str
    documents: int
    indexed: int | None
    lag: Lag


def status() -> Status:
    """How search stands at this moment."""
    engine = service.engine()
    return Status(settings().search, service.count(), _indexed(engine), lag())


def _indexed(engine: WhooshEngine | TableEngine) -> int | None:
    try:
        return None if isinstance(engine, TableEngine) else engine.count()
    except EngineUnavailable:
        return None


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
            audit.record(
                Actor.system(),
                "search.reconciled",
                obj_type="search_documents",
                obj_id=None,
                after={each.kind: [each.missing, each.stale, each.surplus] for each in found if each.any},
            )
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
    engine = service.engine()
    return isinstance(engine, TableEngine) or _indexed(engine) == service.count()
