"""What features have, what the table of documents holds, what the index answers from: compared, and brought in line.

Every night, and when somebody rebuilds: a new tokeniser or dictionary makes every document say something else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import structlog
from sqlalchemy import ColumnElement, func, select, update

from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db, insert_or, transaction
from campus_service.core.settings import settings
from campus_service.jobs.models import JobState, OutboxRow
from campus_service.search import service
from campus_service.search.engine import EngineUnavailable, IndexDoc
from campus_service.search.models import SearchDocument
from campus_service.search.sources import Source, sources
from campus_service.search.table_engine import TableEngine
from campus_service.search.whoosh_engine import WhooshEngine

log = structlog.get_logger(__name__)
# Documents of one transaction.
BATCH = 500
INDEX = "index"
# Hears what is being worked on, how much of it is done, and of how much.
Tell = Callable[[str, int, int], None]


def _nobody(_what: str, _done: int, _total: int) -> None:
    """Hears nothing."""


@dataclass(frozen=True, slots=True)
class Differences:
    """What was wrong with one kind: rows that were missing, that said something else, that should not be there.

    ``kind`` may be INDEX: what it has less or more than the table; ``unreadable`` says that it has nothing at all.
    """

    kind: str
    missing: int = 0
    stale: int = 0
    surplus: int = 0
    unreadable: bool = False

    @property
    def any(self) -> bool:
        """Whether anything was wrong."""
        return bool(self.missing or self.stale or self.surplus or self.unreadable)


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
    """Bring the table in line with the features, and the index with the table; returns what differed.

    The index is built by a job.
    """
    with _index_follows():
        found = [*refresh(), _of_index()]
        if any(each.any for each in found):
            with transaction():
                service.rebuild_later()
                _record(found)
    return found


def rebuild(tell: Tell = _nobody) -> tuple[list[Differences], int]:
    """Read every document from the features, then build the index from them; what had it before answers meanwhile.

    Returns what differed in the table, and how many documents the index holds. Raises EngineUnavailable when the index
    cannot be written.
    """
    with _index_follows():
        found = refresh(tell)
        if any(each.any for each in found):
            with transaction():
                _record(found)
        total = service.count()
        done = service.engine().rebuild(service.documents(), lambda done: tell(INDEX, done, total))
    return found, done


@contextmanager
def _index_follows() -> Iterator[None]:
    """Whatever ends the block early, Ctrl+C or another writer: the index is promised what the table says by then."""
    try:
        yield
    except BaseException:
        with transaction():
            service.rebuild_later()
        raise


def _record(found: Sequence[Differences]) -> None:
    after = {each.kind: [each.missing, each.stale, each.surplus] for each in found if each.any}
    audit.record(Actor.system(), "search.reconciled", obj_type="search_documents", obj_id=None, after=after)


def refresh(tell: Tell = _nobody) -> list[Differences]:
    """Bring the table in line with the features, the tokens included; returns what differed, by kind.

    In short transactions, so that others write in between. What they write is right: they do it with the change itself and
    promise its indexing.
    """
    found = [_of(source, tell) for source in sources()]
    for differences in found:
        if differences.any:
            log.warning(
                "search documents mended",
                **{name: getattr(differences, name) for name in ("kind", "missing", "stale", "surplus")},
            )
    return found


def _of(source: Source, tell: Tell) -> Differences:
    # Rows before documents: a row that others write after this look is no longer what was seen, and stays.
    seen = _seen(SearchDocument.kind == source.kind)
    there = list(source.documents())
    db.session.rollback()
    missing = stale = 0
    for at in range(0, len(there), BATCH):
        batch = list(map(service.as_indexed, there[at : at + BATCH]))
        wrong = [wanted for wanted in batch if seen.get(wanted.id) != hash(wanted)]
        added, changed = _write(wrong, seen) if wrong else (0, 0)
        missing, stale = missing + added, stale + changed
        tell(source.kind, at + len(batch), len(there))
    surplus = _take_out(sorted(seen.keys() - {document.id for document in there}), seen)
    return Differences(source.kind, missing, stale, surplus)


def _seen(*which: ColumnElement[bool]) -> dict[str, int]:
    """What the rows say, each as one number: a hundred thousand of them must fit into a worker's memory."""
    rows = db.session.execute(select(*service.INDEXED).where(*which).execution_options(yield_per=BATCH))
    return {row.id: hash(IndexDoc(*row)) for row in rows}


def _write(wrong: Sequence[IndexDoc], seen: Mapping[str, int]) -> tuple[int, int]:
    """Put in and change, but for what others wrote meanwhile; returns how many of each."""
    with transaction() as session:
        untouched = _untouched([wanted.id for wanted in wrong], seen)
        new = [asdict(wanted) for wanted in wrong if wanted.id in untouched and wanted.id not in seen]
        old = [asdict(wanted) for wanted in wrong if wanted.id in untouched and wanted.id in seen]
        if new:
            session.execute(insert_or(SearchDocument).on_conflict_do_nothing(), new)
        if old:
            session.execute(update(SearchDocument), old)
    return len(new), len(old)


def _take_out(ids: Sequence[str], seen: Mapping[str, int]) -> int:
    gone = 0
    for at in range(0, len(ids), BATCH):
        with transaction():
            untouched = sorted(_untouched(ids[at : at + BATCH], seen))
            service.remove_rows(untouched)
            gone += len(untouched)
    return gone


def _untouched(ids: Sequence[str], seen: Mapping[str, int]) -> set[str]:
    """Those of ``ids`` whose rows are as they were seen, or still are not there; nobody changes them until we commit."""
    rows = select(*service.INDEXED).where(SearchDocument.id.in_(ids)).order_by(SearchDocument.id)
    present = {row.id: hash(IndexDoc(*row)) for row in db.session.execute(rows.with_for_update())}
    return {id for id in ids if present.get(id) == seen.get(id)}


def _of_index() -> Differences:
    """How the index differs from the table in number; while changes are on their way to it, it may."""
    engine = service.engine()
    if isinstance(engine, TableEngine):
        return Differences(INDEX)
    indexed, documents = _indexed(engine), service.count()
    if indexed is None:
        return Differences(INDEX, missing=documents, unreadable=True)
    on_the_way = select(OutboxRow.id).where(
        OutboxRow.name.in_(("search.sync", "search.rebuild")), OutboxRow.state == JobState.PENDING
    )
    if db.session.scalar(on_the_way.limit(1)) is not None:
        return Differences(INDEX)
    return Differences(INDEX, missing=max(0, documents - indexed), surplus=max(0, indexed - documents))
