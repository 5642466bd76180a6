"""Sessions live on the server: they are listed, they end, and an ended one stays ended."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from campus_service.accounts import queries
from campus_service.accounts.models import SignIn
from campus_service.core.clock import freeze, now
from campus_service.core.db import db
from tests.accounts.conftest import WHO, SignInAs, enter, is_signed_in
from tests.conftest import PASSWORD, Cast

NEW_PASSWORD = "plum river 42 kite"


def test_a_cookie_replayed_after_sign_out_is_worth_nothing(
    api: Flask, client: FlaskClient, people: Cast
) -> None:
    enter(client, "lin@campus.test")
    assert client.get(WHO).json == {"id": people.lin.id, "name": people.lin.name}
    copy = client.get_cookie("session")
    assert copy is not None
    assert client.post("/sign-out").location == "/"

    thief = api.test_client()
    thief.set_cookie("session", copy.value)
    assert thief.get(WHO).status_code == 401
    assert thief.get("/me/settings").location == "/sign-in?next=/me/settings"


def test_signing_out_needs_a_post(client: FlaskClient, people: Cast) -> None:
    enter(client, "lin@campus.test")
    assert client.get("/sign-out").status_code == 405
    assert is_signed_in(client)


def test_a_session_ends_after_its_days(client: FlaskClient, people: Cast) -> None:
    enter(client, "lin@campus.test")
    start = now()
    for days in (2, 4, 6, 8, 10, 12):
        with freeze(start + timedelta(days=days)):
            assert is_signed_in(client)
    with freeze(start + timedelta(days=14, minutes=1)):
        assert not is_signed_in(client)


def test_a_session_ends_when_it_is_not_used(client: FlaskClient, people: Cast) -> None:
    enter(client, "lin@campus.test")
    with freeze(now() + timedelta(hours=72, minutes=1)):
        assert not is_signed_in(client)


def test_a_session_that_ran_out_is_not_revived_by_a_clock_set_back(client: FlaskClient, people: Cast) -> None:
    enter(client, "lin@campus.test")
    copy = client.get_cookie("session")
    assert copy is not None
    with freeze(now() + timedelta(days=15)):
        assert not is_signed_in(client)
    client.set_cookie("session", copy.value)
    with freeze(now() - timedelta(days=1)):
        assert not is_signed_in(client)


def test_when_a_session_was_last_used_is_written_every_ten_minutes_at_most(
    client: FlaskClient, people: Cast
) -> None:
    enter(client, "lin@campus.test")
    begun = now()
    for minutes in (5, 11, 15):
        with freeze(begun + timedelta(minutes=minutes)):
            assert is_signed_in(client)
    db.session.rollback()
    seen = db.session.scalar(select(SignIn.last_seen_at))
    assert seen == begun + timedelta(minutes=11)


def test_a_device_is_listed_and_ended(
    app: Flask, client: FlaskClient, people: Cast, sign_in: SignInAs
) -> None:
    phone = app.test_client()
    agent = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/129.0 Mobile Safari/537.36"
    phone.post(
        "/sign-in", data={"account": "lin@campus.test", "password": PASSWORD}, headers={"User-Agent": agent}
    )
    sign_in(client, people.lin)
    page = client.get("/me/settings").text
    assert "Chrome · Android" in page
    assert "就是这台" in page

    row = next(row for row in queries.sessions(people.lin.id) if row.device == "Chrome · Android")
    assert client.post(f"/me/settings/sessions/{row.id}/end").status_code == 303
    assert not is_signed_in(phone)
    assert is_signed_in(client)
    assert "Chrome · Android" not in client.get("/me/settings").text


def test_nobody_ends_anothers_session(
    app: Flask, client: FlaskClient, people: Cast, sign_in: SignInAs
) -> None:
    victim = sign_in(app.test_client(), people.lin)
    sign_in(client, people.wu)
    row = queries.sessions(people.lin.id)[0]
    assert client.post(f"/me/settings/sessions/{row.id}/end").status_code == 404
    assert is_signed_in(victim)


def test_all_other_devices_are_ended_at_once(
    app: Flask, client: FlaskClient, people: Cast, sign_in: SignInAs
) -> None:
    others = [sign_in(app.test_client(), people.lin) for _ in range(3)]
    stranger = sign_in(app.test_client(), people.wu)
    sign_in(client, people.lin)
    client.post("/me/settings/sessions/end-others")
    assert [is_signed_in(other) for other in others] == [False] * 3
    assert is_signed_in(client)
    assert is_signed_in(stranger)


def test_a_changed_password_ends_the_other_devices(
    app: Flask, client: FlaskClient, people: Cast, sign_in: SignInAs
) -> None:
    other = sign_in(app.test_client(), people.lin)
    sign_in(client, people.lin)
    changed = client.post("/me/settings/password", data={"current": PASSWORD, "password": NEW_PASSWORD})
    assert changed.status_code == 303
    assert is_signed_in(client)
    assert not is_signed_in(other)
    assert enter(app.test_client(), "lin@campus.test").status_code == 422
    assert enter(app.test_client(), "lin@campus.test", NEW_PASSWORD).status_code == 303


def test_a_password_is_not_changed_without_the_present_one(
    client: FlaskClient, people: Cast, sign_in: SignInAs
) -> None:
    sign_in(client, people.lin)
    refused = client.post("/me/settings/password", data={"current": "wrong", "password": NEW_PASSWORD})
    assert refused.status_code == 422
    assert "现在的密码不对" in refused.text
    assert enter(client, "lin@campus.test").status_code == 303


def test_a_new_password_must_not_be_common_or_ones_own_mail(
    client: FlaskClient, people: Cast, sign_in: SignInAs
) -> None:
    sign_in(client, people.lin)
    for password in ("qwertyuiop", "lin@campus.test"):
        refused = client.post("/me/settings/password", data={"current": PASSWORD, "password": password})
        assert refused.status_code == 422
        assert 'id="f-password-error"' in refused.text


def test_the_language_is_kept_with_the_account(
    app: Flask, client: FlaskClient, people: Cast, sign_in: SignInAs
) -> None:
    sign_in(client, people.lin)
    client.post("/me/settings/language", data={"locale": "en"})
    elsewhere = sign_in(app.test_client(), people.lin)
    assert '<html lang="en">' in elsewhere.get("/me/settings").text
    assert client.post("/me/settings/language", data={"locale": "xx"}).status_code == 422


def test_settings_are_for_those_signed_in(client: FlaskClient) -> None:
    assert client.get("/me/settings").location == "/sign-in?next=/me/settings"
    paths = ("language", "password", "tokens", "sessions/end-others", "sessions/1/end", "tokens/1/revoke")
    for path in paths:
        answer = client.post(f"/me/settings/{path}", data={"locale": "en"})
        assert answer.status_code == 302
        assert (answer.location or "").startswith("/sign-in?next=")
