"""What leaves without its owner: two different persons, once, not before its day, never while somebody claims it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import run
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from pydantic import ValidationError
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.clock import freeze, now, today
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, DomainError, Forbidden, Invalid
from campus_service.core.permissions import Role
from campus_service.lostfound import keeping_queries, protocols, queries, service
from campus_service.lostfound.commands import Decide
from campus_service.lostfound.commands_custody import CountCash, PutContent
from campus_service.lostfound.custody import (
    KEEP_DAYS,
    Content,
    CustodyClass,
    Destination,
    destinations,
)
from campus_service.lostfound.keeping_commands import HandOver, HandOverMany, Propose, SetRetention, Sign
from campus_service.lostfound.models import Disposal, FoundItem, Protocol, RetentionRule
from campus_service.lostfound.service import contents
from campus_service.lostfound.states import UNDECIDED, ClaimState, FoundState
from tests.conftest import Cast, Person, new_colleague
from tests.lostfound.stories import claimed, held, ready

D = Destination
BANK = {"title": "一张银行卡", "category": "bank_card"}
WALLET = {"title": "棕色钱包", "category": "wallet_cash", "contents": ["cash:二十元"]}


def shelved(people: Cast, **more: Any) -> str:
    """A thing on the shelf whose cash, if it holds any, two people have counted."""
    no = held(people, **more)
    if "contents" in more and "cash:二十元" in more["contents"]:
        with transaction():
            contents.put(people.desk.actor, no, PutContent(kind=Content.CASH, what="零钱", yuan="20"), 1)
        with transaction():
            contents.count_cash(people.he.actor, no, 1, CountCash(yuan="20"))
    return no


IN_A_YEAR = datetime(2027, 12, 6, 2, tzinfo=UTC)


@pytest.fixture
def sun(people: Cast) -> Person:
    """孙老师, a second officer of security."""
    return new_colleague("W0009", "孙老师", Role.SECURITY)


def proposed(person: Person, no: str, to: Destination = D.STATE) -> int:
    with transaction():
        (id,) = service.propose(person.actor, Propose(items=[no], destination=to, reason="到期无人认领"))
        return id


def signed(person: Person, *ids: int, receiver: str = "") -> Protocol:
    with transaction():
        return service.sign(person.actor, Sign(disposals=list(ids), receiver=receiver))


def state(no: str) -> FoundState:
    db.session.expire_all()
    return db.session.scalars(select(FoundItem.state).where(FoundItem.no == no)).one()


# --- two persons -------------------------------------------------------------------------------------------------


def test_one_proposes_another_signs_and_it_is_gone(people: Cast) -> None:
    no = held(people)
    with freeze(IN_A_YEAR):
        id = proposed(people.desk, no)
        assert state(no) is FoundState.HELD
        protocol = signed(people.he, id)
    assert state(no) is FoundState.DISPOSED
    assert protocol.no.startswith("2712-Y")
    row = db.session.get_one(Disposal, id)
    assert (row.proposed_by, row.signed_by) == (people.desk.id, people.he.id)


def test_nobody_signs_what_he_proposed(people: Cast, sun: Person) -> None:
    no = held(people)
    with freeze(IN_A_YEAR):
        id = proposed(people.he, no)
        with pytest.raises(Forbidden, match="另一位"):
            signed(people.he, id)
        assert state(no) is FoundState.HELD
        signed(sun, id)
    assert state(no) is FoundState.DISPOSED


def test_a_desk_proposes_but_does_not_sign(people: Cast) -> None:
    no = held(people)
    with freeze(IN_A_YEAR):
        id = proposed(people.he, no)
        for person in (people.desk, people.lin, people.admin):
            with pytest.raises(Forbidden):
                signed(person, id)
    assert state(no) is FoundState.HELD


def test_the_database_itself_refuses_one_person_twice_and_one_signature(people: Cast) -> None:
    item = queries.found_item(people.he.actor, held(people))
    common = {
        "item_id": item.id,
        "reason": "x",
        "proposed_by": people.he.id,
        "proposed_at": now(),
        "version": 1,
    }
    with transaction():
        protocol = Protocol(no="x", destination=D.STATE, made_at=now(), made_by=people.he.id)
        db.session.add(protocol)
        db.session.flush()
        made = protocol.id
    twice = {"destination": D.POLICE, "signed_by": people.he.id, "signed_at": now()}
    alone = {"destination": D.DESTROYED, "protocol_id": made}
    for wrong in (twice, alone):
        with pytest.raises((IntegrityError, Forbidden)), transaction():
            db.session.execute(insert(Disposal).values(**common, **wrong))


def test_what_is_taken_back_is_not_signed_and_can_be_proposed_again(people: Cast) -> None:
    no = held(people)
    with freeze(IN_A_YEAR):
        id = proposed(people.desk, no)
        with pytest.raises(Conflict, match="已经有人提出"):
            proposed(people.he, no, D.DONATION)
        with transaction():
            service.withdraw_disposal(people.he.actor, id)
        with pytest.raises(Conflict, match="撤回"):
            signed(people.he, id)
        signed(people.he, proposed(people.desk, no, D.DONATION))
    assert state(no) is FoundState.DISPOSED


def test_one_signature_covers_one_destination(people: Cast) -> None:
    bank, keys = held(people, **BANK), held(people, **BANK)
    first, second = proposed(people.desk, bank, D.DESTROYED), proposed(people.desk, keys, D.ISSUER)
    with pytest.raises(Invalid, match="同一个去向"):
        signed(people.he, first, second)


# --- where to, and when ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("custody", list(CustodyClass))
def test_every_class_has_its_destinations_and_each_has_a_name(custody: CustodyClass) -> None:
    usual = destinations(custody)
    assert usual
    assert all(str(to.label) for to in usual)
    assert D.DESTROYED not in destinations(custody, mixed=True)


@pytest.mark.parametrize(
    ("more", "to"),
    [
        (BANK, D.DONATION),
        ({"category": "id_document"}, D.DESTROYED),
        ({"category": "campus_card"}, D.STATE),
        ({"category": "medicine_cosmetics"}, D.STATE),
        (WALLET, D.DONATION),
        ({}, D.CARD_CENTRE),
        ({"title": "钱包", "category": "wallet_cash", "contents": ["bank_card", "cash:十元"]}, D.DESTROYED),
    ],
)
def test_a_destination_that_is_not_the_class_s_is_refused(people: Cast, more: dict[str, Any], to: D) -> None:
    no = held(people, **more)
    with freeze(IN_A_YEAR), pytest.raises(Invalid) as refused:
        proposed(people.desk, no, to)
    assert no in str(refused.value)
    assert str(to.label) in str(refused.value)


@pytest.mark.parametrize("more", [{}, WALLET])
def test_nothing_leaves_before_its_year_is_over(people: Cast, more: dict[str, Any]) -> None:
    no = shelved(people, **more)
    last = queries.found_item(people.he.actor, no).due_on
    assert last
    assert last == today() + timedelta(days=KEEP_DAYS)
    noon = datetime(last.year, last.month, last.day, 4, tzinfo=UTC)
    with freeze(noon - timedelta(days=1)), pytest.raises(Conflict, match="三百一十八"):
        proposed(people.desk, no)
    with freeze(noon):
        signed(people.he, proposed(people.desk, no))
    assert state(no) is FoundState.DISPOSED


def test_without_a_notice_no_year_has_begun(people: Cast) -> None:
    no = held(people)
    with transaction():
        queries.found_item(people.desk.actor, no).notice_on = None
    with freeze(IN_A_YEAR), pytest.raises(Conflict, match="还没有公告过"):
        proposed(people.desk, no)


def test_a_bank_card_is_destroyed_by_two_at_once_and_never_by_one(people: Cast) -> None:
    no = held(people, **BANK)
    with pytest.raises(ValidationError, match="两个人"):
        HandOver(destination=D.DESTROYED, to="何老师")
    signed(people.he, proposed(people.desk, no, D.DESTROYED))
    assert state(no) is FoundState.DISPOSED


def test_who_receives_is_named(people: Cast) -> None:
    id = proposed(people.desk, held(people, **BANK), D.ISSUER)
    with pytest.raises(Invalid, match="由谁接收"):
        signed(people.he, id)
    assert signed(people.he, id, receiver="江城银行校园支行").receiver == "江城银行校园支行"


@pytest.mark.parametrize("more", [WALLET, {"title": "钱包", "category": "wallet_cash"}])
def test_cash_takes_two_also_to_the_police(people: Cast, more: dict[str, Any]) -> None:
    no = shelved(people, **more)
    with pytest.raises(Conflict, match="现金"), transaction():
        service.hand_over(people.he.actor, no, HandOver(destination=D.POLICE, to="东湖派出所"))
    signed(people.he, proposed(people.desk, no, D.POLICE), receiver="东湖派出所")
    assert state(no) is FoundState.HANDED_OVER


# --- claims ------------------------------------------------------------------------------------------------------


def test_nothing_leaves_while_somebody_claims_it(people: Cast) -> None:
    no = held(people)
    with freeze(IN_A_YEAR):
        id = proposed(people.desk, no)
        claim = claimed(people.lin, no)
        with pytest.raises(Conflict, match="1 份认领"):
            signed(people.he, id)
        with transaction():
            service.decide(people.he.actor, claim, Decide(approve=True))
        with pytest.raises(Conflict, match="已经通过"):
            signed(people.he, id)
        pickup = ready(people, claim)
        with transaction():
            service.confirm_return(people.he.actor, pickup)
        with pytest.raises(Conflict, match="撤回"):
            signed(people.he, id)
    assert state(no) is FoundState.RETURNED


def test_of_a_claim_and_a_signature_at_the_same_moment_one_is_done(app: Flask, people: Cast) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    barrier = Barrier(2)
    things = []
    with freeze(IN_A_YEAR):
        for _n in range(4):
            no = held(people)
            with transaction():
                queries.found_item(people.desk.actor, no).due_on = today()
            things.append((no, proposed(people.desk, no)))

    def at_once(act: Callable[[], object]) -> None:
        with app.app_context(), freeze(IN_A_YEAR), contextlib.suppress(DomainError):
            barrier.wait()
            act()
        with app.app_context():
            db.session.remove()

    with ThreadPoolExecutor(2) as both:
        for no, id in things:
            acts: list[Callable[[], object]] = [
                lambda no=no: claimed(people.lin, no),  # type: ignore[misc]
                lambda id=id: signed(people.he, id),  # type: ignore[misc]
            ]
            for done in [both.submit(at_once, act) for act in acts]:
                done.result()
    for no, _id in things:
        open_claims = queries.found_item(people.he.actor, no).open_claims
        assert (state(no) is FoundState.DISPOSED) == (open_claims == 0)


# --- whatever people do ------------------------------------------------------------------------------------------


class Leaving(RuleBasedStateMachine):
    """Staff propose, sign, take back and hand over at random, owners claim, days pass."""

    people: Cast
    sun: Person
    items = Bundle("items")
    proposals = Bundle("proposals")
    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.moment = datetime(2026, 11, 27, 2, tzinfo=UTC)
        self.gone: dict[int, FoundState] = {}

    def attempt(self, act: Callable[[], Any]) -> Any:
        try:
            with freeze(self.moment):
                return act()
        except DomainError:
            return 0

    def person(self, who: str) -> Person:
        return self.sun if who == "sun" else getattr(self.people, who)

    @rule(target=items, more=st.sampled_from([{}, BANK, WALLET, {"category": "id_document"}]))
    def take_in(self, more: dict[str, Any]) -> str:
        with freeze(self.moment):
            return shelved(self.people, **more)

    @rule(days=st.sampled_from([1, 200, 366]))
    def days_pass(self, days: int) -> None:
        self.moment += timedelta(days=days)

    @rule(target=proposals, no=items, who=st.sampled_from(["desk", "he", "sun"]), to=st.sampled_from(list(D)))
    def propose(self, no: str, who: str, to: Destination) -> int:
        return int(self.attempt(lambda: proposed(self.person(who), no, to)))

    @rule(id=proposals, who=st.sampled_from(["desk", "he", "sun", "lin"]))
    def sign(self, id: int, who: str) -> None:
        self.attempt(lambda: signed(self.person(who), id, receiver="派出所"))

    @rule(id=proposals)
    def take_back(self, id: int) -> None:
        def act() -> None:
            with transaction():
                service.withdraw_disposal(self.people.desk.actor, id)

        self.attempt(act)

    @rule(no=items, to=st.sampled_from([D.POLICE, D.ISSUER, D.CARD_CENTRE]))
    def hand_over(self, no: str, to: Destination) -> None:
        def act() -> None:
            with transaction():
                service.hand_over(self.people.he.actor, no, HandOver(destination=to, to="派出所"))

        self.attempt(act)

    @rule(target=claims, no=items)
    def claim(self, no: str) -> int:
        return int(self.attempt(lambda: claimed(self.people.wu, no)))

    @rule(claim=claims, approve=st.booleans())
    def decide(self, claim: int, approve: bool) -> None:
        def act() -> None:
            with transaction():
                service.decide(self.people.he.actor, claim, Decide(approve=approve, reason="对不上"))

        self.attempt(act)

    @invariant()
    def what_left_was_signed_by_two_or_received_by_somebody(self) -> None:
        db.session.expire_all()
        for item in db.session.scalars(select(FoundItem)):
            rows = db.session.scalars(select(Disposal).where(Disposal.item_id == item.id)).all()
            done = [row for row in rows if row.protocol_id is not None]
            left = item.state in (FoundState.DISPOSED, FoundState.HANDED_OVER)
            assert len(done) == left
            for row in done:
                assert (item.state is FoundState.HANDED_OVER) == row.destination.takes_over
                two = row.signed_by is not None and row.signed_by != row.proposed_by
                assert two or (row.destination.takes_over and item.custody is not CustodyClass.VALUABLE)
                assert row.signed_by in (None, self.people.he.id, self.sun.id)
                assert row.destination in service.choices(item)

    @invariant()
    def what_left_was_due_and_claimed_by_nobody(self) -> None:
        for item in db.session.scalars(select(FoundItem)):
            if item.state is FoundState.DISPOSED and item.custody is not CustodyClass.BANK:
                assert item.due_on
                assert item.due_on <= self.moment.date()
            if item.state in (FoundState.DISPOSED, FoundState.HANDED_OVER):
                alive = [
                    row
                    for row in queries.claims_of_item(item.id)
                    if row.state in (*UNDECIDED, ClaimState.APPROVED)
                ]
                assert not alive

    @invariant()
    def what_is_gone_stays_gone(self) -> None:
        for item in db.session.scalars(select(FoundItem)):
            if item.id in self.gone:
                assert item.state is self.gone[item.id]
            if item.state in (FoundState.DISPOSED, FoundState.HANDED_OVER):
                self.gone[item.id] = item.state
                assert not item.listed

    def teardown(self) -> None:
        assert list(audit.verify()) == []


def test_two_signatures_whatever_people_do(people: Cast, sun: Person) -> None:
    Leaving.people, Leaving.sun = people, sun
    steps = settings(
        max_examples=12,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    run_state_machine_as_test(Leaving, settings=steps)


# --- how long ----------------------------------------------------------------------------------------------------


def shorter(people: Cast, days: int = 90, custody: CustodyClass = CustodyClass.ORDINARY) -> None:
    command = SetRetention(custody=custody, days=days, reason="仓库满了，校长办公会同意")
    with transaction():
        service.set_retention(people.admin.actor, command)


def test_an_administrator_shortens_the_term_of_ordinary_things_with_a_reason(people: Cast) -> None:
    before = held(people)
    shorter(people)
    after = held(people)
    for no in (before, after):
        db.session.expire_all()
        assert queries.found_item(people.he.actor, no).due_on == today() + timedelta(days=90)
    shorter(people, 120)
    db.session.expire_all()
    assert queries.found_item(people.he.actor, before).due_on == today() + timedelta(days=120)
    assert len(keeping_queries.retention_history(people.admin.actor)) == 2


@pytest.mark.parametrize(
    "custody", [custody for custody in CustodyClass if custody is not CustodyClass.ORDINARY]
)
def test_the_law_s_terms_are_never_shortened(custody: CustodyClass) -> None:
    with pytest.raises(ValidationError):
        SetRetention(custody=custody, days=KEEP_DAYS - 1, reason="仓库满了")


def test_a_term_needs_a_reason_and_an_administrator(people: Cast) -> None:
    with pytest.raises(ValidationError):
        SetRetention(custody=CustodyClass.ORDINARY, days=90, reason=" ")
    for person in (people.he, people.desk, people.lin):
        with pytest.raises(Forbidden), transaction():
            command = SetRetention(custody=CustodyClass.ORDINARY, days=90, reason="仓库满了")
            service.set_retention(person.actor, command)
    assert db.session.scalars(select(RetentionRule)).all() == []


def due_in(days: int, no: str) -> None:
    with transaction():
        queries.found_item(Actor.system(), no).due_on = today() + timedelta(days=days)


def test_the_reason_stands_beside_the_deadline(people: Cast, desk: FlaskClient) -> None:
    no = held(people)
    shorter(people, 30)
    due_in(5, no)
    for page in (f"/desk/items/{no}", "/desk/due", "/desk/rule?category=umbrella"):
        assert "管理员定为 30 天" in desk.get(page).text
        assert "仓库满了，校长办公会同意" in desk.get(page).text


# --- the pages ---------------------------------------------------------------------------------------------------


def test_the_list_shows_rule_day_article_and_missing_notice(people: Cast, desk: FlaskClient) -> None:
    bank, scarf, later = held(people, **BANK), held(people), held(people)
    due_in(5, scarf)
    due_in(8, later)
    with transaction():
        queries.found_item(people.desk.actor, scarf).notice_on = None
    text = desk.get("/desk/due").text
    words = (
        "《民法典》第三百一十五、三百一十八条",
        "《民法典》第三百一十六条",
        "还没有公告",
        "到期前只能移交公安机关",
    )
    for word in (bank, scarf, *words):
        assert word in text
    assert later not in text


def test_two_browsers_propose_and_sign(people: Cast, desk: FlaskClient, security: FlaskClient) -> None:
    no = held(people, **BANK)
    proposal = {"items": no, "destination": "destroyed", "reason": "到期无人认领", "custody": "bank"}
    assert desk.post("/desk/due/propose", data=proposal).status_code == 302
    disposal = db.session.scalars(select(Disposal)).one()
    assert "另一位老师签字" in desk.get("/desk/due").text
    assert desk.post("/desk/due/sign", data={"disposals": disposal.id}).status_code == 403
    answer = security.post("/desk/due/sign", data={"disposals": disposal.id})
    assert answer.status_code == 302
    assert state(no) is FoundState.DISPOSED
    again = security.post("/desk/due/sign", data={"disposals": disposal.id})
    assert again.status_code == 409


def test_a_page_of_due_things_costs_the_same_for_one_and_for_many(
    people: Cast, security: FlaskClient
) -> None:
    from tests.lostfound.pages import counted

    costs = []
    for count in (1, 4):
        for _n in range(count):
            held(people, **BANK)
            proposed(people.desk, held(people, **BANK), D.DESTROYED)
        with counted() as statements:
            security.get("/desk/due")
        costs.append(len(statements))
    assert costs[0] == costs[1]


def test_forms_sent_with_nothing_chosen_say_what_to_do(people: Cast, security: FlaskClient) -> None:
    held(people, **BANK)
    for path, word in (("propose", "先选中"), ("sign", "先选中"), ("hand-over", "先选中")):
        answer = security.post(f"/desk/due/{path}", data={"custody": "bank"})
        assert answer.status_code == 422
        assert word in answer.text


# --- the protocol ------------------------------------------------------------------------------------------------


def test_the_protocol_says_what_left_where_to_and_by_whom(
    people: Cast, security: FlaskClient, tmp_path: Path
) -> None:
    things = [
        held(people, **BANK, shelf="B-01"),
        held(people, title="#set page(fill: red)", category="bank_card"),
    ]
    with transaction():
        command = HandOverMany(items=things, destination=D.ISSUER, to="江城银行张经理", receipt="JC-7")
        protocol = service.hand_over_many(people.he.actor, command)
    answer = security.get(f"/desk/protocols/{protocol.id}.pdf")
    assert answer.mimetype == "application/pdf"
    path = tmp_path / "protocol.pdf"
    path.write_bytes(answer.data)
    text = run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
    for word in (
        *things,
        protocol.no,
        "失物移交单",
        "江城银行张经理",
        "JC-7",
        "移交人",
        "何老师",
        "接收人",
        "民法典",
    ):
        assert word in text, word
    assert "#set page(fill: red)" in " ".join(text.split())
    fonts = run(["pdffonts", path], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    assert fonts
    assert all(line.split()[-5] == "yes" for line in fonts), fonts


def test_a_disposal_s_protocol_names_both(people: Cast) -> None:
    no = held(people, **BANK)
    row = signed(people.he, proposed(people.desk, no, D.DESTROYED))
    sheet = protocols.sheet(people.desk.actor, row.id)
    assert [(role, who.split()[0] if who else "") for role, who in sheet.signatures] == [
        ("提出人", "周师傅"),
        ("签字人", "何老师"),
        ("见证人", ""),
    ]
    assert protocols.pdf(sheet).startswith(b"%PDF")


# --- the API -----------------------------------------------------------------------------------------------------


def test_programs_do_the_same(people: Cast, desk: FlaskClient, security: FlaskClient) -> None:
    no = held(people, **BANK)
    (row,) = desk.get("/api/v1/desk/due").json["items"]  # type: ignore[index]
    assert (row["no"], row["custody"], row["destinations"]) == (no, "bank", ["issuer", "destroyed", "police"])
    proposal = {"items": [no], "destination": "destroyed", "reason": "无人认领"}
    made = desk.post("/api/v1/desk/due/propose", json=proposal)
    assert made.status_code == 201
    answer = security.post("/api/v1/desk/due/sign", json=made.json)
    assert answer.status_code == 200
    assert answer.json["pdf"].endswith(f"/desk/protocols/{answer.json['id']}.pdf")  # type: ignore[index]
    card = desk.post("/api/v1/desk/cards", json={"number": "2026110001", "desk": "gym"})
    assert card.status_code == 201
    assert card.json["told"] is True  # type: ignore[index]
