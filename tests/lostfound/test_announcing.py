"""招领公告: published once a month by whoever comes first, frozen, without anybody's words; its day begins the year."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from campus_service.core.clock import freeze
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, Forbidden, NotFound
from campus_service.jobs import enqueue
from campus_service.lostfound import announcing, queries, service
from campus_service.lostfound.custody import KEEP_DAYS
from campus_service.lostfound.models import PublicNotice
from tests.conftest import Cast
from tests.lostfound.stories import approved, found, held, ready
from tests.papers import words

OCTOBER = datetime(2026, 10, 20, 4, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 1, 0, tzinfo=UTC)
CANARIES = {
    "title": "标题金丝雀",
    "description": "描述金丝雀",
    "private_marks": "记号金丝雀",
    "contact": "联系金丝雀",
}


def published(people: Cast) -> announcing.MonthlyNotice:
    with transaction():
        return announcing.notice(service.publish_notice(people.desk.actor).month)


def test_the_notice_of_a_month_lists_what_came_in_and_still_waits(people: Cast) -> None:
    with freeze(OCTOBER):
        scarf, phone = held(people), held(people, title="手机", category="phone")
        held(people, title="银行卡", category="bank_card")
        held(people, title="校园卡", category="campus_card")
        found(people.zhou)
        back = held(people)
        pickup = ready(people, approved(people, back))
        with transaction():
            service.confirm_return(people.he.actor, pickup)
    with freeze(NOVEMBER):
        held(people)
        notice = published(people)
    assert notice.month == "2026-10"
    assert {row.no for row in notice.rows} == {scarf, phone}
    assert sorted(notice.counted) == sorted([("银行卡", 1), ("校园卡", 1)])
    assert announcing.notice_rows("2026-10") == notice.rows


def test_nobody_s_words_are_in_it_and_it_never_changes(people: Cast, client: FlaskClient) -> None:
    with freeze(OCTOBER):
        no = held(people, **CANARIES)
    with freeze(NOVEMBER):
        published(people)
    before = client.get("/lost-found/notices/2026-10").text
    assert no in before
    assert "图书馆" in before
    assert not any(word in before for word in CANARIES.values())
    pickup = ready(people, approved(people, no))
    with transaction():
        service.confirm_return(people.he.actor, pickup)
    assert no in client.get("/lost-found/notices/2026-10").text
    assert "2026-10" in client.get("/lost-found/notices").text


def test_its_day_begins_the_year_of_what_had_no_notice(people: Cast) -> None:
    with freeze(OCTOBER):
        listed, imported = held(people), held(people)
        with transaction():
            queries.found_item(people.desk.actor, imported).notice_on = None
    with freeze(NOVEMBER):
        published(people)
        db.session.expire_all()
        items = [queries.found_item(people.desk.actor, no) for no in (listed, imported)]
    assert [item.notice_on.isoformat() for item in items if item.notice_on] == ["2026-10-20", "2026-11-01"]
    assert items[1].due_on == items[1].notice_on + timedelta(days=KEEP_DAYS)  # type: ignore[operator]


def test_a_month_is_published_once_by_the_job_or_by_the_desk(people: Cast, work: Callable[[], int]) -> None:
    with freeze(OCTOBER):
        held(people)
    with freeze(NOVEMBER):
        for _twice in range(2):
            with transaction():
                enqueue("lostfound.notice", {})
            work()
        with pytest.raises(Conflict, match="2026-10"):
            published(people)
    assert len(db.session.scalars(select(PublicNotice)).all()) == 1


def test_the_desk_has_a_button_only_while_the_notice_is_missing(people: Cast, desk: FlaskClient) -> None:
    assert "现在公布" in desk.get("/lost-found/notices").text
    answer = desk.post("/lost-found/notices")
    assert answer.status_code == 302
    assert desk.get(answer.location).status_code == 200
    assert "现在公布" not in desk.get("/lost-found/notices").text
    assert desk.post("/lost-found/notices").status_code == 409


def test_the_paper_says_what_the_page_says(people: Cast, client: FlaskClient) -> None:
    with freeze(OCTOBER):
        no = held(people)
    with freeze(NOVEMBER):
        published(people)
    answer = client.get("/lost-found/notices/2026-10.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    text = words(answer.data)
    assert "招领公告（2026年10月）" in text
    assert no in text
    assert client.get("/lost-found/notices/2026-09.pdf").status_code == 404


def test_others_read_and_do_not_publish(people: Cast) -> None:
    with pytest.raises(Forbidden), transaction():
        service.publish_notice(people.lin.actor)
    with pytest.raises(NotFound):
        announcing.notice("2026-10")
