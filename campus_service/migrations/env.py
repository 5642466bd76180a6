"""Runs migrations on the application's database (Flask-Migrate calls this file)."""

from __future__ import annotations

from alembic import context
from flask import current_app

from campus_service import models  # noqa: F401  # registers every table
from campus_service.core.db import Base

engine = current_app.extensions["migrate"].db.engine


def run() -> None:
    """One transaction for all steps; on SQLite tables are rebuilt where ALTER cannot do it."""
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
