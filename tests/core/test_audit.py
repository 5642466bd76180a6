"""The audit log: written with its transaction, one unbroken chain, every tampering found."""

from __future__ import annotations

from datetime import date
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, text, update

from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.audit import AuditEntry, AuditHead, Break
from campus_service.core.db import db, transaction

HE = Actor(7, "何老师")


def note(action: str = "claim.approved", **details: object) -> None:
    audit.record(HE, action, obj_type="claim", obj_id=1, **details)  # type: ignore[arg-type]


def write(count: int) -> None:
    for _ in range(count):
        with transaction():
            note()


def broken() -> list[tuple[int, Break]]:
    db.session.rollback()
    return [(fault.seq, fault.what) for fault in audit.verify()]


@pytest.fixture
def unguarded(app: Flask) -> None:
    """Take away the triggers that refuse changes: an intruder with the database's password would."""
    with db.engine.connect() as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE audit_log DISABLE TRIGGER USER"))
        else:
            triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_log'"
            for name in connection.execute(text(triggers)).scalars().all():
                connection.execute(text(f"DROP TRIGGER {name}"))


def tamper(*statements: object) -> None:
    db.session.rollback()
    with db.engine.connect() as connection, connection.begin():
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]


def test_an_entry_says_who_did_what_to_what_and_how_it_was_before(app: Flask) -> None:
    with transaction():
        note(before={"state": "submitted"}, after={"state": "approved"})
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.seq, entry.actor_id, entry.actor_name, entry.action) == (1, 7, "何老师", "claim.approved")
    assert (entry.object_type, entry.object_id) == ("claim", 1)
    assert (entry.before, entry.after) == ({"state": "submitted"}, {"state": "approved"})


def test_an_empty_log_holds(app: Flask) -> None:
    assert broken() == []
    assert audit.count() == 0


def test_entries_form_one_chain_that_holds(app: Flask) -> None:
    write(3)
    with transaction():
        note("item.moved")
        note("item.labelled")
    assert broken() == []
    assert audit.count() == 5


def test_a_transaction_that_is_rolled_back_leaves_no_entry(app: Flask) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        note()
        1 / 0  # noqa: B018
    write(1)
    assert audit.count() == 1
    assert broken() == []


def test_a_savepoint_that_is_rolled_back_takes_only_its_own_entries_along(app: Flask) -> None:
    with transaction() as session:
        note("before")
        with pytest.raises(ZeroDivisionError), session.begin_nested():
            note("inside")
            1 / 0  # noqa: B018
        with session.begin_nested():
            note("kept")
        note("after")
    assert list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq))) == [
        "before",
        "kept",
        "after",
    ]
    assert broken() == []


def test_entries_written_by_many_threads_still_form_one_chain(app: Flask) -> None:
    def run() -> None:
        with app.app_context():
            write(10)

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert audit.count() == 40
    assert broken() == []


def test_the_database_itself_refuses_to_change_or_delete_an_entry(app: Flask) -> None:
    write(1)
    for statement in (update(AuditEntry).values(actor_name="somebody"), delete(AuditEntry)):
        with pytest.raises(Exception, match="append-only"):
            tamper(statement)
    assert broken() == []


@pytest.mark.parametrize("field", ["actor_name", "action", "after", "object_id"])
def test_a_changed_entry_is_found(unguarded: None, field: str) -> None:
    write(3)
    value: object = {"actor_name": "x", "action": "x", "after": {"a": 1}, "object_id": 2}[field]
    tamper(update(AuditEntry).where(AuditEntry.seq == 2).values({field: value}))
    assert broken() == [(2, Break.CHANGED)]


def test_a_changed_entry_with_a_freshly_computed_hash_is_found_by_the_entry_after_it(unguarded: None) -> None:
    write(3)
    content = db.session.execute(select(*AuditEntry.__table__.columns).where(AuditEntry.seq == 2)).one()
    forged = audit._digest(content.previous, audit._content(content) | {"actor_name": "x"})
    tamper(update(AuditEntry).where(AuditEntry.seq == 2).values(actor_name="x", hash=forged))
    assert broken() == [(3, Break.UNLINKED)]


def test_a_deleted_entry_is_found(unguarded: None) -> None:
    write(3)
    tamper(delete(AuditEntry).where(AuditEntry.seq == 2))
    assert broken() == [(2, Break.MISSING), (3, Break.UNLINKED)]


def test_a_log_cut_off_at_its_end_is_found(unguarded: None) -> None:
    write(3)
    tamper(delete(AuditEntry).where(AuditEntry.seq == 3))
    assert broken() == [(2, Break.CUT)]


def test_a_log_emptied_altogether_is_found(unguarded: None) -> None:
    write(3)
    tamper(delete(AuditEntry))
    assert broken() == [(0, Break.CUT)]


def test_an_entry_forged_behind_the_head_is_found(unguarded: None) -> None:
    write(1)
    last = db.session.execute(select(*AuditEntry.__table__.columns)).one()
    content = audit._content(last) | {"seq": 2}
    row = content | {"previous": last.hash, "hash": audit._digest(last.hash, content)}
    tamper(insert(AuditEntry).values(row))
    assert broken() == [(2, Break.CUT)]


def test_a_head_that_was_set_back_is_found(unguarded: None) -> None:
    write(3)
    second = db.session.scalar(select(AuditEntry.hash).where(AuditEntry.seq == 2))
    tamper(update(AuditHead).values(seq=2, hash=second))
    assert broken() == [(3, Break.CUT)]


def test_a_log_that_grows_while_it_is_checked_holds(app: Flask) -> None:
    write(3)
    walk = audit.verify()

    def grow() -> None:
        with app.app_context():
            write(2)

    thread = Thread(target=grow)
    thread.start()
    thread.join()
    assert list(walk) == []


def test_a_fault_reads_as_a_sentence() -> None:
    assert str(audit.Fault(2, Break.CHANGED)) == "entry 2 was changed after it was written"


def test_what_is_no_json_is_noted_as_text(app: Flask) -> None:
    with transaction():
        note(after={"day": date(2026, 10, 31)})
    assert db.session.scalars(select(AuditEntry.after)).one() == {"day": "2026-10-31"}
    assert broken() == []
