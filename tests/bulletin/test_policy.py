"""Who may do what with an article and an issue, state by state."""

from __future__ import annotations

import pytest

from campus_service.bulletin import policy
from campus_service.bulletin.models import Article, Issue
from campus_service.bulletin.states import ArticleState as A
from campus_service.bulletin.states import IssueState as I
from campus_service.core.actor import Actor
from campus_service.core.permissions import Role

WRITER = Actor.with_roles(1, "阿柚", frozenset({Role.WRITER}), frozenset())
OTHER = Actor.with_roles(2, "小北", frozenset({Role.WRITER}), frozenset())
EDITOR = Actor.with_roles(3, "沈同学", frozenset({Role.EDITOR}), frozenset())
CHIEF = Actor.with_roles(4, "顾老师", frozenset({Role.CHIEF_EDITOR}), frozenset())
STUDENT = Actor.with_roles(5, "林小满", frozenset({Role.STUDENT}), frozenset())
VISITOR = Actor.visitor()
EVERYBODY = (WRITER, OTHER, EDITOR, CHIEF, STUDENT, VISITOR)


def of(state: A, writer: int | None = 1, body: str = "正文") -> Article:
    return Article(state=state, writer_id=writer, body=body)


def who(allowed: list[bool]) -> set[str]:
    return {actor.name for actor, may in zip(EVERYBODY, allowed, strict=True) if may}


@pytest.mark.parametrize("state", A)
def test_an_article_is_read_by_its_writer_and_by_editors(state: A) -> None:
    may = [policy.can_read(actor, of(state)) for actor in EVERYBODY]
    assert who(may) == {"阿柚", "沈同学", "顾老师"}


def test_whom_a_plan_asks_reads_and_writes_it_but_a_student_does_not() -> None:
    assert policy.can_edit(OTHER, of(A.DRAFT), assigned=True)
    assert not policy.can_read(STUDENT, of(A.DRAFT), assigned=True)


@pytest.mark.parametrize("state", A)
def test_the_text_is_changed_only_as_a_draft_or_sent_back(state: A) -> None:
    assert policy.can_edit(WRITER, of(state)) is (state in (A.DRAFT, A.CHANGES_REQUESTED))
    assert policy.can_edit(CHIEF, of(state)) is (state in (A.DRAFT, A.CHANGES_REQUESTED))


def test_without_a_text_there_is_nothing_to_submit() -> None:
    assert policy.can_submit(WRITER, of(A.DRAFT))
    assert not policy.can_submit(WRITER, of(A.DRAFT, body=" \n"))


@pytest.mark.parametrize("state", A)
def test_nobody_reviews_what_he_wrote_any_of(state: A) -> None:
    waits = state is A.SUBMITTED
    assert policy.can_review(EDITOR, of(state), {1}) is waits
    assert not policy.can_review(EDITOR, of(state), {1, 3})
    assert not policy.can_review(EDITOR, of(state, writer=3), set())
    assert not policy.can_review(OTHER, of(state), {1})
    assert not policy.can_review(CHIEF, of(state), {4})


@pytest.mark.parametrize(
    ("can", "states", "names"),
    [
        (policy.can_take_back, {A.SUBMITTED}, {"阿柚", "沈同学", "顾老师"}),
        (policy.can_reopen, {A.APPROVED, A.DROPPED}, {"沈同学", "顾老师"}),
        (policy.can_drop, {A.DRAFT, A.CHANGES_REQUESTED}, {"阿柚", "沈同学", "顾老师"}),
        (policy.can_put_online, {A.APPROVED}, {"顾老师"}),
        (policy.can_correct, {A.ONLINE, A.BOUND}, {"沈同学", "顾老师"}),
    ],
)
def test_each_step_has_its_people_and_its_states(can: object, states: set[A], names: set[str]) -> None:
    assert callable(can)
    for state in A:
        may = who([can(actor, of(state)) for actor in EVERYBODY])
        assert may == (names if state in states else set())


@pytest.mark.parametrize(
    ("can", "states", "names"),
    [
        (policy.can_plan, {I.PLANNING}, {"沈同学", "顾老师"}),
        (policy.can_sign, {I.IN_REVIEW}, {"顾老师"}),
        (policy.can_publish, {I.APPROVED, I.SCHEDULED}, {"顾老师"}),
        (policy.can_unschedule, {I.SCHEDULED}, {"顾老师"}),
    ],
)
def test_each_step_of_an_issue_has_its_people_and_its_states(
    can: object, states: set[I], names: set[str]
) -> None:
    assert callable(can)
    for state in I:
        may = who([can(actor, Issue(state=state)) for actor in EVERYBODY])
        assert may == (names if state in states else set())


def test_what_is_signed_is_taken_back_only_by_who_signs() -> None:
    def may(state: I) -> set[str]:
        return who([policy.can_take_back_issue(actor, Issue(state=state)) for actor in EVERYBODY])

    assert may(I.IN_REVIEW) == {"沈同学", "顾老师"}
    assert may(I.APPROVED) == {"顾老师"}
    assert may(I.SCHEDULED) == may(I.PUBLISHED) == may(I.PLANNING) == set()
