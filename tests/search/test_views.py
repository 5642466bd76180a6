"""The page over everything, as a visitor meets it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from campus_service.core.db import transaction
from campus_service.lostfound.models import FoundItem
from campus_service.search import suggesting
from tests.conftest import Cast
from tests.lostfound.stories import held

Work = Callable[[], int]


@pytest.fixture
def umbrella(people: Cast, work: Work) -> str:
    """A black umbrella on the shelf."""
    no = held(people, title="黑色长柄雨伞", category="umbrella")
    work()
    return no


def test_what_was_found_stands_in_the_list_with_its_kind(client: FlaskClient, umbrella: str) -> None:
    html = client.get("/search?q=雨伞").text
    assert f'href="/lost-found/{umbrella}"' in html
    assert "招领" in html


def test_an_empty_box_asks_for_nothing(client: FlaskClient) -> None:
    assert client.get("/search").status_code == 200


def test_a_withdrawn_thing_is_gone_with_its_own_commit(client: FlaskClient, umbrella: str) -> None:
    with transaction() as session:
        session.execute(update(FoundItem).values(listed=False))
    assert f"/lost-found/{umbrella}" not in client.get("/search?q=雨伞").text


@pytest.mark.parametrize("typed", ["xyk", "xiaoyuank", "校园", "XYK"])
def test_pinyin_and_beginnings_lead_to_the_word(client: FlaskClient, typed: str) -> None:
    found = json.loads(client.get(f"/search/suggest?q={typed}").data)
    assert "校园卡" in [word["text"] for word in found["words"]]


def test_a_word_that_only_sounds_right_is_offered(client: FlaskClient) -> None:
    assert "校园卡" in suggesting.meant("校圆卡")
    assert ">校园卡</a>" in client.get("/search?q=校圆卡").text


@pytest.mark.usefixtures("umbrella")
@pytest.mark.parametrize("page", ["/search", "/search/suggest", "/lost-found"])
@pytest.mark.parametrize(
    "q",
    [
        "%22",
        "(((AND+OR+NOT)))*~%5E",
        "%5B%5D%7B%7D%5C%27",
        "%E4%BC%9E" * 10_000,
        "%01%1B%7F",
        "%F0%9F%8C%82",
        "%ED%A0%80",
        "%00",
    ],
)
def test_whatever_is_typed_is_answered(client: FlaskClient, page: str, q: str) -> None:
    assert client.get(f"{page}?q={q}").status_code == 200
