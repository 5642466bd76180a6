"""Files written inside a transaction go when it does not commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import structlog
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from campus_service.media.storage import Storage

log = structlog.get_logger(__name__)
_KEY = "media_written"
_Written = list[tuple[SessionTransaction | None, Storage, list[str]]]


def remember(session: Session, storage: Storage, names: list[str]) -> None:
    """Let ``names`` be removed from ``storage`` unless the running transaction (and savepoint) commits."""
    written: _Written = session.info.setdefault(_KEY, [])
    written.append((session.get_nested_transaction(), storage, names))


@event.listens_for(Session, "after_commit")
def _keep(session: Session) -> None:
    if session.get_nested_transaction() is None:  # the event also tells of released savepoints
        session.info.pop(_KEY, None)


@event.listens_for(Session, "after_soft_rollback")
def _undo_savepoint(session: Session, ended: SessionTransaction) -> None:
    if ended.nested:
        _remove(session, lambda within: _is_inside(within, ended))


@event.listens_for(Session, "after_transaction_end")
def _undo(session: Session, ended: SessionTransaction) -> None:
    if ended.parent is None:
        _remove(session, lambda _within: True)


def _is_inside(within: SessionTransaction | None, ended: SessionTransaction) -> bool:
    while within is not None and within is not ended:
        within = within.parent
    return within is ended


def _remove(session: Session, concerns: Callable[[SessionTransaction | None], bool]) -> None:
    written: _Written = session.info.get(_KEY, [])
    for entry in [entry for entry in written if concerns(entry[0])]:
        written.remove(entry)
        delete_quietly(entry[1], entry[2])


def delete_quietly(storage: Storage, names: Iterable[str]) -> None:
    """Remove files, leaving to the daily sweep what cannot be removed now."""
    for name in names:
        try:
            storage.delete(name)
        except OSError as error:
            log.warning("a photo's file could not be removed", name=name, error=repr(error))
