"""Personal API tokens, and what a request needs that changes something."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from campus_service.accounts import queries, sessions
from campus_service.accounts.commands import NewToken
from campus_service.accounts.models import ApiToken, User
from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from campus_service.core.errors import Invalid
from tests.accounts.conftest import WHO, SignInAs
from tests.conftest import Cast, Person

SHOWN = re.compile(r">\s*(cs_[\w-]{43})<")


def issue(person: Person, **more: object) -> dict[str, str]:
    """The headers of a request with a new token of ``person``."""
    with transaction():
        token = sessions.issue_token(person.actor, NewToken.model_validate({"name": "a script", **more}))
    return {"Authorization": f"Bearer {token}"}


def test_a_token_is_shown_once_and_only_its_hash_is_kept(
    api: Flask, client: FlaskClient, people: Cast, sign_in: SignInAs
) -> None:
    sign_in(client, people.lin)
    shown = SHOWN.search(client.post("/me/settings/tokens", data={"name": "公告屏", "days": "30"}).text)
    assert shown is not None
    assert shown[1] not in client.get("/me/settings").text
    assert "公告屏" in client.get("/me/settings").text
    db.session.rollback()
    stored = db.session.scalars(select(ApiToken.token_hash)).all()
    assert shown[1] not in stored
    answer = api.test_client().get(WHO, headers={"Authorization": f"Bearer {shown[1]}"})
    assert answer.json == {"id": people.lin.id, "name": people.lin.name}


def test_a_token_needs_a_name_and_a_life_from_the_list(
    client: FlaskClient, people: Cast, sign_in: SignInAs
) -> None:
    sign_in(client, people.lin)
    assert "这里要填" in client.post("/me/settings/tokens", data={"name": " "}).text
    assert (
        "请从列出的里面选一个" in client.post("/me/settings/tokens", data={"name": "a", "days": "9999"}).text
    )
    assert queries.api_tokens(people.lin.id) == []


def test_a_person_holds_a_limited_number_of_tokens(app: Flask, people: Cast) -> None:
    for _ in range(sessions.MOST_TOKENS):
        issue(people.lin)
    with pytest.raises(Invalid, match="最多"):
        issue(people.lin)


@pytest.mark.parametrize("header", ["Bearer cs_wrong", "Bearer ", "Basic abc", "Bearer"])
def test_a_wrong_token_is_nobody(api: Flask, client: FlaskClient, header: str) -> None:
    assert client.get(WHO, headers={"Authorization": header}).status_code == 401


def test_a_dead_token_is_refused_even_where_visitors_may_read(api: Flask, client: FlaskClient) -> None:
    api.add_url_rule("/api/v1/public-for-tests", "public_for_tests", lambda: {"ok": True})
    assert client.get("/api/v1/public-for-tests").status_code == 200
    refused = client.get("/api/v1/public-for-tests", headers={"Authorization": "Bearer cs_wrong"})
    assert refused.status_code == 401
    assert refused.content_type == "application/problem+json"


def test_a_token_ends_on_its_day(api: Flask, client: FlaskClient, people: Cast) -> None:
    headers = issue(people.lin, days=30)
    with freeze(now() + timedelta(days=29)):
        assert client.get(WHO, headers=headers).status_code == 200
    with freeze(now() + timedelta(days=30, minutes=1)):
        assert client.get(WHO, headers=headers).status_code == 401


def test_a_revoked_token_is_dead(api: Flask, client: FlaskClient, people: Cast, sign_in: SignInAs) -> None:
    headers = issue(people.lin)
    row = queries.api_tokens(people.lin.id)[0]
    browser = sign_in(api.test_client(), people.lin)
    assert browser.post(f"/me/settings/tokens/{row.id}/revoke").status_code == 303
    assert client.get(WHO, headers=headers).status_code == 401


def test_nobody_revokes_anothers_token(
    api: Flask, client: FlaskClient, people: Cast, sign_in: SignInAs
) -> None:
    headers = issue(people.lin)
    row = queries.api_tokens(people.lin.id)[0]
    browser = sign_in(api.test_client(), people.wu)
    assert browser.post(f"/me/settings/tokens/{row.id}/revoke").status_code == 404
    assert client.get(WHO, headers=headers).status_code == 200


def test_the_token_of_a_closed_account_is_dead(api: Flask, client: FlaskClient, people: Cast) -> None:
    headers = issue(people.lin)
    with transaction() as session:
        session.get_one(User, people.lin.id).active = False
    assert client.get(WHO, headers=headers).status_code == 401


def test_a_token_opens_no_page(client: FlaskClient, people: Cast) -> None:
    assert client.get("/me/settings", headers=issue(people.lin)).status_code == 302


def test_when_a_token_was_used_is_noted(api: Flask, client: FlaskClient, people: Cast) -> None:
    headers = issue(people.lin)
    client.get(WHO, headers=headers)
    db.session.rollback()
    assert db.session.scalar(select(ApiToken.last_used_at)) is not None


def test_a_token_decides_alone_whatever_the_cookie_says(
    api: Flask, client: FlaskClient, people: Cast, sign_in: SignInAs
) -> None:
    sign_in(client, people.lin)
    assert client.get(WHO, headers=issue(people.wu)).json == {"id": people.wu.id, "name": people.wu.name}
    assert client.get(WHO, headers={"Authorization": "Bearer cs_wrong"}).status_code == 401


def test_a_token_needs_no_csrf_token_and_a_cookie_does(
    api: Flask, client: FlaskClient, people: Cast, sign_in: SignInAs
) -> None:
    api.config["WTF_CSRF_ENABLED"] = True
    assert api.test_client().post(WHO, headers=issue(people.lin)).status_code == 200
    sign_in(client, people.lin)
    assert client.post(WHO).status_code == 400
    assert client.post(WHO, headers={"Authorization": "Bearer cs_wrong"}).status_code == 401
    assert client.post(WHO, headers={"X-CSRFToken": _csrf(client)}).status_code == 200


def test_a_form_without_its_csrf_token_changes_nothing(
    app: Flask, client: FlaskClient, people: Cast, sign_in: SignInAs
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    sign_in(client, people.lin)
    assert client.post("/sign-out").status_code == 400
    assert client.post("/me/settings/language", data={"locale": "en"}).status_code == 400
    assert (
        client.post("/me/settings/language", data={"locale": "en", "csrf_token": "wrong"}).status_code == 400
    )
    taken = _csrf(client)
    assert client.post("/me/settings/language", data={"locale": "en", "csrf_token": taken}).status_code == 303


def test_the_csrf_token_of_another_session_does_not_serve(
    app: Flask, client: FlaskClient, people: Cast, sign_in: SignInAs
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    other = _csrf(sign_in(app.test_client(), people.wu))
    sign_in(client, people.lin)
    _csrf(client)
    assert client.post("/sign-out", data={"csrf_token": other}).status_code == 400


def _csrf(client: FlaskClient) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/me/settings").text)
    assert found is not None
    return found[1]
