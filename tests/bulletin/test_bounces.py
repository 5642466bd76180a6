"""Mails that come back: what ends a subscription, and what does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from campus_service.bulletin import mailing
from campus_service.bulletin.commands import Subscribe
from campus_service.bulletin.models import Delivery
from campus_service.bulletin.service import subscribing
from campus_service.core.clock import now
from campus_service.core.db import db, transaction
from campus_service.notifications.inbound import Inbound
from campus_service.notifications.listener import Listener
from tests.bulletin.mailroom import change, free_port, reader
from tests.bulletin.stories import approved, published
from tests.conftest import Cast
from tests.notifications.letters import BOUNCE
from tests.notifications.mailroom import post

Work = Callable[[], int]


def test_three_lasting_failures_end_a_subscription(app: Flask, people: Cast, work: Work) -> None:
    row = reader("gone@mail.test", whole=True)
    for n in range(3):
        published(people, approved(people, title=f"第{n}"))
    work()
    ids = db.session.scalars(select(Delivery.id).order_by(Delivery.id)).all()
    for n, (delivery, status) in enumerate(
        zip([*ids, ids[0]], ("4.2.2", "5.1.1", "5.1.1", "5.1.1"), strict=True)
    ):
        with transaction():
            mailing.come_back((delivery,), Inbound(n, "", (), True, status, now()))
    db.session.expire_all()
    assert row.ended_why == "bounced"


def test_a_copy_that_arrived_breaks_the_row_of_failures(app: Flask, people: Cast, work: Work) -> None:
    row = reader("full@mail.test", whole=True)
    for n in range(5):
        published(people, approved(people, title=f"第{n}"))
    work()
    ids = db.session.scalars(select(Delivery.id).order_by(Delivery.id)).all()
    for id in (ids[0], ids[1], ids[3], ids[4]):
        with transaction():
            mailing.come_back((id,), Inbound(id, "", (), True, "5.2.2", now()))
    db.session.expire_all()
    assert row.ended_at is None


def test_old_failures_are_forgiven_when_the_reader_takes_it_up_again(
    app: Flask, people: Cast, work: Work
) -> None:
    row = reader("back@mail.test", whole=True)
    for n in range(3):
        published(people, approved(people, title=f"第{n}"))
    work()
    for id in db.session.scalars(select(Delivery.id)).all():
        with transaction():
            mailing.come_back((id,), Inbound(id, "", (), True, "5.1.1", now()))
    with transaction():
        subscribing.change(row.token, Subscribe(email=row.email, whole=True))
    published(people, approved(people, title="再来一期"))
    work()
    last = db.session.scalars(select(Delivery.id).order_by(Delivery.id.desc())).first()
    assert last
    with transaction():
        mailing.come_back((last,), Inbound(last, "", (), True, "5.1.1", now()))
    db.session.expire_all()
    assert row.ended_at is None


@pytest.fixture
def listener(app: Flask) -> Iterator[Listener]:
    """The site's own SMTP listener, where mails come back to."""
    change(app, inbound_port=free_port(), inbound_domain="answers.campus.test")
    running = Listener(app)
    running.start()
    yield running
    running.stop()


def test_mails_that_come_back_over_smtp_end_the_subscription(
    app: Flask, people: Cast, mails: Any, listener: Listener, work: Work, tmp_path: Path
) -> None:
    row, other = reader("gone@mail.test", whole=True), reader("here@mail.test", whole=True)
    for n in range(3):
        published(people, approved(people, title=f"第{n}"))
    work()
    sent = [line.split() for line in (tmp_path / "log").read_text(encoding="utf-8").splitlines()]
    came_from = [sender for to, sender in sent if to == "gone@mail.test" and "+" in sender]
    assert len(set(came_from)) == 3
    for address in came_from:
        post(listener, BOUNCE, address, sender="")
    work()
    db.session.expire_all()
    assert (row.ended_why, other.ended_at) == ("bounced", None)
