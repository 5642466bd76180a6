"""transaction(): what it commits, undoes, refuses, and how constraint violations speak."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, event, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from campus_service.core import db as core_db
from campus_service.core.clock import now
from campus_service.core.db import db, insert_or, is_disk_full, on_violation, prepare_engine, transaction
from campus_service.core.errors import Conflict, Invalid
from campus_service.core.numbers import Counter


def value_of(name: str) -> int | None:
    return db.session.scalar(select(Counter.value).where(Counter.name == name))


def test_a_transaction_commits_what_the_block_did(app: Flask) -> None:
    with transaction() as session:
        session.add(Counter(name="a", value=1))
    db.session.rollback()
    assert value_of("a") == 1


def test_an_exception_undoes_the_whole_block(app: Flask) -> None:
    with pytest.raises(ZeroDivisionError), transaction() as session:
        session.add(Counter(name="a", value=1))
        session.flush()
        1 / 0  # noqa: B018
    assert value_of("a") is None


def test_a_transaction_inside_a_transaction_is_refused(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="only entry points commit"), transaction() as session:
        session.add(Counter(name="a", value=1))
        with transaction():
            pass
    assert value_of("a") is None


def test_a_transaction_is_possible_again_after_a_refused_one(app: Flask) -> None:
    with pytest.raises(RuntimeError), transaction(), transaction():
        pass
    with transaction() as session:
        session.add(Counter(name="a", value=1))
    assert value_of("a") == 1


def test_what_was_kept_for_rendering_is_read_anew_by_the_next_transaction(app: Flask) -> None:
    with transaction() as session:
        kept = Counter(name="a", value=1)
        session.add(kept)
    with db.engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE counters SET value = 7"))
    with transaction() as session:
        assert session.get(Counter, "a") is kept
        assert kept.value == 7


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Engine]:
    """A prepared engine on an empty file."""
    engine = create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    prepare_engine(engine)
    yield engine
    engine.dispose()


def test_a_writing_transaction_begins_immediate_on_sqlite_and_a_reading_one_does_not(sqlite: Engine) -> None:
    said: list[str] = []
    event.listen(sqlite, "before_cursor_execute", lambda *given: said.append(given[2]))
    with sqlite.connect().execution_options(writes=True) as connection:
        connection.execute(text("SELECT 1"))
    with sqlite.connect() as connection:
        connection.execute(text("SELECT 1"))
    assert said == ["BEGIN IMMEDIATE", "SELECT 1", "BEGIN", "SELECT 1"]


def test_sqlite_is_durable_and_checks_foreign_keys(sqlite: Engine) -> None:
    names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    with sqlite.connect() as connection:
        asked = [connection.execute(text(f"PRAGMA {name}")).scalar() for name in names]
    assert asked == ["wal", 2, 1, 15000]


def test_two_writers_who_read_before_they_write_do_not_lose_an_update(app: Flask) -> None:
    with transaction() as session:
        session.add(Counter(name="a", value=0))

    def add_ten() -> None:
        with app.app_context():
            for _ in range(10):
                with transaction() as session:
                    row = session.get(Counter, "a", with_for_update=True)
                    assert row is not None
                    row.value += 1

    threads = [Thread(target=add_ten) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert value_of("a") == 40


def test_a_known_violation_becomes_the_words_registered_for_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core_db, "_violations", {})
    on_violation("pk_counters", "counters.name", error=lambda: Invalid({"name": "taken"}))
    with pytest.raises(Invalid, match="name: taken"):
        twice()


def test_a_violation_of_a_constraint_with_a_longer_name_is_not_mistaken_for_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core_db, "_violations", {})
    on_violation("pk_count", "counters.nam", error=lambda: Invalid({"name": "taken"}))
    with pytest.raises(IntegrityError):
        twice()


def test_what_somebody_typed_is_not_mistaken_for_a_constraints_name(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core_db, "_violations", {})
    on_violation("evil", error=lambda: Invalid({"name": "wrong message"}))
    with pytest.raises(IntegrityError):
        twice("evil")


def twice(name: str = "a") -> None:
    with transaction() as session:
        session.execute(insert_or(Counter).values(name=name, value=1))
        session.execute(insert_or(Counter).values(name=name, value=2))


def test_a_moment_without_a_time_zone_is_refused_and_an_aware_one_comes_back_as_utc(app: Flask) -> None:
    column = core_db.UtcDateTime()
    dialect = db.engine.dialect
    with pytest.raises(ValueError, match="needs a time zone"):
        column.process_bind_param(now().replace(tzinfo=None), dialect)
    moment = now()
    assert column.process_result_value(column.process_bind_param(moment, dialect), dialect) == moment


def test_a_full_disk_is_recognised_by_the_drivers_words_and_not_by_the_readers() -> None:
    full = OperationalError("INSERT …", {}, Exception("database or disk is full"))
    typed = OperationalError("INSERT …", {"title": "disk is full"}, Exception("database is locked"))
    assert is_disk_full(full)
    assert is_disk_full(OSError(28, "No space left on device"))
    assert is_disk_full(OSError(30, "Read-only file system"))
    assert not is_disk_full(typed)
    assert not is_disk_full(ValueError("disk is full"))


class OwnBase(DeclarativeBase):
    """Keeps the table below out of the application's metadata."""


class Versioned(OwnBase):
    """A table of this test only: stateful rows carry a version."""

    __tablename__ = "test_versioned"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  # SQLAlchemy declares it so


def test_a_stale_row_is_a_conflict(app: Flask) -> None:
    OwnBase.metadata.create_all(db.engine)
    with transaction() as session:
        session.add(Versioned(id=1, state="held"))
    with pytest.raises(Conflict), transaction() as session:
        row = session.get_one(Versioned, 1)
        session.execute(text("UPDATE test_versioned SET version = 5"))
        row.state = "returned"


def test_every_constraint_that_is_promised_words_exists(app: Flask) -> None:
    named = {str(name) for table in core_db.Base.metadata.tables.values() for name in _names(table)}
    promised = [name for name in core_db._violations if re.match(r"(ck|fk|pk|uq)_", name)]
    assert promised
    assert set(promised) <= named


def _names(table: object) -> list[object]:
    constraints = [item.name for item in table.constraints]  # type: ignore[attr-defined]
    return constraints + [index.name for index in table.indexes]  # type: ignore[attr-defined]
