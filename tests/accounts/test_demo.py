"""The demo's people: there with the demo, and never without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from campus_service.accounts.demo import DEMO_PEOPLE, PASSWORD, create_demo_people
from campus_service.accounts.models import User
from campus_service.app import create_app
from campus_service.config import Settings
from campus_service.core.db import db, transaction
from campus_service.core.permissions import Role
from tests.accounts.conftest import enter, is_signed_in


@pytest.fixture
def demo(settings: Settings) -> Iterator[Flask]:
    """A demo site with its people."""
    app = create_app(settings.model_copy(update={"demo": True}))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    with app.app_context(), transaction():
        create_demo_people()
    yield app
    with app.app_context():
        db.engine.dispose()


def test_each_of_them_signs_in_by_one_tap(demo: Flask) -> None:
    page = demo.test_client().get("/sign-in").text
    for person in DEMO_PEOPLE:
        assert f'name="account" value="{person.email}"' in page
        client = demo.test_client()
        assert enter(client, person.email, person.password).status_code == 303
        assert is_signed_in(client)


def test_every_role_is_shown(demo: Flask) -> None:
    assert {role for person in DEMO_PEOPLE for role in person.roles} == set(Role)


def test_making_them_twice_makes_them_once(demo: Flask) -> None:
    with demo.app_context():
        with transaction():
            assert len(create_demo_people()) == len(DEMO_PEOPLE)
        assert db.session.scalar(select(func.count()).select_from(User)) == len(DEMO_PEOPLE)


def test_a_real_site_has_no_account_of_its_own_and_takes_none_from_the_demo(
    app: Flask, client: FlaskClient
) -> None:
    with pytest.raises(RuntimeError, match="CAMPUS_DEMO"), transaction():
        create_demo_people()
    assert db.session.scalar(select(func.count()).select_from(User)) == 0
    assert PASSWORD not in client.get("/sign-in").text
    assert {enter(client, person.email, PASSWORD).status_code for person in DEMO_PEOPLE[:2]} == {422}
