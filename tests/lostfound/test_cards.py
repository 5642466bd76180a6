"""Campus cards: nothing public, the owner told once, whoever came first, and the number is kept nowhere."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from campus_service.accounts import links
from campus_service.accounts import service as accounts
from campus_service.accounts.administration import set_active
from campus_service.accounts.models import Purpose, User
from campus_service.core.clock import freeze, today
from campus_service.core.db import Base, db, transaction
from campus_service.core.errors import Conflict, Forbidden, Invalid
from campus_service.core.http import parse
from campus_service.core.workdays import add_working_days
from campus_service.lostfound import keeping_queries, queries, service
from campus_service.lostfound.custody import Destination
from campus_service.lostfound.keeping_commands import CardIn, HandOver
from campus_service.lostfound.models import CardNotice, Claim, FoundItem
from campus_service.lostfound.service import cards, upkeep
from campus_service.lostfound.states import CardState, ClaimState, FoundState
from campus_service.notifications.models import DemoMail, Notification
from campus_service.search.models import SearchDocument
from tests.conftest import Cast, Person
from tests.lostfound.pages import form
from tests.lostfound.stories import at_the_desk, held, ready

LINS = "2026110001"
NOBODYS = "2026119999"
FRIDAY = datetime(2026, 11, 27, 2, tzinfo=UTC)
MONDAY = datetime(2026, 11, 30, 2, tzinfo=UTC)


def card(people: Cast, number: str = LINS, desk: str = "library", **more: Any) -> str:
    """The desk typed the number of a card; returns the item's number."""
    with transaction():
        return service.take_in_card(people.desk.actor, CardIn(number=number, desk=desk, **more))


def told(kind: str = "card.found") -> list[Notification]:
    return list(db.session.scalars(select(Notification).where(Notification.kind == kind)))


def notice(no: str) -> CardNotice:
    db.session.expire_all()
    return db.session.scalars(select(CardNotice).join(CardNotice.item).where(FoundItem.no == no)).one()


def account(number: str = NOBODYS, confirmed: bool = True) -> int:
    """Somebody with this number gets an account."""
    with transaction():
        user = accounts.new_person(
            number,
            "赵明",
            f"{cards.number_hash(number)[:9]}@campus.test",
            password_hash="-",
            roles=[],
            confirmed=confirmed,
        )
        return user.id


def claims_on(no: str) -> list[Claim]:
    return list(db.session.scalars(select(Claim).join(Claim.item).where(FoundItem.no == no)))


# --- the owner is told -------------------------------------------------------------------------------------------


def test_the_owner_is_told_at_once_where_it_lies_and_until_when(
    people: Cast, work: Callable[[], int], client: FlaskClient
) -> None:
    with freeze(FRIDAY):
        no = card(people)
        work()
        (row,) = told()
        assert row.user_id == people.lin.id
        mail = db.session.scalars(select(DemoMail).where(DemoMail.to == people.lin.email)).one()
        for word in ("图书馆总服务台", "7:30", "11月30日 周一送校园卡中心"):
            assert word in f"{mail.subject} {mail.body}"
    (claim,) = claims_on(no)
    assert claim.state is ClaimState.APPROVED
    assert service.pickup_code(claim)
    assert row.link == f"/lost-found/claims/{claim.id}"


def test_before_there_is_an_account_the_notice_waits(people: Cast) -> None:
    no = card(people, NOBODYS)
    assert notice(no).state is CardState.WAITING
    assert told() == []
    owner = account()
    assert [row.user_id for row in told()] == [owner]
    assert notice(no).state is CardState.TOLD


def test_who_has_not_confirmed_the_address_is_not_told_before_he_does(people: Cast) -> None:
    card(people, NOBODYS)
    owner = account(confirmed=False)
    assert told() == []
    with transaction():
        token = links.make(db.session.get_one(User, owner), Purpose.CONFIRM).rpartition("/")[2]
        accounts.confirm_email(token)
    assert [row.user_id for row in told()] == [owner]


def test_a_closed_account_is_told_when_it_is_opened_again(people: Cast) -> None:
    with transaction():
        set_active(people.admin.actor, people.lin.id, False)
    card(people)
    assert told() == []
    with transaction():
        set_active(people.admin.actor, people.lin.id, True)
    assert len(told()) == 1


def test_the_daily_upkeep_tells_whom_both_sides_missed(people: Cast) -> None:
    no, other = card(people, NOBODYS), held(people, category="campus_card")
    with transaction() as session:
        missed = queries.found_item(people.desk.actor, other)
        session.add(CardNotice(item_id=missed.id, number_hash=cards.number_hash(LINS), created_at=FRIDAY))
    for _twice in range(2):
        with transaction():
            upkeep.daily()
    assert [row.user_id for row in told()] == [people.lin.id]
    assert notice(no).state is CardState.WAITING


FRESH = count(1)
EVENTS = st.permutations(["card", "account", "confirm", "upkeep", "card again", "upkeep again"])


@settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(order=EVENTS)
def test_the_owner_is_told_exactly_once_whatever_comes_first(people: Cast, order: list[str]) -> None:
    text = f"20262{next(FRESH):05d}"
    already = len(told())
    person: list[int] = []

    def confirm() -> None:
        if not person:
            person.append(account(text, confirmed=False))
        with transaction():
            user = db.session.get_one(User, person[0])
            accounts.confirm_email(links.make(user, Purpose.CONFIRM).rpartition("/")[2])

    def register() -> None:
        if not person:
            person.append(account(text, confirmed=False))

    def hand_in() -> None:
        with contextlib.suppress(Conflict):
            card(people, text)

    def sweep() -> None:
        with transaction():
            upkeep.daily()

    steps = {"card": hand_in, "account": register, "confirm": confirm, "upkeep": sweep}
    for step in order:
        steps[step.partition(" ")[0]]()
    new = told()[already:]
    assert [row.user_id for row in new] == person
    assert text not in _everything_but_people()


# --- card and account at the same moment -------------------------------------------------------------------------


def test_a_card_and_its_account_at_the_same_moment_find_each_other(app: Flask, people: Cast) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    def at_once(number: str, act: Callable[[str], object], barrier: Barrier) -> None:
        with app.app_context():
            barrier.wait()
            act(number)
            db.session.remove()

    numbers = [f"20261188{n:02d}" for n in range(6)]
    with ThreadPoolExecutor(2) as both:
        for number in numbers:
            barrier = Barrier(2)
            sides: list[Callable[[str], object]] = [lambda text: card(people, text), account]
            for done in [both.submit(at_once, number, act, barrier) for act in sides]:
                done.result()
    assert len(told()) == len(numbers)


# --- nothing public ----------------------------------------------------------------------------------------------


def _everything_but_people() -> str:
    """All that all tables hold, except the account itself."""
    db.session.rollback()
    parts = []
    for table in Base.metadata.sorted_tables:
        columns = [column for column in table.c if column.name not in ("student_no")]
        parts += [repr(row) for row in db.session.execute(select(*columns))]
    return "\n".join(parts)


def test_the_number_is_in_no_table_no_address_no_log_and_on_no_page(
    desk: FlaskClient, people: Cast, work: Callable[[], int], caplog: pytest.LogCaptureFixture, capfd: Any
) -> None:
    for number in (NOBODYS, LINS):
        answer = desk.post(
            "/desk/cards", data={"number": number, "desk": "centre", "request_key": f"form {number[-1]}"}
        )
        assert answer.status_code == 302
        assert number not in answer.location
        assert number not in desk.get(answer.location).text
        again = desk.post("/desk/cards", data={"number": number, "desk": "centre"})
        assert again.status_code == 409
        assert number not in again.text
    wrong = desk.post("/desk/cards", data={"number": f"{NOBODYS}-{LINS}-00", "desk": "centre"})
    assert wrong.status_code == 422
    assert NOBODYS not in wrong.text
    assert "刚才读到 24 位" in wrong.text
    work()
    everything = _everything_but_people() + caplog.text + "".join(capfd.readouterr())
    assert NOBODYS not in everything
    assert LINS not in everything


def test_nobody_outside_sees_a_card(client: FlaskClient, people: Cast, sign_in: Any) -> None:
    no = card(people)
    for who in (None, people.wu):
        browser = sign_in(client, who) if who else client
        for path in ("/", "/lost-found", "/lost-found?q=校园卡", "/lost-found/cards"):
            assert no not in browser.get(path).text
        assert browser.get(f"/lost-found/{no}").status_code == 404
    assert db.session.scalars(select(SearchDocument)).all() == []
    item = queries.found_item(people.desk.actor, no)
    assert (item.listed, item.cover) == (False, "")


def test_a_table_that_is_stolen_does_not_tell_numbers(people: Cast) -> None:
    import hashlib

    digest = notice(card(people)).number_hash
    assert digest != hashlib.sha256(LINS.encode()).hexdigest()
    assert len(digest) == 64


# --- at the desk -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "12", "2026-11-0001", "学号", "2" * 21])
def test_what_is_no_number_is_refused_with_its_length(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(CardIn, {"number": text, "desk": "centre"})
    assert f"刚才读到 {len(text)} 位" in str(refused.value)
    assert not text or text not in str(refused.value)


@pytest.mark.parametrize("text", [f" {LINS} ", f"{LINS}\n", "2026 1100 01"])
def test_blanks_of_a_scanner_do_no_harm(people: Cast, text: str) -> None:
    card(people, text)
    assert len(told()) == 1


def test_the_same_card_twice_is_told_where_it_is(people: Cast) -> None:
    no = card(people)
    with pytest.raises(Conflict, match=no):
        card(people, desk="gym")
    assert len(told()) == 1


def test_the_same_form_twice_makes_one_card(people: Cast) -> None:
    assert card(people, request_key="k") == card(people, request_key="k")


@pytest.mark.parametrize("who", ["lin", "admin"])
def test_only_the_desks_register_cards(people: Cast, who: str) -> None:
    person: Person = getattr(people, who)
    with pytest.raises(Forbidden), transaction():
        service.take_in_card(person.actor, CardIn(number=LINS, desk="centre"))


def test_the_page_is_ready_for_the_next_scan(desk: FlaskClient, people: Cast) -> None:
    page = desk.get("/desk/cards")
    field = re.search(r'<input[^>]*id="f-number"[^>]*>', page.text)
    assert field
    assert all(word in field[0] for word in ("autofocus", 'inputmode="numeric"', 'autocomplete="off"'))
    answer = desk.post("/desk/cards", data=form(page, "/desk/cards", number=LINS, shelf="C-02"))
    after = desk.get(answer.location)
    assert "已通知失主" in after.text
    assert form(after, "/desk/cards")["number"] == [""]
    assert form(after, "/desk/cards")["shelf"] == ["C-02"]


def test_staff_go_on_to_the_desk_and_others_read_how_it_goes(desk: FlaskClient, app: Flask) -> None:
    assert desk.get("/lost-found/cards").location == "/desk/cards"
    page = app.test_client().get("/lost-found/cards")
    assert page.status_code == 200
    assert "交到任一招领点" in page.text


# --- how it ends -------------------------------------------------------------------------------------------------


def test_the_owner_collects_with_code_identity_and_security(people: Cast) -> None:
    no = card(people)
    (claim,) = claims_on(no)
    pickup_id = ready(people, claim.id)
    with transaction():
        service.confirm_return(people.he.actor, pickup_id)
    assert notice(no).state is CardState.COLLECTED
    assert card(people) != no  # the same card, lost again


def test_the_next_working_day_it_goes_to_the_card_centre(people: Cast) -> None:
    with freeze(FRIDAY):
        no = card(people)
        assert queries.found_item(people.he.actor, no).due_on == add_working_days(today(), 1)
        with pytest.raises(Conflict, match="还没有到期"), transaction():
            service.hand_over(people.he.actor, no, _to_the_centre())
    with freeze(MONDAY):
        assert [item.no for item in keeping_queries.due(people.desk.actor, today())] == [no]
        with transaction():
            service.hand_over(people.he.actor, no, _to_the_centre())
    assert notice(no).state is CardState.TO_CENTRE
    assert queries.found_item(people.he.actor, no).state is FoundState.HANDED_OVER
    assert [row.user_id for row in told("card.moved")] == [people.lin.id]
    assert claims_on(no)[0].state is ClaimState.EXPIRED


def test_a_card_that_is_just_being_handed_out_stays(people: Cast) -> None:
    with freeze(FRIDAY):
        no = card(people)
        ready(people, claims_on(no)[0].id)
    with freeze(MONDAY + timedelta(hours=1)), pytest.raises(Conflict, match="正在交还"), transaction():
        service.hand_over(people.he.actor, no, _to_the_centre())


def test_an_account_that_comes_after_the_card_has_gone_is_told_nothing(people: Cast) -> None:
    with freeze(FRIDAY):
        no = card(people, NOBODYS)
    with freeze(MONDAY), transaction():
        service.hand_over(people.he.actor, no, _to_the_centre())
    account()
    assert told() == []


def _to_the_centre() -> HandOver:
    return HandOver(destination=Destination.CARD_CENTRE, to="校园卡中心李老师")


def test_the_code_lasts_as_long_as_the_card_lies_there(people: Cast) -> None:
    with freeze(FRIDAY):
        no = card(people)
        (claim,) = claims_on(no)
        assert claim.code_expires_at == datetime(2026, 11, 30, 9, 30, tzinfo=UTC)
    with freeze(MONDAY + timedelta(days=1)):
        with transaction():
            upkeep.daily()
        db.session.expire_all()
        assert claims_on(no)[0].state is ClaimState.APPROVED
        at_the_desk(people, claim.id)


def test_the_owner_s_page_leads_to_no_page_that_he_may_not_see(
    client: FlaskClient, people: Cast, sign_in: Any
) -> None:
    with freeze(FRIDAY):
        no = card(people)
    browser = sign_in(client, people.lin)
    path = f"/lost-found/claims/{claims_on(no)[0].id}"
    assert f'href="/lost-found/{no}"' not in browser.get(path).text
    with freeze(MONDAY), transaction():
        service.hand_over(people.he.actor, no, _to_the_centre())
    assert "到校园卡中心领取" in browser.get(path).text


def test_the_owner_of_a_wallet_with_a_card_is_told_too(people: Cast, desk: FlaskClient) -> None:
    no = held(people, title="卡夹", category="wallet_cash", contents=["campus_card"])
    sent = form(desk.get(f"/desk/items/{no}"), "/desk/cards", number=LINS)
    assert desk.post("/desk/cards", data=sent).location.startswith(f"/desk/cards?saved={no}")
    assert [row.user_id for row in told()] == [people.lin.id]
    assert '/desk/cards"' not in desk.get(f"/desk/items/{no}").text.partition("thing-acts")[2]
    with pytest.raises(Conflict, match=no):
        card(people, NOBODYS, item=no)


def test_a_thing_that_is_no_card_has_no_number(people: Cast) -> None:
    no = held(people)
    with pytest.raises(Conflict, match="不是在招领点保管的校园卡"):
        card(people, item=no)
    assert told() == []
