"""Administrators add people, give and take roles, close accounts; others do not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from campus_service.accounts import administration, queries
from campus_service.accounts.commands import CreateUser, GrantRole
from campus_service.accounts.models import RoleGrant, User
from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.db import db, transaction
from campus_service.core.errors import Forbidden, Invalid, SignInNeeded
from campus_service.core.permissions import Permission, Role
from campus_service.notifications.models import DemoMail
from tests.accounts.conftest import SignInAs, enter, is_signed_in
from tests.conftest import Cast

NEW = {"name": "郑老师", "student_no": "w7788", "email": "zheng@campus.test"}


@pytest.fixture
def office(client: FlaskClient, people: Cast, sign_in: SignInAs) -> FlaskClient:
    """The administrator's browser."""
    return sign_in(client, people.admin)


def roles_of(user_id: int) -> list[tuple[Role, str | None]]:
    """What a person may do, as stored."""
    db.session.rollback()
    return [(grant.role, grant.department_code) for grant in queries.grants([user_id])]


def test_an_officers_role_is_given_with_its_department_and_works_at_once(
    app: Flask, office: FlaskClient, people: Cast, sign_in: SignInAs
) -> None:
    officer = sign_in(app.test_client(), people.wu)
    given = office.post(
        f"/admin/users/{people.wu.id}/roles", data={"role": "officer", "department": "logistics"}
    )
    assert given.status_code == 303
    assert roles_of(people.wu.id) == [(Role.STUDENT, None), (Role.OFFICER, "logistics")]
    with officer.session_transaction() as cookie:
        known = queries.by_session(cookie["_user_id"])
    assert known is not None
    assert known.actor.departments == {"logistics"}
    assert "后勤处" in office.get(f"/admin/users/{people.wu.id}").text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"role": "officer", "department": ""}, "请选择部门"),
        ({"role": "desk", "department": "logistics"}, "不分部门"),
        ({"role": "officer", "department": "nowhere"}, "没有代码为 nowhere 的部门"),
        ({"role": "king", "department": ""}, "请从列出的里面选一个"),
    ],
)
def test_a_role_that_does_not_fit_is_named(
    office: FlaskClient, people: Cast, form: dict[str, str], words: str
) -> None:
    page = office.post(f"/admin/users/{people.wu.id}/roles", data=form)
    assert page.status_code == 422
    assert words in page.text
    assert roles_of(people.wu.id) == [(Role.STUDENT, None)]


def test_a_role_given_twice_is_there_once(office: FlaskClient, people: Cast) -> None:
    for _ in range(2):
        assert office.post(f"/admin/users/{people.wu.id}/roles", data={"role": "desk"}).status_code == 303
    assert roles_of(people.wu.id) == [(Role.STUDENT, None), (Role.DESK, None)]


def test_a_role_is_taken_away(office: FlaskClient, people: Cast) -> None:
    form = {"role": "desk"}
    assert office.post(f"/admin/users/{people.desk.id}/roles/revoke", data=form).status_code == 303
    assert roles_of(people.desk.id) == []
    assert office.post(f"/admin/users/{people.desk.id}/roles/revoke", data=form).status_code == 404


def test_an_administrator_does_not_lock_himself_out(office: FlaskClient, people: Cast) -> None:
    assert (
        office.post(f"/admin/users/{people.admin.id}/roles/revoke", data={"role": "admin"}).status_code == 409
    )
    assert office.post(f"/admin/users/{people.admin.id}/active", data={"active": "0"}).status_code == 409
    assert roles_of(people.admin.id) == [(Role.ADMIN, None)]


def test_closing_an_account_signs_it_out_and_keeps_it_out_until_it_is_opened(
    app: Flask, office: FlaskClient, people: Cast, sign_in: SignInAs
) -> None:
    browser = sign_in(app.test_client(), people.wu)
    for _ in range(2):
        assert office.post(f"/admin/users/{people.wu.id}/active", data={"active": "0"}).status_code == 303
    assert not is_signed_in(browser)
    assert enter(browser, "wu@campus.test").status_code == 422
    office.post(f"/admin/users/{people.wu.id}/active", data={"active": "1"})
    assert not is_signed_in(browser)
    assert enter(browser, "wu@campus.test").status_code == 303


def test_somebody_added_sets_his_own_password_by_mail(
    app: Flask, office: FlaskClient, link: Callable[[str], str]
) -> None:
    added = office.post("/admin/users", data=NEW)
    assert added.status_code == 303
    newcomer = app.test_client()
    newcomer.post(link("zheng@campus.test"), data={"password": "plum river 42 kite"})
    assert enter(newcomer, "W7788", "plum river 42 kite").status_code == 303


def test_a_taken_number_or_mail_is_named_and_the_rest_is_kept(office: FlaskClient, people: Cast) -> None:
    page = office.post("/admin/users", data=NEW | {"email": "wu@campus.test"})
    assert page.status_code == 422
    assert "这个邮箱已经有账号了" in page.text
    assert "郑老师" in page.text
    assert "这个学工号已经有账号了" in office.post("/admin/users", data=NEW | {"student_no": "w0001"}).text


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("?q=%E5%91%A8", {"周知远", "周师傅"}),
        ("?q=W0002", {"何老师"}),
        ("?q=LIN@campus", {"林小满"}),
        ("?role=desk", {"周师傅"}),
        ("?q=%25", set()),
        ("?role=nonsense&q=0001", {"林小满", "周师傅"}),
    ],
)
def test_people_are_found_by_name_number_mail_and_role(
    office: FlaskClient, question: str, found: set[str]
) -> None:
    page = office.get(f"/admin/users{question}").text
    everybody = {"林小满", "周知远", "吴可", "周师傅", "何老师"}
    assert {name for name in everybody if f">{name}</a>" in page} == found


def test_long_lists_come_in_pages(office: FlaskClient, people: Cast) -> None:
    with transaction() as session:
        for n in range(queries.PAGE):
            user = session.get_one(User, people.wu.id)
            session.add(
                User(
                    student_no=f"X{n:05}",
                    name=f"人{n}",
                    email=f"x{n}@campus.test",
                    password_hash="",
                    created_at=user.created_at,
                )
            )
    first = office.get("/admin/users").text
    assert "林小满" in first
    assert f"after={people.admin.id + queries.PAGE - 6}" in first
    assert "林小满" not in office.get(f"/admin/users?after={people.admin.id + queries.PAGE - 6}").text


@pytest.mark.parametrize("who", ["lin", "desk", "he"])
def test_others_see_nothing_and_change_nothing(
    client: FlaskClient, people: Cast, sign_in: SignInAs, who: str
) -> None:
    sign_in(client, getattr(people, who))
    wu = people.wu.id
    assert client.get("/admin/users").status_code == 403
    assert client.get(f"/admin/users/{wu}").status_code == 403
    assert client.post("/admin/users", data=NEW).status_code == 403
    for path in ("roles", "roles/revoke", "active"):
        assert client.post(f"/admin/users/{wu}/{path}", data={"role": "admin"}).status_code == 403
    assert roles_of(wu) == [(Role.STUDENT, None)]


def test_visitors_are_asked_to_sign_in(client: FlaskClient) -> None:
    assert client.get("/admin/users").location == "/sign-in?next=/admin/users"


def test_the_services_ask_for_the_permission_themselves(app: Flask, people: Cast) -> None:
    desk = GrantRole(role=Role.DESK)
    with pytest.raises(Forbidden), transaction():
        administration.grant_role(people.lin.actor, people.lin.id, desk)
    with pytest.raises(Forbidden), transaction():
        administration.revoke_role(people.lin.actor, people.desk.id, desk)
    with pytest.raises(Forbidden), transaction():
        administration.set_active(people.lin.actor, people.wu.id, False)
    with pytest.raises(SignInNeeded), transaction():
        administration.create_user(Actor.visitor(), CreateUser(name="x", email="x@campus.test"))
    with pytest.raises(Forbidden):
        queries.find_users(people.lin.actor)


def test_one_who_is_not_there_is_not_found(office: FlaskClient) -> None:
    assert office.get("/admin/users/9999").status_code == 404
    assert office.post("/admin/users/9999/roles", data={"role": "desk"}).status_code == 404
    assert office.post("/admin/users/9999/active", data={"active": "0"}).status_code == 404


def test_the_database_holds_a_role_once_even_if_two_give_it_at_once(app: Flask, people: Cast) -> None:
    from sqlalchemy.exc import IntegrityError

    for department in (None, "logistics"):
        with pytest.raises(IntegrityError), transaction() as session:
            for _ in range(2):
                session.add(RoleGrant(user_id=people.wu.id, role=Role.OFFICER, department_code=department))


def test_roles_and_their_changes_are_in_the_audit_log(office: FlaskClient, people: Cast) -> None:
    office.post(f"/admin/users/{people.wu.id}/roles", data={"role": "desk"})
    office.post(f"/admin/users/{people.wu.id}/active", data={"active": "0"})
    db.session.rollback()
    entries = db.session.scalars(
        select(audit.AuditEntry).where(audit.AuditEntry.actor_id == people.admin.id)
    ).all()
    assert [entry.action for entry in entries] == ["role.granted", "user.closed"]
    assert entries[0].after == {"role": "desk", "department": None}
    assert list(audit.verify()) == []


def test_who_holds_a_permission_is_known_by_role(app: Flask, people: Cast) -> None:
    assert queries.ids_with(Permission.LOSTFOUND_CLAIM_DECIDE) == [people.he.id]
    with transaction() as session:
        session.get_one(User, people.he.id).active = False
    assert queries.ids_with(Permission.LOSTFOUND_CLAIM_DECIDE) == []
    assert queries.name_of(people.he.id) == "何老师"
    assert queries.name_of(9999) == ""


def test_an_address_that_two_ask_for_at_once_goes_to_one(app: Flask, people: Cast) -> None:
    from campus_service.accounts.service import new_person

    with pytest.raises(Invalid, match="这个邮箱已经有账号了"), transaction():
        new_person("W9999", "x", "lin@campus.test", password_hash="", roles=[])
    with pytest.raises(Invalid, match="这个学工号已经有账号了"), transaction():
        new_person("2026110001", "x", "x@campus.test", password_hash="", roles=[])


def test_an_english_reader_sees_departments_in_english(office: FlaskClient, people: Cast) -> None:
    assert "Logistics" in office.get(f"/admin/users/{people.wu.id}?lang=en").text


def test_the_invitation_is_in_the_language_of_the_invited(
    app: Flask, people: Cast, mails: Callable[[str], list[DemoMail]]
) -> None:
    with transaction():
        command = CreateUser(name="Alex", email="alex@campus.test", locale="en")
        administration.create_user(people.admin.actor, command)
    assert len(mails("alex@campus.test")) == 1
