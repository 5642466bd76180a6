"""Matching on the site: who is told of what, once; what is dismissed stays away; private marks are never told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, NotFound
from campus_service.lostfound import matching_queries, queries, service
from campus_service.lostfound.commands import HandIn
from campus_service.lostfound.matching import learning
from campus_service.lostfound.matching.scoring import PRIOR
from campus_service.lostfound.models import MatchCount, MatchPair, MatchTerm, PhotoPrint
from campus_service.lostfound.service import matching
from campus_service.lostfound.states import Kind, LostState, PairState
from campus_service.notifications.kinds import words
from campus_service.notifications.models import Notification
from tests.conftest import Cast, Person
from tests.everything import photo
from tests.lostfound.pages import counted, form
from tests.lostfound.stories import approved, found, held, lost, ready

Work = Callable[[], int]
KEYS: dict[str, Any] = {
    "title": "丢了一串钥匙",
    "category": "keys",
    "place": "第一教学楼203",
    "description": "三把，红色登山扣，挂着一只小鲸鱼",
    "private_marks": "最小的一把贴着绿色圆点",
}
LIKE_IT: dict[str, Any] = {
    "title": "捡到钥匙",
    "category": "keys",
    "place": "一教二楼",
    "description": "3把串在一起，红扣子，有鲸鱼挂件",
    "private_marks": "绿色圆点贴在小钥匙上",
}
PHONE: dict[str, Any] = {
    "title": "黑色华为手机",
    "category": "phone",
    "place": "图书馆三楼",
    "description": "Mate 60，透明壳，屏幕左上角有裂纹",
    "private_marks": "锁屏是雪山",
}


def told(person: Person) -> list[Notification]:
    rows = db.session.scalars(
        select(Notification).where(Notification.user_id == person.id, Notification.kind == "lost.match")
    )
    return list(rows)


def pairs() -> list[MatchPair]:
    return list(db.session.scalars(select(MatchPair)))


def test_the_loser_is_told_when_a_desk_takes_in_what_may_be_his(people: Cast, work: Work) -> None:
    mine = lost(people.lin, **KEYS)
    work()
    assert told(people.lin) == []
    held(people, **LIKE_IT)
    work()
    (notice,) = told(people.lin)
    assert notice.link == f"/lost-found/{mine}#matches"
    assert "鲸" in words(notice.kind, notice.params).body


def test_it_works_the_other_way_round_too(people: Cast, work: Work) -> None:
    held(people, **LIKE_IT)
    work()
    lost(people.lin, **KEYS)
    work()
    assert len(told(people.lin)) == 1


def test_a_pair_is_told_once_however_often_it_is_found(people: Cast, work: Work) -> None:
    lost(people.lin, **KEYS)
    no = found(people.zhou, **LIKE_IT)
    work()
    with transaction():
        service.hand_in(people.desk.actor, no, HandIn(desk="centre"))
        matching.again_later()
    work()
    assert len(told(people.lin)) == 1
    assert len(pairs()) == 1


def test_a_thing_with_another_number_of_keys_and_another_pendant_is_not_told(
    people: Cast, work: Work
) -> None:
    lost(people.lin, **KEYS)
    held(people, **LIKE_IT | {"description": "五把，蓝色登山扣，挂着皮卡丘"})
    work()
    assert told(people.lin) == []


def test_the_likelier_of_two_things_is_told(people: Cast, work: Work) -> None:
    lost(people.lin, **KEYS)
    held(people, **LIKE_IT | {"description": "三把，黑色扣子"})
    right = held(people, **LIKE_IT)
    work()
    with transaction():
        matching.again_later()
    work()
    assert right in {notice.params["no"] for notice in told(people.lin)}


def test_a_finder_is_not_told_of_what_he_handed_in_himself(people: Cast, work: Work) -> None:
    lost(people.lin, **KEYS)
    found(people.lin, **LIKE_IT)
    work()
    assert told(people.lin) == []


def test_private_marks_are_in_no_notice_no_reason_and_no_word(people: Cast, work: Work) -> None:
    lost(people.lin, **KEYS)
    held(people, **LIKE_IT)
    work()
    (notice,) = told(people.lin)
    (pair,) = pairs()
    for text in (str(notice.params), str(pair.reasons), words(notice.kind, notice.params).body):
        assert "圆点" not in text
        assert "绿" not in text
    hashed = {
        matching_queries.hashed(side, "keys", word) for side in Kind for word in ("圆点", "colour:green")
    }
    assert not hashed & set(db.session.scalars(select(MatchTerm.term)))


def test_of_a_thing_with_closed_details_only_class_day_and_area_are_told(people: Cast, work: Work) -> None:
    lost(people.lin, **PHONE)
    held(people, **PHONE)
    work()
    (notice,) = told(people.lin)
    said = words(notice.kind, notice.params)
    assert "图书馆" in said.body
    for secret in ("黑", "华为", "裂", "透明", "60"):
        assert secret not in said.title + said.body + str(notice.params)


def test_of_what_is_not_listed_nothing_is_told_but_the_desk_sees_the_pair(
    people: Cast, work: Work, desk: FlaskClient
) -> None:
    card = {
        "title": "校园卡",
        "category": "campus_card",
        "place": "二食堂",
        "description": "粉色卡套，库洛米",
    }
    mine = lost(people.lin, **card)
    no = held(people, **card)
    work()
    assert told(people.lin) == []
    assert mine in desk.get(f"/desk/items/{no}").text


def test_what_was_dismissed_never_comes_back(people: Cast, work: Work) -> None:
    lost(people.lin, **KEYS)
    held(people, **LIKE_IT)
    work()
    (pair,) = pairs()
    with transaction():
        service.dismiss(people.lin.actor, pair.id)
        matching.again_later()
    work()
    db.session.expire_all()
    assert [row.state for row in pairs()] == [PairState.DISMISSED]
    assert len(told(people.lin)) == 1
    with pytest.raises(Conflict), transaction():
        service.confirm(people.desk.actor, pair.id)


def test_somebody_else_cannot_answer_a_pair(people: Cast, work: Work) -> None:
    lost(people.lin, **KEYS)
    held(people, **LIKE_IT)
    work()
    (pair,) = pairs()
    with pytest.raises(NotFound), transaction():
        service.dismiss(people.wu.actor, pair.id)


def test_a_desk_that_confirms_tells_the_loser_of_an_unlikely_pair(people: Cast, work: Work) -> None:
    lost(people.lin, **KEYS)
    held(people, **LIKE_IT | {"title": "捡到几把钥匙", "description": ""})
    work()
    assert told(people.lin) == []
    (pair,) = pairs()
    with transaction():
        service.confirm(people.desk.actor, pair.id)
    assert len(told(people.lin)) == 1


def test_a_return_confirms_the_pair_and_ends_the_search(people: Cast, work: Work) -> None:
    mine = lost(people.lin, **KEYS)
    no = held(people, **LIKE_IT)
    work()
    pickup = ready(people, approved(people, no))
    with transaction():
        service.confirm_return(people.he.actor, pickup)
    work()
    db.session.expire_all()
    assert [row.state for row in pairs()] == [PairState.CONFIRMED]
    assert queries.lost_report(people.lin.actor, mine).state is LostState.RECOVERED
    assert db.session.scalar(select(func.count()).select_from(MatchTerm)) == 0


def test_answers_re_weigh_the_evidence_and_never_turn_it_around(people: Cast, work: Work) -> None:
    lost(people.lin, **KEYS)
    held(people, **LIKE_IT)
    work()
    (pair,) = pairs()
    with transaction():
        service.dismiss(people.lin.actor, pair.id)
    kept = {reason[0] for reason in pair.reasons}
    assert {row.evidence for row in db.session.scalars(select(MatchCount))} == kept | {"*"}
    many = dict.fromkeys(PRIOR, (0, 500)) | {"*": (400, 500)}
    learned = learning.weights(many)
    assert learned["motif+"] < PRIOR["motif+"]
    assert all(weight >= 0 for key, weight in learned.items() if key.endswith("+"))
    assert all(weight <= 0 for key, weight in learned.items() if key.endswith("-"))


def test_the_loser_reads_why_and_answers_on_his_report(
    people: Cast, work: Work, client: FlaskClient, sign_in: Callable[[FlaskClient, Person], FlaskClient]
) -> None:
    mine = lost(people.lin, **KEYS)
    no = held(people, **LIKE_IT)
    work()
    (pair,) = pairs()
    browser = sign_in(client, people.lin)
    page = browser.get(f"/lost-found/{mine}")
    assert f"/lost-found/{no}" in page.text
    assert "数量一样" in page.text
    assert "圆点贴在" not in page.text
    action = f"/lost-found/matches/{pair.id}/dismiss"
    assert browser.post(action, data=form(page, action)).status_code == 302
    assert f"/lost-found/{no}#claim" not in browser.get(f"/lost-found/{mine}").text


def test_others_see_no_matches_on_a_lost_report(people: Cast, work: Work, client: FlaskClient) -> None:
    mine = lost(people.lin, **KEYS)
    no = held(people, **LIKE_IT)
    work()
    assert no not in client.get(f"/lost-found/{mine}").text


def test_the_desk_reads_a_ranked_list_and_confirms_or_dismisses(
    people: Cast, work: Work, desk: FlaskClient
) -> None:
    mine = lost(people.lin, **KEYS)
    other = lost(people.wu, **KEYS | {"title": "钥匙", "description": "五把，蓝色扣子"})
    no = held(people, **LIKE_IT)
    work()
    page = desk.get(f"/desk/items/{no}")
    assert page.text.index(mine) < page.text.index(other)
    assert "数量不同" in page.text
    likely, unlikely = sorted(pairs(), key=lambda pair: -pair.score)
    for pair, answer in ((likely, "confirm"), (unlikely, "dismiss")):
        action = f"/desk/matches/{pair.id}/{answer}"
        assert desk.post(action, data=form(page, action)).status_code == 302
    assert other not in desk.get(f"/desk/items/{no}").text
    assert desk.post(f"/desk/matches/{likely.id}/dismiss").status_code == 409


def test_the_desks_page_asks_no_more_with_more_pairs(people: Cast, work: Work, desk: FlaskClient) -> None:
    no = held(people, **LIKE_IT)
    lost(people.lin, **KEYS)
    work()
    desk.get(f"/desk/items/{no}")
    with counted() as one:
        desk.get(f"/desk/items/{no}")
    for person in (people.wu, people.zhou):
        lost(person, **KEYS)
    work()
    with counted() as three:
        desk.get(f"/desk/items/{no}")
    assert len(three) == len(one)


def test_photos_of_both_sides_are_compared_when_words_have_found_the_pair(people: Cast, work: Work) -> None:
    lost(people.lin, **KEYS, photos=[photo(people.lin)])
    held(people, **LIKE_IT, photos=[photo(people.desk)])
    work()
    (pair,) = pairs()
    assert "photo+" in {reason[0] for reason in pair.reasons}
    assert db.session.scalar(select(func.count()).select_from(PhotoPrint)) == 2


def test_what_an_erased_account_leaves_is_forgotten(people: Cast, work: Work) -> None:
    lost(people.lin, **KEYS)
    held(people, **LIKE_IT)
    work()
    (pair,) = pairs()
    with transaction():
        matching.forget(Kind.LOST, [pair.lost_id])
    assert pairs() == []
