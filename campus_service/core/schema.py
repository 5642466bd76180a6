"""Which migrations the database has seen, against those that this version ships."""

from __future__ import annotations

from functools import cache

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app

from campus_service.core.db import db


def is_current() -> bool:
    """Whether the database is at this version's last migration."""
    return standing() == shipped()


def standing() -> frozenset[str]:
    """The revisions the database is at; none in an empty one."""
    with db.engine.connect() as connection:
        return frozenset(MigrationContext.configure(connection).get_current_heads())


def shipped() -> frozenset[str]:
    """The last revisions of this version."""
    return _heads(current_app.extensions["migrate"].directory)


@cache
def _heads(folder: str) -> frozenset[str]:
    config = Config()
    config.set_main_option("script_location", folder)
    return frozenset(ScriptDirectory.from_config(config).get_heads())
