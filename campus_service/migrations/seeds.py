"""What a fresh database starts with, and the triggers that close the audit log."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from sqlalchemy import Connection

from campus_service.accounts.models import DEPARTMENTS
from campus_service.core import calendar
from campus_service.core.audit import GENESIS
from campus_service.core.clock import now
from campus_service.feedback.service.rules import default_rows
from campus_service.lostfound.models import DESKS


def fill(connection: Connection) -> None:
    """Insert departments, desks and the first link of the audit chain."""
    tables = sa.MetaData()
    tables.reflect(connection, only=["departments", "desks", "audit_head"])
    connection.execute(tables.tables["departments"].insert(), [dict(row) for row in DEPARTMENTS])
    desks = [{"active": True, "position": at, **row} for at, row in enumerate(DESKS)]
    connection.execute(tables.tables["desks"].insert(), desks)
    connection.execute(tables.tables["audit_head"].insert(), [{"id": 1, "seq": 0, "hash": GENESIS}])


def fill_calendar(connection: Connection) -> None:
    """Insert the years that chinesecalendar knows, as the calendar's first version."""
    tables = sa.MetaData()
    tables.reflect(connection, only=["calendar_days", "calendar_head"])
    years = calendar.official_years()
    days = {day: known for year in years for day, known in calendar.official(year).items()}
    rows = [{"day": day, "working": known.working, "reason": known.reason} for day, known in days.items()]
    connection.execute(tables.tables["calendar_days"].insert(), rows)
    head = {"id": 1, "version": 1, "stamp": secrets.token_hex(8), "years": list(years)}
    connection.execute(tables.tables["calendar_head"].insert(), [head])


def fill_rules(connection: Connection) -> None:
    """Insert the routing rules that a site starts with; the coordinator changes them as he likes."""
    tables = sa.MetaData()
    tables.reflect(connection, only=["routing_rules"])
    moment = now().replace(tzinfo=None)
    rows = [row | {"updated_at": moment} for row in default_rows()]
    connection.execute(tables.tables["routing_rules"].insert(), rows)


def protect_audit_log(connection: Connection) -> None:
    """Refuse UPDATE and DELETE on the audit log inside the database (ASVS 16.4.2)."""
    for statement in _POSTGRES if connection.dialect.name == "postgresql" else _SQLITE:
        connection.execute(sa.text(statement))


def unprotect_audit_log(connection: Connection) -> None:
    """Take the triggers away again."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("DROP TRIGGER audit_log_closed ON audit_log"))
        connection.execute(sa.text("DROP FUNCTION audit_log_refuse()"))
        return
    for event in ("update", "delete"):
        connection.execute(sa.text(f"DROP TRIGGER audit_log_no_{event}"))


_SQLITE = tuple(
    f"CREATE TRIGGER audit_log_no_{event} BEFORE {event.upper()} ON audit_log "
    "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    for event in ("update", "delete")
)
_POSTGRES = (
    "CREATE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$",
    "CREATE TRIGGER audit_log_closed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse()",
)


def protect_publications(connection: Connection) -> None:
    """Refuse inside the database what would change a published text: its snapshot, its hash, who wrote it, and since when."""
    for statement in _POSTGRES_SNAPSHOT if connection.dialect.name == "postgresql" else _SQLITE_SNAPSHOT:
        connection.execute(sa.text(statement))


def unprotect_publications(connection: Connection) -> None:
    """Take the triggers away again."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("DROP TRIGGER publications_closed ON publications"))
        connection.execute(sa.text("DROP FUNCTION publications_refuse()"))
        return
    connection.execute(sa.text("DROP TRIGGER publications_closed"))


_SNAPSHOT = "article_id, slug, section, snapshot, hash, byline, published_at"
_SQLITE_SNAPSHOT = (
    f"CREATE TRIGGER publications_closed BEFORE UPDATE OF {_SNAPSHOT} ON publications "
    "BEGIN SELECT RAISE(ABORT, 'what is published is not changed: correct it in the open'); END",
)
_POSTGRES_SNAPSHOT = (
    "CREATE FUNCTION publications_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'what is published is not changed: correct it in the open'; END $$",
    f"CREATE TRIGGER publications_closed BEFORE UPDATE OF {_SNAPSHOT} ON publications "
    "FOR EACH ROW EXECUTE FUNCTION publications_refuse()",
)
