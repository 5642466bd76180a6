"""Several people press the same button at the same moment: one effect, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from campus_service.core.db import db, transaction
from campus_service.core.errors import DomainError
from campus_service.feedback import service
from campus_service.feedback.commands import GiveVerdict, OfferCase, WriteAnswer
from campus_service.feedback.models import CaseEvent, Handover
from campus_service.feedback.states import EventType
from tests.conftest import Cast, Person
from tests.feedback.stories import accepted, answered, case, routed

AT_ONCE = 6


def together(app: Flask, acts: list[Callable[[], Any]]) -> int:
    """Do all at once, each as a request of its own; returns how many succeeded."""
    start = threading.Barrier(len(acts))

    def one(act: Callable[[], Any]) -> bool:
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    act()
                return True
            except DomainError:
                return False
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(acts)) as pool:
        return sum(pool.map(one, acts))


def count(no: str, type: EventType) -> int:
    of_type = (CaseEvent.case_id == case(no).id, CaseEvent.type == type)
    return db.session.scalar(select(func.count()).where(*of_type)) or 0


def crew(people: Cast) -> list[Person]:
    return [people.officer, people.colleague, people.head] * (AT_ONCE // 3)


def test_a_case_is_accepted_by_one_of_many(app: Flask, people: Cast) -> None:
    staff = crew(people)
    for _round in range(5):
        no = routed(people, people.lin)
        won = together(app, [lambda who=who, no=no: service.accept(who.actor, no) for who in staff])  # type: ignore[misc]
        assert (won, count(no, EventType.ACCEPTED)) == (1, 1)


def test_one_hand_over_of_many_is_offered(app: Flask, people: Cast) -> None:
    staff = crew(people)
    no = accepted(people)
    places = ["library", "dormitory", "security", "clinic", "finance", "career"]
    won = together(
        app,
        [
            lambda who=who, to=to: service.offer(who.actor, no, OfferCase(to=to, reason="归那边管"))  # type: ignore[misc]
            for who, to in zip(staff, places, strict=True)
        ],
    )
    assert won == 1
    assert db.session.scalar(select(func.count()).select_from(Handover)) == 1


def test_a_case_is_answered_once(app: Flask, people: Cast) -> None:
    staff = crew(people)
    no = accepted(people)
    answer = WriteAnswer(body="办好了，请看看。", outcome="solved")
    won = together(app, [lambda who=who: service.answer(who.actor, no, answer) for who in staff])  # type: ignore[misc]
    assert (won, count(no, EventType.ANSWERED)) == (1, 1)


def test_a_verdict_is_given_once(app: Flask, people: Cast) -> None:
    no = answered(people)
    verdict = GiveVerdict(solved=True, rating=5)
    won = together(app, [lambda: service.give_verdict(people.lin.actor, no, verdict)] * AT_ONCE)
    assert (won, count(no, EventType.VERDICT)) == (1, 1)


def test_eight_who_met_the_same_are_eight(app: Flask, people: Cast) -> None:
    no = accepted(people, consent=True)
    others = [people.zhou, people.wu, people.desk, people.he, people.admin, people.zhou]
    together(app, [lambda who=who: service.follow(who.actor, no) for who in others])  # type: ignore[misc]
    assert case(no).followers == 5
