"""Rows without files and files without rows: what a crash between the two, or a lost disk, can leave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from sqlalchemy import select

from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.media import rollback, service
from campus_service.media.models import Photo, file_names

_BATCH = 500


def missing_files() -> Iterator[str]:
    """The names of files that a row promises and the storage does not have (`campus-service fsck`)."""
    target = service.storage()
    keys = db.session.scalars(select(Photo.key).order_by(Photo.id).execution_options(yield_per=_BATCH))
    for key in keys:
        yield from (name for name in file_names(key) if not target.exists(name))


def remove_orphans(older_than: timedelta = service.UNATTACHED_FOR) -> int:
    """Remove files that no row knows, once they are old enough to belong to no running upload; returns how many."""
    target, before = service.storage(), now() - older_than
    target.tidy(before)
    removed = 0
    for names in _batches(name for name, written in target.names() if written < before):
        orphans = _unknown(names)
        rollback.delete_quietly(target, orphans)
        removed += len(orphans)
    return removed


def _unknown(names: list[str]) -> list[str]:
    keys = {name[:32] for name in names}
    known = set(db.session.scalars(select(Photo.key).where(Photo.key.in_(keys))))
    return [name for name in names if name[:32] not in known]


def _batches(names: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for name in names:
        batch.append(name)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
