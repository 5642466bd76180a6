"""Forgotten passwords: nobody learns who has an account, and a link works once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from campus_service.accounts import sessions
from campus_service.accounts.commands import NewToken
from campus_service.accounts.models import User
from campus_service.core.clock import freeze, now
from campus_service.core.db import transaction
from campus_service.notifications.models import DemoMail
from tests.accounts.conftest import WHO, SignInAs, enter, is_signed_in, words_of
from tests.conftest import Cast

NEW_PASSWORD = "plum river 42 kite"
Mails = Callable[[str], list[DemoMail]]
Link = Callable[[str], str]


def test_an_unknown_mail_gets_the_same_answer_and_no_mail(
    client: FlaskClient, people: Cast, mails: Mails
) -> None:
    known = client.post("/forgot", data={"email": "lin@campus.test"})
    unknown = client.post("/forgot", data={"email": "nobody@campus.test"})
    assert (known.status_code, words_of(known.text)) == (unknown.status_code, words_of(unknown.text))
    assert len(mails("lin@campus.test")) == 1
    assert mails("nobody@campus.test") == []


def test_a_new_password_is_set_by_the_link_and_the_old_one_is_gone(
    client: FlaskClient, people: Cast, link: Link
) -> None:
    client.post("/forgot", data={"email": "lin@campus.test"})
    path = link("lin@campus.test")
    assert "lin@campus.test" in client.get(path).text
    assert client.post(path, data={"password": NEW_PASSWORD}).location == "/sign-in"
    assert enter(client, "lin@campus.test").status_code == 422
    assert enter(client, "lin@campus.test", NEW_PASSWORD).status_code == 303


def test_a_reset_ends_all_sessions_and_tokens_and_says_so(
    api: Flask, client: FlaskClient, people: Cast, sign_in: SignInAs, link: Link, mails: Mails
) -> None:
    thief = sign_in(api.test_client(), people.lin)
    with transaction():
        token = sessions.issue_token(people.lin.actor, NewToken(name="a script"))
    client.post("/forgot", data={"email": "lin@campus.test"})
    client.post(link("lin@campus.test"), data={"password": NEW_PASSWORD})
    assert not is_signed_in(thief)
    assert client.get(WHO, headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert "密码已经更改" in mails("lin@campus.test")[-1].subject


def test_a_link_works_once(client: FlaskClient, people: Cast, link: Link) -> None:
    client.post("/forgot", data={"email": "lin@campus.test"})
    path = link("lin@campus.test")
    client.post(path, data={"password": NEW_PASSWORD})
    assert client.post(path, data={"password": "another long one 77"}).status_code == 404
    assert enter(client, "lin@campus.test", NEW_PASSWORD).status_code == 303


def test_a_newer_link_replaces_the_older(client: FlaskClient, people: Cast, link: Link) -> None:
    client.post("/forgot", data={"email": "lin@campus.test"})
    older = link("lin@campus.test")
    client.post("/forgot", data={"email": "lin@campus.test"})
    assert client.get(older).status_code == 404
    assert client.get(link("lin@campus.test")).status_code == 200


def test_a_link_ends_after_an_hour(client: FlaskClient, people: Cast, link: Link) -> None:
    client.post("/forgot", data={"email": "lin@campus.test"})
    path = link("lin@campus.test")
    with freeze(now() + timedelta(minutes=61)):
        assert client.post(path, data={"password": NEW_PASSWORD}).status_code == 404


def test_a_link_for_one_purpose_does_not_serve_another(client: FlaskClient, people: Cast, link: Link) -> None:
    client.post("/forgot", data={"email": "lin@campus.test"})
    token = link("lin@campus.test").rpartition("/")[2]
    assert client.post(f"/confirm/{token}").status_code == 404


def test_a_refused_password_leaves_the_link_alive(client: FlaskClient, people: Cast, link: Link) -> None:
    client.post("/forgot", data={"email": "lin@campus.test"})
    path = link("lin@campus.test")
    for bad in ("short", "iloveyou", "2026110001"):
        refused = client.post(path, data={"password": bad})
        assert refused.status_code == 422
        assert 'id="f-password-error"' in refused.text
    assert client.post(path, data={"password": NEW_PASSWORD}).status_code == 303


def test_a_closed_account_gets_no_link(client: FlaskClient, people: Cast, mails: Mails) -> None:
    with transaction() as session:
        session.get_one(User, people.lin.id).active = False
    client.post("/forgot", data={"email": "lin@campus.test"})
    assert mails("lin@campus.test") == []


def test_a_bad_address_is_named(client: FlaskClient) -> None:
    page = client.post("/forgot", data={"email": "lin at campus"})
    assert page.status_code == 422
    assert "这个邮箱地址不完整" in page.text
    assert "lin at campus" in page.text
