"""Publishing: at its time, exactly once, just what was approved and signed; corrected in the open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from campus_service.bulletin import queries, service
from campus_service.bulletin.commands import Approve, Correct, Schedule, SetCover
from campus_service.bulletin.models import ArticleImage, Correction, Event, Mailing, Publication
from campus_service.bulletin.states import ArticleState, IssueState, MailingKind
from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, Forbidden, Invalid
from campus_service.media.models import Photo
from campus_service.search import service as search
from campus_service.search.engine import Filters
from tests.bulletin.stories import (
    EVENT,
    approved,
    article,
    issue,
    online,
    picture,
    published,
    saved,
    signed,
    written,
)
from tests.conftest import Cast

Work = Callable[[], int]


def test_an_issue_is_published_whole_with_the_next_number(app: Flask, people: Cast) -> None:
    first = published(people)
    second = published(people, approved(people, title="甲"), approved(people, title="乙", **EVENT))
    assert (first.number, second.number, second.state) == (1, 2, IssueState.PUBLISHED)
    out = db.session.scalars(
        select(Publication).where(Publication.issue_id == second.id).order_by(Publication.position)
    ).all()
    assert [row.title for row in out] == ["甲", "乙"]
    assert {article(row.article_id).state for row in out} == {ArticleState.BOUND}
    assert db.session.scalar(select(Event.title)) == "乙"
    assert db.session.scalar(select(func.count()).where(Mailing.kind == MailingKind.ISSUE)) == 2


def test_at_its_time_it_appears_by_itself_and_not_a_moment_before(
    app: Flask, people: Cast, work: Work
) -> None:
    id, at = signed(people), now() + timedelta(hours=3)
    with transaction():
        service.schedule(people.chief.actor, id, Schedule(at=at))
    with freeze(at - timedelta(seconds=1)):
        work()
        assert db.session.scalar(select(func.count()).select_from(Publication)) == 0
        assert search.find("摊位", Filters(kind="article"), limit=5).total == 0
    with freeze(at + timedelta(seconds=1)):
        work()
        work()
    assert issue(id).number == 1
    assert search.find("摊位", Filters(kind="article"), limit=5).total == 1


def test_run_twice_it_is_published_once(app: Flask, people: Cast) -> None:
    id, at = signed(people), now() + timedelta(minutes=1)
    with transaction():
        service.schedule(people.chief.actor, id, Schedule(at=at))
    with freeze(at):
        with transaction():
            assert service.publish_if_due(id)
        with transaction():
            assert not service.publish_if_due(id)
    assert db.session.scalar(select(func.count()).select_from(Publication)) == 1


def test_what_is_no_longer_wanted_does_not_appear(app: Flask, people: Cast, work: Work) -> None:
    id, at = signed(people), now() + timedelta(hours=1)
    with transaction():
        service.schedule(people.chief.actor, id, Schedule(at=at))
    with transaction():
        service.unschedule(people.chief.actor, id)
    with freeze(at + timedelta(hours=1)):
        work()
    assert issue(id).state is IssueState.APPROVED


def test_a_text_changed_behind_the_signature_is_not_published(app: Flask, people: Cast) -> None:
    id = signed(people)
    with transaction() as session:
        session.execute(text("UPDATE articles SET body = 'something else'"))
    with pytest.raises(Conflict), transaction():
        service.schedule(people.chief.actor, id, Schedule())
    assert issue(id).number is None


def test_an_early_article_is_bound_later_and_keeps_its_address(app: Flask, people: Cast) -> None:
    early = online(people)
    out = published(people, early.article_id)
    bound = queries.publication_of(early.article_id)
    assert bound
    assert (bound.id, bound.slug, bound.issue_id, bound.position) == (early.id, early.slug, out.id, 0)


def test_only_who_publishes_publishes(app: Flask, people: Cast) -> None:
    id = signed(people)
    with pytest.raises(Forbidden), transaction():
        service.schedule(people.editor.actor, id, Schedule())


def test_a_past_time_is_refused(app: Flask, people: Cast) -> None:
    id = signed(people)
    with pytest.raises(Invalid) as refused, transaction():
        service.schedule(people.chief.actor, id, Schedule(at=now() - timedelta(minutes=1)))
    assert "at" in refused.value.fields


def test_a_correction_is_listed_and_the_snapshot_stays(app: Flask, people: Cast) -> None:
    early = online(people)
    with transaction():
        service.correct(
            people.editor.actor, early.article_id, Correct(wrong="周六、周日", right="周五、周六")
        )
    seen = queries.publication_of(early.article_id)
    assert seen
    assert "周五、周六" in seen.html
    assert "周六、周日" in seen.snapshot["body"]
    assert db.session.scalar(select(Correction.right)) == "周五、周六"
    assert db.session.scalar(select(func.count()).where(Mailing.kind == MailingKind.CORRECTION)) == 1


@pytest.mark.parametrize(("wrong", "times"), [("不在里面", "没有"), ("。", "出现了")])
def test_a_correction_must_name_one_place(app: Flask, people: Cast, wrong: str, times: str) -> None:
    early = online(people)
    with pytest.raises(Invalid) as refused, transaction():
        service.correct(people.editor.actor, early.article_id, Correct(wrong=wrong, right="好"))
    assert times in str(refused.value.fields["wrong"])


def test_the_database_itself_keeps_what_is_published(app: Flask, people: Cast) -> None:
    online(people)
    with pytest.raises(DatabaseError, match="correct it in the open"), transaction() as session:
        session.execute(text("UPDATE publications SET hash = 'x'"))


def test_saving_on_after_review_keeps_the_text_aside(app: Flask, people: Cast) -> None:
    id = approved(people)
    kept = saved(people.writer, id, body="晚到的一句")
    assert kept.late
    assert queries.revision(id, kept.number).body == "晚到的一句"
    assert "晚到" not in article(id).body


def test_readers_see_the_pictures_of_the_text_and_the_cover_and_no_others(people: Cast) -> None:
    id = written(people.writer)
    images = [picture(people.writer, id) for _ in range(3)]
    with transaction():
        service.set_cover(people.writer.actor, id, SetCover(image=images[1]))
    saved(people.writer, id, body=f"看图：\n\n![分区图](image:{images[0]})")
    with transaction():
        service.submit(people.writer.actor, id)
    with transaction():
        service.approve(people.reviewer.actor, id, Approve(hash=article(id).text.hash))
    assert [_private(image) for image in images] == [True, True, True]
    published(people, id)
    assert [_private(image) for image in images] == [False, False, True]


def _private(image: int) -> bool:
    return db.session.scalars(
        select(Photo.private)
        .join(ArticleImage, ArticleImage.photo_key == Photo.key)
        .where(ArticleImage.id == image)
    ).one()
