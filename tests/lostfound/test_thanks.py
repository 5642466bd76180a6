"""The list of thanks: only who said yes, only what went back, until he says no."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from campus_service.accounts import administration
from campus_service.accounts.models import User
from campus_service.core.audit import AuditEntry
from campus_service.core.clock import now
from campus_service.core.db import db, transaction
from campus_service.core.errors import Forbidden, Invalid
from campus_service.lostfound import queries, service, thanks_queries
from campus_service.lostfound.commands import Agree, HandIn, ThanksName
from campus_service.lostfound.models import Claim, Commendation, FoundItem, Pickup, Return
from campus_service.lostfound.service import thanking
from tests.conftest import Cast, Person
from tests.lostfound.pages import form
from tests.lostfound.stories import approved, found, held, ready

SignIn = Callable[[FlaskClient, Person], FlaskClient]
LIST = "/lost-found/thanks"


def give_back(people: Cast, no: str) -> None:
    pickup = ready(people, approved(people, no))
    with transaction():
        service.confirm_return(people.he.actor, pickup)


def token(people: Cast, no: str) -> str:
    return service.receipt_token(queries.found_item(people.desk.actor, no))


@pytest.mark.parametrize(("how", "shown"), [("surname", "张*"), ("full", "张小明")])
def test_a_finder_who_agreed_at_the_desk_is_thanked_after_the_return(
    client: FlaskClient, people: Cast, how: str, shown: str
) -> None:
    no = held(people, finder_name="张小明", thanks=how)
    assert shown not in client.get(LIST).text
    give_back(people, no)
    page = client.get(LIST).text
    assert f"<b>{shown}</b>" in page
    assert "衣物" in page
    assert ("张小明" in page) is (how == "full")


def test_without_a_yes_nobody_is_named(client: FlaskClient, people: Cast) -> None:
    give_back(people, held(people, finder_name="张小明"))
    assert "张" not in client.get(LIST).text.partition("<main")[2]


def test_the_desk_cannot_thank_who_left_no_name_or_a_number(people: Cast) -> None:
    for name in ("", "张三 13800001111", "2026110001", "a" * 21):
        with pytest.raises(Invalid):
            held(people, finder_name=name, thanks="full")
    assert db.session.query(FoundItem).count() == 0


def test_the_intake_form_offers_the_list(desk: FlaskClient) -> None:
    page = desk.get("/desk/intake")
    sent = form(page, "/desk/intake", title="黑伞", place="图书馆", category="umbrella")
    answer = desk.post("/desk/intake", data=sent | {"finder_name": "王芳", "thanks": "surname"})
    assert answer.status_code == 302
    assert db.session.query(Commendation).one().shown_as == "王*"
    without = desk.post(
        "/desk/intake", data=sent | {"request_key": "another", "finder_name": "", "thanks": "full"}
    )
    assert without.status_code == 422
    assert "上感谢名单要先填姓名" in without.text


def test_who_holds_the_receipt_says_yes_and_no(client: FlaskClient, people: Cast) -> None:
    no = held(people)
    give_back(people, no)
    receipt = f"/lost-found/receipt/{token(people, no)}"
    assert "愿意" in client.get(receipt).text
    client.post(f"{receipt}/thanks", data={"finder_name": "欧阳娜", "how": "surname"})
    assert "欧*" in client.get(LIST).text
    assert "写“欧*”" in client.get(receipt).text
    client.post(f"{receipt}/thanks/withdraw")
    assert "欧*" not in client.get(LIST).text
    row = db.session.query(Commendation).one()
    assert (row.shown_as, row.withdrawn_at is None) == ("", False)
    # He may change his mind again.
    client.post(f"{receipt}/thanks", data={"finder_name": "欧阳娜", "how": "full"})
    assert "欧阳娜" in client.get(LIST).text


def test_a_forged_receipt_says_nothing(client: FlaskClient, people: Cast) -> None:
    no = held(people)
    assert (
        client.post(f"/lost-found/receipt/{no}.0000/thanks", data={"finder_name": "某人"}).status_code == 404
    )
    assert client.post(f"/lost-found/receipt/{no}.0000/thanks/withdraw").status_code == 404


def test_a_name_that_is_none_is_refused_on_the_receipt(client: FlaskClient, people: Cast) -> None:
    receipt = f"/lost-found/receipt/{token(people, held(people))}"
    answer = client.post(f"{receipt}/thanks", data={"finder_name": "加微信 abc123"}, follow_redirects=True)
    assert "不写号码" in answer.text
    assert db.session.query(Commendation).count() == 0


def test_a_student_says_yes_and_no_for_what_he_posted(
    app: Flask, client: FlaskClient, people: Cast, sign_in: SignIn
) -> None:
    no = found(people.zhou)
    with transaction():
        service.hand_in(people.desk.actor, no, HandIn(desk="centre"))
    give_back(people, no)
    zhou = sign_in(app.test_client(), people.zhou)
    assert f"/me/thanks/{no}" in zhou.get("/me").text
    zhou.post(f"/me/thanks/{no}", data={"how": "full", "finder_name": "别人"})
    assert f"<b>{people.zhou.name}</b>" in client.get(LIST).text
    zhou.post(f"/me/thanks/{no}/withdraw")
    assert people.zhou.name not in client.get(LIST).text
    with pytest.raises(Forbidden), transaction():
        thanking.agree_by_account(people.wu.actor, no, Agree())


def test_a_closed_account_is_thanked_no_more_and_an_erased_one_leaves_nothing(
    client: FlaskClient, people: Cast
) -> None:
    no = found(people.zhou)
    with transaction():
        service.hand_in(people.desk.actor, no, HandIn(desk="centre"))
    give_back(people, no)
    with transaction():
        thanking.agree_by_account(people.zhou.actor, no, Agree(how=ThanksName.FULL))
    assert people.zhou.name in client.get(LIST).text
    with transaction():
        administration.set_active(people.admin.actor, people.zhou.id, False)
    assert people.zhou.name not in client.get(LIST).text
    with transaction() as session:
        erased = session.query(User).filter_by(id=people.wu.id).one()
        session.query(Commendation).one().person_id = erased.id
        session.flush()
        session.execute(delete(User).where(User.id == erased.id))
    assert db.session.query(Commendation).count() == 0


def test_a_desk_takes_an_entry_off_and_copies_the_list(desk: FlaskClient, people: Cast) -> None:
    no = held(people, finder_name="张小明", thanks="full")
    give_back(people, no)
    page = desk.get(LIST).text
    assert "复制名单" in page
    assert "张小明（衣物）" in page
    assert desk.post(f"{LIST}/{no}/take-off").status_code == 302
    assert "张小明" not in desk.get(LIST).text


def test_readers_see_no_tools_and_writers_copy(
    app: Flask, client: FlaskClient, people: Cast, sign_in: SignIn
) -> None:
    give_back(people, held(people, finder_name="张小明", thanks="full"))
    assert "撤下</button>" not in client.get(LIST).text
    assert "复制名单" not in client.get(LIST).text
    writer = sign_in(app.test_client(), people.writer)
    assert "复制名单" in writer.get(LIST).text
    assert "take-off" not in writer.get(LIST).text


def test_what_a_class_forbids_is_not_named(client: FlaskClient, people: Cast) -> None:
    no = held(
        people, category="bank_card", title="银行卡", finder_name="张小明", thanks="surname", private_marks=""
    )
    with transaction() as session:
        item = session.query(FoundItem).filter_by(no=no).one()
        assert not item.listed
    row = thanks_queries.commendation(item.id)
    assert row is not None
    page = client.get(LIST).text
    assert "张*" not in page
    assert "银行卡" not in page.partition("<main")[2]


def test_the_log_knows_of_the_yes_but_not_the_name(people: Cast) -> None:
    held(people, finder_name="张小明", thanks="full")
    entry = db.session.query(AuditEntry).filter_by(action="commendation.agreed").one()
    assert "张" not in repr(entry.after)


steps = st.lists(st.sampled_from(["agree", "withdraw", "return", "take_off"]), max_size=7)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(done=steps, asked=st.sampled_from(["", "surname", "full"]))
def test_whatever_happens_only_a_standing_yes_to_a_returned_thing_is_shown(
    people: Cast, done: list[str], asked: str
) -> None:
    # A person may claim ten times a month; each example begins anew.
    with transaction() as session:
        for table in (Return, Pickup, Claim):
            session.execute(delete(table))
    no = held(people, finder_name="张小明", thanks=asked)
    receipt, yes, back = token(people, no), bool(asked), False
    for step in done:
        if step == "return" and not back:
            give_back(people, no)
            back = True
        elif step != "return":
            yes = _say(people, no, receipt, step)
        shown = [row.no for row in thanks_queries.thanked(now().replace(year=2000))]
        assert (no in shown) is (yes and back)


def _say(people: Cast, no: str, receipt: str, step: str) -> bool:
    """One step at the receipt or the desk; returns whether the yes stands."""
    if step == "agree":
        with transaction():
            thanking.agree_by_receipt(people.wu.actor, receipt, Agree(finder_name="张小明"))
        return True
    with transaction():
        if step == "withdraw":
            thanking.withdraw_by_receipt(people.wu.actor, receipt)
        else:
            thanking.take_off(people.desk.actor, no)
    return False
