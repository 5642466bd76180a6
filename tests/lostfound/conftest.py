"""Browsers of the people behind the desks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import Cast, Person

SignIn = Callable[[FlaskClient, Person], FlaskClient]


@pytest.fixture
def desk(client: FlaskClient, people: Cast, sign_in: SignIn) -> FlaskClient:
    """The browser on the desk, 周师傅 signed in."""
    return sign_in(client, people.desk)


@pytest.fixture
def security(app: Flask, people: Cast, sign_in: SignIn) -> FlaskClient:
    """何老师's browser."""
    return sign_in(app.test_client(), people.he)
