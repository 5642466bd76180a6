"""What is worth a second look is told to those who decide, and decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from campus_service.accounts.models import User
from campus_service.core.clock import now
from campus_service.core.db import transaction
from campus_service.core.errors import Forbidden, TooMany
from campus_service.lostfound import desk_signals, service
from campus_service.lostfound.commands import Appeal, Decide
from campus_service.lostfound.signals import MANY, Told, What, likeness, pairs_of, signals
from tests.conftest import Cast, Person
from tests.lostfound.pages import counted
from tests.lostfound.stories import claimed, held

MOMENT = datetime(2026, 11, 27, 8, tzinfo=UTC)
OLD = MOMENT - timedelta(days=400)
ANSWERS = ["水洗标剪掉了半截", "里面绣着一个蓝色的字母", "边上有一块咖啡渍", "流苏少了三根"]


def told(id: int, **changes: Any) -> Told:
    values: dict[str, Any] = {
        "item_id": id,
        "person_id": 1,
        "answer": ANSWERS[id % 4],
        "submitted_at": MOMENT,
        "refused": False,
        "person_since": OLD,
    } | changes
    return Told(id, **values)


def seen(*claims: Told) -> list[What]:
    return sorted({signal.what for signal in signals(claims, MOMENT)})


def test_an_honest_claim_shows_no_sign() -> None:
    assert seen(told(1)) == []
    assert seen(told(1), told(2, person_id=2, item_id=1)) == []


def test_many_claims_in_thirty_days_are_a_sign() -> None:
    some = [told(id, answer=ANSWERS[id]) for id in range(MANY)]
    assert seen(*some) == [What.MANY]
    assert seen(*some[1:]) == []
    before = told(0, submitted_at=MOMENT - timedelta(days=31))
    assert seen(before, *some[1:]) == []


@pytest.mark.parametrize(
    "other", ["水洗标剪掉了半截", "水洗标，剪掉了半截。", "水洗標剪掉了半截", "水洗标剪掉了半截了"]
)
def test_nearly_the_same_answer_of_two_people_on_one_thing_is_a_sign(other: str) -> None:
    pair = told(1, item_id=9, answer=ANSWERS[0]), told(2, item_id=9, person_id=2, answer=other)
    (signal,) = signals(pair, MOMENT)
    assert (signal.what, signal.people, signal.items) == (What.ALIKE_PEOPLE, (1, 2), (9,))


def test_nearly_the_same_answer_on_two_things_is_a_sign() -> None:
    assert seen(told(1, answer=ANSWERS[0]), told(2, answer=ANSWERS[0])) == [What.ALIKE_THINGS]


def test_one_answer_for_many_things_is_one_sign() -> None:
    same = [told(id, answer=ANSWERS[0]) for id in range(1, MANY)]
    (signal,) = signals(same, MOMENT)
    assert (signal.what, signal.items, signal.count) == (What.ALIKE_THINGS, (1, 2, 3), 3)


def test_short_answers_are_alike_by_chance() -> None:
    assert seen(told(1, answer="黑色的"), told(2, answer="黑色的", person_id=2)) == []


def test_another_story_after_each_refusal_is_guessing() -> None:
    tries = [told(id, item_id=9, answer=ANSWERS[id], refused=id < 2) for id in range(3)]
    assert seen(*tries) == [What.GUESSING]
    same = [told(id, item_id=9, answer=ANSWERS[0], refused=id < 2) for id in range(3)]
    assert seen(*same) == []


def test_a_claim_from_a_new_account_is_a_sign() -> None:
    assert seen(told(1, person_since=MOMENT - timedelta(days=2))) == [What.NEW_ACCOUNT]
    assert seen(told(1, person_since=MOMENT - timedelta(days=3))) == []


words = st.text(alphabet="水洗标剪掉半截黑白红蓝abc， ", max_size=30)


@given(words, words)
def test_likeness_is_a_share_and_the_same_both_ways(one: str, other: str) -> None:
    share = likeness(pairs_of(one), pairs_of(other))
    assert 0 <= share <= 1
    assert share == likeness(pairs_of(other), pairs_of(one))
    assert likeness(pairs_of(one), pairs_of(one)) == 1


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(1, 3), st.sampled_from(ANSWERS), st.booleans()), max_size=8
    )
)
def test_every_sign_names_claims_that_are_there(rows: list[tuple[int, int, str, bool]]) -> None:
    claims = [
        told(id, item_id=item, person_id=person, answer=answer, refused=refused)
        for id, (item, person, answer, refused) in enumerate(rows, 1)
    ]
    by_id = {claim.claim_id: claim for claim in claims}
    for signal in signals(claims, MOMENT):
        mine = [by_id[id] for id in signal.claims]
        assert {claim.person_id for claim in mine} == set(signal.people)
        assert {claim.item_id for claim in mine} == set(signal.items)


# --- on the pages ------------------------------------------------------------------------------------------------


@pytest.fixture
def everybody_long_here(people: Cast) -> None:
    with transaction() as session:
        session.execute(update(User).values(created_at=now() - timedelta(days=400)))


def refuse(people: Cast, claim: int) -> None:
    with transaction():
        service.decide(people.he.actor, claim, Decide(approve=False, reason="说的记号对不上"))


@pytest.mark.usefixtures("everybody_long_here")
def test_who_decides_sees_the_signs_beside_the_claims(security: FlaskClient, people: Cast) -> None:
    no = held(people)
    claimed(people.lin, no, "水洗标剪掉了半截")
    page = security.get(f"/desk/claims/{no}").text
    assert "值得留意" not in page
    claimed(people.wu, no, "水洗标，剪掉了半截")
    page = security.get(f"/desk/claims/{no}").text
    assert "林小满、吴可 对同一件东西的回答几乎一样" in page
    assert "通过 A" in page


@pytest.mark.usefixtures("everybody_long_here")
def test_the_list_of_signs_leads_to_the_things(security: FlaskClient, people: Cast) -> None:
    no = held(people)
    for answer in ANSWERS[:2]:
        refuse(people, claimed(people.wu, no, answer))
    page = security.get("/desk/signals").text
    assert "吴可 对同一件东西认领了 2 次，每次说得都不一样" in page
    assert f"/desk/claims/{no}" in page


def test_only_who_decides_reads_them(client: FlaskClient, people: Cast, sign_in: Callable[..., Any]) -> None:
    with pytest.raises(Forbidden):
        desk_signals.recent(people.desk.actor)
    assert sign_in(client, people.desk).get("/desk/signals").status_code == 403


def test_the_list_costs_the_same_for_one_and_for_many(security: FlaskClient, people: Cast) -> None:
    no = held(people)
    claimed(people.wu, no, ANSWERS[0])
    security.get("/desk/signals")
    with counted() as few:
        security.get("/desk/signals")
    for answer in ANSWERS:
        claimed(people.lin, held(people), answer)
    with counted() as many:
        security.get("/desk/signals")
    assert len(many) == len(few)


# --- limits ------------------------------------------------------------------------------------------------------


def attempts(people: Cast, person: Person, no: str) -> int:
    """How often ``person`` may claim ``no`` before he is stopped."""
    for number in range(10):
        try:
            claim = claimed(person, no, f"第 {number} 次")
        except TooMany:
            return number
        refuse(people, claim)
    raise AssertionError("never stopped")


def test_three_attempts_on_a_thing_whatever_became_of_them(people: Cast) -> None:
    no = held(people)
    withdrawn = claimed(people.wu, no)
    with transaction():
        service.withdraw_claim(people.wu.actor, withdrawn)
    refused = claimed(people.wu, no)
    refuse(people, refused)
    with transaction():
        service.appeal(people.wu.actor, refused, Appeal(text="是我的"))
    with transaction():
        service.withdraw_claim(people.wu.actor, refused)
    assert attempts(people, people.wu, no) == 1
    assert attempts(people, people.lin, no) == 3
