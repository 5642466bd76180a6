"""What nobody needs any more is deleted at night, and nothing else."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from campus_service.accounts.models import OneTimeLink, SignIn, User
from campus_service.accounts.tasks import tidy
from campus_service.core.clock import freeze, now
from campus_service.core.db import Base, db, transaction
from tests.accounts.conftest import enter
from tests.conftest import Cast

SIGN_UP = {
    "student_no": "2026110099",
    "name": "新同学",
    "email": "new@campus.test",
    "password": "plum river 42 kite",
}


def _count(table: type[Base]) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_old_sign_ins_links_and_unconfirmed_accounts_go(
    app: Flask, client: FlaskClient, people: Cast
) -> None:
    enter(client, "lin@campus.test")
    client.post("/sign-up", data=SIGN_UP)
    start = now()
    with freeze(start + timedelta(days=6)), transaction():
        tidy({})
    assert (_count(SignIn), _count(OneTimeLink), _count(User)) == (1, 1, 7)
    with freeze(start + timedelta(days=8)), transaction():
        tidy({})
    assert (_count(SignIn), _count(OneTimeLink), _count(User)) == (1, 0, 6)
    with freeze(start + timedelta(days=45)), transaction():
        tidy({})
    assert (_count(SignIn), _count(User)) == (0, 6)
