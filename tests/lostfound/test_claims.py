"""Claims: limits, rivals, decision, appeal, code and slot."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from campus_service.core.clock import freeze, now, to_local
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from campus_service.core.permissions import Role
from campus_service.lostfound import queries, service
from campus_service.lostfound.commands import Appeal, ChooseSlot, Decide
from campus_service.lostfound.service import claiming, upkeep
from campus_service.lostfound.states import ClaimState
from campus_service.notifications.models import Notification
from tests.conftest import Cast, Person, new_colleague
from tests.lostfound.stories import approved, claimed, found, held

REFUSE = Decide(approve=False, reason="特征对不上")


def state(people: Cast, claim_id: int) -> ClaimState:
    db.session.expire_all()
    return queries.claim(people.he.actor, claim_id).state


def told(person: Person) -> list[str]:
    rows = db.session.query(Notification).filter_by(user_id=person.id).order_by(Notification.id)
    return [row.kind for row in rows]


def test_a_claim_shows_on_the_item_as_being_checked(people: Cast) -> None:
    no = held(people)
    claimed(people.lin, no)
    assert queries.found_item(people.lin.actor, no).open_claims == 1
    assert told(people.he) == ["claim.new"]


def test_the_finder_cannot_claim_his_own_find(people: Cast) -> None:
    no = found(people.zhou)
    with pytest.raises(Forbidden):
        claimed(people.zhou, no)


def test_a_second_claim_while_the_first_waits_is_refused(people: Cast) -> None:
    no = held(people)
    claimed(people.lin, no)
    with pytest.raises(Conflict):
        claimed(people.lin, no)


def test_the_same_claim_sent_twice_is_one_claim(people: Cast) -> None:
    no = held(people)
    assert claimed(people.lin, no, request_key="k") == claimed(people.lin, no, request_key="k")


def test_a_fourth_attempt_on_the_same_item_is_refused(people: Cast) -> None:
    no = held(people)
    for _attempt in range(3):
        claim_id = claimed(people.wu, no)
        with transaction():
            service.withdraw_claim(people.wu.actor, claim_id)
    with pytest.raises(TooMany):
        claimed(people.wu, no)


def test_an_eleventh_claim_in_a_month_is_refused_and_one_after_it_is_not(people: Cast) -> None:
    for _n in range(10):
        claimed(people.wu, held(people))
    with pytest.raises(TooMany):
        claimed(people.wu, held(people))
    with freeze(now() + timedelta(days=31)):
        assert claimed(people.wu, held(people))


def test_an_item_that_is_not_listed_cannot_be_claimed_by_guessing_its_number(people: Cast) -> None:
    no = held(people, category="bank_card")
    with pytest.raises(NotFound):
        claimed(people.wu, no)


def test_a_student_cannot_decide(people: Cast) -> None:
    claim_id = claimed(people.lin, held(people))
    for person in (people.lin, people.wu, people.desk):
        with pytest.raises(Forbidden), transaction():
            service.decide(person.actor, claim_id, Decide(approve=True))


def test_an_officer_cannot_decide_his_own_claim(people: Cast) -> None:
    claim_id = claimed(people.he, held(people))
    with pytest.raises(Forbidden), transaction():
        service.decide(people.he.actor, claim_id, Decide(approve=True))


def test_a_refusal_without_a_reason_is_not_accepted() -> None:
    with pytest.raises(ValidationError):
        Decide(approve=False, reason="  ")


def test_a_claim_on_a_thing_that_the_finder_still_has_cannot_be_approved(people: Cast) -> None:
    claim_id = claimed(people.lin, found(people.zhou))
    with pytest.raises(Conflict), transaction():
        service.decide(people.he.actor, claim_id, Decide(approve=True))


def test_of_two_rivals_only_one_can_be_approved(people: Cast) -> None:
    no = held(people)
    first, second = claimed(people.lin, no), claimed(people.wu, no)
    with transaction():
        service.decide(people.he.actor, first, Decide(approve=True))
    with pytest.raises(Conflict), transaction():
        service.decide(people.he.actor, second, Decide(approve=True))
    assert (state(people, first), state(people, second)) == (ClaimState.APPROVED, ClaimState.SUBMITTED)


def test_a_decided_claim_is_not_decided_again(people: Cast) -> None:
    claim_id = claimed(people.lin, held(people))
    with transaction():
        service.decide(people.he.actor, claim_id, REFUSE)
    with pytest.raises(Conflict), transaction():
        service.decide(people.he.actor, claim_id, Decide(approve=True))


def test_an_appeal_is_decided_by_another_officer_and_there_is_one(people: Cast) -> None:
    other = new_colleague("W0009", "孙老师", Role.SECURITY)
    claim_id = claimed(people.lin, held(people))
    with transaction():
        service.decide(people.he.actor, claim_id, REFUSE)
    with transaction():
        service.appeal(people.lin.actor, claim_id, Appeal(text="夹层里有我的学生证复印件"))
    with pytest.raises(Forbidden), transaction():
        service.decide(people.he.actor, claim_id, Decide(approve=True))
    with transaction():
        service.decide(other.actor, claim_id, REFUSE)
    with pytest.raises(Conflict), transaction():
        service.appeal(people.lin.actor, claim_id, Appeal(text="再来一次"))
    assert told(people.lin) == ["claim.rejected", "claim.rejected"]


def test_nobody_else_reads_a_claim(people: Cast) -> None:
    claim_id = claimed(people.lin, held(people))
    with pytest.raises(NotFound):
        queries.claim(people.wu.actor, claim_id)


def test_the_answer_is_promised_for_the_third_working_day_at_closing_time(people: Cast) -> None:
    friday = to_local(now()).replace(year=2026, month=10, day=30, hour=10)
    due = claiming.decision_due(friday)
    assert (due.month, due.day, due.hour, due.minute) == (11, 4, 17, 30)


def test_the_code_has_six_digits_and_is_not_in_the_table(people: Cast) -> None:
    claim = queries.claim(people.lin.actor, approved(people, held(people)))
    code = service.pickup_code(claim)
    assert len(code) == 6
    assert code.isdigit()
    assert code not in claim.code_nonce


def test_a_code_expires_and_the_thing_can_be_claimed_again(people: Cast) -> None:
    no = held(people)
    claim_id = approved(people, no)
    with freeze(now() + timedelta(days=20)):
        with transaction():
            assert upkeep.daily()["expired"] == 1
        assert state(people, claim_id) is ClaimState.EXPIRED
        assert claimed(people.wu, no)


def test_a_slot_is_one_of_those_offered(people: Cast) -> None:
    claim_id = approved(people, held(people))
    claim = queries.claim(people.lin.actor, claim_id)
    offered = claiming.slots(now(), claim.code_expires_at)
    with transaction():
        service.choose_slot(people.lin.actor, claim_id, ChooseSlot(slot_at=offered[3]))
    with pytest.raises(Invalid), transaction():
        service.choose_slot(people.lin.actor, claim_id, ChooseSlot(slot_at=offered[3] + timedelta(minutes=7)))


def test_evidence_is_purged_ninety_days_after_the_end(people: Cast) -> None:
    claim_id = claimed(people.lin, held(people))
    with transaction():
        service.decide(people.he.actor, claim_id, REFUSE)
    with freeze(now() + timedelta(days=91)), transaction():
        assert upkeep.daily()["purged"] == 1
    claim = queries.claim(people.lin.actor, claim_id)
    assert (claim.answer, claim.when_where) == ("", "")
