"""Putting documents in, taking them out, finding them: by the index, or by SQL while there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import structlog
from sqlalchemy import and_, case, delete, false, func, insert, or_, select
from sqlalchemy.exc import SQLAlchemyError

from campus_service.core.db import db, transaction, writing
from campus_service.core.settings import belongings, settings
from campus_service.jobs import enqueue
from campus_service.search.analyser import grams, tokens
from campus_service.search.engine import EngineUnavailable, Filters, Hits, IndexDoc, SearchDoc, Sort
from campus_service.search.models import SearchDocument
from campus_service.search.synonyms import Group, Plan, plan
from campus_service.search.whoosh_engine import WhooshEngine

log = structlog.get_logger(__name__)
KEY = "campus_search_engine"
# Fewer hits than this, and the second pass is shown as "also perhaps".
FEW = 5
# A process asks for a rebuild at most this often, in seconds.
ASK_AGAIN = 10.0


@dataclass(frozen=True, slots=True)
class Found:
    """One page of results: ``also`` are looser hits when there were few; ``engine`` says who answered."""

    ids: list[str]
    total: int
    also: list[str] = field(default_factory=list)
    engine: str = "index"


def engine() -> WhooshEngine:
    """The application's engine."""
    known = belongings().get(KEY)
    if not isinstance(known, WhooshEngine):
        known = belongings()[KEY] = WhooshEngine(settings().data_dir / "index")
    return known


# --- writing ----------------------------------------------------------------------------------------------------


def put(doc: SearchDoc) -> None:
    """Write a public document inside the business transaction and promise its indexing."""
    db.session.merge(SearchDocument(**_columns(doc)))
    enqueue("search.sync", {"id": doc.id})


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
    """Promise one rebuild of the whole index, inside the running transaction."""
    enqueue("search.rebuild", {}, key="search.rebuild")


def _columns(doc: SearchDoc) -> dict[str, Any]:
    title = tokens(doc.title)
    return {
        "id": doc.id,
        "kind": doc.kind,
        "category": doc.category,
        "status": doc.status,
        "place": doc.place,
        "day": doc.day,
        "sort": doc.sort,
        "title": _padded(title),
        "text": _padded(title + tokens(doc.body)),
        "grams": _padded(grams(f"{doc.title} {doc.body}")),
    }


def _padded(words: Sequence[str]) -> str:
    """Each word once, between blanks, so that LIKE '% word %' is the index's own question."""
    return f" {' '.join(dict.fromkeys(words))} "


def documents(chunk: int = 1000) -> Iterator[IndexDoc]:
    """All documents, read in chunks, each in a short transaction of its own."""
    last = ""
    while True:
        statement = select(*_INDEXED).where(SearchDocument.id > last).order_by(SearchDocument.id).limit(chunk)
        rows = db.session.execute(statement).all()
        db.session.rollback()
        if not rows:
            return
        yield from (IndexDoc(*row) for row in rows)
        last = rows[-1].id


def rows_of(ids: Sequence[str]) -> list[IndexDoc]:
    """Those of ``ids`` that are documents now."""
    return [IndexDoc(*row) for row in db.session.execute(select(*_INDEXED).where(SearchDocument.id.in_(ids)))]


_INDEXED = tuple(getattr(SearchDocument, name) for name in IndexDoc.__slots__)


# --- finding ----------------------------------------------------------------------------------------------------


def find(text: str, filters: Filters, sort: Sort = "score", offset: int = 0, limit: int = 20) -> Found:
    """Search ``text``; an index that is missing or damaged is rebuilt by itself while SQL answers."""
    wanted = plan(text)
    if wanted.empty:
        return Found([], 0)
    try:
        index = engine()
        hits = index.search(wanted, filters, sort=sort, offset=offset, limit=limit)
        also = _second_pass(
            hits, lambda: index.search(wanted, filters, sort="newest", offset=0, limit=limit, loose=True)
        )
        return Found(hits.ids, hits.total, also)
    except EngineUnavailable as error:
        log.warning("the index does not answer, SQL does", reason=str(error))
        request_rebuild()
    hits = search_sql(wanted, filters, sort=sort, offset=offset, limit=limit)
    also = _second_pass(
        hits, lambda: search_sql(wanted, filters, sort="newest", offset=0, limit=limit, loose=True)
    )
    return Found(hits.ids, hits.total, also, "sql")


def _second_pass(hits: Hits, search: Any) -> list[str]:
    """Looser hits, when the first pass found few."""
    if hits.total >= FEW:
        return []
    return [id for id in search().ids if id not in hits.ids]


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


def search_sql(
    wanted: Plan, filters: Filters, *, sort: Sort, offset: int, limit: int, loose: bool = False
) -> Hits:
    """The same answer as the index's, from the table of documents (but for forgiven typos)."""
    d = SearchDocument
    where = [getattr(d, name).in_(values) for name, values in filters.choices().items()]
    if filters.day_from is not None:
        where.append(d.day >= filters.day_from)
    if filters.day_to is not None:
        where.append(d.day <= filters.day_to)
    if loose:
        where += [_has(d.grams, gram) for gram in wanted.loose] or [false()]
    else:
        where += [_meets(group, wanted.prefix) for group in wanted.groups]
    total = db.session.scalar(select(func.count()).select_from(d).where(*where)) or 0
    order = (
        (d.sort.desc(), d.id.desc())
        if sort == "newest" or loose
        else (_tier(wanted), d.sort.desc(), d.id.desc())
    )
    ids = db.session.scalars(select(d.id).where(*where).order_by(*order).offset(offset).limit(limit))
    return Hits(list(ids), total)


def _tier(wanted: Plan) -> Any:
    """As the index ranks: the words as typed in the title, then anywhere, then their synonyms."""
    d = SearchDocument
    in_title = and_(*(_has(d.title, word) for word in wanted.exact))
    typed = and_(*(_has(d.text, word) for word in wanted.exact))
    return case((in_title, 0), (typed, 1), else_=2)


def _meets(group: Group, prefix: str) -> Any:
    ways = [and_(*(_has(SearchDocument.text, word) for word in choice)) for choice in group]
    if group == ((prefix,),):
        ways.append(SearchDocument.text.contains(f" {prefix}", autoescape=True))
    return or_(*ways)


def _has(column: Any, word: str) -> Any:
    return column.contains(f" {word} ", autoescape=True)
