"""Migrations: up and down with data, on both databases, and in line with the models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy.exc import DatabaseError

import campus_service
from campus_service.core.db import Base, db, transaction
from campus_service.lostfound import service
from tests.conftest import Cast
from tests.lostfound.stories import approved, found, held, lost, ready

MIGRATIONS = Path(campus_service.__file__).parent / "migrations"


def revisions() -> list[str]:
    """All revisions, the newest first."""
    return [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]


def tables() -> set[str]:
    return set(sa.inspect(db.engine).get_table_names()) - {"alembic_version"}


@pytest.fixture
def full_of_data(people: Cast, work: Callable[[], int]) -> None:
    """A bit of everything: reports, a claim, a return, notifications, an audit log."""
    lost(people.lin)
    found(people.zhou)
    pickup_id = ready(people, approved(people, held(people)))
    with transaction():
        service.confirm_return(people.he.actor, pickup_id)
    work()
    db.session.remove()


def test_the_models_and_the_migrations_say_the_same(app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        differences: list[Any] = compare_metadata(context, Base.metadata)
    assert differences == []


def test_down_with_data_and_up_again_gives_a_working_database(full_of_data: None, people: Cast) -> None:
    flask_migrate.downgrade(revision="base")
    assert tables() == set()
    flask_migrate.upgrade()
    assert tables() == set(Base.metadata.tables)
    with db.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM desks")) == 4
        assert connection.scalar(sa.text("SELECT seq FROM audit_head")) == 0


@pytest.mark.parametrize("revision", revisions())
def test_each_revision_can_be_taken_back_and_applied_again_with_data(
    full_of_data: None, revision: str
) -> None:
    before = ScriptDirectory(str(MIGRATIONS)).get_revision(revision).down_revision
    flask_migrate.downgrade(revision=str(before or "base"))
    flask_migrate.upgrade()
    assert tables() == set(Base.metadata.tables)


@pytest.mark.parametrize("statement", ["UPDATE audit_log SET action = 'x'", "DELETE FROM audit_log"])
def test_the_database_itself_refuses_to_change_the_audit_log(full_of_data: None, statement: str) -> None:
    with db.engine.connect() as connection, pytest.raises(DatabaseError, match="append-only"):
        connection.execute(sa.text(statement))


def test_a_fresh_database_has_no_people(app: Flask) -> None:
    with db.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM users")) == 0
