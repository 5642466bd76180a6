"""The beginnings of stories: a message is sent, routed, accepted, asked about, answered."""

from __future__ import annotations

from typing import Any

from campus_service.core.db import db, transaction
from campus_service.feedback import queries, service
from campus_service.feedback.commands import RouteCase, Say, SendCase, WriteAnswer
from campus_service.feedback.models import Case
from campus_service.feedback.service.sending import Sent
from campus_service.feedback.states import CaseState
from tests.conftest import Cast, Person

LAMP = {
    "body": "三教二楼西侧楼梯口的感应灯不亮，晚自习下楼黑漆漆的，要摸着扶手走",
    "title": "三教二楼楼梯口的灯不亮",
    "kind": "request",
    "place": "第三教学楼 二楼西侧",
}


def sent(person: Person, **changes: Any) -> str:
    """``person`` sends a message under his name; returns its number."""
    with transaction():
        return service.send(person.actor, SendCase.model_validate(LAMP | changes)).no


def anonymous(person: Person | None = None, **changes: Any) -> Sent:
    """Somebody (a visitor, or a person who is signed in) sends without a name."""
    from campus_service.core.actor import Actor

    actor = person.actor if person else Actor.visitor()
    with transaction():
        return service.send(actor, SendCase.model_validate(LAMP | {"anonymous": True} | changes))


def case(no: str) -> Case:
    """The case as it is now."""
    db.session.rollback()  # what other connections wrote meanwhile is seen
    db.session.expire_all()
    return queries.case_by_no(no)


def routed(people: Cast, person: Person | None = None, department: str = "logistics", **changes: Any) -> str:
    """A message stands before a department; returns its number."""
    no = sent(person or people.lin, **changes)
    row = case(no)
    if row.department_code != department or row.state is not CaseState.ROUTED:
        with transaction():
            service.route(people.coordinator.actor, no, RouteCase(department=department))
    return no


def accepted(people: Cast, person: Person | None = None, **changes: Any) -> str:
    """郑老师 of logistics has accepted a message; returns its number."""
    no = routed(people, person, **changes)
    with transaction():
        service.accept(people.officer.actor, no)
    return no


def asked(people: Cast, **changes: Any) -> str:
    """郑老师 has asked for what is missing: the clock pauses."""
    no = accepted(people, **changes)
    with transaction():
        service.ask(people.officer.actor, no, Say(body="请告诉我们是哪一级台阶旁边的灯，附一张照片。"))
    return no


def answered(people: Cast, person: Person | None = None, **changes: Any) -> str:
    """郑老师 has answered; returns the number."""
    no = accepted(people, person, **changes)
    with transaction():
        service.answer(
            people.officer.actor, no, WriteAnswer(body="灯已经换好，请今晚看看。", outcome="solved")
        )
    return no
