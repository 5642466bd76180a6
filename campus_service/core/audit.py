"""The append-only audit log: who changed what, when, before and after, chained by hashes.

Entries are gathered while a transaction runs and written at its very end, so that the head of the chain
(one row, locked on PostgreSQL) is held as shortly as can be and never before any other row.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer, Row, String, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import Base, UtcDateTime, db
from campus_service.core.gather import gather, writes
from campus_service.core.permissions import Role

GENESIS = "0" * 64


class AuditEntry(Base):
    """One change. Triggers in the database refuse UPDATE and DELETE."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_object", "object_type", "object_id"),)

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None]
    actor_name: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(80))
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[int | None]
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The last link of the chain; its only row is locked while links are added."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))


def record(
    actor: Actor,
    action: str,
    *,
    obj_type: str,
    obj_id: int | None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Note a change; it is written when the transaction commits, or not at all.

    ``before`` and ``after`` hold only what changed, never a secret, a contact or an answer's text.
    """
    entry = {
        "at": now(),
        "actor_id": actor.id,
        "actor_name": _name(actor),
        "action": action,
        "object_type": obj_type,
        "object_id": obj_id,
        "before": _plain(before),
        "after": _plain(after),
    }
    gather("audit", entry)


def _name(actor: Actor) -> str:
    """Staff act by name. A student is in the log by his id alone: it can never be changed, but his data is deleted
    when he asks (PIPL 47), and then the id leads to nobody."""
    return "" if actor.roles == {Role.STUDENT} else actor.name


class Break(StrEnum):
    """How a chain can be broken."""

    MISSING = "is missing"
    UNLINKED = "does not follow the entry before it"
    CHANGED = "was changed after it was written"
    CUT = "is not where the head of the chain says the log ends: entries were cut off or put in"


@dataclass(frozen=True, slots=True)
class Fault:
    """A link that does not hold: the entry's number and what is wrong with it."""

    seq: int
    what: Break

    def __str__(self) -> str:
        return f"entry {self.seq} {self.what}"


def verify() -> Iterator[Fault]:
    """Walk the whole chain and yield every link that does not hold; the log may grow meanwhile."""
    head_seq, head_hash = _head()
    previous, seq, at_head = GENESIS, 0, GENESIS if head_seq == 0 else ""
    links = select(*AuditEntry.__table__.columns).order_by(AuditEntry.seq).execution_options(yield_per=1000)
    for row in db.session.execute(links):
        seq += 1
        if row.seq != seq:
            yield Fault(seq, Break.MISSING)
            seq = row.seq
        if row.previous != previous:
            yield Fault(seq, Break.UNLINKED)
        if row.hash != _digest(row.previous, _content(row)):
            yield Fault(seq, Break.CHANGED)
        previous = row.hash
        if seq == head_seq:
            at_head = previous
    if at_head != head_hash or seq > _head()[0]:
        yield Fault(seq, Break.CUT)


def count() -> int:
    """How many entries the log has."""
    return _head()[0]


def _head() -> tuple[int, str]:
    row = db.session.execute(select(AuditHead.seq, AuditHead.hash).where(AuditHead.id == 1)).one_or_none()
    return (row.seq, row.hash) if row else (0, "")


@writes("audit", turn=9)
def _write(session: Session, entries: list[dict[str, Any]]) -> None:
    """Add the gathered entries to the chain."""
    seq, digest = session.execute(
        select(AuditHead.seq, AuditHead.hash).where(AuditHead.id == 1).with_for_update()
    ).one()
    for entry in entries:
        seq += 1
        entry |= {"seq": seq, "previous": digest}
        digest = entry["hash"] = _digest(digest, entry)
    session.execute(insert(AuditEntry), entries)
    session.execute(update(AuditHead).where(AuditHead.id == 1).values(seq=seq, hash=digest))


_HASHED = ("seq", "at", "actor_id", "actor_name", "action", "object_type", "object_id", "before", "after")


def _content(row: Row[Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _HASHED}


def _digest(previous: str, entry: Mapping[str, Any]) -> str:
    content = {name: entry[name] for name in _HASHED} | {"at": entry["at"].isoformat()}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256((previous + text).encode()).hexdigest()


def _plain(values: Mapping[str, Any] | None) -> dict[str, Any]:
    return json.loads(json.dumps(dict(values or {}), default=str))  # type: ignore[no-any-return]
