"""Jobs of the index."""

from __future__ import annotations

from typing import Any

import structlog

from campus_service.jobs import job
from campus_service.search.engine import EngineUnavailable
from campus_service.search.service import documents, engine, request_rebuild, rows_of

log = structlog.get_logger(__name__)


@job("search.sync", batch=50, transactional=False)
def sync(payloads: list[dict[str, Any]]) -> None:
    """Bring documents in line with their rows, up to fifty in one commit; repeating it changes nothing."""
    ids = list(dict.fromkeys(str(payload["id"]) for payload in payloads))
    docs = rows_of(ids)
    index = engine()
    index.upsert(docs)
    index.delete(set(ids) - {doc.id for doc in docs})
    try:
        index.commit()
    except EngineUnavailable as error:
        if index.health():
            raise
        log.warning("the index is rebuilt from the database", reason=str(error))
        request_rebuild()


@job("search.rebuild", transactional=False)
def rebuild(_payload: dict[str, Any]) -> None:
    """Build the index anew from the database, aside, and swap it in."""
    count = engine().rebuild(documents())
    log.info("search index rebuilt", documents=count)
