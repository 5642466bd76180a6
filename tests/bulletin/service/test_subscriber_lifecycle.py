"""State machine: whoever asks, confirms, changes, ends or bounces in whatever order, mail goes only where it is wanted."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from campus_service.bulletin.commands import Subscribe
from campus_service.bulletin.models import Delivery, Subscriber
from campus_service.bulletin.service import sending, subscribing
from campus_service.bulletin.states import DeliveryState, Section
from campus_service.core.db import db, transaction
from tests.bulletin.mailroom import change
from tests.bulletin.stories import approved, published
from tests.conftest import Cast

ADDRESS = "lin@mail.test"
CHOICES = st.sampled_from(
    [(True, ()), (False, (Section.EVENTS,)), (False, (Section.TIPS,)), (True, (Section.TIPS,))]
)
GONE = (DeliveryState.SENT, DeliveryState.BOUNCED)


class Reader(RuleBasedStateMachine):
    """One address; what the model says of it is the promise."""

    people: Cast
    work: Callable[[], int]
    client: FlaskClient
    number = 0

    def __init__(self) -> None:
        super().__init__()
        with transaction() as session:
            for row in session.scalars(select(Subscriber)):
                session.delete(row)
        self.confirmed = False
        # What an issue with one event brings him, and how often he got one.
        self.gets = False
        self.got = 0
        self.bounces = 0
        self.sent_since = 0

    def row(self) -> Subscriber | None:
        db.session.rollback()
        db.session.expire_all()
        return db.session.scalar(select(Subscriber).where(Subscriber.email == ADDRESS))

    @rule(choice=CHOICES)
    def somebody_types_it_in(self, choice: tuple[bool, tuple[Section, ...]]) -> None:
        whole, sections = choice
        before = self.row()
        full = before is not None and before.asked >= subscribing.MOST_ASKED
        with transaction():
            subscribing.subscribe(Subscribe(email=ADDRESS, whole=whole, sections=list(sections)), "zh_CN")
        if not self.confirmed and not full:
            self.gets = whole or Section.EVENTS in sections

    @rule()
    def he_confirms(self) -> None:
        row = self.row()
        if row is None:
            return
        ended = row.ended_at is not None
        with transaction():
            subscribing.confirm(row.token)
        if not ended and not self.confirmed:
            self.confirmed, self.bounces = True, 0

    @rule(choice=CHOICES)
    def he_changes_his_choice(self, choice: tuple[bool, tuple[Section, ...]]) -> None:
        row, (whole, sections) = self.row(), choice
        if row is None:
            return
        with transaction():
            subscribing.change(row.token, Subscribe(email=ADDRESS, whole=whole, sections=list(sections)))
        if not self.confirmed:
            self.bounces = 0
        self.confirmed, self.gets = True, whole or Section.EVENTS in sections

    @rule(times=st.integers(1, 2))
    def he_ends_it(self, times: int) -> None:
        row = self.row()
        if row is None:
            return
        for _time in range(times):
            assert self.client.post(f"/compass/unsubscribe/{row.token}").status_code == 200
        self.confirmed = False

    @rule()
    def programs_look_at_every_link(self) -> None:
        row = self.row()
        if row is None:
            return
        before = (row.confirmed_at, row.ended_at, row.whole, list(row.sections), row.token)
        for path in ("subscription", "unsubscribe"):
            assert self.client.get(f"/compass/{path}/{before[4]}").status_code == 200
        row = self.row()
        assert row is not None
        assert (row.confirmed_at, row.ended_at, row.whole, list(row.sections), row.token) == before

    @rule(comes_back=st.booleans())
    def an_issue_comes_out(self, comes_back: bool) -> None:
        Reader.number += 1
        published(self.people, approved(self.people, title=f"第{Reader.number}件事"))
        self.work()
        wanted = self.confirmed and self.gets
        self.got += wanted
        if not wanted:
            return
        self.bounces = self.bounces + 1 if comes_back else 0
        if comes_back:
            newest = db.session.scalar(select(func.max(Delivery.id)))
            assert newest
            with transaction():
                sending.bounce(newest, "5.1.1")
            if self.bounces >= sending.MAX_BOUNCES:
                self.confirmed = False

    @invariant()
    def mail_goes_where_it_is_wanted_and_nowhere_else(self) -> None:
        row = self.row()
        assert self.confirmed == (row is not None and subscribing.reads(row))
        mine = select(func.count()).select_from(Delivery).where(Delivery.state.in_(GONE))
        assert db.session.scalar(mine.where(Delivery.subscriber_id == (row.id if row else 0))) == self.got


def test_mail_goes_only_where_it_is_wanted(app: Flask, people: Cast, work: Callable[[], int]) -> None:
    change(app, mail_pace=10_000)
    Reader.people, Reader.work, Reader.client = people, staticmethod(work), app.test_client()
    steps = settings(
        max_examples=5,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    run_state_machine_as_test(Reader, settings=steps)
