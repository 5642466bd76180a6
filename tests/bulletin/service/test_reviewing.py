"""Review: submitted whole, approved by another person and just as read, sent back with a reason, commented, reopened."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from campus_service.bulletin import desk_queries, queries, service
from campus_service.bulletin.commands import AddImage, Approve, Comment, RequestChanges
from campus_service.bulletin.states import ArticleState
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from campus_service.media import service as media
from campus_service.notifications.models import Notification
from tests.bulletin.stories import EVENT, FAIR, approved, article, planned, saved, signed, submitted, written
from tests.conftest import Cast, Person
from tests.media.pictures import phone_photo


def told(person: Person, kind: str) -> int:
    rows = select(Notification).where(Notification.user_id == person.id, Notification.kind == kind)
    return len(db.session.scalars(rows).all())


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"lede": ""}, "lede"), ({"body": ""}, "body"), (EVENT | {"place": ""}, "place")],
)
def test_what_a_reader_would_miss_keeps_it_from_review(
    app: Flask, people: Cast, changes: dict[str, Any], field: str
) -> None:
    id = written(people.writer, **changes)
    with pytest.raises((Invalid, Forbidden)) as refused, transaction():
        service.submit(people.writer.actor, id)
    assert not isinstance(refused.value, Invalid) or field in refused.value.fields
    assert article(id).state is ArticleState.DRAFT


def test_a_picture_without_words_keeps_it_from_review(app: Flask, people: Cast) -> None:
    id = written(people.writer)
    with transaction():
        photo = media.store(people.writer.actor, phone_photo(640, 480))
        image = service.add_image(people.writer.actor, id, AddImage(photo=photo.key)).id
    saved(people.writer, id, body=f"字\n\n![](image:{image})")
    with pytest.raises(Invalid), transaction():
        service.submit(people.writer.actor, id)


def test_reviewers_are_told_but_not_who_wrote_it(app: Flask, people: Cast) -> None:
    id = written(people.writer)
    saved(people.editor, id, lede="沈同学也改过。")
    with transaction():
        service.submit(people.writer.actor, id)
    assert told(people.reviewer, "article.submitted") == 1
    assert told(people.editor, "article.submitted") == told(people.writer, "article.submitted") == 0


def test_nobody_approves_what_he_wrote_any_of(app: Flask, people: Cast) -> None:
    id = written(people.writer)
    saved(people.editor, id, lede="沈同学也改过。")
    saved(people.writer, id, lede="阿柚又改回来。")
    with transaction():
        service.submit(people.writer.actor, id)
    seen = Approve(hash=article(id).text.hash)
    with pytest.raises(Forbidden), transaction():
        service.approve(people.editor.actor, id, seen)
    with pytest.raises(Forbidden), transaction():
        service.request_changes(people.editor.actor, id, RequestChanges(reason="再改改"))
    with transaction():
        service.approve(people.reviewer.actor, id, seen)
    assert told(people.writer, "article.approved") == told(people.editor, "article.approved") == 1


def test_another_text_than_was_read_is_not_approved(app: Flask, people: Cast) -> None:
    id = submitted(people)
    with pytest.raises(Conflict), transaction():
        service.approve(people.reviewer.actor, id, Approve(hash="0" * 64))
    assert article(id).approved_hash is None


def test_a_reviewer_who_only_restored_an_old_text_did_not_write_it(app: Flask, people: Cast) -> None:
    id = written(people.writer)
    saved(people.writer, id, lede="第二稿。")
    with transaction():
        service.restore(people.reviewer.actor, id, 1)
    assert queries.authors(id) == {people.writer.id}


def test_the_revision_of_the_last_decision_is_known(app: Flask, people: Cast) -> None:
    id = submitted(people)
    assert desk_queries.last_reviewed(id) is None
    with transaction():
        service.request_changes(people.reviewer.actor, id, RequestChanges(reason="再改改"))
    saved(people.writer, id, body=FAIR["body"] + "\n\n还有。")
    assert desk_queries.last_reviewed(id) == 1


def test_taken_back_it_is_a_draft_until_somebody_has_decided(app: Flask, people: Cast) -> None:
    id = submitted(people)
    with transaction():
        service.take_back(people.writer.actor, id)
    assert article(id).state is ArticleState.DRAFT
    done = approved(people)
    with pytest.raises((Conflict, Forbidden)), transaction():
        service.take_back(people.writer.actor, done)


def test_a_comment_belongs_to_its_article(app: Flask, people: Cast) -> None:
    first, second = submitted(people), submitted(people, title="另一篇")
    with transaction():
        word = Comment(paragraph=0, body="写清楚", request_key="k")
        made = service.comment(people.reviewer.actor, first, word).id
    with transaction():
        assert service.comment(people.reviewer.actor, first, word).id == made
    with pytest.raises(NotFound), transaction():
        service.settle(people.writer.actor, second, made)
    with transaction():
        assert service.settle(people.writer.actor, first, made).settled_by == people.writer.id
    with transaction():
        assert service.settle(people.writer.actor, first, made).settled_by is None


def test_reopened_the_approval_is_gone(app: Flask, people: Cast) -> None:
    id = approved(people)
    with pytest.raises(Conflict), transaction():
        service.reopen(people.writer.actor, id)
    with transaction():
        service.reopen(people.editor.actor, id)
    row = article(id)
    assert (row.state, row.approved_hash, row.reviewed_by) == (ArticleState.DRAFT, None, None)


def test_what_the_chief_editor_has_or_signed_is_not_reopened(app: Flask, people: Cast) -> None:
    in_review, done = approved(people), approved(people)
    plan = planned(people, in_review)
    with transaction():
        service.send_to_chief(people.editor.actor, plan)
    signed(people, done)
    for id in (in_review, done):
        with pytest.raises(Conflict), transaction():
            service.reopen(people.editor.actor, id)
        assert article(id).state is ArticleState.APPROVED
