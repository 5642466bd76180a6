"""Telling a person something: in the site at once, with his own list, his own number, his own preferences."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from campus_service.core.actor import Actor
from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from campus_service.core.errors import NotFound, SignInNeeded
from campus_service.jobs import enqueue
from campus_service.jobs.models import OutboxRow
from campus_service.notifications import service, tasks
from campus_service.notifications.kinds import Group
from campus_service.notifications.queries import COUNT_TO, PAGE_SIZE
from tests.conftest import Cast, Person


def tell(person: Person, count: int = 1, link: str = "/me") -> list[int]:
    with transaction():
        made = [service.notify(person.id, "test.claimed", {"item": f"伞 {n}"}, link) for n in range(count)]
    return [notice.id for notice in made]


def test_a_person_who_is_told_something_finds_it_unread_and_a_mail_is_promised(people: Cast) -> None:
    (notice_id,) = tell(people.lin)
    assert service.unread_count(people.lin.id) == 1
    assert service.unread_count(people.zhou.id) == 0
    row = db.session.scalars(select(OutboxRow).where(OutboxRow.name == "notifications.mail")).one()
    assert row.payload == {"notification_id": notice_id}


def test_what_is_undone_was_never_told(people: Cast) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        service.notify(people.lin.id, "test.claimed", {"item": "伞"}, "/me")
        1 / 0  # noqa: B018
    assert service.unread_count(people.lin.id) == 0
    assert db.session.scalars(select(OutboxRow).where(OutboxRow.name == "notifications.mail")).all() == []


@pytest.mark.parametrize(
    "link",
    [
        "",
        "me",
        "https://elsewhere.example",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "/a\nb",
        "javascript:1",
    ],
)
def test_a_notification_never_leads_away_from_the_site(people: Cast, link: str) -> None:
    with pytest.raises(ValueError, match="leads to a path of this site"), transaction():
        service.notify(people.lin.id, "test.claimed", {}, link)


def test_an_unknown_kind_is_a_programming_mistake(people: Cast) -> None:
    with pytest.raises(LookupError, match=r"no\.such\.kind"), transaction():
        service.notify(people.lin.id, "no.such.kind", {}, "/me")


def test_the_list_has_only_ones_own_newest_first_page_after_page(people: Cast) -> None:
    mine = tell(people.lin, PAGE_SIZE + 3)
    tell(people.zhou, 2)
    first = service.page(people.lin.actor)
    second = service.page(people.lin.actor, first.next)
    assert [notice.id for notice in [*first.items, *second.items]] == mine[::-1]
    assert second.next is None


def test_opening_one_marks_it_read_and_says_where_it_leads(people: Cast) -> None:
    notice_id, _other = tell(people.lin, 2, "/lost-found/2611-0149")
    for _again in range(2):
        with transaction():
            assert service.mark_read(people.lin.actor, notice_id) == "/lost-found/2611-0149"
    assert service.unread_count(people.lin.id) == 1


def test_nobody_opens_what_is_anothers(people: Cast) -> None:
    (notice_id,) = tell(people.lin)
    for wrong_id in (notice_id, notice_id + 1):
        with pytest.raises(NotFound), transaction():
            service.mark_read(people.zhou.actor, wrong_id)
    assert service.unread_count(people.lin.id) == 1


def test_marking_all_read_leaves_others_alone(people: Cast) -> None:
    tell(people.lin, 3)
    tell(people.zhou, 2)
    with transaction():
        service.mark_all_read(people.lin.actor)
    assert (service.unread_count(people.lin.id), service.unread_count(people.zhou.id)) == (0, 2)


def test_counting_stops_where_the_bar_says_99_plus(people: Cast) -> None:
    tell(people.lin, COUNT_TO + 5)
    assert service.unread_count(people.lin.id) == COUNT_TO


def test_everything_comes_by_mail_until_somebody_says_otherwise(people: Cast) -> None:
    assert set(service.preferences(people.lin.id).values()) == {True}
    for wanted in (False, True, False):
        with transaction():
            service.set_preferences(people.lin.actor, {Group.CLAIMS: wanted, Group.ACCOUNT: True})
        assert service.preferences(people.lin.id) == dict.fromkeys(Group, True) | {Group.CLAIMS: wanted}
    assert set(service.preferences(people.zhou.id).values()) == {True}


def test_a_visitor_has_neither_a_list_nor_preferences(app: Flask) -> None:
    visitor = Actor.visitor()
    steps: list[Callable[[], object]] = [
        lambda: service.page(visitor),
        lambda: service.mark_read(visitor, 1),
        lambda: service.mark_all_read(visitor),
        lambda: service.set_preferences(visitor, {Group.CLAIMS: True}),
    ]
    for step in steps:
        with pytest.raises((SignInNeeded, NotFound)):
            step()


def test_what_was_read_long_ago_is_dropped_and_what_is_unread_is_kept(
    people: Cast, work: Callable[[], int]
) -> None:
    old, unread = tell(people.lin, 2)
    with transaction():
        service.mark_read(people.lin.actor, old)
    with freeze(now() + tasks.KEPT_AFTER_READING + timedelta(days=1)):
        (recent,) = tell(people.lin)
        with transaction():
            service.mark_read(people.lin.actor, recent)
            enqueue("notifications.forget", {})
        work()
    assert [notice.id for notice in service.page(people.lin.actor).items] == [recent, unread]
