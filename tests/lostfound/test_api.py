"""The registry through its JSON API: the same rules as the pages, described as OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate
from werkzeug.test import TestResponse

from campus_service.accounts import sessions
from campus_service.accounts.commands import NewToken
from campus_service.core.api import OPERATIONS
from campus_service.core.db import transaction
from tests.conftest import Cast, Person
from tests.lostfound.stories import SCARF, claimed, held, lost


class Api:
    """A program with somebody's personal token."""

    def __init__(self, app: Flask, person: Person | None) -> None:
        self.client = app.test_client()
        self.headers = {}
        if person:
            with transaction():
                self.headers = {
                    "Authorization": f"Bearer {sessions.issue_token(person.actor, NewToken(name='t'))}"
                }

    def get(self, path: str) -> TestResponse:
        return self.client.get(f"/api/v1{path}", headers=self.headers)

    def post(self, path: str, **body: Any) -> TestResponse:
        return self.client.post(f"/api/v1{path}", json=body, headers=self.headers)


def test_the_whole_way_from_lost_to_returned_through_the_api(app: Flask, people: Cast) -> None:
    lin, desk, he = (Api(app, person) for person in (people.lin, people.desk, people.he))
    assert lin.post("/lost-found/lost", **SCARF).status_code == 201
    no = desk.post("/lost-found/intake", **SCARF, desk="centre", shelf="A-01").json["no"]  # type: ignore[index]
    claim = lin.post(f"/lost-found/{no}/claims", answer="水洗标只剩半截", when_where="昨天，咖啡角").json
    assert claim is not None
    waiting = he.get("/lost-found/claims/undecided").json
    assert waiting is not None
    assert [each["item"] for each in waiting["claims"]] == [no]
    assert he.post(f"/lost-found/claims/{claim['id']}/decision", approve=True).status_code == 200
    mine = lin.get(f"/lost-found/claims/{claim['id']}").json
    assert mine is not None
    pickup = desk.post("/lost-found/pickups", code=mine["pickup_code"]).json
    assert pickup is not None
    desk.post(f"/lost-found/pickups/{pickup['id']}/identity", id_type="campus_card", id_last4="0001")
    lin.post(f"/lost-found/claims/{claim['id']}/receipt")
    done = he.post(f"/lost-found/pickups/{pickup['id']}/return")
    assert done.status_code == 200
    again = he.post(f"/lost-found/pickups/{pickup['id']}/return")
    assert again.status_code == 409
    assert again.content_type == "application/problem+json"
    listed = Api(app, None).get("/lost-found").json
    assert listed is not None
    assert listed["items"] == []


def test_the_description_is_valid_openapi_and_names_every_call(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json
    assert document is not None
    assert document["openapi"].startswith("3.1")
    validate(document)
    described = {entry["operationId"] for path in document["paths"].values() for entry in path.values()}
    assert described == {operation.name for operation in OPERATIONS}


def test_the_documentation_page_lists_the_calls(client: FlaskClient) -> None:
    page = client.get("/api/v1/docs")
    assert page.status_code == 200
    assert "/api/v1/lost-found/{no}/claims" in page.text


def test_refused_fields_come_as_a_problem_with_one_message_each(app: Flask, people: Cast) -> None:
    answer = Api(app, people.lin).post(
        "/lost-found/lost", **SCARF | {"title": "长" * 10_000, "category": "x"}
    )
    assert answer.status_code == 422
    assert answer.json is not None
    assert set(answer.json["errors"]) == {"title", "category"}


def test_an_unknown_field_is_refused_rather_than_ignored(app: Flask, people: Cast) -> None:
    answer = Api(app, people.lin).post("/lost-found/lost", **SCARF, reporter_id=1, state="returned")
    assert answer.status_code == 422
    assert answer.json is not None
    assert set(answer.json["errors"]) == {"reporter_id", "state"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/lost-found/lost", SCARF),
        ("/lost-found/intake", SCARF | {"desk": "centre"}),
        ("/lost-found/pickups", {"code": "123456"}),
    ],
)
def test_a_visitor_is_asked_to_sign_in(app: Flask, path: str, body: dict[str, Any]) -> None:
    assert Api(app, None).post(path, **body).status_code == 401


def test_a_student_cannot_take_in_decide_or_hand_out(app: Flask, people: Cast) -> None:
    wu = Api(app, people.wu)
    claim = claimed(people.lin, held(people))
    assert wu.post("/lost-found/intake", **SCARF, desk="centre").status_code == 403
    assert wu.post(f"/lost-found/claims/{claim}/decision", approve=True).status_code == 403
    assert wu.post("/lost-found/pickups", code="123456").status_code == 403
    assert wu.get(f"/lost-found/claims/{claim}").status_code == 404


def test_private_fields_reach_their_author_and_the_staff_only(app: Flask, people: Cast) -> None:
    no = lost(people.lin, private_marks="CANARYMARK", contact="CANARYCONTACT")
    for person, sees in ((None, False), (people.wu, False), (people.lin, True), (people.desk, True)):
        body = Api(app, person).get(f"/lost-found/{no}").text
        assert ("CANARYMARK" in body, "CANARYCONTACT" in body) == (sees, sees)


def test_a_teaser_says_category_area_and_day_and_nothing_else(app: Flask, people: Cast) -> None:
    no = held(
        people, category="phone", title="CANARYTITLE", description="CANARYTEXT", place="图书馆 CANARYPLACE"
    )
    visitor = Api(app, None)
    assert "CANARY" not in visitor.get(f"/lost-found/{no}").text + visitor.get("/lost-found").text
    listed = visitor.get("/lost-found").json
    assert listed is not None
    assert [(item["title"], item["place"]) for item in listed["items"]] == [("手机一件", "图书馆")]


def test_the_list_pages_through_everything_once(app: Flask, people: Cast) -> None:
    numbers = {held(people, title=f"围巾 {n}") for n in range(45)}
    visitor, after, seen = Api(app, None), "", []
    while True:
        page = visitor.get(f"/lost-found?after={after}").json
        assert page is not None
        seen += [item["no"] for item in page["items"]]
        after = page["next"]
        if not after:
            break
    assert len(seen) == 45
    assert set(seen) == numbers


@pytest.mark.parametrize("query", ["after=xyz", "after=W10", "kind=stolen", "page=0", "q=" + "长" * 101])
def test_a_senseless_question_gets_an_answer_below_500(app: Flask, people: Cast, query: str) -> None:
    assert Api(app, None).get(f"/lost-found?{query}").status_code in (200, 422)
