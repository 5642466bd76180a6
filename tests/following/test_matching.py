"""Whose search a new document meets: just those that would find it in the list; each is told once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from campus_service.accounts.models import User
from campus_service.core.clock import now
from campus_service.core.db import db, transaction
from campus_service.following import service
from campus_service.following.commands import SetRhythm
from campus_service.following.models import SavedSearch, SearchHit
from campus_service.following.states import Rhythm
from campus_service.lostfound import service as registry
from campus_service.notifications.models import DemoMail, Notification
from campus_service.search.engine import Filters, SearchDoc
from campus_service.search.service import put, table_engine
from campus_service.search.synonyms import plan
from tests.conftest import Cast, Person
from tests.following.stories import kept
from tests.lostfound.stories import found, held, lost

Work = Callable[[], int]


def told(person: Person, kind: str = "following.hit") -> list[Notification]:
    mine = select(Notification).where(Notification.user_id == person.id, Notification.kind == kind)
    return list(db.session.scalars(mine.order_by(Notification.id)))


def test_who_waits_for_a_thing_is_told_when_it_comes_in(people: Cast, work: Work) -> None:
    kept(people.lin, q="格子围巾")
    no = held(people)
    work()
    (notice,) = told(people.lin)
    assert notice.link == f"/lost-found/{no}"
    assert notice.params["title"] == "黑红格子围巾"


def test_another_word_for_the_same_thing_is_enough(people: Cast, work: Work) -> None:
    kept(people.lin, q="耳机")
    held(people, title="AirPods 左耳一只", category="earphones")
    work()
    assert len(told(people.lin)) == 1


def test_an_alert_for_a_category_needs_no_words(people: Cast, work: Work) -> None:
    kept(people.lin, q="", category="umbrella")
    held(people)
    held(people, title="长柄伞", category="umbrella")
    work()
    assert [notice.params["title"] for notice in told(people.lin)] == ["长柄伞"]


@pytest.mark.parametrize(
    "other",
    [{"kind": "lost"}, {"category": "umbrella"}, {"area": "gym"}, {"q": "雨伞"}, {"rhythm": "off"}],
    ids=str,
)
def test_who_waits_for_something_else_is_not_told(people: Cast, work: Work, other: dict[str, str]) -> None:
    kept(people.lin, **other)
    held(people)
    work()
    assert told(people.lin) == []


def test_one_s_own_report_is_no_news(people: Cast, work: Work) -> None:
    kept(people.zhou)
    kept(people.lin)
    found(people.zhou)
    work()
    assert told(people.zhou) == []
    assert len(told(people.lin)) == 1


@pytest.mark.parametrize("category", ["bank_card", "campus_card", "medicine_cosmetics"])
def test_what_is_not_listed_is_told_to_nobody(people: Cast, work: Work, category: str) -> None:
    kept(people.lin, q="", category=category)
    held(people, category=category)
    lost(people.zhou, category="bank_card")
    work()
    assert told(people.lin) == []


def test_of_a_teaser_nobody_is_told_more_than_the_list_shows(people: Cast, work: Work) -> None:
    kept(people.lin, q="", category="phone")
    kept(people.wu, q="金丝雀")
    held(people, category="phone", title="金丝雀手机", description="金丝雀", place="图书馆金丝雀")
    work()
    (notice,) = told(people.lin)
    assert "金丝雀" not in str(notice.params)
    assert told(people.wu) == []


def test_a_person_is_told_once_of_a_thing_however_many_searches_it_meets(people: Cast, work: Work) -> None:
    kept(people.lin)
    kept(people.lin, q="", category="clothing")
    held(people)
    work()
    assert len(told(people.lin)) == 1
    assert len(db.session.scalars(select(SearchHit)).all()) == 2


def test_what_comes_back_into_the_list_is_not_told_again(people: Cast, work: Work) -> None:
    kept(people.lin, kind="lost")
    no = lost(people.zhou)
    work()
    with transaction():
        registry.withdraw(people.zhou.actor, no)
    with transaction():
        service.match(db.session.scalars(select(SearchHit.document_id)).one(), people.zhou.id)
    work()
    assert len(told(people.lin)) == 1


def test_the_job_done_twice_tells_once(people: Cast, work: Work) -> None:
    kept(people.lin)
    held(people)
    work()
    document = db.session.scalars(select(SearchHit.document_id)).one()
    with transaction():
        service.match(document, None)
    assert len(told(people.lin)) == 1


def test_more_people_than_one_transaction_tells_are_all_told(
    people: Cast, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "AT_ONCE", 2)
    for person in (people.lin, people.wu, people.zhou, people.he, people.admin):
        kept(person)
    held(people)
    work()
    assert (
        len(db.session.scalars(select(Notification).where(Notification.kind == "following.hit")).all()) == 5
    )


# --- the daily mail ----------------------------------------------------------------------------------------------


def test_the_daily_mail_is_one_with_how_many_each_search_found(people: Cast, work: Work) -> None:
    kept(people.lin, rhythm="daily")
    kept(people.lin, q="", category="umbrella", rhythm="daily")
    held(people)
    held(people)
    held(people, title="长柄伞", category="umbrella")
    work()
    assert told(people.lin) == []
    with transaction():
        assert service.digest() == 1
    with transaction():
        assert service.digest() == 0
    work()
    (mail,) = db.session.scalars(select(DemoMail).where(DemoMail.to == people.lin.email))
    assert "3 条" in mail.subject
    assert "“围巾”（招领）：2 条" in mail.body
    assert "雨伞（招领）：1 条" in mail.body
    assert "/following/stop/p" in mail.body


def test_what_is_gone_by_the_morning_is_not_in_the_mail(people: Cast, work: Work) -> None:
    kept(people.lin, kind="lost", rhythm="daily")
    no = lost(people.zhou)
    work()
    with transaction():
        registry.recover(people.zhou.actor, no)
    with transaction():
        assert service.digest() == 0


def test_a_search_that_was_switched_off_tells_nothing_of_what_gathered(people: Cast, work: Work) -> None:
    search = kept(people.lin, rhythm="daily")
    held(people)
    work()
    with transaction():
        service.set_rhythm(people.lin.actor, search, SetRhythm(rhythm=Rhythm.OFF))
    with transaction():
        service.set_rhythm(people.lin.actor, search, SetRhythm(rhythm=Rhythm.DAILY))
    with transaction():
        assert service.digest() == 0


# --- the same question as the list's -----------------------------------------------------------------------------

WORDS = [
    "黑色",
    "雨伞",
    "长柄伞",
    "AirPods",
    "耳机",
    "iPhone15",
    "手机",
    "围巾",
    "格子",
    "钥匙",
    "umbrella",
    "umbr",
    "书",
    "书架",
]
phrases = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=phrases, body=phrases, query=phrases)
def test_whoever_is_told_of_a_document_would_find_it_in_the_list(
    people: Cast, title: str, body: str, query: str
) -> None:
    # The other way round the list is more lenient: it forgives a slip when no document holds the word.
    with transaction() as session:
        put(SearchDoc("found:1", "found", "other", "held", "library", 20261101, 1.0, title, body))
        session.execute(delete(SavedSearch))
        session.add(_row(people.lin.id, 0, query))
        if query != title.split(maxsplit=1)[0]:
            session.add(_row(people.lin.id, 1, title.split(maxsplit=1)[0]))
    hits = table_engine().search(plan(query), Filters(kind="found"), sort="newest", offset=0, limit=5)
    met = {session.get_one(SavedSearch, id).query for id in service.meeting("found:1", None)}
    assert title.split(maxsplit=1)[0] in met
    assert query not in met or hits.ids


def _row(user_id: int, position: int, query: str) -> SavedSearch:
    return SavedSearch(
        user_id=user_id, position=position, query=query, kind="found", rhythm=Rhythm.DAILY, created_at=now()
    )


def test_of_ten_thousand_searches_just_those_that_fit_are_met(people: Cast) -> None:
    things = ["伞", "耳机", "围巾", "水杯", "钥匙", "书包", "手表", "眼镜", "充电宝", "外套"]
    colours = ["黑色", "白色", "蓝色", "红色", "绿色", "灰色", "黄色", "粉色", "紫色", "银色"]
    with transaction() as session:
        people_rows = [
            {"name": "同学", "email": f"p{n}@campus.test", "password_hash": "-", "created_at": now()}
            for n in range(500)
        ]
        session.execute(insert(User), people_rows)
        ids = session.scalars(select(User.id).where(User.name == "同学")).all()
        rows = [
            {
                "user_id": id,
                "position": n,
                "query": f"{colours[n % 10]}{things[id % 10]} {id * 20 + n}号" if n else things[id % 10],
                "kind": "found",
                "created_at": now(),
            }
            for id in ids
            for n in range(20)
        ]
        session.execute(insert(SavedSearch), rows)
        put(SearchDoc("found:1", "found", "other", "held", "library", 20261101, 1.0, "黑色伞", "7号"))
    assert len(service.meeting("found:1", None)) == 50
