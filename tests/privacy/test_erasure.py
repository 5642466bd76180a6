"""What somebody asked to be deleted is gone from every table, and what a law keeps leads to nobody (PIPL 47)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import select

from campus_service.accounts.models import RoleGrant, User
from campus_service.core import audit
from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict
from campus_service.core.permissions import Role
from campus_service.lostfound.models import Claim, FoundItem, LostReport
from campus_service.lostfound.states import ClaimState, LostState
from campus_service.media import service as media
from campus_service.media.models import file_names
from campus_service.notifications.models import Notification
from campus_service.privacy import queries, service
from campus_service.privacy.commands import AskErasure
from tests.conftest import PASSWORD, Cast, Person
from tests.feedback.stories import case
from tests.lostfound.stories import approved, found, held
from tests.privacy.stories import STAYS, a_life, everywhere, hand_in, words

SignIn = Callable[[FlaskClient, Person], FlaskClient]
Work = Callable[[], int]
SURE = AskErasure(phrase="删除我的数据", password=SecretStr(PASSWORD))


def ask(person: Person) -> None:
    with transaction():
        service.ask_erasure(person.actor, SURE)


def pass_days(work: Work, days: float) -> None:
    with freeze(now() + timedelta(days=days)):
        work()


def test_nothing_of_a_person_is_left_in_any_table(app: Flask, people: Cast, work: Work) -> None:
    made = a_life(people)
    work()
    hand_in(people, made["found"])
    before = "".join(everywhere().values())
    assert all(word in before for word in (*words(), people.lin.name, people.lin.email, "2026110001"))
    ask(people.lin)
    pass_days(work, 6.9)
    assert people.lin.email in everywhere()["users"]
    pass_days(work, 7.1)
    with freeze(now() + timedelta(days=7.2)):
        work()
    sought = (*words(), people.lin.name, people.lin.email, "2026110001")
    left = {
        (table, word) for table, text in everywhere().items() for word in sought
        if word in text or word.encode("unicode_escape").decode() in text
    }  # fmt: skip
    assert left == set()
    kept = "".join(everywhere().values())
    assert all(word in kept for word in STAYS)
    for key in (*made["photos"], made["waiting"]):
        assert not any(media.storage().exists(name) for name in file_names(key))
    assert list(audit.verify()) == []


def test_what_stays_leads_to_nobody_and_its_pages_still_open(
    app: Flask, people: Cast, work: Work, sign_in: SignIn
) -> None:
    made = a_life(people)
    hand_in(people, made["found"])
    ask(people.lin)
    pass_days(work, 7.1)
    report = db.session.scalars(select(LostReport).where(LostReport.no == made["lost"])).one()
    item = db.session.scalars(select(FoundItem).where(FoundItem.no == made["found"])).one()
    assert (report.state, report.reporter_id, item.reporter_id) == (LostState.WITHDRAWN, None, None)
    assert db.session.get_one(Claim, made["open_claim"]).state is ClaimState.WITHDRAWN
    for no in (made["case"], made["running"]):
        assert case(no).sender_id is None
    assert case(made["running"]).is_open
    security, officer = sign_in(app.test_client(), people.he), sign_in(app.test_client(), people.officer)
    back = db.session.get_one(Claim, made["back"]).item_id
    for path in (f"/lost-found/{made['found']}", f"/desk/claims/{db.session.get_one(FoundItem, back).no}"):
        assert security.get(path).status_code == 200
    assert officer.get(f"/inbox/{made['case']}").status_code == 200
    assert sign_in(app.test_client(), people.admin).get("/admin/audit").status_code == 200
    links = db.session.scalars(select(Notification.link)).all()
    assert f"/lost-found/{made['lost']}" not in links


def test_nobody_signs_in_to_a_deleted_account_and_its_number_is_free_again(
    client: FlaskClient, people: Cast, work: Work, sign_in: SignIn
) -> None:
    sign_in(client, people.lin)
    ask(people.lin)
    pass_days(work, 7.1)
    assert client.get("/me").status_code in (302, 401)
    user = db.session.get_one(User, people.lin.id)
    assert (user.active, user.student_no) == (False, None)
    from campus_service.accounts.tasks import tidy

    with freeze(now() + timedelta(days=60)), transaction():
        tidy({})
    assert db.session.get(User, people.lin.id) is not None


def test_within_seven_days_it_can_be_taken_back(people: Cast, work: Work) -> None:
    ask(people.lin)
    with transaction():
        service.cancel_erasure(people.lin.actor)
    pass_days(work, 8)
    assert people.lin.name in everywhere()["users"]
    with pytest.raises(Conflict), transaction():
        service.cancel_erasure(people.lin.actor)


def test_asked_again_after_it_was_taken_back_the_days_begin_anew(people: Cast, work: Work) -> None:
    ask(people.lin)
    with freeze(now() + timedelta(days=5)):
        with transaction():
            service.cancel_erasure(people.lin.actor)
        ask(people.lin)
    pass_days(work, 8)
    assert people.lin.name in everywhere()["users"]
    pass_days(work, 12.1)
    assert people.lin.name not in everywhere()["users"]


@pytest.mark.parametrize(
    ("phrase", "password", "field"),
    [("删除", PASSWORD, "phrase"), ("删除我的数据", "wrong horse battery", "password")],
)
def test_it_takes_the_words_and_the_password(
    client: FlaskClient, people: Cast, sign_in: SignIn, phrase: str, password: str, field: str
) -> None:
    sign_in(client, people.lin)
    page = client.post("/me/data/erase", data={"phrase": phrase, "password": password})
    assert page.status_code == 422
    assert f"f-{field}-error" in page.text
    assert queries.erasure_of(people.lin.id) is None


def test_what_must_be_finished_first_is_told(client: FlaskClient, people: Cast, sign_in: SignIn) -> None:
    claim, kept = held(people), found(people.lin)
    approved(people, claim)
    with pytest.raises(Conflict, match=claim):
        ask(people.lin)
    page = sign_in(client, people.lin).get("/me/data").text
    assert f"认领 {claim} 已经通过" in page
    assert f"{kept} 还在你手里" in page
    assert "七天后删除" not in page


def test_staff_give_their_role_back_first(people: Cast) -> None:
    with pytest.raises(Conflict, match="保卫处"):
        ask(people.he)


def test_what_comes_up_in_the_seven_days_puts_it_off(people: Cast, work: Work) -> None:
    ask(people.lin)
    with transaction() as session:
        session.add(RoleGrant(user_id=people.lin.id, role=Role.WRITER))
    pass_days(work, 7.1)
    assert people.lin.name in everywhere()["users"]
    kinds = db.session.scalars(select(Notification.kind).where(Notification.user_id == people.lin.id)).all()
    assert "privacy.erasure_postponed" in kinds
    with transaction() as session:
        session.delete(session.scalars(select(RoleGrant).where(RoleGrant.role == Role.WRITER)).one())
    pass_days(work, 14.2)
    assert people.lin.name not in everywhere()["users"]


def test_the_deletion_done_twice_changes_nothing_more(people: Cast, work: Work) -> None:
    ask(people.lin)
    with freeze(now() + timedelta(days=7.1)):
        work()
        before = everywhere()
        with transaction():
            assert not service.erase(people.lin.id)
    assert everywhere() == before


def test_a_student_is_in_the_log_by_number_and_staff_by_name(people: Cast) -> None:
    held(people)
    found(people.lin)
    names = dict(db.session.execute(select(audit.AuditEntry.actor_id, audit.AuditEntry.actor_name)).all())
    assert names[people.lin.id] == ""
    assert names[people.desk.id] == people.desk.name


def test_the_phrase_may_be_english() -> None:
    assert AskErasure(phrase=" Delete my data ", password=SecretStr("x")).phrase == "Delete my data"
    with pytest.raises(ValueError, match="删除我的数据"):
        AskErasure(phrase="delete", password=SecretStr("x"))
