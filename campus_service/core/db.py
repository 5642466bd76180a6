"""The database: declarative base, column types, and transaction(), the only thing that commits."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime as SqlDateTime
from sqlalchemy import Dialect, Engine, MetaData, String, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.types import TypeDecorator

from campus_service.core.errors import Conflict, DomainError


class Base(DeclarativeBase):
    """Parent of every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


# Rendering happens after the commit; expiring would cost every page a second SELECT.
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False}, disable_autonaming=True)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, kept as UTC on both databases."""

    impl = SqlDateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment needs a time zone: {value!r}")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class StrEnumColumn(TypeDecorator[StrEnum]):
    """A StrEnum kept as its value; a value that the enum does not know fails loudly on reading."""

    impl = String
    cache_ok = True

    def __init__(self, enum: type[StrEnum], length: int = 32) -> None:
        self.enum = enum
        super().__init__(length)

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        return None if value is None else self.enum(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.enum(value)


def on_connect_sqlite(connection: Any, _record: object) -> None:
    """Set up one SQLite connection: durable, checked, patient; we say BEGIN ourselves."""
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=15000",
        "cache_size=-32000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def prepare_engine(engine: Engine) -> None:
    """Make ``engine`` begin writing transactions IMMEDIATE on SQLite; PostgreSQL needs nothing."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", on_connect_sqlite)

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def insert_or(table: type[Base]) -> Any:
    """An INSERT into ``table`` that knows on_conflict_do_nothing() and …_do_update() on either database."""
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


def hold(name: str) -> None:
    """Let nobody else hold ``name`` until this transaction ends; who waited sees what was committed meanwhile.

    For two sides that look for each other's new rows. SQLite has one writer at a time anyway.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
        db.session.execute(select(func.pg_advisory_xact_lock(key)))


_WRITING = "inside_transaction"
_violations: dict[str, Callable[[], DomainError]] = {}


def on_violation(*names: str, error: Callable[[], DomainError]) -> None:
    """Say what the reader hears when a constraint is violated.

    ``names``: the constraint's name (PostgreSQL) and "table.column" (all that SQLite tells).
    """
    for name in names:
        _violations[name] = error


@contextmanager
def transaction() -> Iterator[Session]:
    """Run the block in one writing transaction and commit it; roll back on any exception.

    What the session had read before is let go first, so that the block decides on present rows.
    Raises Conflict for a stale row, or what ``on_violation`` registered for a broken constraint.
    """
    session = db.session()
    if session.info.get(_WRITING):
        raise RuntimeError("transaction() inside transaction(): services flush, only entry points commit")
    session.rollback()
    # After a commit there is nothing to roll back, and objects kept for rendering would stay as they were.
    session.expire_all()
    session.info[_WRITING] = True
    try:
        session.connection(execution_options={"writes": True})
        yield session
        session.commit()
    except StaleDataError:
        session.rollback()
        raise Conflict() from None
    except IntegrityError as error:
        session.rollback()
        known = _known_violation(error)
        if known is None:
            raise
        raise known from None
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop(_WRITING, None)


def writing() -> bool:
    """Whether we are inside transaction()."""
    return bool(db.session().info.get(_WRITING))


def _known_violation(error: IntegrityError) -> DomainError | None:
    # PostgreSQL names the constraint apart; its message also quotes what the reader typed.
    diagnosis = getattr(error.orig, "diag", None)
    text = diagnosis.constraint_name or diagnosis.column_name or "" if diagnosis else str(error.orig)
    for name, make in _violations.items():
        if re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", text):
            return make()
    return None


def is_disk_full(error: BaseException) -> bool:
    """Whether ``error`` says that the disk is full or read-only: readers go on, writers hear 507 or 503."""
    # The driver's words only: the statement's values are what somebody typed.
    text = str(getattr(error, "orig", None) or error).lower()
    return isinstance(error, OperationalError | OSError) and (
        "disk is full" in text or "no space left" in text or "readonly" in text or "read-only" in text
    )
