"""The web's edge: forms and JSON into commands, cursors that cannot be forged, errors into pages or problems."""

from __future__ import annotations

import base64
import json
from datetime import date
from enum import StrEnum
from typing import Literal

import pytest
from flask import Flask, jsonify, request
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, field_validator
from sqlalchemy import text
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.wrappers import Response

from campus_service.core.actor import Actor
from campus_service.core.db import db
from campus_service.core.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded, TooMany
from campus_service.core.http import (
    current_actor,
    decode_cursor,
    encode_cursor,
    parse,
    parse_form,
    parse_json,
)
from campus_service.core.i18n import lazy
from tests.conftest import Cast


class Area(StrEnum):
    """Places for these tests."""

    LIBRARY = "library"


class Post(BaseModel):
    """A command for these tests."""

    title: str = Field(min_length=1, max_length=20)
    day: date = date(2026, 10, 31)
    area: Area = Area.LIBRARY
    kind: Literal["lost", "found"] = "lost"
    count: int = 1
    photos: list[str] = Field(default=[], max_length=2)

    @field_validator("title")
    @classmethod
    def _no_shouting(cls, value: str) -> str:
        if value.isupper():
            raise ValueError(lazy("请不要全用大写。"))
        return value


def refused(**values: object) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        parse(Post, values)
    return {name: str(words) for name, words in caught.value.fields.items()}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, {"title": "这里要填。"}),
        ({"title": ""}, {"title": "这里要填。"}),
        ({"title": "长" * 10_000}, {"title": "最多 20 个字，现在有 10000 个。"}),
        ({"title": "SHOUT"}, {"title": "请不要全用大写。"}),
        ({"title": "a\0b"}, {"title": "这里有看不见的字符，请重新输入。"}),
        ({"title": "a", "photos": ["x\0"]}, {"photos": "这里有看不见的字符，请重新输入。"}),
        ({"title": "a", "photos": ["1", "2", "3"]}, {"photos": "最多 2 个。"}),
        ({"title": "a", "day": "yesterday"}, {"day": "日期要写成 2026-10-31 这样。"}),
        ({"title": "a", "area": "moon"}, {"area": "请从列出的里面选一个。"}),
        ({"title": "a", "kind": "stolen"}, {"kind": "请从列出的里面选一个。"}),
        ({"title": "a", "count": "many"}, {"count": "这里要一个整数。"}),
        ({"title": "\ud800"}, {"title": "这里填的看不懂，请改一下。"}),
        ({"title": "", "count": "x"}, {"title": "这里要填。", "count": "这里要一个整数。"}),
    ],
)
def test_each_wrong_field_gets_one_message_in_the_readers_language(
    app: Flask, values: dict[str, object], words: dict[str, str]
) -> None:
    assert refused(**values) == words


@pytest.fixture
def probe(app: Flask) -> FlaskClient:
    """A client of an application with a few more addresses."""

    @app.post("/probe/form")
    def _form() -> Response:
        return jsonify(parse_form(Post).model_dump(mode="json"))

    @app.post("/api/probe")
    def _json() -> Response:
        return jsonify(parse_json(Post).model_dump(mode="json"))

    @app.get("/probe/number/<int:number>")
    def _number(number: int) -> Response:
        return jsonify(number)

    @app.get("/probe/fail")
    @app.get("/api/probe/fail")
    def _fail() -> Response:
        raise FAILURES[request.args["with"]]

    @app.get("/probe/database")
    def _database() -> Response:
        db.session.execute(text("SELECT * FROM no_such_table"))
        return jsonify(None)

    @app.get("/probe/who")
    def _who() -> Response:
        return jsonify(current_actor().name)

    return app.test_client()


def broken(kind: type[Exception], words: str) -> Exception:
    return kind("INSERT …", {"title": "private"}, Exception(words))


FAILURES: dict[str, Exception] = {
    "not-found": NotFound(),
    "forbidden": Forbidden(),
    "sign-in": SignInNeeded(),
    "conflict": Conflict(lazy("别人先办了。")),
    "too-many": TooMany(),
    "invalid": Invalid({"title": lazy("“%(typed)s”不能用。", typed="<b>")}),
    "full": broken(OperationalError, "database or disk is full"),
    "full-os": OSError(28, "No space left on device"),
    "read-only": broken(OperationalError, "attempt to write a readonly database"),
    "read-only-os": OSError(30, "Read-only file system"),
    "away": broken(OperationalError, "connection refused"),
    "too-large": broken(DataError, "integer out of range"),
}


def test_a_form_becomes_a_command_with_all_values_of_its_lists(probe: FlaskClient) -> None:
    answer = probe.post("/probe/form", data={"title": "伞", "photos": ["a", "b"], "owner_id": "7"}).json
    assert answer == {
        "title": "伞",
        "photos": ["a", "b"],
        "day": "2026-10-31",
        "area": "library",
        "kind": "lost",
        "count": 1,
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("", "body"),
        ("[1]", "body"),
        ("{", "body"),
        ("[" * 100_000, "body"),
        ('{"title": "a", "owner_id": 7}', "owner_id"),
        ('{"title": "\\ud800"}', "title"),
        ('{"title": "\\u0000"}', "title"),
    ],
)
def test_json_that_is_no_command_is_a_problem_that_names_the_field(
    probe: FlaskClient, body: str, field: str
) -> None:
    answer = probe.post("/api/probe", data=body, content_type="application/json")
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert list(answer.get_json(force=True)["errors"]) == [field]


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        ("not-found", 404),
        ("forbidden", 403),
        ("conflict", 409),
        ("too-many", 429),
        ("invalid", 422),
        ("full", 507),
        ("full-os", 507),
        ("read-only", 503),
        ("read-only-os", 503),
        ("away", 503),
        ("too-large", 400),
    ],
)
def test_an_error_is_a_page_for_people_and_a_problem_for_programs(
    probe: FlaskClient, failure: str, status: int
) -> None:
    page = probe.get(f"/probe/fail?with={failure}")
    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert page.headers["Cache-Control"] == "no-store"
    problem = probe.get(f"/api/probe/fail?with={failure}")
    assert (problem.status_code, problem.content_type) == (status, "application/problem+json")
    body = problem.get_json(force=True)
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert "private" not in page.text + problem.text


def test_an_invalid_command_lists_its_fields_in_the_problem(probe: FlaskClient) -> None:
    body = probe.get("/api/probe/fail?with=invalid").get_json(force=True)
    assert body["errors"] == {"title": "“<b>”不能用。"}


def test_a_visitor_is_sent_to_the_sign_in_page_and_a_program_is_told(probe: FlaskClient) -> None:
    answer = probe.get("/probe/fail?with=sign-in")
    assert answer.status_code == 302
    assert answer.location == "/sign-in?next=/probe/fail?with%3Dsign-in"
    assert probe.get("/api/probe/fail?with=sign-in").status_code == 401


def test_the_page_about_an_unreachable_database_does_not_need_the_database(
    probe: FlaskClient, people: Cast, sign_in: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(probe, people.lin)  # type: ignore[operator]

    def away(*_given: object, **_named: object) -> None:
        raise FAILURES["away"]

    monkeypatch.setattr(db.session(), "execute", away)
    monkeypatch.setattr(db.session(), "scalar", away)
    answer = probe.get("/probe/who")
    assert answer.status_code == 503
    assert "数据库暂时连不上" in answer.text


def test_an_address_nobody_serves_is_a_page_or_a_problem(probe: FlaskClient) -> None:
    assert probe.get("/nowhere").status_code == 404
    assert probe.get("/api/nowhere").content_type == "application/problem+json"
    wrong = probe.get("/probe/form")
    assert (wrong.status_code, "POST" in wrong.headers["Allow"]) == (405, True)


def test_a_number_no_column_can_hold_is_no_address_of_ours(probe: FlaskClient) -> None:
    assert probe.get(f"/probe/number/{2**31 - 1}").status_code == 200
    assert probe.get(f"/probe/number/{2**31}").status_code == 404
    assert probe.get(f"/probe/number/{10**40}").status_code == 404


def test_nobody_signed_in_is_a_visitor(probe: FlaskClient, app: Flask) -> None:
    assert probe.get("/probe/who").json == ""
    with app.test_request_context():
        assert current_actor() == Actor.visitor()


@given(st.tuples(st.text(), st.integers(-(2**62), 2**62)))
def test_a_cursor_gives_back_what_was_put_in(values: tuple[str, int]) -> None:
    cursor = encode_cursor(*values)
    assert cursor.isascii()
    decoded = decode_cursor(cursor, str, int)
    assert decoded == (None if "\0" in values[0] else values)


@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_a_cursor_that_is_not_ours_is_no_cursor(forged: str) -> None:
    assert decode_cursor(forged, str, int, str) is None


@pytest.mark.parametrize(
    "values", [[True], [2**63], [-(2**70)], ["1"], [1.5], [None], [], [1, 2], {"a": 1}, 1]
)
def test_a_cursor_with_values_of_another_kind_is_no_cursor(values: object) -> None:
    forged = base64.urlsafe_b64encode(json.dumps(values).encode()).decode()
    assert decode_cursor(forged, int) is None


def test_a_cursor_of_endless_brackets_is_no_cursor() -> None:
    assert decode_cursor(base64.urlsafe_b64encode(b"[" * 9000).decode(), int) is None


@pytest.mark.parametrize("letter", ["\\u0000", "\\ud800"])
def test_a_cursor_with_letters_no_database_takes_is_no_cursor(letter: str) -> None:
    assert decode_cursor(base64.urlsafe_b64encode(f'["{letter}"]'.encode()).decode(), str) is None
