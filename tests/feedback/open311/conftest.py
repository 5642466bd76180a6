"""A program with a key, and the calls it makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campus_service.accounts import sessions
from campus_service.accounts.commands import NewToken
from campus_service.core.db import transaction
from tests.conftest import Cast, Person

BASE = "/open311/v2/"
TAP = {
    "service_code": "canteen",
    "address_string": "二食堂一楼",
    "description": "二食堂一楼洗手池的水龙头关不紧，一直在流",
}


@dataclass(frozen=True)
class Program:
    """Calls the server, with or without somebody's key."""

    client: FlaskClient
    key: str

    def get(self, path: str, **query: Any) -> TestResponse:
        """GET a resource, named with its format."""
        return self.client.get(BASE + path, query_string=query)

    def read(self, path: str, **query: Any) -> Any:
        """What a resource says in JSON."""
        answer = self.get(f"{path}.json", **query)
        assert answer.status_code == 200, answer.text
        assert answer.content_type == "application/json; charset=utf-8"
        return answer.json

    def tree(self, path: str, **query: Any) -> ET.Element:
        """What a resource says in XML."""
        answer = self.get(f"{path}.xml", **query)
        assert answer.status_code == 200, answer.text
        assert answer.content_type == "text/xml; charset=utf-8"
        return ET.fromstring(answer.data)  # noqa: S314  # our own answer

    def post(self, path: str, **form: Any) -> TestResponse:
        """POST a form with the key; a key of None is left out."""
        values = {"api_key": self.key} | form
        return self.client.post(
            BASE + path, data={name: value for name, value in values.items() if value is not None}
        )

    def ask(self, **form: Any) -> dict[str, Any]:
        """Ask for a service; what the caller hears."""
        answer = self.post("requests.json", **TAP | form)
        assert answer.status_code == 200, answer.text
        (said,) = answer.get_json()
        return dict(said)

    def number(self, **form: Any) -> str:
        """Ask for a service whose request is public at once; its number."""
        return str(self.ask(**form)["service_request_id"])


def key_of(person: Person) -> str:
    """A personal token."""
    with transaction():
        return sessions.issue_token(person.actor, NewToken(name="程序"))


@pytest.fixture
def program(client: FlaskClient, people: Cast) -> Program:
    """A program that 林小满 gave his key."""
    return Program(client, key_of(people.lin))


@pytest.fixture
def program_of(client: FlaskClient) -> Callable[[Person], Program]:
    """A program with the key of somebody else."""
    return lambda person: Program(client, key_of(person))
