"""What the tests of accounts share: reading mails, signing in through the form, an API to knock at."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from campus_service.core.db import db
from campus_service.core.http import current_actor
from campus_service.notifications.models import DemoMail
from tests.conftest import PASSWORD, Person

WHO = "/api/v1/who-for-tests"
SignInAs = Callable[[FlaskClient, Person], FlaskClient]
LINK = re.compile(r"http://campus\.test(/\S+)")


@pytest.fixture
def mails(app: Flask, work: Callable[[], int]) -> Callable[[str], list[DemoMail]]:
    """All mails that went to an address, oldest first."""

    def read(to: str) -> list[DemoMail]:
        work()
        db.session.rollback()
        return list(db.session.scalars(select(DemoMail).where(DemoMail.to == to).order_by(DemoMail.id)))

    return read


@pytest.fixture
def link(mails: Callable[[str], list[DemoMail]]) -> Callable[[str], str]:
    """The path of the link in the last mail to an address."""

    def last(to: str) -> str:
        found = LINK.search(mails(to)[-1].body)
        assert found is not None
        return found[1]

    return last


@pytest.fixture
def api(app: Flask) -> Flask:
    """The application with one more API address, which tells a known person his name."""

    def who() -> dict[str, object]:
        actor = current_actor()
        return {"id": actor.person_id(), "name": actor.name}

    app.add_url_rule(WHO, "who_for_tests", who, methods=["GET", "POST"])
    return app


def enter(client: FlaskClient, account: str, password: str = PASSWORD, **more: str) -> TestResponse:
    """Sign in through the form."""
    return client.post("/sign-in", data={"account": account, "password": password, **more})


def is_signed_in(client: FlaskClient) -> bool:
    """Whether the settings page opens."""
    return client.get("/me/settings").status_code == 200


def words_of(page: str) -> str:
    """The main part of a page, whatever address it names."""
    main = page[page.index("<main") : page.index("</main>")]
    return re.sub(r"[\w.]+@campus\.test", "<address>", main)
