"""Putting documents in, taking them out, finding them: by the index, or by SQL while there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

import structlog
from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from campus_service.core.db import db, transaction, writing
from campus_service.core.settings import belongings, settings
from campus_service.jobs import enqueue
from campus_service.search.analyser import CATEGORY, grams, heads, tokens
from campus_service.search.engine import Engine, EngineUnavailable, Filters, Hits, IndexDoc, SearchDoc, Sort
from campus_service.search.models import SearchDocument
from campus_service.search.synonyms import Plan, relaxed, warm
from campus_service.search.table_engine import TableEngine
from campus_service.search.vectors import VectorEngine
from campus_service.search.whoosh_engine import WhooshEngine
from campus_service.search.words import plan

log = structlog.get_logger(__name__)
KEY = "campus_search_engine"
# Fewer hits than this, and the second pass is shown as "also perhaps".
FEW = 3
# Beside hits of the first pass no more than so many, nor more than so many alone: what comes later is hardly ever meant.
ALSO, ALONE = 4, 10
# A process asks for a rebuild at most this often, in seconds.
ASK_AGAIN = 10.0


@dataclass(frozen=True, slots=True)
class Found:
    """One page of results: ``also`` are looser hits when there were few; ``engine`` says who answered."""

    ids: list[str]
    total: int
    also: list[str] = field(default_factory=list)
    engine: str = "index"


def engine() -> WhooshEngine | TableEngine:
    """The application's engine (``CAMPUS_SEARCH``)."""
    known = belongings().get(KEY)
    if not isinstance(known, WhooshEngine | TableEngine):
        in_database = settings().search == "database"
        known = table_engine() if in_database else WhooshEngine(settings().data_dir / "index")
        belongings()[KEY] = known
    return known


def table_engine() -> TableEngine:
    """The engine that asks the table of documents."""
    return VectorEngine() if db.engine.dialect.name == "postgresql" else TableEngine()


# --- writing ----------------------------------------------------------------------------------------------------


def put(doc: SearchDoc) -> bool:
    """Write a public document inside the business transaction and promise its indexing; returns whether it is new."""
    new = db.session.get(SearchDocument, doc.id) is None
    db.session.merge(row_of(doc))
    enqueue("search.sync", {"id": doc.id})
    return new


def put_rows(docs: Sequence[SearchDoc]) -> None:
    """Write many new documents; the caller promises rebuild_later()."""
    if docs:
        db.session.execute(insert(SearchDocument), [_columns(doc) for doc in docs])


def remove(id: str) -> None:
    """Remove a document inside the business transaction and promise its removal from the index."""
    gone = db.session.execute(
        delete(SearchDocument).where(SearchDocument.id == id).returning(SearchDocument.id)
    )
    if gone.first() is not None:
        enqueue("search.sync", {"id": id})


def remove_rows(ids: Sequence[str], chunk: int = 500) -> None:
    """Remove many documents; the caller promises rebuild_later()."""
    for at in range(0, len(ids), chunk):
        gone = delete(SearchDocument).where(SearchDocument.id.in_(ids[at : at + chunk]))
        db.session.execute(gone.execution_options(synchronize_session=False))


def rebuild_later() -> None:
    """Promise one rebuild of the whole index, inside the running transaction; the table shows a row with its commit."""
    if not isinstance(engine(), TableEngine):
        enqueue("search.rebuild", {}, key="search.rebuild")


def as_indexed(doc: SearchDoc) -> IndexDoc:
    """``doc`` with tokens for its text."""
    return IndexDoc(**_columns(doc))


def _columns(doc: SearchDoc) -> dict[str, Any]:
    warm()  # else the tokeniser does not know the campus's words
    title, body = tokens(doc.title), tokens(doc.body)
    title += heads(title)
    return {
        "id": doc.id,
        "kind": doc.kind,
        "category": doc.category,
        "status": doc.status,
        "place": doc.place,
        "day": doc.day,
        "sort": doc.sort,
        "title": _padded(title),
        "text": _padded([*title, *body, *heads(body), f"{CATEGORY}{doc.category}"]),
        "grams": _padded(grams(f"{doc.title} {doc.body}")),
    }


def _padded(words: Sequence[str]) -> str:
    """Each word once, between blanks, so that LIKE '% word %' is the index's own question."""
    return f" {' '.join(dict.fromkeys(words))} "


def documents(chunk: int = 1000) -> Iterator[IndexDoc]:
    """All documents, read in chunks, each in a short transaction of its own."""
    last = ""
    while True:
        statement = select(*INDEXED).where(SearchDocument.id > last).order_by(SearchDocument.id).limit(chunk)
        rows = db.session.execute(statement).all()
        db.session.rollback()
        if not rows:
            return
        yield from (IndexDoc(*row) for row in rows)
        last = rows[-1].id


def rows_of(ids: Sequence[str]) -> list[IndexDoc]:
    """Those of ``ids`` that are documents now."""
    return [IndexDoc(*row) for row in db.session.execute(select(*INDEXED).where(SearchDocument.id.in_(ids)))]


# The columns that make an IndexDoc, in its order.
INDEXED = tuple(getattr(SearchDocument, name) for name in IndexDoc.__slots__)


def row_of(doc: SearchDoc) -> SearchDocument:
    """The row that ``doc`` becomes."""
    return SearchDocument(**_columns(doc))


def count() -> int:
    """How many documents there are."""
    return db.session.scalar(select(func.count()).select_from(SearchDocument)) or 0


# --- finding ----------------------------------------------------------------------------------------------------


def find(text: str, filters: Filters, sort: Sort = "score", offset: int = 0, limit: int = 20) -> Found:
    """Search ``text``; an index that is missing or damaged is rebuilt by itself while SQL answers."""
    wanted = plan(text)
    try:
        return answer(engine(), wanted, filters, sort, offset, limit)
    except EngineUnavailable as error:
        log.warning("the index does not answer, SQL does", reason=str(error))
        request_rebuild()
    return replace(answer(table_engine(), wanted, filters, sort, offset, limit), engine="sql")


def first(wanted: Plan, filters: Filters, limit: int) -> list[str]:
    """The ids of the best hits alone, nothing looser."""
    try:
        return engine().search(wanted, filters, sort="score", offset=0, limit=limit).ids
    except EngineUnavailable:
        request_rebuild()
    return table_engine().search(wanted, filters, sort="score", offset=0, limit=limit).ids


def counts(text: str, kinds: Sequence[str]) -> dict[str, int]:
    """How many hits of each kind ``text`` has."""
    wanted = plan(text)
    if wanted.empty:
        return {}
    try:
        found = engine().facets(wanted, Filters(kind=kinds), ("kind",))
    except EngineUnavailable:
        found = table_engine().facets(wanted, Filters(kind=kinds), ("kind",))
    return {kind: number for kind, number in found["kind"].items() if kind in kinds}


def answer(
    index: Engine, wanted: Plan, filters: Filters, sort: Sort = "score", offset: int = 0, limit: int = 20
) -> Found:
    """What ``index`` finds. Raises EngineUnavailable when it cannot be read."""
    if wanted.empty:
        return Found([], 0)
    hits = index.search(wanted, filters, sort=sort, offset=offset, limit=limit)

    def again(looser: Plan, loose: bool) -> Hits:
        return index.search(
            looser, filters, sort="newest" if loose else "score", offset=0, limit=limit, loose=loose
        )

    return Found(hits.ids, hits.total, _second_pass(hits, wanted, again))


def _second_pass(hits: Hits, wanted: Plan, search: Callable[[Plan, bool], Hits]) -> list[str]:
    """Looser hits, when the first pass found few: some words missing, else single characters."""
    found: list[str] = []
    for looser in relaxed(wanted):
        if hits.total + len(found) >= FEW:
            break
        found += [id for id in search(looser, False).ids if id not in hits.ids and id not in found]
    if hits.total or found or not wanted.loose:
        return found[: ALSO if hits.total else ALONE]
    return search(wanted, True).ids[:ALONE]


def request_rebuild() -> None:
    """Ask for one rebuild, not once per request: within the running transaction, else in one of its own."""
    last = belongings().get(f"{KEY}_asked", -ASK_AGAIN)
    # Asking while a rebuild runs would void it and run it once more.
    if monotonic() - last < ASK_AGAIN or engine().busy():
        return
    belongings()[f"{KEY}_asked"] = monotonic()
    if writing():
        rebuild_later()
        return
    try:
        with transaction():
            rebuild_later()
    except SQLAlchemyError as error:
        # A full or read-only disk stops writers, not readers.
        log.warning("the index cannot be rebuilt now", reason=type(error).__name__)
