"""The page over everything, as a visitor meets it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from urllib.parse import quote, unquote

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from campus_service.core.db import db, transaction
from campus_service.following.models import SavedSearch
from campus_service.lostfound.models import FoundItem
from campus_service.search import suggesting
from tests.conftest import Cast, Person
from tests.lostfound.pages import form
from tests.lostfound.stories import held

Work = Callable[[], int]
SignIn = Callable[[FlaskClient, Person], FlaskClient]


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


def test_where_nothing_is_found_the_words_go_along(client: FlaskClient) -> None:
    html = client.get("/search", query_string={"q": "独角兽的角"}).text
    words = quote("独角兽的角")
    assert f'href="/lost-found/new/lost?title={words}"' in html
    assert f'href="/feedback/new?text={words}"' in html
    assert "独角兽的角</textarea>" in client.get(f"/feedback/new?text={words}").text


def test_a_visitor_signs_in_and_comes_back_to_the_same_tab(client: FlaskClient, umbrella: str) -> None:
    html = unescape(client.get("/search?q=雨伞&tab=found").text)
    assert "登录后关注这个搜索" in html
    found = re.search(r'<a class="btn btn-s" href="[^"]*[?&]next=([^"]*)"', html)
    assert found
    assert unquote(unquote(found[1])) == "/search?q=雨伞&tab=found"


@pytest.mark.parametrize(("tab", "kind"), [("", "found"), ("found", "found"), ("lost", "lost")])
def test_the_side_that_is_shown_is_followed(
    client: FlaskClient, people: Cast, sign_in: SignIn, tab: str, kind: str
) -> None:
    page = sign_in(client, people.lin).get("/search", query_string={"q": "独角兽的角", "tab": tab})
    assert client.post("/me/following", data=form(page, "/me/following")).status_code == 303
    (search,) = db.session.scalars(select(SavedSearch))
    assert (search.query, search.kind) == ("独角兽的角", kind)


def test_things_are_narrowed_in_their_list(client: FlaskClient, umbrella: str) -> None:
    link = f'href="/lost-found?q={quote("雨伞")}"'
    assert link in client.get("/search?q=雨伞&tab=found").text
    assert link not in client.get("/search?q=雨伞").text


@pytest.mark.parametrize("page", ["/", "/search", "/lost-found"])
def test_every_box_suggests(client: FlaskClient, page: str) -> None:
    html = client.get(page).text
    assert 'data-suggest="/search/suggest"' in html
    assert "js/search.js" in html


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
