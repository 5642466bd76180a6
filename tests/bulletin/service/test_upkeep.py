"""What is thrown away: savings that stand close together, never what somebody needs."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from campus_service.bulletin import proofs, queries, service
from campus_service.bulletin.commands import Comment, RequestChanges
from campus_service.bulletin.models import Revision
from campus_service.bulletin.service import upkeep
from campus_service.bulletin.states import Origin
from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from tests.bulletin.stories import article, saved, written
from tests.conftest import Cast

MONTH = timedelta(days=30)


def numbers(id: int) -> list[int]:
    db.session.rollback()
    rows = select(Revision.number).where(Revision.article_id == id).order_by(Revision.number)
    return list(db.session.scalars(rows))


def thin() -> int:
    with transaction():
        return upkeep.thin()


def autosaved(people: Cast, id: int, minutes: int, body: str, *, editor: bool = False) -> int:
    """A saving of a month ago, so many minutes after the hour."""
    start = (now() - MONTH).replace(minute=0, second=0, microsecond=0)
    with freeze(start + timedelta(minutes=minutes)):
        return saved(people.editor if editor else people.writer, id, by_hand=False, body=body).number


def test_of_old_savings_the_last_of_each_hour_stays(people: Cast) -> None:
    id = written(people.writer)
    early = [autosaved(people, id, minute, f"{minute} 分。") for minute in (1, 2, 59, 61, 62)]
    last = saved(people.writer, id, by_hand=False, body="今天的。").number
    assert thin() == 3
    assert set(numbers(id)) >= {early[2], early[4], last}
    assert not {early[0], early[1], early[3]} & set(numbers(id))
    assert thin() == 0


def test_savings_of_this_week_stay(people: Cast) -> None:
    id = written(people.writer)
    for n in range(5):
        saved(people.writer, id, by_hand=False, body=f"第 {n} 句。")
    before = numbers(id)
    assert thin() == 0
    assert numbers(id) == before


def test_who_wrote_is_still_known(people: Cast) -> None:
    id = written(people.writer)
    autosaved(people, id, 1, "编辑改的。", editor=True)
    for minute in range(2, 9):
        autosaved(people, id, minute, f"{minute} 分。")
    thin()
    assert queries.authors(id) == {people.writer.id, people.editor.id}


def test_what_a_comment_was_made_on_stays(people: Cast) -> None:
    id = written(people.writer)
    autosaved(people, id, 1, "第一稿。")
    with transaction():
        service.submit(people.writer.actor, id)
    with transaction():
        service.comment(people.reviewer.actor, id, Comment(paragraph=1, quote="第一稿", body="再写写"))
    commented = article(id).revision
    with transaction():
        service.take_back(people.writer.actor, id)
    for minute in (2, 3):
        autosaved(people, id, minute, f"{minute} 分。")
    thin()
    assert commented in numbers(id)


def test_what_a_reviewer_decided_about_stays_to_be_compared_with(people: Cast) -> None:
    id = written(people.writer)
    autosaved(people, id, 1, "第一稿。")
    with transaction():
        service.submit(people.writer.actor, id)
    with transaction():
        service.request_changes(people.reviewer.actor, id, RequestChanges(reason="再写写"))
    decided = article(id).revision
    for minute in (2, 3):
        autosaved(people, id, minute, f"{minute} 分。")
    with transaction():
        service.submit(people.writer.actor, id)
    thin()
    assert decided in numbers(id)
    since = proofs.proof(people.reviewer.actor, article(id)).since
    assert since
    assert (since.left.number, since.right.number) == (decided, article(id).revision)


def test_a_window_that_began_from_a_saving_that_went_loses_nothing(people: Cast) -> None:
    id = written(people.writer, body="甲。\n\n乙。\n\n丙。")
    base = autosaved(people, id, 1, "甲。\n\n乙乙。\n\n丙。")
    for minute in (2, 3):
        autosaved(people, id, minute, f"甲。\n\n乙乙。\n\n丙 {minute}。")
    thin()
    assert base not in numbers(id)
    done = saved(people.editor, id, base=base, body="甲甲。\n\n乙乙。\n\n丙。")
    text = article(id).body
    assert "甲甲" in text or queries.revision(id, done.number).body.startswith("甲甲")
    assert "丙 3" in text


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 300), st.booleans(), st.booleans()), min_size=1, max_size=12))
def test_the_newest_and_everything_by_hand_stays(people: Cast, steps: list[tuple[int, bool, bool]]) -> None:
    id = written(people.writer)
    start = (now() - MONTH).replace(minute=0, second=0, microsecond=0)
    for n, (minute, by_hand, editor) in enumerate(sorted(steps)):
        with freeze(start + timedelta(minutes=minute)):
            saved(people.editor if editor else people.writer, id, by_hand=by_hand, body=f"第 {n} 句。")
    rows = select(Revision.number).where(Revision.article_id == id, Revision.origin != Origin.AUTOSAVE)
    by_hand_ones = set(db.session.scalars(rows))
    thin()
    kept = set(numbers(id))
    assert kept >= by_hand_ones | {article(id).revision}
    assert article(id).text == queries.revision(id, article(id).revision).text
    assert thin() == 0
