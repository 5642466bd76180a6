"""The return: five steps, in order, once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from pydantic import ValidationError
from sqlalchemy import func, insert, select

from campus_service.core import audit
from campus_service.core.clock import freeze, now, today
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, Forbidden, Invalid
from campus_service.lostfound import queries, service
from campus_service.lostfound.categories import Category
from campus_service.lostfound.commands import Abort, CheckIdentity, ConfirmAtCounter, EnterCode
from campus_service.lostfound.custody import CustodyClass
from campus_service.lostfound.models import Claim, FoundItem, Pickup, Return
from campus_service.lostfound.states import ClaimState, FoundState, Kind
from campus_service.notifications.models import Notification
from tests.conftest import Cast
from tests.lostfound.stories import approved, at_the_desk, claimed, found, held, ready

IDENTITY = CheckIdentity(id_type="campus_card", id_last4="0001")


def returns() -> int:
    return db.session.scalar(select(func.count()).select_from(Return)) or 0


def test_the_thing_goes_back_and_leaves_the_public_list(people: Cast) -> None:
    no = held(people)
    pickup_id = ready(people, approved(people, no))
    with transaction():
        service.confirm_return(people.he.actor, pickup_id)
    assert queries.found_item(people.lin.actor, no).state is FoundState.RETURNED
    assert queries.listing(queries.ListFilter(Kind.FOUND)).rows == []
    assert returns() == 1


def test_both_sides_are_told(people: Cast) -> None:
    from campus_service.lostfound.commands import HandIn

    no = found(people.zhou)
    with transaction():
        service.hand_in(people.desk.actor, no, HandIn(desk="centre"))
    pickup_id = ready(people, approved(people, no))
    with transaction():
        service.confirm_return(people.he.actor, pickup_id)
    told = {(row.user_id, row.kind) for row in db.session.query(Notification)}
    assert {(people.lin.id, "claim.returned"), (people.zhou.id, "found.returned")} <= told


def test_rivals_who_still_waited_are_refused_with_a_reason(people: Cast) -> None:
    no = held(people)
    rival = claimed(people.wu, no)
    pickup_id = ready(people, approved(people, no))
    with transaction():
        service.confirm_return(people.he.actor, pickup_id)
    claim = queries.claim(people.wu.actor, rival)
    assert claim.state is ClaimState.REJECTED
    assert claim.reason


def test_a_desk_prepares_but_only_security_confirms(people: Cast) -> None:
    pickup_id = ready(people, approved(people, held(people)))
    for person in (people.desk, people.lin, people.admin):
        with pytest.raises(Forbidden), transaction():
            service.confirm_return(person.actor, pickup_id)
    assert returns() == 0


def test_the_officer_cannot_confirm_before_identity_and_recipient(people: Cast) -> None:
    claim_id = approved(people, held(people))
    pickup_id = at_the_desk(people, claim_id)
    with pytest.raises(Conflict), transaction():
        service.confirm_return(people.he.actor, pickup_id)
    with pytest.raises(Conflict), transaction():
        service.confirm_receipt(people.lin.actor, claim_id)
    with transaction():
        service.check_identity(people.desk.actor, pickup_id, IDENTITY)
    with pytest.raises(Conflict), transaction():
        service.confirm_return(people.he.actor, pickup_id)


def test_a_code_works_once(people: Cast) -> None:
    claim_id = approved(people, held(people))
    code = service.pickup_code(queries.claim(people.lin.actor, claim_id))
    with transaction():
        service.open_pickup(people.desk.actor, EnterCode(code=code))
    with pytest.raises(Invalid), transaction():
        service.open_pickup(people.desk.actor, EnterCode(code=code))


def test_an_expired_code_does_not_work(people: Cast) -> None:
    claim_id = approved(people, held(people))
    code = service.pickup_code(queries.claim(people.lin.actor, claim_id))
    with freeze(now() + timedelta(days=20)), pytest.raises(Invalid), transaction():
        service.open_pickup(people.desk.actor, EnterCode(code=code))


def test_a_code_may_be_typed_with_a_gap_and_must_have_six_digits() -> None:
    assert EnterCode.model_validate({"code": " 417 092 "}).code == "417092"
    with pytest.raises(ValidationError):
        EnterCode.model_validate({"code": "41709"})


def test_of_the_document_only_type_and_last_four_are_taken() -> None:
    with pytest.raises(ValidationError):
        CheckIdentity.model_validate({"id_type": "id_card", "id_last4": "110101200001011234"})


def test_somebody_else_cannot_confirm_for_the_recipient(people: Cast) -> None:
    claim_id = approved(people, held(people))
    pickup_id = at_the_desk(people, claim_id)
    with transaction():
        service.check_identity(people.desk.actor, pickup_id, IDENTITY)
    with pytest.raises(Forbidden), transaction():
        service.confirm_receipt(people.he.actor, claim_id)


def test_without_a_phone_the_recipient_types_his_name_at_the_counter(people: Cast) -> None:
    claim_id = approved(people, held(people))
    pickup_id = at_the_desk(people, claim_id)
    with transaction():
        service.check_identity(people.desk.actor, pickup_id, IDENTITY)
    with pytest.raises(Invalid), transaction():
        service.confirm_at_counter(people.desk.actor, pickup_id, ConfirmAtCounter(name="吴可"))
    with transaction():
        pickup = service.confirm_at_counter(people.desk.actor, pickup_id, ConfirmAtCounter(name="林小满"))
    assert pickup.confirmed_via == "counter"


def test_an_aborted_pickup_hands_nothing_out_until_a_new_code_is_issued(people: Cast) -> None:
    claim_id = approved(people, held(people))
    pickup_id = ready(people, claim_id)
    with transaction():
        service.abort_pickup(people.desk.actor, pickup_id, Abort(reason="照片和人不像"))
    with pytest.raises(Conflict), transaction():
        service.confirm_return(people.he.actor, pickup_id)
    assert service.pickup_code(queries.claim(people.lin.actor, claim_id)) == ""
    with transaction():
        service.reissue_code(people.he.actor, claim_id)
    pickup_id = ready(people, claim_id)
    with transaction():
        service.confirm_return(people.he.actor, pickup_id)
    assert returns() == 1


def test_an_officer_cannot_confirm_his_own_pickup(people: Cast) -> None:
    from campus_service.core.permissions import Role
    from campus_service.lostfound.commands import Decide
    from tests.conftest import new_colleague

    other = new_colleague("W0009", "孙老师", Role.SECURITY)
    claim_id = claimed(people.he, held(people))
    with transaction():
        service.decide(other.actor, claim_id, Decide(approve=True))
    pickup_id = at_the_desk(people, claim_id)
    with transaction():
        service.check_identity(people.desk.actor, pickup_id, IDENTITY)
    with transaction():
        service.confirm_receipt(people.he.actor, claim_id)
    with pytest.raises(Forbidden), transaction():
        service.confirm_return(people.he.actor, pickup_id)


def test_the_whole_way_is_in_the_audit_log_and_the_chain_holds(people: Cast) -> None:
    pickup_id = ready(people, approved(people, held(people)))
    with transaction():
        service.confirm_return(people.he.actor, pickup_id)
    actions = list(db.session.scalars(select(audit.AuditEntry.action).order_by(audit.AuditEntry.seq)))
    way = [
        "found_item.taken_in",
        "claim.submitted",
        "claim.approved",
        "pickup.opened",
        "pickup.identity_checked",
        "pickup.recipient_confirmed",
        "claim.returned",
        "found_item.returned",
    ]
    assert [action for action in actions if action in way] == way
    assert list(audit.verify()) == []


ITEMS = 1000
OFFICERS = 8


def test_eight_officers_confirm_each_of_a_thousand_returns_at_once_and_each_happens_once(
    app: Flask, people: Cast
) -> None:
    pickups = _a_thousand_ready_pickups(people)
    barrier = threading.Barrier(OFFICERS)

    def confirm_all() -> tuple[int, int]:
        won = lost = 0
        with app.app_context():
            for pickup_id in pickups:
                barrier.wait()
                try:
                    with transaction():
                        service.confirm_return(people.he.actor, pickup_id)
                    won += 1
                except Conflict:
                    lost += 1
        return won, lost

    with ThreadPoolExecutor(OFFICERS) as pool:
        results = [run.result() for run in [pool.submit(confirm_all) for _officer in range(OFFICERS)]]

    assert sum(won for won, _lost in results) == ITEMS
    assert sum(lost for _won, lost in results) == ITEMS * (OFFICERS - 1)
    per_item = db.session.execute(select(Return.item_id, func.count()).group_by(Return.item_id)).all()
    assert [count for _item, count in per_item] == [1] * ITEMS
    assert (
        db.session.scalar(
            select(func.count()).select_from(FoundItem).where(FoundItem.state == FoundState.RETURNED)
        )
        == ITEMS
    )
    assert list(audit.verify()) == []


def _a_thousand_ready_pickups(people: Cast) -> list[int]:
    moment = now()
    with transaction() as session:
        session.execute(insert(FoundItem), [_item_row(n, moment) for n in range(1, ITEMS + 1)])
        session.execute(
            insert(Claim),
            [
                {
                    "id": n,
                    "item_id": n,
                    "claimant_id": people.lin.id,
                    "state": ClaimState.APPROVED,
                    "question": "",
                    "answer": "",
                    "when_where": "",
                    "submitted_at": moment,
                }
                for n in range(1, ITEMS + 1)
            ],
        )
        session.execute(
            insert(Pickup),
            [
                {
                    "id": n,
                    "claim_id": n,
                    "opened_at": moment,
                    "opened_by": people.desk.id,
                    "id_checked_at": moment,
                    "confirmed_at": moment,
                }
                for n in range(1, ITEMS + 1)
            ],
        )
    return list(range(1, ITEMS + 1))


def _item_row(n: int, moment: object) -> dict[str, object]:
    return {
        "id": n,
        "no": f"2611-{n:04d}",
        "title": f"围巾 {n}",
        "category": Category.CLOTHING,
        "area": "library",
        "occurred_on": today(),
        "created_at": moment,
        "updated_at": moment,
        "listed": True,
        "listed_at": moment,
        "state": FoundState.HELD,
        "custody": CustodyClass.ORDINARY,
        "desk_code": "centre",
    }
