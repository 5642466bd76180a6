"""Planning an issue: places, who writes, the order, the signature under just what was shown, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from campus_service.bulletin import queries, service
from campus_service.bulletin.commands import FillSlot, Order, PlanIssue, PlanSlot, Schedule, Sign
from campus_service.bulletin.models import Article
from campus_service.bulletin.states import ArticleState, IssueState, Section
from campus_service.core.clock import now
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from campus_service.notifications.models import Notification
from tests.bulletin.stories import approved, article, issue, online, planned, published, signed, written
from tests.conftest import Cast, Person


def place(people: Cast, issue_id: int, topic: str = "宿舍用电", writer: Person | None = None) -> int:
    """One more place in an issue."""
    command = PlanSlot(section=Section.TIPS, topic=topic, writer=writer.id if writer else None)
    with transaction():
        return service.add_slot(people.editor.actor, issue_id, command).id


def in_review(people: Cast, *articles: int) -> int:
    """The chief editor has an issue with these articles."""
    id = planned(people, *(articles or (approved(people),)))
    with transaction():
        service.send_to_chief(people.editor.actor, id)
    return id


def told(person: Person) -> list[str]:
    """What kinds of notice a person got, oldest first."""
    db.session.rollback()
    kinds = select(Notification.kind).where(Notification.user_id == person.id).order_by(Notification.id)
    return list(db.session.scalars(kinds))


def test_an_issue_to_come_has_no_number(app: Flask, people: Cast) -> None:
    planned_issue = issue(planned(people, title="新学期"))
    assert (planned_issue.number, planned_issue.state) == (None, IssueState.PLANNING)


def test_the_same_form_sent_twice_plans_one_issue_and_adds_one_place(app: Flask, people: Cast) -> None:
    command = PlanIssue(title="甲", request_key="k1")
    slot = PlanSlot(section=Section.TIPS, topic="乙", request_key="k2")
    ids = []
    for _time in range(2):
        with transaction():
            ids.append(service.plan_issue(people.editor.actor, command).id)
    assert ids[0] == ids[1]
    for _time in range(2):
        with transaction():
            service.add_slot(people.editor.actor, ids[0], slot)
    assert [row.topic for row in queries.slots(ids[0])] == ["乙"]


def test_only_editors_plan(app: Flask, people: Cast) -> None:
    id = planned(people)
    with pytest.raises(Forbidden), transaction():
        service.plan_issue(people.writer.actor, PlanIssue(title="甲"))
    with pytest.raises(Forbidden), transaction():
        service.add_slot(people.writer.actor, id, PlanSlot(section=Section.TIPS, topic="乙"))


def test_only_people_of_the_newsroom_are_asked_to_write(app: Flask, people: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        place(people, planned(people), writer=people.lin)
    assert set(refused.value.fields) == {"writer"}


def test_a_place_is_begun_once_and_its_writer_is_told(app: Flask, people: Cast) -> None:
    id = planned(people)
    slot = place(people, id, writer=people.writer)
    with transaction():
        begun = service.begin_slot(people.editor.actor, id, slot).id
    with transaction():
        assert service.begin_slot(people.writer.actor, id, slot).id == begun
    row = article(begun)
    assert (row.writer_id, row.byline, row.title) == (people.writer.id, "阿柚", "宿舍用电")
    assert told(people.writer) == ["article.assigned"]


def test_a_writer_begins_his_own_place_and_no_other(app: Flask, people: Cast) -> None:
    id = planned(people)
    his, free = place(people, id, writer=people.writer), place(people, id, "别的")
    with transaction():
        service.begin_slot(people.writer.actor, id, his)
    with pytest.raises(NotFound), transaction():
        service.begin_slot(people.writer.actor, id, free)


def test_an_article_stands_in_one_issue_only(app: Flask, people: Cast) -> None:
    text = approved(people)
    planned(people, text)
    second = planned(people)
    slot = place(people, second)
    with pytest.raises(Conflict), transaction():
        service.fill_slot(people.editor.actor, second, slot, FillSlot(article=text))


def test_an_article_that_readers_have_with_another_issue_is_not_taken(app: Flask, people: Cast) -> None:
    text = approved(people)
    published(people, text)
    id = planned(people)
    slot = place(people, id)
    with pytest.raises(Invalid), transaction():
        service.fill_slot(people.editor.actor, id, slot, FillSlot(article=text))


def test_a_place_is_changed_emptied_and_struck_out_and_the_article_stays(app: Flask, people: Cast) -> None:
    text = approved(people)
    id = planned(people, text)
    (slot,) = queries.slots(id)
    with transaction():
        service.change_slot(people.editor.actor, id, slot.id, PlanSlot(section=Section.STUDY, topic="换个题"))
    with transaction():
        assert service.fill_slot(people.editor.actor, id, slot.id, FillSlot()).article_id is None
    with transaction():
        service.remove_slot(people.editor.actor, id, slot.id)
    assert not queries.slots(id)
    assert article(text).state is ArticleState.APPROVED


def test_a_place_of_another_issue_is_not_there(app: Flask, people: Cast) -> None:
    first, second = planned(people), planned(people)
    slot = place(people, first)
    with pytest.raises(NotFound), transaction():
        service.remove_slot(people.editor.actor, second, slot)


def test_the_order_is_kept(app: Flask, people: Cast) -> None:
    id = planned(people)
    ids = [place(people, id, topic) for topic in "甲乙丙"]
    with transaction():
        service.order(people.editor.actor, id, Order(slots=[ids[2], ids[0], ids[1]]))
    assert [row.topic for row in queries.slots(id)] == ["丙", "甲", "乙"]


@pytest.mark.parametrize("wrong", ["one is missing", "one is strange", "one comes twice"])
def test_an_order_of_another_plan_is_refused_and_nothing_moves(app: Flask, people: Cast, wrong: str) -> None:
    id = planned(people)
    first, second = place(people, id, "甲"), place(people, id, "乙")
    sent = {"one is missing": [second], "one is strange": [second, first, 999]}.get(wrong, [second, second])
    with pytest.raises(Conflict), transaction():
        service.order(people.editor.actor, id, Order(slots=sent))
    assert [row.topic for row in queries.slots(id)] == ["甲", "乙"]


def test_an_issue_with_an_unfinished_place_stays_with_the_planners(app: Flask, people: Cast) -> None:
    id = planned(people, approved(people), written(people.writer, title="还没审的"))
    place(people, id, "还没写的")
    with pytest.raises(Invalid) as refused, transaction():
        service.send_to_chief(people.editor.actor, id)
    said = str(refused.value.fields["slots"])
    assert "2" in said
    assert "还没审的" in said
    assert "还没写的" in said


def test_an_empty_issue_is_not_sent(app: Flask, people: Cast) -> None:
    id = planned(people)
    with pytest.raises(Invalid), transaction():
        service.send_to_chief(people.editor.actor, id)


def test_an_early_article_may_stand_in_an_issue_that_is_sent(app: Flask, people: Cast) -> None:
    assert issue(in_review(people, online(people).article_id)).state is IssueState.IN_REVIEW


def test_with_the_chief_editor_the_plan_rests(app: Flask, people: Cast) -> None:
    id = in_review(people)
    (slot,) = queries.slots(id)
    steps: list[Callable[[], object]] = [
        lambda: service.add_slot(people.editor.actor, id, PlanSlot(section=Section.TIPS, topic="甲")),
        lambda: service.remove_slot(people.editor.actor, id, slot.id),
        lambda: service.fill_slot(people.editor.actor, id, slot.id, FillSlot()),
        lambda: service.change_issue(people.editor.actor, id, PlanIssue(title="乙")),
        lambda: service.order(people.editor.actor, id, Order(slots=[slot.id])),
    ]
    for step in steps:
        with pytest.raises(Conflict), transaction():
            step()


def test_the_chief_editor_is_asked_and_the_planners_hear_of_the_signature(app: Flask, people: Cast) -> None:
    signed(people)
    assert "issue.to_sign" in told(people.chief)
    assert "issue.signed" in told(people.editor)


def test_only_the_chief_editor_signs(app: Flask, people: Cast) -> None:
    id = in_review(people)
    seen = service.contents_hash(issue(id))
    with pytest.raises(Forbidden), transaction():
        service.sign(people.editor.actor, id, Sign(hash=seen))


@pytest.mark.parametrize("changed", ["the order", "the title", "an article"])
def test_what_changed_after_it_was_shown_is_not_signed(app: Flask, people: Cast, changed: str) -> None:
    first, second = approved(people, title="甲"), approved(people, title="乙")
    id = in_review(people, first, second)
    seen = service.contents_hash(issue(id))
    with transaction() as session:
        if changed == "the order":
            one, two = queries.slots(id)
            one.position, two.position = two.position, one.position
        elif changed == "the title":
            queries.issue(people.chief.actor, id).title = "换了题目"
        else:
            session.get_one(Article, first).lede = "换了导语"
    with pytest.raises(Conflict), transaction():
        service.sign(people.chief.actor, id, Sign(hash=seen))
    assert issue(id).signed_hash is None


def test_taken_back_the_signature_is_gone_and_only_the_chief_takes_a_signed_one(
    app: Flask, people: Cast
) -> None:
    id = signed(people)
    with pytest.raises(Forbidden), transaction():
        service.back_to_plan(people.editor.actor, id)
    with transaction():
        service.back_to_plan(people.chief.actor, id)
    row = issue(id)
    assert (row.state, row.signed_by, row.signed_at, row.signed_hash) == (
        IssueState.PLANNING,
        None,
        None,
        None,
    )


def test_an_editor_takes_back_what_is_not_signed_yet(app: Flask, people: Cast) -> None:
    id = in_review(people)
    with transaction():
        service.back_to_plan(people.editor.actor, id)
    assert issue(id).state is IssueState.PLANNING


def test_the_clock_is_stopped_before_an_issue_goes_back(app: Flask, people: Cast) -> None:
    id = signed(people)
    with transaction():
        service.schedule(people.chief.actor, id, Schedule(at=now() + timedelta(hours=1)))
    with pytest.raises(Conflict), transaction():
        service.back_to_plan(people.chief.actor, id)


def test_an_approved_article_in_a_signed_issue_is_not_reopened(app: Flask, people: Cast) -> None:
    text = approved(people)
    signed(people, text)
    with pytest.raises(Conflict), transaction():
        service.reopen(people.editor.actor, text)
