"""The desks' pages about claims and returns: rivals side by side, five steps, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from campus_service.core.permissions import Role
from campus_service.lostfound import queries, service
from campus_service.lostfound.commands import Abort, Appeal, ChooseSlot, Decide, HandIn
from campus_service.lostfound.models import Claim, Pickup, Return
from campus_service.lostfound.service.claiming import slots
from campus_service.lostfound.states import ClaimState, FoundState
from campus_service.media import service as media
from tests.conftest import Cast, Person, new_colleague
from tests.lostfound.pages import counted, form, links
from tests.lostfound.stories import approved, at_the_desk, claimed, found, held, ready
from tests.media.pictures import phone_photo

SignIn = Callable[[FlaskClient, Person], FlaskClient]
RETURNS = "/desk/returns"
IDENTITY = {"id_type": "id_card", "id_last4": "123x"}


def claim(claim_id: int) -> Claim:
    db.session.rollback()
    return db.session.get_one(Claim, claim_id)


def pickup(pickup_id: int) -> Pickup:
    db.session.rollback()
    return db.session.get_one(Pickup, pickup_id)


def returned() -> int:
    return db.session.scalar(select(func.count()).select_from(Return)) or 0


def photo_of(person: Person) -> str:
    with transaction():
        return media.store(person.actor, phone_photo()).key


def refused(people: Cast, no: str, person: Person) -> int:
    claim_id = claimed(person, no)
    with transaction():
        service.decide(people.he.actor, claim_id, Decide(approve=False, reason="特征对不上。"))
    return claim_id


# --- claims that wait --------------------------------------------------------------------------------------------


def test_claims_wait_by_item_the_most_urgent_first(security: FlaskClient, people: Cast) -> None:
    new, old = held(people), held(people, title="旧围巾")
    claimed(people.lin, new)
    claimed(people.wu, new)
    with freeze(now() - timedelta(days=9)):
        claimed(people.lin, old)
    page = security.get("/desk/claims")
    assert links(page, "/desk/claims/") == [f"/desk/claims/{old}", f"/desk/claims/{new}"]
    assert "2 份" in page.text
    assert page.text.count("晚了，应在") == 1
    assert "data-row" in page.text


def test_no_claims_is_said_kindly(security: FlaskClient) -> None:
    assert "没有等着核对的认领" in security.get("/desk/claims").text


def test_an_appeal_is_marked_in_the_list(security: FlaskClient, people: Cast) -> None:
    claim_id = refused(people, held(people), people.lin)
    with transaction():
        service.appeal(people.lin.actor, claim_id, Appeal(text="有旧照片"))
    assert "申诉 1" in security.get("/desk/claims").text


# --- rivals side by side -----------------------------------------------------------------------------------------


def test_rivals_stand_side_by_side_against_the_private_marks(security: FlaskClient, people: Cast) -> None:
    no = held(people)
    claimed(people.lin, no, "水洗标嫌扎，剪掉了半截")
    claimed(people.wu, no, "没有什么特别的")
    page = security.get(f"/desk/claims/{no}").text
    for words in (
        "水洗标只剩半截",
        "没有什么特别的",
        "林小满",
        "吴可",
        "认领 A",
        "认领 B",
        "昨天下午",
        "第 1 次认领",
    ):
        assert words in page
    assert "<mark>水洗标</mark>" in page
    assert page.count('class="hit"') == 1
    assert "答应" in page


def test_more_rivals_than_fit_abreast_go_on_below(security: FlaskClient, people: Cast) -> None:
    no = held(people)
    for n in range(4):
        claimed(new_colleague(f"S{n}", f"同学{n}", Role.STUDENT), no)
    page = security.get(f"/desk/claims/{no}").text
    assert page.count('aria-label="认领对照"') == 2
    assert "认领 D" in page


def test_what_claimants_write_is_text_and_never_markup(security: FlaskClient, people: Cast) -> None:
    no = held(people, private_marks="<b>水洗标</b>")
    claimed(people.lin, no, "<script>水洗标</script>", when_where="<i>图书馆</i>")
    page = security.get(f"/desk/claims/{no}").text
    assert "<b>水洗标" not in page
    assert "<script>水" not in page
    assert "<i>" not in page


def test_proof_photos_are_shown_to_security_and_to_nobody_else(
    app: Flask, security: FlaskClient, people: Cast, sign_in: SignIn
) -> None:
    no = held(people)
    claimed(people.lin, no, photos=[photo_of(people.lin)])
    (shown,) = links(security.get(f"/desk/claims/{no}"), "/photos/")
    assert security.get(shown).status_code == 200
    assert app.test_client().get(shown).status_code == 404
    assert sign_in(app.test_client(), people.wu).get(shown).status_code == 404
    assert sign_in(app.test_client(), people.lin).get(shown).headers["Cache-Control"] == "private, no-store"


def test_comparing_costs_the_same_for_two_rivals_and_for_five(security: FlaskClient, people: Cast) -> None:
    costs = []
    for count in (2, 5):
        no = held(people)
        for n in range(count):
            claimed(new_colleague(f"S{count}{n}", f"同学{n}", Role.STUDENT), no)
        # The calendar is read once by a process, and then only asked whether it changed; the words of the staff mark answers.
        security.get(f"/desk/claims/{no}")
        with counted() as statements:
            security.get(f"/desk/claims/{no}")
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 13


def test_security_approves_and_the_claimant_gets_a_code(security: FlaskClient, people: Cast) -> None:
    no = held(people)
    mine, rival = claimed(people.lin, no), claimed(people.wu, no)
    answer = security.post(f"/desk/claims/{mine}/decision", data={"approve": "1"})
    assert answer.location == f"/desk/claims/{no}"
    assert (claim(mine).state, claim(rival).state) == (ClaimState.APPROVED, ClaimState.SUBMITTED)
    page = security.get(f"/desk/claims/{no}").text
    assert "取件码已发给认领的人" in page
    assert service.pickup_code(claim(mine)) not in page
    assert "待领取" in page


def test_a_refusal_needs_a_reason_and_offers_some(security: FlaskClient, people: Cast) -> None:
    no = held(people)
    claim_id = claimed(people.lin, no)
    action = f"/desk/claims/{claim_id}/decision"
    assert "<datalist" in security.get(f"/desk/claims/{no}").text
    answer = security.post(action, data={"approve": "0", "reason": " "})
    assert answer.status_code == 422
    assert "不通过要写理由" in answer.text
    assert "林小满" in answer.text
    security.post(action, data={"approve": "0", "reason": "时间对不上。"})
    assert (claim(claim_id).state, claim(claim_id).reason) == (ClaimState.REJECTED, "时间对不上。")
    assert "时间对不上。" in security.get(f"/desk/claims/{no}").text


def test_a_reason_that_is_too_long_is_kept(security: FlaskClient, people: Cast) -> None:
    claim_id = claimed(people.lin, held(people))
    answer = security.post(f"/desk/claims/{claim_id}/decision", data={"approve": "0", "reason": "长" * 301})
    assert answer.status_code == 422
    assert "长" * 301 in answer.text
    assert "最多 300 个字" in answer.text


def test_a_decision_that_came_too_late_shows_how_it_stands(security: FlaskClient, people: Cast) -> None:
    no = held(people)
    first, second = claimed(people.lin, no), claimed(people.wu, no)
    with transaction():
        service.decide(people.he.actor, first, Decide(approve=True))
    again = security.post(f"/desk/claims/{first}/decision", data={"approve": "0", "reason": "晚了"})
    assert (again.status_code, "情况刚刚变了" in again.text, "待领取" in again.text) == (409, True, True)
    both = security.post(f"/desk/claims/{second}/decision", data={"approve": "1"})
    assert (both.status_code, "同一时间只能通过一份" in both.text) == (409, True)
    assert claim(second).state is ClaimState.SUBMITTED


def test_nobody_approves_what_is_not_at_a_desk(security: FlaskClient, people: Cast) -> None:
    no = found(people.zhou)
    claim_id = claimed(people.lin, no)
    page = security.get(f"/desk/claims/{no}").text
    assert "东西还不在招领点" in page
    assert "不通过 A" in page
    assert 'name="approve" value="1"' not in page
    answer = security.post(f"/desk/claims/{claim_id}/decision", data={"approve": "1"})
    assert answer.status_code == 409


def test_an_appeal_goes_to_another_officer(
    app: Flask, security: FlaskClient, people: Cast, sign_in: SignIn
) -> None:
    no = held(people)
    claim_id = refused(people, no, people.lin)
    with transaction():
        service.appeal(people.lin.actor, claim_id, Appeal(text="我有旧照片可以带来"))
    page = security.get(f"/desk/claims/{no}").text
    assert "由另一位老师决定" in page
    assert "我有旧照片可以带来" in page
    assert "上次没有通过：特征对不上。" in page
    assert security.post(f"/desk/claims/{claim_id}/decision", data={"approve": "1"}).status_code == 403
    other = sign_in(app.test_client(), new_colleague("W0009", "孙老师", Role.SECURITY))
    other.post(f"/desk/claims/{claim_id}/decision", data={"approve": "1"})
    assert claim(claim_id).state is ClaimState.APPROVED


def test_a_thing_without_claims_says_so(security: FlaskClient, people: Cast) -> None:
    page = security.get(f"/desk/claims/{held(people)}")
    assert (page.status_code, "没有等着核对的认领" in page.text) == (200, True)
    assert security.get("/desk/claims/2611-9999").status_code == 404
    assert security.post("/desk/claims/999/decision").status_code == 404


# --- entering a code ---------------------------------------------------------------------------------------------


def code_of(people: Cast, claim_id: int) -> str:
    return service.pickup_code(queries.claim(people.he.actor, claim_id))


def test_a_code_opens_the_pickup_however_it_is_pasted(desk: FlaskClient, people: Cast) -> None:
    code = code_of(people, approved(people, held(people)))
    page = desk.get(RETURNS)
    assert 'inputmode="numeric"' in page.text
    assert "autofocus" in page.text
    answer = desk.post(RETURNS, data={"code": f" {code[:3]} - {code[3:]}"})
    assert answer.location.startswith(f"{RETURNS}/")
    assert desk.get(answer.location).status_code == 200


@pytest.mark.parametrize(
    ("code", "words"), [("000000", "没有这个取件码"), ("1234", "现在有 4 位"), ("", "现在有 0 位")]
)
def test_a_wrong_code_is_kept_and_explained(desk: FlaskClient, people: Cast, code: str, words: str) -> None:
    waiting = held(people)
    if code_of(people, approved(people, waiting)) == code:
        pytest.fail("one in a million")
    answer = desk.post(RETURNS, data={"code": code})
    assert (answer.status_code, words in answer.text) == (422, True)
    assert form(answer, RETURNS)["code"] == [code]
    assert waiting in answer.text


def test_a_code_works_once(desk: FlaskClient, people: Cast) -> None:
    claim_id = approved(people, held(people))
    code = code_of(people, claim_id)
    desk.post(RETURNS, data={"code": code})
    assert desk.post(RETURNS, data={"code": code}).status_code == 422


def test_a_code_for_a_thing_on_its_way_explains_where_it_is(desk: FlaskClient, people: Cast) -> None:
    no = held(people)
    code = code_of(people, approved(people, no))
    desk.post(f"/desk/items/{no}/move", data={"desk": "library"})
    answer = desk.post(RETURNS, data={"code": code})
    assert (answer.status_code, f"{no} 现在不在招领点" in answer.text) == (409, True)


def test_who_waits_and_who_is_being_served_is_listed(desk: FlaskClient, people: Cast) -> None:
    waiting, going = held(people, shelf="B-09"), held(people, title="另一条围巾")
    claim_id = approved(people, waiting)
    slot = slots(now(), claim(claim_id).code_expires_at)[0]
    with transaction():
        service.choose_slot(people.lin.actor, claim_id, ChooseSlot(slot_at=slot))
    pickup_id = at_the_desk(people, approved(people, going, people.wu))
    page = desk.get(RETURNS)
    for words in (waiting, "B-09", "林小满", f"{slot:%H:%M}", "等着看证件", "吴可"):
        assert words in page.text
    assert f"{RETURNS}/{pickup_id}" in links(page)
    assert code_of(people, claim_id) not in page.text


# --- the five steps ----------------------------------------------------------------------------------------------


def test_the_whole_return_step_by_step(
    app: Flask, desk: FlaskClient, security: FlaskClient, people: Cast, sign_in: SignIn
) -> None:
    no = held(people)
    claim_id = approved(people, no)
    path = desk.post(RETURNS, data={"code": code_of(people, claim_id)}).location
    assert form(desk.get(path), f"{path}/identity")["id_type"] == ["campus_card"]
    assert desk.post(f"{path}/identity", data=IDENTITY).location == path
    assert "身份证，末 4 位 123X" in desk.get(path).text
    sign_in(app.test_client(), people.lin).post(f"/lost-found/claims/{claim_id}/confirm")
    assert "在自己的手机上" in desk.get(path).text
    page = security.get(path)
    assert "data-key-submit" in page.text
    security.post(f"{path}/confirm", data=form(page, f"{path}/confirm"))
    assert queries.found_item(people.he.actor, no).state is FoundState.RETURNED
    assert returned() == 1
    assert "交还好了" in desk.get(path).text


def test_the_desk_sees_who_must_confirm(desk: FlaskClient, people: Cast) -> None:
    path = f"{RETURNS}/{ready(people, approved(people, held(people)))}"
    page = desk.get(path).text
    assert "请何老师确认" in page
    assert f"{path}/confirm" not in page
    assert desk.post(f"{path}/confirm").status_code == 403
    assert returned() == 0


def test_an_officer_never_confirms_his_own_return(
    app: Flask, security: FlaskClient, people: Cast, sign_in: SignIn
) -> None:
    other = new_colleague("W0009", "孙老师", Role.SECURITY)
    no = held(people)
    claim_id = claimed(people.he, no)
    with transaction():
        service.decide(other.actor, claim_id, Decide(approve=True))
    path = f"{RETURNS}/{at_the_desk(people, claim_id)}"
    security.post(f"{path}/identity", data=IDENTITY)
    security.post(f"{path}/counter", data={"name": "何老师"})
    page = security.get(path).text
    assert "要由另一位老师确认" in page
    assert f"{path}/confirm" not in page
    assert security.post(f"{path}/confirm").status_code == 403
    sign_in(app.test_client(), other).post(f"{path}/confirm")
    assert returned() == 1


def test_without_a_phone_the_recipient_types_his_name(desk: FlaskClient, people: Cast) -> None:
    path = f"{RETURNS}/{at_the_desk(people, approved(people, held(people)))}"
    desk.post(f"{path}/identity", data=IDENTITY)
    wrong = desk.post(f"{path}/counter", data={"name": "林大满"})
    assert (wrong.status_code, "和账号上的姓名不一致" in wrong.text) == (422, True)
    assert form(wrong, f"{path}/counter")["name"] == ["林大满"]
    desk.post(f"{path}/counter", data={"name": "林小满"})
    assert "在这里输入了姓名" in desk.get(path).text


@pytest.mark.parametrize("last", ["12", "12345", "12-4", ""])
def test_only_four_characters_of_a_document_are_taken(desk: FlaskClient, people: Cast, last: str) -> None:
    pickup_id = at_the_desk(people, approved(people, held(people)))
    answer = desk.post(f"{RETURNS}/{pickup_id}/identity", data={"id_type": "passport", "id_last4": last})
    assert answer.status_code == 422
    again = form(answer, f"{RETURNS}/{pickup_id}/identity")
    assert (again["id_type"], again["id_last4"]) == (["passport"], [last])
    assert pickup(pickup_id).id_last4 == ""


@pytest.mark.parametrize(
    ("step", "sent", "words"),
    [("confirm", {}, "还差一步"), ("counter", {"name": "林小满"}, "先由工作人员看过证件")],
)
def test_steps_in_the_wrong_order_show_what_is_missing(
    security: FlaskClient, people: Cast, step: str, sent: dict[str, str], words: str
) -> None:
    path = f"{RETURNS}/{at_the_desk(people, approved(people, held(people)))}"
    answer = security.post(f"{path}/{step}", data=sent)
    assert (answer.status_code, words in answer.text, "看过证件了" in answer.text) == (409, True, True)
    assert returned() == 0


def test_the_second_confirmation_finds_it_done(security: FlaskClient, people: Cast) -> None:
    path = f"{RETURNS}/{ready(people, approved(people, held(people)))}"
    security.post(f"{path}/confirm")
    again = security.post(f"{path}/confirm")
    assert (again.status_code, "只能交还一次" in again.text, "交还好了" in again.text) == (409, True, True)
    assert returned() == 1


def test_after_the_return_the_page_says_who_was_told_what(security: FlaskClient, people: Cast) -> None:
    no = found(people.zhou)
    with transaction():
        service.hand_in(people.desk.actor, no, HandIn(desk="centre"))
    appealing = refused(people, no, people.wu)
    with transaction():
        service.appeal(people.wu.actor, appealing, Appeal(text="再看看"))
    claimed(new_colleague("S1", "同学", Role.STUDENT), no)
    path = f"{RETURNS}/{ready(people, approved(people, no))}"
    security.post(f"{path}/confirm")
    page = security.get(path).text
    for words in ("告诉领取人林小满", "告诉捡到的周知远", "告诉另外 2 位认领的人", "从公开列表里撤下"):
        assert words in page


def test_an_anonymous_finder_is_told_nothing(security: FlaskClient, people: Cast) -> None:
    path = f"{RETURNS}/{ready(people, approved(people, held(people)))}"
    security.post(f"{path}/confirm")
    assert "捡到的人没有留下账号" in security.get(path).text


def test_a_mismatch_aborts_and_security_gives_a_new_code(
    desk: FlaskClient, security: FlaskClient, people: Cast
) -> None:
    no = held(people)
    claim_id = approved(people, no)
    path = f"{RETURNS}/{at_the_desk(people, claim_id)}"
    assert desk.post(f"{path}/abort", data={"reason": ""}).status_code == 422
    desk.post(f"{path}/abort", data={"reason": "本人和照片不像"})
    page = desk.get(path).text
    assert ("这次没有交还" in page, "本人和照片不像" in page, f"{path}/identity" in page) == (
        True,
        True,
        False,
    )
    assert "用过了，请保卫处换新的" in desk.get(RETURNS).text
    assert f"/desk/claims/{no}" in links(security.get(RETURNS))
    action = f"/desk/claims/{claim_id}/code"
    assert action in security.get(path).text
    assert security.post(action).location == f"/desk/claims/{no}"
    assert desk.post(RETURNS, data={"code": code_of(people, claim_id)}).status_code == 302
    assert security.post(action).status_code == 409


def test_a_step_after_the_end_shows_the_end(desk: FlaskClient, people: Cast) -> None:
    pickup_id = at_the_desk(people, approved(people, held(people)))
    with transaction():
        service.abort_pickup(people.desk.actor, pickup_id, Abort(reason="对不上"))
    answer = desk.post(f"{RETURNS}/{pickup_id}/identity", data=IDENTITY)
    assert (answer.status_code, "这次没有交还" in answer.text) == (409, True)


def test_a_claim_withdrawn_at_the_counter_ends_the_pickup(desk: FlaskClient, people: Cast) -> None:
    claim_id = approved(people, held(people))
    path = f"{RETURNS}/{at_the_desk(people, claim_id)}"
    with transaction():
        service.withdraw_claim(people.lin.actor, claim_id)
    assert "这份认领已经结束" in desk.get(path).text


@pytest.mark.parametrize(("stage", "waits"), [("identity", False), ("recipient", True), ("officer", True)])
def test_the_page_asks_by_itself_while_it_waits_for_somebody(
    desk: FlaskClient, people: Cast, stage: str, waits: bool
) -> None:
    claim_id = approved(people, held(people))
    pickup_id = ready(people, claim_id) if stage == "officer" else at_the_desk(people, claim_id)
    path = f"{RETURNS}/{pickup_id}"
    if stage == "recipient":
        desk.post(f"{path}/identity", data=IDENTITY)
    assert ('data-hx-trigger="every 3s"' in desk.get(path).text) is waits
    same, other = (desk.get(f"{path}/state", query_string={"seen": seen}) for seen in (stage, "before"))
    assert (same.status_code, same.data, "HX-Redirect" in same.headers) == (204, b"", False)
    assert (other.status_code, other.headers["HX-Redirect"]) == (200, path)


def test_a_pickup_that_does_not_exist_is_not_found(desk: FlaskClient) -> None:
    for path in ("999", "999/state"):
        assert desk.get(f"{RETURNS}/{path}").status_code == 404
    sent: dict[str, Any] = {"reason": "没有"}
    assert desk.post(f"{RETURNS}/999/abort", data=sent).status_code == 404
