"""Jobs of the index."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog

from campus_service.core.db import db, transaction
from campus_service.jobs import daily, enqueue, job
from campus_service.search import reconciling
from campus_service.search.engine import EngineBusy, EngineUnavailable
from campus_service.search.service import documents, engine, request_rebuild, rows_of

daily("search.reconcile", hour=3)
log = structlog.get_logger(__name__)

# How long to wait for another writer, in seconds, and when to come back.
TURN = 2.0
LATER = timedelta(seconds=10)


@job("search.sync", batch=50, transactional=False)
def sync(payloads: list[dict[str, Any]]) -> None:
    """Bring documents in line with their rows, up to fifty in one commit; repeating it changes nothing."""
    ids = list(dict.fromkeys(str(payload["id"]) for payload in payloads))
    index = engine()
    try:
        with index.writing(TURN):
            # Read within one's turn: rows read before could overwrite what another worker indexed meanwhile.
            docs = rows_of(ids)
            db.session.rollback()
            index.upsert(docs)
            index.delete(set(ids) - {doc.id for doc in docs})
            index.commit()
    except EngineBusy:
        # A rebuild takes its time; waiting here would hold up mails.
        with transaction():
            for id in ids:
                enqueue("search.sync", {"id": id}, delay=LATER)
    except EngineUnavailable as error:
        if index.health():
            raise
        log.warning("the index is rebuilt from the database", reason=str(error))
        request_rebuild()


@job("search.reconcile", transactional=False)
def reconcile(_payload: dict[str, Any]) -> None:
    """Compare features, documents and index, and mend what differs."""
    reconciling.reconcile()


@job("search.rebuild", transactional=False)
def rebuild(_payload: dict[str, Any]) -> None:
    """Build the index anew from the database, aside, and swap it in."""
    count = engine().rebuild(documents())
    log.info("search index rebuilt", documents=count)
