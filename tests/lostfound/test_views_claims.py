"""A claim in the browser: asking, waiting, appealing, collecting."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from campus_service.core.page import fmt_when
from campus_service.lostfound import queries, service
from campus_service.lostfound.commands import Abort, Appeal, CheckIdentity, Decide, HandIn
from campus_service.lostfound.models import Claim
from campus_service.lostfound.service import upkeep
from campus_service.media.models import Photo
from tests.conftest import Cast, Person
from tests.lostfound.pages import counted, form
from tests.lostfound.stories import approved, at_the_desk, claimed, found, held, ready
from tests.media.pictures import phone_photo

SignIn = Callable[[FlaskClient, Person], FlaskClient]
ANSWER = {"answer": "水洗标剪掉了半截", "when_where": "昨天下午，咖啡角"}


@pytest.fixture
def lin(client: FlaskClient, people: Cast, sign_in: SignIn) -> FlaskClient:
    """林小满's browser."""
    return sign_in(client, people.lin)


def claims() -> list[Claim]:
    db.session.expire_all()
    return db.session.query(Claim).order_by(Claim.id).all()


def refused(people: Cast, no: str) -> int:
    claim = claimed(people.lin, no)
    with transaction():
        service.decide(people.he.actor, claim, Decide(approve=False, reason="特征对不上"))
    return claim


def at(claim: int, step: str = "") -> str:
    return f"/lost-found/claims/{claim}" + (f"/{step}" if step else "")


def test_a_claim_leads_to_its_page_with_the_day_of_the_answer(lin: FlaskClient, people: Cast) -> None:
    no = held(people)
    action = f"/lost-found/{no}/claim"
    answer = lin.post(action, data=form(lin.get(f"/lost-found/{no}"), action, **ANSWER))
    (claim,) = claims()
    assert answer.location == at(claim.id)
    page = lin.get(answer.location).text
    assert f"最晚 {fmt_when(service.decision_due(claim.submitted_at))} 前答复你" in page
    assert "正在核对" in page


def test_the_same_claim_sent_twice_is_one(lin: FlaskClient, people: Cast) -> None:
    no = held(people)
    action = f"/lost-found/{no}/claim"
    filled = form(lin.get(f"/lost-found/{no}"), action, **ANSWER)
    assert lin.post(action, data=filled).location == lin.post(action, data=filled).location
    assert len(claims()) == 1


@pytest.mark.parametrize(("field", "value"), [("answer", ""), ("answer", "字" * 1001), ("when_where", "")])
def test_a_mistake_is_named_and_the_answer_is_kept(
    lin: FlaskClient, people: Cast, field: str, value: str
) -> None:
    no = held(people)
    action = f"/lost-found/{no}/claim"
    sent = form(lin.get(f"/lost-found/{no}"), action, **ANSWER | {field: value})
    page = lin.post(action, data=sent)
    assert page.status_code == 422
    assert f'id="f-{field}-error"' in page.text
    again = form(page, action)
    assert {name: again[name] for name in ANSWER} == {
        name: [text] for name, text in (ANSWER | {field: value}).items()
    }
    assert claims() == []


def test_a_proof_photo_travels_with_the_claim_and_stays_private(
    lin: FlaskClient, client: FlaskClient, people: Cast
) -> None:
    no = held(people)
    lin.post(
        f"/lost-found/{no}/claim", data=ANSWER | {"photo_files": [(io.BytesIO(phone_photo()), "旧照.jpg")]}
    )
    (photo,) = db.session.query(Photo).all()
    assert (photo.owner_type, photo.private) == ("claim", True)


def test_a_visitor_who_claims_comes_back_to_the_thing(client: FlaskClient, people: Cast) -> None:
    no = held(people)
    answer = client.post(
        f"/lost-found/{no}/claim", data=ANSWER, headers={"Referer": f"http://localhost/lost-found/{no}"}
    )
    assert answer.location == f"/sign-in?next=/lost-found/{no}"
    assert claims() == []


def test_a_finder_cannot_claim_his_own_find(client: FlaskClient, people: Cast, sign_in: SignIn) -> None:
    no = found(people.zhou)
    assert sign_in(client, people.zhou).post(f"/lost-found/{no}/claim", data=ANSWER).status_code == 403


def test_a_second_claim_while_one_waits_is_refused(lin: FlaskClient, people: Cast) -> None:
    no = held(people)
    claimed(people.lin, no)
    assert lin.post(f"/lost-found/{no}/claim", data=ANSWER).status_code == 409


def test_a_fourth_claim_on_the_same_thing_is_refused(lin: FlaskClient, people: Cast) -> None:
    no = held(people)
    for _n in range(3):
        refused(people, no)
    page = lin.post(f"/lost-found/{no}/claim", data=ANSWER)
    assert page.status_code == 429
    assert "带证件到保卫处" in page.text


# --- reading it --------------------------------------------------------------------------------------------------


def test_nobody_else_reads_a_claim(client: FlaskClient, people: Cast, sign_in: SignIn) -> None:
    claim = approved(people, held(people))
    assert client.get(at(claim)).location.startswith("/sign-in?next=")
    assert sign_in(client, people.wu).get(at(claim)).status_code == 404


def test_staff_are_led_to_the_desk_and_see_no_code(
    client: FlaskClient, people: Cast, sign_in: SignIn
) -> None:
    no = held(people)
    claim = approved(people, no)
    answer = sign_in(client, people.he).get(at(claim))
    assert (answer.status_code, answer.location) == (302, f"/desk/claims/{no}")


def test_an_approved_claim_shows_the_code_to_its_claimant(lin: FlaskClient, people: Cast) -> None:
    claim = approved(people, held(people))
    row = queries.claim(people.lin.actor, claim)
    page = lin.get(at(claim))
    assert f"取件码 {' '.join(service.pickup_code(row))}" in page.text
    assert row.code_expires_at is not None
    assert f"{fmt_when(row.code_expires_at)} 前有效" in page.text
    assert "<svg" in page.text.partition('class="qr"')[2].partition("</div>")[0]
    assert page.headers["Cache-Control"] == "no-store"


def test_a_slot_is_chosen_and_kept(lin: FlaskClient, people: Cast) -> None:
    claim = approved(people, held(people))
    page = lin.get(at(claim))
    slot = page.text.partition("<optgroup")[2].partition('<option value="')[2].partition('"')[0]
    assert lin.post(at(claim, "slot"), data={"slot_at": slot}).location == at(claim)
    assert form(lin.get(at(claim)), at(claim, "slot"))["slot_at"] == [slot]


@pytest.mark.parametrize("slot", ["", "2026-01-01T09:00:00+08:00", "tomorrow"])
def test_a_slot_that_is_not_offered_is_refused(lin: FlaskClient, people: Cast, slot: str) -> None:
    claim = approved(people, held(people))
    page = lin.post(at(claim, "slot"), data={"slot_at": slot})
    assert page.status_code == 422
    assert 'id="f-slot_at-error"' in page.text


def test_a_refusal_shows_its_reason_and_the_appeal(lin: FlaskClient, people: Cast) -> None:
    claim = refused(people, held(people))
    page = lin.get(at(claim))
    assert "特征对不上" in page.text
    answer = lin.post(at(claim, "appeal"), data=form(page, at(claim, "appeal"), text="扣子换过一颗"))
    assert answer.location == at(claim)
    assert "由另一位老师复核" in lin.get(at(claim)).text
    assert claims()[0].appeal == "扣子换过一颗"


def test_an_appeal_needs_words_and_keeps_them(lin: FlaskClient, people: Cast) -> None:
    claim = refused(people, held(people))
    page = lin.post(at(claim, "appeal"), data={"text": "字" * 1001})
    assert page.status_code == 422
    assert form(page, at(claim, "appeal"))["text"] == ["字" * 1001]


def test_there_is_one_appeal(lin: FlaskClient, people: Cast) -> None:
    claim = refused(people, held(people))
    with transaction():
        service.appeal(people.lin.actor, claim, Appeal(text="扣子换过一颗"))
    assert lin.post(at(claim, "appeal"), data={"text": "再来一次"}).status_code == 409
    assert at(claim, "appeal") not in lin.get(at(claim)).text


def test_a_claim_is_withdrawn(lin: FlaskClient, people: Cast) -> None:
    claim = claimed(people.lin, held(people))
    page = lin.get(at(claim))
    lin.post(at(claim, "withdraw"), data=form(page, at(claim, "withdraw")))
    assert "你撤回了这份认领" in lin.get(at(claim)).text
    assert lin.post(at(claim, "withdraw")).status_code == 409


def test_an_expired_code_offers_another_claim(lin: FlaskClient, people: Cast) -> None:
    claim = approved(people, held(people))
    with freeze(now() + timedelta(days=20)), transaction():
        upkeep.daily()
    page = lin.get(at(claim)).text
    assert "取件码过期了" in page
    assert "再认领一次" in page


@pytest.mark.parametrize("step", ["appeal", "withdraw", "confirm", "slot"])
def test_nobody_else_moves_a_claim(client: FlaskClient, people: Cast, sign_in: SignIn, step: str) -> None:
    claim = claimed(people.lin, held(people))
    data = {"text": "我的我的", "slot_at": "2026-11-30T09:00:00+08:00"}
    assert sign_in(client, people.wu).post(at(claim, step), data=data).status_code == 404
    assert claims()[0].state == "submitted"


# --- at the desk -------------------------------------------------------------------------------------------------


def test_the_page_follows_what_happens_at_the_desk(lin: FlaskClient, people: Cast) -> None:
    claim = approved(people, held(people))
    assert 'data-hx-trigger="every 5s"' in lin.get(at(claim)).text
    pickup = at_the_desk(people, claim)
    assert "请把证件给工作人员看一眼" in lin.get(at(claim, "pickup")).text
    with transaction():
        service.check_identity(
            people.desk.actor, pickup, CheckIdentity(id_type="campus_card", id_last4="0001")
        )
    part = lin.get(at(claim, "pickup"))
    answer = lin.post(at(claim, "confirm"), data=form(part, at(claim, "confirm")))
    assert answer.location == at(claim)
    assert "你已确认收到" in lin.get(at(claim, "pickup")).text
    with transaction():
        service.confirm_return(people.he.actor, pickup)
    assert lin.get(at(claim, "pickup")).headers["HX-Refresh"] == "true"
    assert "已经领回" in lin.get(at(claim)).text


def test_a_receipt_cannot_be_confirmed_before_the_check(lin: FlaskClient, people: Cast) -> None:
    claim = approved(people, held(people))
    assert lin.post(at(claim, "confirm")).status_code == 409
    at_the_desk(people, claim)
    assert lin.post(at(claim, "confirm")).status_code == 409


def test_after_an_aborted_return_the_page_says_what_to_do(lin: FlaskClient, people: Cast) -> None:
    claim = approved(people, held(people))
    pickup = at_the_desk(people, claim)
    with transaction():
        service.abort_pickup(people.desk.actor, pickup, Abort(reason="证件不对"))
    page = lin.get(at(claim)).text
    assert "上一次没有交还" in page
    assert "证件不对" not in page


def test_a_claim_costs_few_queries(lin: FlaskClient, people: Cast) -> None:
    claim = approved(people, held(people))
    with counted() as statements:
        assert lin.get(at(claim)).status_code == 200
    assert len(statements) <= 6, statements


# --- the finder's receipt ----------------------------------------------------------------------------------------


def receipt_of(people: Cast, no: str) -> str:
    return f"/lost-found/receipt/{service.receipt_token(queries.found_item(people.desk.actor, no))}"


def test_a_receipt_tells_what_happened_since(client: FlaskClient, people: Cast) -> None:
    no = held(people, desk="library")
    path = receipt_of(people, no)
    page = client.get(path)
    assert "图书馆总服务台" in page.text
    assert "<svg" in page.text.partition('class="qr')[2]
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    pickup = ready(people, approved(people, no))
    with transaction():
        service.confirm_return(people.he.actor, pickup)
    assert "交还失主" in client.get(path).text


def test_a_receipt_works_for_what_was_first_posted_online(client: FlaskClient, people: Cast) -> None:
    no = found(people.zhou)
    assert "还没有交到招领点" in client.get(receipt_of(people, no)).text
    with transaction():
        service.hand_in(people.desk.actor, no, HandIn(desk="gym"))
    assert "体育馆服务台" in client.get(receipt_of(people, no)).text


@pytest.mark.parametrize(
    "token", ["2611-0001.00000000000000000000", "2611-0001", "x", "%E4%BC%9E.%E4%BC%9E", "a.b.c"]
)
def test_a_receipt_that_is_not_ours_is_not_found(client: FlaskClient, people: Cast, token: str) -> None:
    held(people)
    assert client.get(f"/lost-found/receipt/{token}").status_code == 404
