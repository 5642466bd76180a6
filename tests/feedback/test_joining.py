"""Cases that belong together: me too, merged, split, linked."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, Forbidden, Invalid
from campus_service.feedback import queries, service
from campus_service.feedback.commands import LinkCase, MergeCase, Part, SplitCase, WriteAnswer
from campus_service.feedback.states import CaseState
from campus_service.notifications.models import Notification
from tests.conftest import Cast, Person
from tests.feedback.stories import accepted, case, sent

ANSWER = WriteAnswer(body="灯已经换好，请今晚看看。", outcome="solved")


def told(person: Person, kind: str) -> int:
    notices = select(Notification.id).where(Notification.user_id == person.id, Notification.kind == kind)
    return len(db.session.scalars(notices).all())


def test_me_too_counts_once_and_hears_the_answer(people: Cast) -> None:
    no = accepted(people, consent=True)
    for _time in range(3):
        with transaction():
            service.follow(people.wu.actor, no)
    assert case(no).followers == 1
    with transaction():
        service.answer(people.officer.actor, no, ANSWER)
    assert told(people.wu, "case.answered") == 1


def test_the_sender_does_not_follow_himself(people: Cast) -> None:
    no = sent(people.lin, consent=True)
    with pytest.raises(Forbidden), transaction():
        service.follow(people.lin.actor, no)


def test_one_answer_reaches_all_who_said_the_same(people: Cast) -> None:
    first, same = accepted(people), accepted(people, people.zhou)
    with transaction():
        service.merge(people.officer.actor, same, MergeCase(into=first))
    assert (case(same).state, case(same).merged_into_id) == (CaseState.MERGED, case(first).id)
    with transaction():
        service.answer(people.officer.actor, first, ANSWER)
    assert told(people.zhou, "case.answered") == 1


def test_a_case_is_not_merged_into_itself_or_twice(people: Cast) -> None:
    first, same = accepted(people), accepted(people, people.zhou)
    with pytest.raises(Invalid), transaction():
        service.merge(people.officer.actor, first, MergeCase(into=first))
    with transaction():
        service.merge(people.officer.actor, same, MergeCase(into=first))
    with pytest.raises((Conflict, Forbidden)), transaction():
        service.merge(people.officer.actor, same, MergeCase(into=first))


def parted(people: Cast) -> tuple[str, str]:
    no = accepted(people)
    parts = [Part(department="library", body="馆内的灯也请看看")]
    with transaction():
        made = service.split(people.officer.actor, no, SplitCase(parts=parts))
    return no, made[0].no


def test_each_part_has_its_own_clock_and_the_whole_gets_two_more_days(people: Cast) -> None:
    no = accepted(people)
    before = case(no).answer_due_at
    with transaction():
        service.split(
            people.officer.actor, no, SplitCase(parts=[Part(department="library", body="馆内的灯")])
        )
    part = queries.parts(case(no).id)[0]
    assert (part.state, part.department_code) == (CaseState.ROUTED, "library")
    assert part.answer_due_at is not None
    later = case(no).answer_due_at
    assert before is not None
    assert later is not None
    assert later > before


def test_the_first_asked_department_puts_the_answers_together(people: Cast) -> None:
    no, part = parted(people)
    with transaction():
        service.accept(people.librarian.actor, part)
    with transaction():
        service.answer(people.librarian.actor, part, ANSWER)
    assert told(people.officer, "inbox.part") == 1
    assert service.suggest_parts(case(no)) == ANSWER.body
    assert not told(people.lin, "case.answered")


def test_a_case_is_not_split_to_ones_own_department(people: Cast) -> None:
    no = accepted(people)
    with pytest.raises(Invalid), transaction():
        service.split(people.officer.actor, no, SplitCase(parts=[Part(department="logistics", body="自己")]))


def test_linked_cases_know_each_other(people: Cast) -> None:
    first, second = accepted(people), accepted(people, people.zhou)
    for _time in range(2):
        with transaction():
            service.link(people.officer.actor, first, LinkCase(other=second))
    assert [row.no for row in queries.links(case(second).id)] == [first]
