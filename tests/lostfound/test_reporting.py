"""Posting what was lost or found, and what happens to a lost report afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from pydantic import ValidationError

from campus_service.core.actor import Actor
from campus_service.core.clock import freeze, now, today
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded
from campus_service.lostfound import queries, service
from campus_service.lostfound.commands import PostFound, PostLost
from campus_service.lostfound.models import LostReport
from campus_service.lostfound.service import upkeep
from campus_service.lostfound.states import Kind, LostState
from campus_service.notifications.models import Notification
from tests.conftest import Cast
from tests.lostfound.stories import SCARF, found, lost

Work = Callable[[], int]


def numbers(kind: Kind) -> list[str]:
    return [row.no for row in queries.listing(queries.ListFilter(kind)).rows]


def test_a_lost_report_gets_a_number_of_its_month_and_is_listed(people: Cast) -> None:
    no = lost(people.lin)
    assert no == f"{now():%y%m}-L001"
    assert numbers(Kind.LOST) == [no]


def test_a_visitor_cannot_post(people: Cast) -> None:
    with pytest.raises(SignInNeeded), transaction():
        service.post_lost(Actor.visitor(), PostLost.model_validate(SCARF))


def test_the_same_form_sent_twice_is_one_report(people: Cast) -> None:
    assert lost(people.lin, request_key="k1") == lost(people.lin, request_key="k1")
    assert len(numbers(Kind.LOST)) == 1


def test_the_same_key_of_another_person_is_another_report(people: Cast) -> None:
    assert lost(people.lin, request_key="k1") != lost(people.wu, request_key="k1")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("occurred_on", (today() + timedelta(days=1)).isoformat()),
        ("occurred_on", "2020-01-01"),
        ("occurred_on", "昨天"),
        ("category", "spaceship"),
        ("title", "长" * 10_000),
        ("title", "   "),
        ("title", "卡号 6217 0000 0000 7718"),
        ("description", "打我电话13800001234"),
        ("photos", ["x"] * 7),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_field(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        PostLost.model_validate(SCARF | {field: value})
    assert {error["loc"][0] for error in refused.value.errors()} == {field}


def test_a_date_and_a_room_and_a_book_number_may_stand_in_public_text() -> None:
    text = "2026-10-31 在一教207，ISBN 9787040396638，尾号 6119"
    assert PostLost.model_validate(SCARF | {"description": text}).description == text


def test_a_desk_that_does_not_exist_is_refused_and_nothing_is_stored(people: Cast) -> None:
    with pytest.raises(Invalid) as refused, transaction():
        service.post_found(people.zhou.actor, PostFound.model_validate(SCARF | {"hand_in": "moon"}))
    assert set(refused.value.fields) == {"desk"}
    assert numbers(Kind.FOUND) == []


@pytest.mark.parametrize("category", ["campus_card", "bank_card"])
def test_a_lost_card_is_not_listed_but_its_owner_sees_it(people: Cast, category: str) -> None:
    no = lost(people.lin, category=category)
    assert numbers(Kind.LOST) == []
    assert queries.report(people.lin.actor, no).no == no
    with pytest.raises(NotFound):
        queries.report(people.wu.actor, no)


def test_a_report_that_was_recovered_leaves_the_list_but_its_link_still_answers(people: Cast) -> None:
    no = lost(people.lin)
    with transaction():
        service.recover(people.lin.actor, no)
    assert numbers(Kind.LOST) == []
    assert queries.lost_report(Actor.visitor(), no).state is LostState.RECOVERED


def test_only_its_author_ends_a_lost_report(people: Cast) -> None:
    no = lost(people.lin)
    for end in (service.recover, service.withdraw, service.renew):
        with pytest.raises(Forbidden), transaction():
            end(people.wu.actor, no)


def test_a_withdrawn_report_cannot_be_recovered(people: Cast) -> None:
    no = lost(people.lin)
    with transaction():
        service.withdraw(people.lin.actor, no)
    with pytest.raises(Conflict), transaction():
        service.recover(people.lin.actor, no)


def test_the_loser_is_asked_after_thirty_days_and_the_report_lapses_without_an_answer(people: Cast) -> None:
    no = lost(people.lin)
    with freeze(now() + timedelta(days=31)):
        with transaction():
            assert upkeep.daily()["reminded"] == 1
        with transaction():
            assert upkeep.daily()["reminded"] == 0
    with freeze(now() + timedelta(days=46)):
        with transaction():
            assert upkeep.daily()["lapsed"] == 1
        assert queries.lost_report(people.lin.actor, no).state is LostState.LAPSED
        assert numbers(Kind.LOST) == []
    kinds = [row.kind for row in db.session.query(Notification).all()]
    assert kinds == ["lost.still_missing"]


def test_still_missing_renews_the_report_even_after_it_lapsed(people: Cast) -> None:
    no = lost(people.lin)
    with freeze(now() + timedelta(days=31)), transaction():
        upkeep.daily()
    with freeze(now() + timedelta(days=46)):
        with transaction():
            upkeep.daily()
        with transaction():
            service.renew(people.lin.actor, no)
        assert numbers(Kind.LOST) == [no]


def test_a_finder_who_keeps_the_thing_is_reminded_once(people: Cast) -> None:
    found(people.zhou)
    with freeze(now() + timedelta(days=4)):
        for expected in (1, 0):
            with transaction():
                assert upkeep.daily()["hand_in"] == expected


def test_a_stale_write_is_refused(people: Cast) -> None:
    no = lost(people.lin)
    with pytest.raises(Conflict), transaction() as session:
        report = queries.lost_report(people.lin.actor, no)
        session.execute(
            db.update(LostReport).where(LostReport.id == report.id).values(version=9),
            execution_options={"synchronize_session": False},
        )
        report.title = "改过的标题"
