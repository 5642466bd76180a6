"""The officers' list: whose cases are in it, in which order, how many; and that its questions are answered by indexes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, insert, text, update

from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db, transaction
from campus_service.core.errors import Forbidden, NotFound, SignInNeeded
from campus_service.feedback import inbox_listing, inbox_queries, service
from campus_service.feedback.commands import Filter, OfferCase, SaveOptions, SaveTemplate, WriteAnswer
from campus_service.feedback.inbox_listing import Wanted
from campus_service.feedback.models import Case
from campus_service.feedback.states import Kind
from tests.conftest import Cast, Person
from tests.feedback.stories import accepted, answered, asked, case, routed, sent

SignIn = Callable[[FlaskClient, Person], FlaskClient]


def numbers(person: Person, **wanted: Any) -> list[str]:
    """The numbers of the first page that ``person`` sees."""
    return [row.no for row in inbox_listing.listed(person.actor, Wanted(**wanted)).rows]


def due(no: str, hours: float) -> None:
    """Let the case be due in so many hours."""
    with transaction() as session:
        session.execute(update(Case).where(Case.no == no).values(next_due_at=now() + timedelta(hours=hours)))


def many(people: Cast, count: int) -> list[str]:
    """So many open cases of logistics, due one after the other."""
    row = case(accepted(people))
    names = [
        column.key for column in Case.__table__.columns if column.key not in ("id", "no", "receipt_lookup")
    ]
    values = {name: getattr(row, name) for name in names}
    copies = [
        values | {"no": f"M{n:05d}", "next_due_at": now() + timedelta(hours=1 + n // 2)} for n in range(count)
    ]
    with transaction() as session:
        session.execute(insert(Case), copies)
    due(row.no, 0.5)
    return [row.no, *(copy["no"] for copy in copies)]


# --- whose ------------------------------------------------------------------------------------------------------


def test_a_department_sees_its_own_cases_and_nobody_elses(people: Cast) -> None:
    lamp, book = routed(people), routed(people, people.zhou, "library", title="借书机坏了")
    assert numbers(people.officer) == [lamp]
    assert numbers(people.librarian) == [book]


@pytest.mark.parametrize("who", ["lin", "desk", "coordinator", "admin"])
def test_who_answers_nothing_has_an_empty_list_and_may_not_ask_for_it(people: Cast, who: str) -> None:
    routed(people)
    person: Person = getattr(people, who)
    assert numbers(person) == []
    with pytest.raises(Forbidden):
        inbox_queries.require_reader(person.actor)


def test_a_visitor_has_to_sign_in() -> None:
    with pytest.raises(SignInNeeded):
        inbox_queries.require_reader(Actor.visitor())


def test_what_is_offered_stands_before_both_departments_until_it_is_decided(people: Cast) -> None:
    no = accepted(people)
    with transaction():
        service.offer(people.officer.actor, no, OfferCase(to="library", reason="在图书馆里面"))
    assert numbers(people.officer) == [no]
    assert numbers(people.librarian) == [no]
    assert numbers(people.librarian, filter=Filter.TO_ACCEPT) == [no]


def test_a_report_is_listed_for_its_readers_only(people: Cast) -> None:
    people.auditor  # noqa: B018  # comes into the story
    no = sent(people.lin, kind="report", accused_department="logistics", title="收了红包")
    assert numbers(people.auditor) == [no]
    for person in (people.officer, people.head, people.coordinator, people.librarian):
        assert numbers(person) == []
        assert numbers(person, q="红包") == []


def test_a_report_is_not_listed_for_a_reader_of_the_accused_department(people: Cast) -> None:
    people.auditor  # noqa: B018
    sent(people.lin, kind="report", accused_department="library", title="收了红包")
    moved = Actor.with_roles(people.auditor.id, "纪老师", people.auditor.actor.roles, frozenset({"library"}))
    assert inbox_listing.listed(moved, Wanted()).rows == []
    assert inbox_listing.counts(moved).of[Filter.ALL] == 0


# --- order, pages, filters --------------------------------------------------------------------------------------


def test_what_is_due_first_comes_first_and_safety_before_all(people: Cast) -> None:
    late, soon = accepted(people), accepted(people, people.zhou)
    fire = accepted(people, people.wu, title="插座冒烟")
    for no, hours in ((late, -30), (soon, 2), (fire, 50)):
        due(no, hours)
    with transaction() as session:
        session.execute(update(Case).where(Case.no == fire).values(urgent=True))
    assert numbers(people.officer) == [fire, late, soon]


def test_pages_hold_every_case_once(people: Cast) -> None:
    expected = many(people, 75)
    seen: list[str] = []
    after: tuple[str, int] | None = None
    while True:
        page = inbox_listing.listed(people.officer.actor, Wanted(after=after))
        seen += [row.no for row in page.rows]
        after = page.following
        if after is None:
            break
    assert seen == expected


def test_a_page_that_nobody_gave_out_is_not_there(people: Cast) -> None:
    with pytest.raises(NotFound):
        numbers(people.officer, after=("yesterday", 1))


def test_each_filter_shows_as_many_as_its_count_says(people: Cast) -> None:
    routed(people)
    paused = asked(people, person=people.zhou)
    overdue, today = accepted(people, people.wu), accepted(people)
    due(overdue, -5)
    due(today, 0.01)
    due(paused, 24 * 30)
    with transaction():
        service.save_options(people.head.actor, "logistics", SaveOptions(needs_approval=True))
    with transaction():
        service.answer(people.officer.actor, today, WriteAnswer(body="已经修好。", outcome="solved"))
    due(today, 0.01)
    for person in (people.officer, people.head, people.librarian):
        counts = inbox_listing.counts(person.actor)
        assert {each: len(numbers(person, filter=each)) for each in Filter} == counts.of
        assert not counts.capped
    assert numbers(people.officer, filter=Filter.LATE) == [overdue]
    assert numbers(people.officer, filter=Filter.WAITING) == [paused]
    assert numbers(people.head, filter=Filter.APPROVAL) == [today]
    assert numbers(people.officer, filter=Filter.APPROVAL) == []
    assert set(numbers(people.officer, filter=Filter.MINE)) == {paused, overdue, today}


def test_counting_stops_at_its_bound(people: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    many(people, 8)
    monkeypatch.setattr(inbox_listing, "COUNTED", 5)
    counts = inbox_listing.counts(people.officer.actor)
    assert counts.text(Filter.ALL) == "5+"


def test_kind_and_place_narrow_the_list(people: Cast) -> None:
    lamp = accepted(people)
    other = accepted(people, people.zhou, kind="complaint", place="二食堂", body="洗碗池边的灯坏了，看不清")
    assert numbers(people.officer, kind=Kind.COMPLAINT) == [other]
    assert numbers(people.officer, area="teach3") == [lamp]


def test_a_search_finds_what_the_department_answered_long_ago(people: Cast) -> None:
    old = answered(people)
    elsewhere = routed(people, people.zhou, "library", title="图书馆的灯坏了")
    assert numbers(people.officer) == []
    for words in ("感应灯", "楼梯口", old, old.lower()):
        assert numbers(people.officer, q=words) == [old]
    assert elsewhere not in numbers(people.officer, q="灯")
    assert numbers(people.officer, q="100%") == []


def test_older_cases_of_the_same_place_are_remembered(people: Cast) -> None:
    old, new = answered(people), accepted(people, people.zhou)
    accepted(people, people.wu, place="二食堂")
    assert [row.no for row in inbox_queries.older_here(people.officer.actor, case(new))] == [old]
    assert inbox_queries.older_here(people.librarian.actor, case(new)) == []


def test_a_template_of_another_department_is_none_of_ours(people: Cast) -> None:
    with transaction():
        row = service.add_template(
            people.officer.actor, "logistics", SaveTemplate(name="派工", body="已派工。")
        )
    assert inbox_queries.template(people.officer.actor, row.id).name == "派工"
    with pytest.raises(NotFound):
        inbox_queries.template(people.librarian.actor, row.id)


# --- plans ------------------------------------------------------------------------------------------------------

Asked = list[tuple[str, Any]]
# Only the answers that wait for a head are in this index.
FEW = "uq_case_answers_one_waiting"


@contextmanager
def overheard() -> Iterator[Asked]:
    """Every SELECT that the database is asked meanwhile."""
    heard: Asked = []

    def listen(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            heard.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", listen)
    try:
        yield heard
    finally:
        event.remove(db.engine, "before_cursor_execute", listen)


def full_scans(heard: Asked) -> list[str]:
    """The lines of the databases' plans that read a whole table of cases."""
    db.session.rollback()
    postgres = db.engine.dialect.name == "postgresql"
    prefix = "EXPLAIN " if postgres else "EXPLAIN QUERY PLAN "
    lines: list[str] = []
    with db.engine.connect() as connection:
        if postgres:
            # A table of three rows is read whole, whatever the indexes: ask for the other plan.
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        for statement, parameters in heard:
            lines += [str(row[-1]) for row in connection.exec_driver_sql(prefix + statement, parameters)]
    whole = r"Seq Scan on case(s|_\w+)" if postgres else r"SCAN case(s|_\w+)\b"
    return [line for line in lines if re.search(whole, line) and FEW not in line]


@pytest.mark.parametrize("wanted", [*Filter, "search", "second page", "kind and place"])
def test_the_list_and_its_counts_are_answered_by_indexes(people: Cast, wanted: str) -> None:
    asked(people)
    special = {
        "search": Wanted(q="灯"),
        "second page": Wanted(after=(now().isoformat(), 1)),
        "kind and place": Wanted(kind=Kind.REQUEST, area="teach3"),
    }
    for person in (people.officer, people.head):
        with overheard() as heard:
            inbox_listing.listed(person.actor, special.get(wanted) or Wanted(filter=Filter(wanted)))
            inbox_listing.counts(person.actor)
        assert 1 <= len(heard) <= 2
        assert full_scans(heard) == []


@pytest.mark.parametrize("path", ["/inbox", "/inbox?filter=late", "/inbox?q=灯"])
def test_a_page_of_the_inbox_asks_few_questions(
    client: FlaskClient, people: Cast, sign_in: SignIn, path: str
) -> None:
    many(people, 40)
    sign_in(client, people.officer)
    client.get(path)
    with overheard() as heard:
        assert client.get(path).status_code == 200
    assert len(heard) <= 8, "\n".join(statement for statement, _parameters in heard)
    assert full_scans(heard) == []


def test_a_case_is_read_by_indexes_too_however_long_its_story(
    client: FlaskClient, people: Cast, sign_in: SignIn
) -> None:
    no = asked(people)
    sign_in(client, people.officer)
    with overheard() as heard:
        assert client.get(f"/inbox/{no}").status_code == 200
    assert full_scans(heard) == []
    before = len(heard)
    for _time in range(5):
        client.post(f"/inbox/{no}/say", data={"as": "note", "body": "再记一笔"})
    with overheard() as heard:
        client.get(f"/inbox/{no}")
    assert len(heard) == before
