"""The dead letters: seen and run again by those who may, and by nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from campus_service.core.actor import Actor
from campus_service.core.audit import AuditEntry
from campus_service.core.clock import freeze
from campus_service.core.db import db, transaction
from campus_service.core.errors import Forbidden, NotFound, SignInNeeded
from campus_service.core.permissions import Role
from campus_service.jobs import Permanent, enqueue, job
from campus_service.jobs.dead import dead, rerun, waiting
from campus_service.jobs.models import OutboxRow
from campus_service.jobs.outbox import run_due

ADMIN = Actor.with_roles(1, "管理员", frozenset({Role.ADMIN}), frozenset())
HE = Actor.with_roles(2, "何老师", frozenset({Role.SECURITY}), frozenset())
NOON = datetime(2026, 10, 31, 4, 0, tzinfo=UTC)


@pytest.fixture
def broken(app: Flask) -> list[bool]:
    """A job that fails for good while the list holds something."""
    wrong = [True]

    @job("test.mail")
    def _mail(_payload: dict[str, Any]) -> None:
        if wrong:
            raise Permanent("no such mailbox")

    return wrong


def bury(count: int = 1) -> Sequence[OutboxRow]:
    with transaction():
        for _number in range(count):
            enqueue("test.mail", {})
    run_due()
    return dead(ADMIN)


def test_the_dead_are_listed_newest_first_with_what_went_wrong(broken: list[bool]) -> None:
    found = bury(2)
    assert [row.id for row in found] == sorted((row.id for row in found), reverse=True)
    assert all("no such mailbox" in row.last_error for row in found)


def test_a_dead_job_that_is_run_again_starts_anew_and_says_who_wanted_it(broken: list[bool]) -> None:
    row_id = bury()[0].id
    broken.clear()
    with transaction():
        rerun(ADMIN, row_id)
    assert run_due() == 1
    db.session.rollback()
    assert dead(ADMIN) == []
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.actor_name, entry.object_id) == ("job.rerun", "管理员", row_id)


def test_a_job_that_fails_again_is_among_the_dead_again(broken: list[bool]) -> None:
    (row,) = bury()
    with transaction():
        rerun(ADMIN, row.id)
    run_due()
    db.session.rollback()
    assert [again.id for again in dead(ADMIN)] == [row.id]


def test_only_what_is_dead_can_be_run_again(broken: list[bool]) -> None:
    (row,) = bury()
    with transaction():
        rerun(ADMIN, row.id)
    for row_id in (row.id, row.id + 1):
        with pytest.raises(NotFound), transaction():
            rerun(ADMIN, row_id)


def test_others_neither_see_nor_run_the_dead(broken: list[bool]) -> None:
    (row,) = bury()
    for actor, refusal in ((HE, Forbidden), (Actor.visitor(), SignInNeeded)):
        with pytest.raises(refusal):
            dead(actor)
        with pytest.raises(refusal):
            waiting(actor)
        with pytest.raises(refusal), transaction():
            rerun(actor, row.id)
    assert [kept.id for kept in dead(ADMIN)] == [row.id]


def test_what_waits_is_counted_with_the_moment_of_the_oldest(app: Flask) -> None:
    assert waiting(ADMIN) == (0, None)
    with freeze(NOON), transaction():
        enqueue("test.mail", {})
        enqueue("test.mail", {}, delay=timedelta(minutes=1))
        enqueue("test.mail", {}, delay=timedelta(days=1))
    with freeze(NOON + timedelta(hours=1)):
        assert waiting(ADMIN) == (2, NOON)
