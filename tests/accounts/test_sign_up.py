"""From the form to the confirmed account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from campus_service.accounts import queries
from campus_service.accounts.models import RoleGrant, User
from campus_service.core.clock import freeze, now
from campus_service.core.db import db
from campus_service.core.permissions import Role
from campus_service.notifications.models import DemoMail
from tests.accounts.conftest import enter, is_signed_in, words_of
from tests.conftest import Cast

FORM = {
    "student_no": "2026110099",
    "name": "新同学",
    "email": "New@Campus.test",
    "password": "plum river 42 kite",
}
Mails = Callable[[str], list[DemoMail]]


def test_a_student_signs_up_confirms_and_signs_in(client: FlaskClient, link: Callable[[str], str]) -> None:
    sent = client.post("/sign-up", data=FORM)
    assert sent.status_code == 200
    assert "new@campus.test" in sent.text

    path = link("new@campus.test")
    assert "2026110099" in client.get(path).text
    done = client.post(path)
    assert done.location == "/sign-in"

    assert enter(client, "2026110099", FORM["password"]).status_code == 303
    assert is_signed_in(client)


@pytest.mark.parametrize(("query", "locale"), [("", "zh_CN"), ("?lang=en", "en")])
def test_the_account_keeps_the_language_of_the_form(client: FlaskClient, query: str, locale: str) -> None:
    client.post(f"/sign-up{query}", data=FORM)
    db.session.rollback()
    assert db.session.scalars(select(User.locale)).all() == [locale]


def test_opening_the_link_confirms_nothing(client: FlaskClient, link: Callable[[str], str]) -> None:
    client.post("/sign-up", data=FORM)
    client.get(link("new@campus.test"))
    db.session.rollback()
    assert db.session.scalars(select(User.email_confirmed_at)).all() == [None]


def test_a_confirmation_link_works_once(client: FlaskClient, link: Callable[[str], str]) -> None:
    client.post("/sign-up", data=FORM)
    path = link("new@campus.test")
    client.post(path)
    assert client.post(path).status_code == 404
    assert client.get(path).status_code == 404


def test_a_confirmation_link_ends_after_two_days(client: FlaskClient, link: Callable[[str], str]) -> None:
    client.post("/sign-up", data=FORM)
    path = link("new@campus.test")
    with freeze(now() + timedelta(hours=48, minutes=1)):
        gone = client.get(path)
    assert gone.status_code == 404
    assert "链接已失效" in gone.text


def test_without_confirmation_nobody_gets_in_but_a_new_mail_goes_out(
    client: FlaskClient, mails: Mails
) -> None:
    client.post("/sign-up", data=FORM)
    refused = enter(client, "new@campus.test", FORM["password"])
    assert refused.status_code == 422
    assert "邮箱还没有确认" in refused.text
    assert not is_signed_in(client)
    assert len(mails("new@campus.test")) == 2


def test_a_wrong_password_does_not_tell_that_an_account_waits_for_confirmation(client: FlaskClient) -> None:
    client.post("/sign-up", data=FORM)
    assert "还没有确认" not in enter(client, "new@campus.test", "plum river 42 kites").text


@pytest.mark.parametrize(
    "known", [{"email": "lin@campus.test"}, {"student_no": "2026110001"}], ids=["mail", "number"]
)
def test_a_known_mail_or_number_gets_the_same_answer_and_its_owner_a_mail(
    client: FlaskClient, people: Cast, mails: Mails, known: dict[str, str]
) -> None:
    fresh = client.post("/sign-up", data=FORM)
    again = client.post("/sign-up", data=FORM | known)
    assert again.status_code == fresh.status_code
    assert words_of(again.text) == words_of(fresh.text)
    assert "你已经有账号了" in mails("lin@campus.test")[-1].subject
    db.session.rollback()
    assert (
        db.session.scalar(select(func.count()).select_from(User).where(User.email == "lin@campus.test")) == 1
    )


def test_somebody_elses_unconfirmed_sign_up_does_not_keep_my_number(
    client: FlaskClient, link: Callable[[str], str]
) -> None:
    client.post("/sign-up", data=FORM | {"email": "squatter@campus.test"})
    squatted = link("squatter@campus.test")
    client.post("/sign-up", data=FORM)
    assert client.post(squatted).status_code == 404
    client.post(link("new@campus.test"))
    owner = queries.user_by_account("2026110099")
    assert owner is not None
    assert owner.email == "new@campus.test"


def test_the_mail_to_confirm_holds_no_words_chosen_by_the_sender(client: FlaskClient, mails: Mails) -> None:
    client.post("/sign-up", data=FORM | {"name": "见 http://evil.test"})
    assert "evil" not in mails("new@campus.test")[0].body


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("student_no", "12", "6 到 20 位"),
        ("student_no", "2026 110 099", "不带空格"),
        ("name", "", "这里要填"),
        ("name", "长" * 41, "最多 40 个字，现在有 41 个"),
        ("name", "a\u202eb", "看不见的字符"),
        ("email", "not-an-address", "这个邮箱地址不完整"),
        ("email", "a@b@c.cn", "这个邮箱地址不完整"),
        ("password", "short", "至少 8 个字符，现在有 5 个"),
        ("password", "12345678", "太常见"),
        ("password", "2026110099", "2026110099"),
    ],
)
def test_a_bad_field_is_named_and_what_was_typed_is_kept_but_the_password(
    client: FlaskClient, field: str, value: str, words: str
) -> None:
    page = client.post("/sign-up", data=FORM | {field: value})
    assert page.status_code == 422
    assert words in page.text
    assert f'id="f-{field}-error"' in page.text
    kept = {name: text for name, text in (FORM | {field: value}).items() if name not in (field, "password")}
    assert all(text in page.text for text in kept.values())
    assert FORM["password"] not in page.text
    assert db.session.scalar(select(func.count()).select_from(User)) == 0


def test_nobody_gives_himself_a_role_or_confirms_himself(client: FlaskClient) -> None:
    sneaky = {"role": "admin", "roles": "admin", "email_confirmed_at": "2026-01-01", "active": "1", "id": "1"}
    client.post("/sign-up", data=FORM | sneaky)
    db.session.rollback()
    assert db.session.scalars(select(RoleGrant.role)).all() == [Role.STUDENT]
    assert db.session.scalars(select(User.email_confirmed_at)).all() == [None]
