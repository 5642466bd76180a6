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
from campus_service.core import calendar
from campus_service.core.clock import today
from campus_service.core.db import Base, db, transaction
from tests.conftest import Cast
from tests.everything import one_of_everything, photo
from tests.feedback.stories import sent

MIGRATIONS = Path(campus_service.__file__).parent / "migrations"


def revisions() -> list[str]:
    """All revisions, the newest first."""
    return [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]


def tables() -> set[str]:
    return set(sa.inspect(db.engine).get_table_names()) - {"alembic_version"}


@pytest.fixture
def full_of_data(people: Cast, work: Callable[[], int]) -> None:
    """One of everything: the registry, the inbox with rules, templates and scores, robots, a marked day, an audit log."""
    one_of_everything(people)
    sent(people.zhou, photos=[photo(people.zhou)])
    with transaction():
        calendar.mark(people.admin.actor, today(), today(), working=False, reason="校庆")
    work()
    db.session.remove()


ONLY_POSTGRESQL = {
    *("text_words", "title_words", "grams_words"),
    *("ix_search_documents_text_words", "ix_search_documents_grams_words", "ix_search_documents_sort"),
}


def _of_both(name: str | None, _kind: str, _parents: object) -> bool:
    """All but what only PostgreSQL has for its search."""
    return name not in ONLY_POSTGRESQL


def test_the_models_and_the_migrations_say_the_same(app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": False, "include_name": _of_both}
        )
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


# What the inbox, and later custody, brought to tables that were there before it.
NEW_COLUMNS = {
    "notifications": {"reply_to", "thread"},
    "claims": {"ended_at"},
    "found_items": {"hand_in_desk", "log_by", "unlogged_told_at", "unlogged_security_at"},
}
EMPTIED = {"outbox", "search_documents", "done_once", "photos"}
# Where the bulletin leaves nothing of its own: its notices, numbers and the role that only it has.
WITHOUT_THE_BULLETIN = {"notifications", "counters", "role_grants"}


def rows_of(names: set[str]) -> dict[str, list[str]]:
    """What tables hold, without their newer columns."""
    kept = {}
    for table in Base.metadata.sorted_tables:
        if table.name in names:
            columns = [column for column in table.c if column.name not in NEW_COLUMNS.get(table.name, ())]
            with db.engine.connect() as connection:
                kept[table.name] = sorted(map(repr, connection.execute(sa.select(*columns))))
    return kept


def test_without_the_inbox_the_registry_stays_as_it_was(full_of_data: None) -> None:
    flask_migrate.downgrade(revision="0002")
    everything = tables()
    flask_migrate.downgrade(revision="0001")
    older = tables()
    assert {"found_items", "claims", "users"} < older < everything
    with db.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM found_items")) > 5
    before = rows_of(older)
    flask_migrate.upgrade(revision="0002")
    assert tables() == everything
    assert rows_of(older) == before


def test_what_travels_gets_its_leg_and_what_bags_hold_its_lines(full_of_data: None, people: Cast) -> None:
    before = ScriptDirectory(str(MIGRATIONS)).get_revision("0004_custody").down_revision
    flask_migrate.downgrade(revision=str(before))
    flask_migrate.upgrade()
    with db.engine.connect() as connection:
        legs = connection.execute(
            sa.text(
                "SELECT from_desk, to_desk, given_by FROM custody_legs JOIN found_items ON found_items.id = item_id "
                "WHERE found_items.state = 'in_transit' AND received_at IS NULL"
            )
        ).all()
        lines = connection.execute(
            sa.text(
                "SELECT kind, what FROM item_contents JOIN found_items ON found_items.id = item_id "
                "WHERE title = '棕色钱包' ORDER BY line"
            )
        ).all()
    assert list(map(tuple, legs)) == [("centre", "library", people.desk.id)]
    assert list(map(tuple, lines)) == [("cash", "二十元"), ("id_document", "")]


def test_a_new_case_inherits_nothing_from_one_that_was_taken_back(full_of_data: None) -> None:
    before = rows_of(tables())
    flask_migrate.downgrade(revision="0001")
    left = rows_of(tables())
    assert {name for name in left if left[name] != before[name]} <= EMPTIED | WITHOUT_THE_BULLETIN
    for name in WITHOUT_THE_BULLETIN:
        assert left[name]
        assert set(left[name]) < set(before[name])
    with db.engine.connect() as connection:
        for statement in (
            "SELECT count(*) FROM photos WHERE owner_type LIKE 'feedback%'",
            "SELECT count(*) FROM search_documents WHERE kind IN ('case', 'answer')",
            "SELECT count(*) FROM outbox WHERE name LIKE 'feedback%'",
            "SELECT count(*) FROM done_once WHERE key LIKE 'feedback%'",
        ):
            assert connection.scalar(sa.text(statement)) == 0, statement
        assert connection.scalar(sa.text("SELECT count(*) FROM photos")) > 0


@pytest.mark.parametrize("statement", ["UPDATE audit_log SET action = 'x'", "DELETE FROM audit_log"])
def test_the_database_itself_refuses_to_change_the_audit_log(full_of_data: None, statement: str) -> None:
    with db.engine.connect() as connection, pytest.raises(DatabaseError, match="append-only"):
        connection.execute(sa.text(statement))


def test_a_fresh_database_has_no_people(app: Flask) -> None:
    with db.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM users")) == 0
