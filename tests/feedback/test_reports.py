"""Reports (举报): for named persons only, never for the department they accuse."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from campus_service.feedback import queries, service
from campus_service.feedback.commands import RouteCase, SendCase, WriteAnswer
from campus_service.feedback.models import ReportRecipient
from campus_service.feedback.states import CaseState, Publicity
from campus_service.notifications.models import Notification
from campus_service.search import service as search
from campus_service.search.engine import Filters
from tests.conftest import Cast
from tests.feedback.stories import LAMP, anonymous, case

REPORT = {
    "kind": "report",
    "title": "",
    "body": "后勤处有人虚报维修工时，我有单据照片",
    "accused_department": "logistics",
}


def reported(people: Cast) -> str:
    people.auditor  # noqa: B018  # named before the report comes
    return anonymous(None, **REPORT).no


def test_a_report_reaches_its_named_readers(people: Cast) -> None:
    no = reported(people)
    assert queries.case_for_staff(people.auditor.actor, no).confidential
    told = db.session.scalars(select(Notification.user_id).where(Notification.kind == "inbox.report"))
    assert set(told) == {people.auditor.id}


def test_nobody_else_knows_of_it(people: Cast) -> None:
    no = reported(people)
    for person in (
        people.officer,
        people.head,
        people.coordinator,
        people.admin,
        people.librarian,
        people.wu,
    ):
        with pytest.raises(NotFound):
            queries.case_for_staff(person.actor, no)
    with pytest.raises(NotFound), transaction():
        service.route(people.coordinator.actor, no, RouteCase(department="logistics"))


def test_a_named_reader_of_the_accused_department_is_left_out(people: Cast) -> None:
    with transaction() as session:
        from campus_service.core.clock import now

        session.add(ReportRecipient(user_id=people.officer.id, added_at=now()))
    no = reported(people)
    assert queries.recipient_ids(case(no).id) == [people.auditor.id]
    with pytest.raises(NotFound):
        queries.case_for_staff(people.officer.actor, no)


def test_without_anybody_to_read_it_the_sender_is_told_at_once(people: Cast) -> None:
    with pytest.raises(Invalid):
        anonymous(None, **REPORT)


def test_a_report_is_never_public_nor_found(people: Cast, work: Callable[[], int]) -> None:
    no = reported(people)
    with transaction():
        other = service.send(people.lin.actor, SendCase.model_validate(LAMP | REPORT | {"consent": True})).no
    work()
    assert {case(no).publicity, case(other).publicity} == {Publicity.PRIVATE}
    assert not search.find("虚报维修工时", Filters()).ids


def test_a_reader_takes_it_on_and_answers(people: Cast) -> None:
    no = reported(people)
    with transaction():
        service.accept(people.auditor.actor, no)
    with transaction():
        service.answer(people.auditor.actor, no, WriteAnswer(body="已经立案调查。", outcome="answered"))
    assert case(no).state is CaseState.ANSWERED


def test_a_report_is_not_handed_to_a_department(people: Cast) -> None:
    from campus_service.feedback.commands import OfferCase

    no = reported(people)
    with transaction():
        service.accept(people.auditor.actor, no)
    with pytest.raises((Conflict, Forbidden)), transaction():
        service.offer(people.auditor.actor, no, OfferCase(to="library", reason="请看看"))
