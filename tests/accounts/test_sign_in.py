"""Showing who one is: the form, the cookie, where it leads, what is stored."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from campus_service.accounts import queries
from campus_service.accounts.models import SignIn, User
from campus_service.accounts.passwords import token_hash
from campus_service.accounts.views import local_path
from campus_service.core.audit import AuditEntry
from campus_service.core.db import db, transaction
from tests.accounts.conftest import enter, is_signed_in
from tests.conftest import PASSWORD, Cast


@pytest.mark.parametrize("account", ["lin@campus.test", " LIN@Campus.Test ", "2026110001"])
def test_mail_address_or_number_will_do(client: FlaskClient, people: Cast, account: str) -> None:
    assert enter(client, account).status_code == 303
    assert is_signed_in(client)


def test_full_width_letters_of_an_input_method_do_not_lock_out(client: FlaskClient, people: Cast) -> None:
    wide = "".join(chr(ord(char) + 0xFEE0) if char.isalnum() else char for char in PASSWORD)
    assert enter(client, "lin@campus.test", wide).status_code == 303


def test_a_staff_number_may_be_typed_in_lower_case(client: FlaskClient, people: Cast) -> None:
    assert enter(client, "w0001").status_code == 303


@pytest.mark.parametrize(
    ("account", "password"), [("lin@campus.test", "wrong"), ("nobody@campus.test", PASSWORD)]
)
def test_a_wrong_password_and_an_unknown_account_sound_the_same(
    client: FlaskClient, people: Cast, account: str, password: str
) -> None:
    page = enter(client, account, password)
    assert page.status_code == 422
    assert "账号或密码不对" in page.text
    assert f'value="{account}"' in page.text
    assert password not in page.text
    assert not is_signed_in(client)


@pytest.mark.parametrize("form", [{}, {"account": "lin@campus.test"}, {"account": "", "password": ""}])
def test_an_empty_field_is_named(client: FlaskClient, form: dict[str, str]) -> None:
    page = client.post("/sign-in", data=form)
    assert page.status_code == 422
    assert "这里要填" in page.text


@pytest.mark.parametrize("account", ["lin\x00@campus.test", "lin\u202e@campus.test", "x" * 255])
def test_an_account_that_no_one_can_have_is_named(client: FlaskClient, people: Cast, account: str) -> None:
    page = enter(client, account)
    assert page.status_code == 422
    assert 'id="f-account-error"' in page.text


def test_a_closed_account_is_told_only_to_its_owner(client: FlaskClient, people: Cast) -> None:
    with transaction() as session:
        session.get_one(User, people.lin.id).active = False
    assert "已停用" in enter(client, "lin@campus.test").text
    assert "已停用" not in enter(client, "lin@campus.test", "wrong").text


def test_the_cookie_names_no_session_from_before(client: FlaskClient, people: Cast) -> None:
    with client.session_transaction() as cookie:
        cookie["_user_id"] = "a token that somebody planted"
        cookie["planted"] = "too"
    enter(client, "lin@campus.test")
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != "a token that somebody planted"
        assert "planted" not in cookie


def test_signing_in_again_ends_the_session_before_and_takes_a_new_token(
    client: FlaskClient, people: Cast
) -> None:
    enter(client, "lin@campus.test")
    with client.session_transaction() as cookie:
        first = cookie["_user_id"]
    enter(client, "zhou@campus.test")
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != first
    db.session.rollback()
    ended = db.session.scalar(select(SignIn.ended_at).where(SignIn.token_hash == token_hash(first)))
    assert ended is not None


def test_the_database_keeps_only_a_hash_of_the_cookies_token(client: FlaskClient, people: Cast) -> None:
    enter(client, "lin@campus.test")
    with client.session_transaction() as cookie:
        token = cookie["_user_id"]
    db.session.rollback()
    assert db.session.scalars(select(SignIn.token_hash)).all() == [token_hash(token)]
    assert len(token) >= 43


def test_the_cookie_is_closed_to_scripts_and_other_sites(client: FlaskClient, people: Cast) -> None:
    cookie = enter(client, "lin@campus.test").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_passwords_are_kept_as_argon2id(app: Flask, people: Cast) -> None:
    stored = db.session.scalars(select(User.password_hash)).all()
    assert all(text.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for text in stored)


def test_a_hash_of_older_parameters_is_renewed_at_the_next_sign_in(client: FlaskClient, people: Cast) -> None:
    with transaction() as session:
        weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
        session.get_one(User, people.lin.id).password_hash = weak
    enter(client, "lin@campus.test")
    db.session.rollback()
    renewed = db.session.scalar(select(User.password_hash).where(User.id == people.lin.id)) or ""
    assert "m=19456" in renewed
    assert enter(client, "lin@campus.test").status_code == 303


def test_after_signing_in_one_is_where_one_wanted_to_be(client: FlaskClient, people: Cast) -> None:
    asked = client.get("/me/settings")
    assert asked.location == "/sign-in?next=/me/settings"
    assert 'value="/me/settings"' in client.get(asked.location).text
    assert enter(client, "lin@campus.test", next="/me/settings").location == "/me/settings"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test",
        "\\\\evil.test",
        "javascript:alert(1)",
        "/\t/evil.test",
        "/\n/evil.test",
        "///evil.test",
        "evil.test",
        "",
        " //evil.test",
    ],
)
def test_a_link_cannot_lead_elsewhere_after_sign_in(client: FlaskClient, people: Cast, target: str) -> None:
    assert enter(client, "lin@campus.test", next=target).location == "/"


@pytest.mark.parametrize("target", ["/lost-found?kind=found&q=%E4%BC%9E", "/me/settings#tokens", "/"])
def test_a_path_of_ours_is_kept(target: str) -> None:
    assert local_path(target) == target


def test_somebody_signed_in_is_not_asked_again(client: FlaskClient, people: Cast) -> None:
    enter(client, "lin@campus.test")
    assert client.get("/sign-in?next=/me/settings").location == "/me/settings"


def test_who_signed_in_is_in_the_audit_log(client: FlaskClient, people: Cast) -> None:
    enter(client, "lin@campus.test")
    db.session.rollback()
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert entry is not None
    assert (entry.action, entry.actor_id) == ("user.signed_in", people.lin.id)


def test_knowing_who_asks_takes_one_query_whatever_the_roles(
    app: Flask, client: FlaskClient, people: Cast
) -> None:
    enter(client, "desk@campus.test")
    with client.session_transaction() as cookie:
        token = cookie["_user_id"]
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    known = queries.by_session(token)
    assert known is not None
    assert known.actor == people.desk.actor
    assert len(asked) == 1


def test_pages_with_account_data_are_kept_nowhere(client: FlaskClient, people: Cast) -> None:
    assert client.get("/sign-in").headers["Cache-Control"] == "no-store"
    enter(client, "lin@campus.test")
    assert client.get("/me/settings").headers["Cache-Control"] == "no-store"
