"""What is gathered while a transaction runs and written at its very end, in a fixed order of kinds.

Business rows are locked first, outbox keys next, the head of the audit chain last: no two transactions can
wait for each other there. A savepoint that is rolled back takes along only what was gathered inside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from campus_service.core.db import db

Writer = Callable[[Session, list[Any]], None]

_WRITERS: list[tuple[int, str, Writer]] = []
_ITEMS = "gathered"
_MARKS = "gathered_marks"


def writes(kind: str, *, turn: int) -> Callable[[Writer], Writer]:
    """Register what writes the gathered items of ``kind``; kinds are written in the order of ``turn``."""

    def register(writer: Writer) -> Writer:
        _WRITERS.append((turn, kind, writer))
        _WRITERS.sort(key=lambda entry: entry[0])
        return writer

    return register


def gather(kind: str, item: Any) -> None:
    """Keep ``item`` until the running transaction commits; a rollback forgets it."""
    db.session().info.setdefault(_ITEMS, []).append((kind, item))


@event.listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    if session.in_nested_transaction() or not session.info.get(_ITEMS):
        return
    session.flush()
    items = session.info.pop(_ITEMS)
    for _turn, kind, writer in _WRITERS:
        mine = [item for name, item in items if name == kind]
        if mine:
            writer(session, mine)


@event.listens_for(Session, "after_transaction_create")
def _mark(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.info.setdefault(_MARKS, {})[transaction] = len(session.info.get(_ITEMS, ()))


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        del session.info.get(_ITEMS, [])[session.info[_MARKS][transaction] :]
    elif transaction.parent is None:
        session.info.pop(_ITEMS, None)


@event.listens_for(Session, "after_transaction_end")
def _unmark(session: Session, transaction: SessionTransaction) -> None:
    # Not at the end of each savepoint: that comes before its after_soft_rollback.
    if transaction.parent is None:
        session.info.pop(_MARKS, None)
