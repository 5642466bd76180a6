"""Feedback through the JSON API: the same rules as the pages, with a token or without a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from campus_service.app import create_app
from campus_service.config import Settings
from campus_service.core.db import db, transaction
from campus_service.core.ratelimit import limiter
from campus_service.feedback import commands as c
from campus_service.feedback import service
from campus_service.feedback.states import CaseState, Channel
from tests.conftest import Cast
from tests.feedback.stories import LAMP, accepted, answered, asked, case, sent
from tests.feedback.test_views_public import published
from tests.lostfound.test_api import Api


def ok(answer: Any, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json
    return found


def test_the_whole_way_from_sending_to_the_verdict(app: Flask, people: Cast) -> None:
    lin = Api(app, people.lin)
    made = ok(lin.post("/feedback", **LAMP), 201)
    no = made["no"]
    assert made["answer_by"] > made["accept_by"]
    assert "receipt" not in made
    assert case(no).channel is Channel.API
    with transaction():
        service.accept(people.officer.actor, no)
    with transaction():
        service.ask(people.officer.actor, no, c.Say(body="是哪一盏？"))
    shown = ok(lin.get(f"/feedback/{no}"))
    assert (shown["own"], shown["state"], shown["asked"]) == (True, "waiting_for_student", "是哪一盏？")
    assert any("个工作日" in line for line in shown["how"])
    ok(lin.post(f"/feedback/{no}/messages", body="最里面那盏"), 201)
    with transaction():
        service.answer(people.officer.actor, no, c.WriteAnswer(body="换好了。", outcome="solved"))
    done = ok(lin.post(f"/feedback/{no}/verdict", solved=True, rating=5))
    assert (done["state"], done["solved"], done["rating"]) == ("closed", True, 5)
    assert done["answers"] == [{"body": "换好了。", "outcome": "已解决", "detail": ""}]
    again = ok(lin.post(f"/feedback/{no}/reopen", reason="又不亮了"))
    assert again["state"] == "reopened"


def test_mine_are_mine_alone(app: Flask, people: Cast) -> None:
    no = sent(people.lin)
    assert [row["no"] for row in ok(Api(app, people.lin).get("/feedback/mine"))["cases"]] == [no]
    assert ok(Api(app, people.wu).get("/feedback/mine"))["cases"] == []
    assert Api(app, None).get("/feedback/mine").status_code == 401
    assert Api(app, people.wu).get(f"/feedback/{no}").status_code == 404
    assert Api(app, people.wu).post(f"/feedback/{no}/withdraw").status_code == 404
    assert ok(Api(app, people.lin).post(f"/feedback/{no}/withdraw"))["state"] == "withdrawn"


def test_without_a_token_a_program_sends_without_a_name_and_follows_by_the_receipt(
    app: Flask, people: Cast
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    nobody = Api(app, None)
    assert nobody.post("/feedback", **LAMP).status_code == 401
    made = ok(nobody.post("/feedback", **LAMP, anonymous=True), 201)
    receipt, no = made["receipt"], made["no"]
    assert nobody.get(f"/feedback/{no}").status_code == 404
    shown = ok(nobody.post("/feedback/track", receipt=receipt))
    assert (shown["no"], shown["anonymous"]) == (no, True)
    ok(nobody.post(f"/feedback/{no}/messages", body="再补一句", receipt=receipt), 201)
    assert nobody.post(f"/feedback/{no}/messages", body="不是我", receipt="0" * 16).status_code == 404
    assert ok(nobody.post(f"/feedback/{no}/withdraw", receipt=receipt))["state"] == "withdrawn"
    assert nobody.post("/feedback/track", receipt="123").status_code == 422


def test_a_cookie_without_its_pages_token_lends_no_rights(app: Flask, people: Cast, sign_in: Any) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    lin = sign_in(app.test_client(), people.lin)
    assert lin.post("/api/v1/feedback", json=LAMP).status_code == 400


def test_photos_without_a_token_are_refused(app: Flask, people: Cast) -> None:
    answer = Api(app, None).post("/feedback", **LAMP, anonymous=True, photos=["0" * 32])
    assert "photos" in ok(answer, 422)["errors"]


def test_others_see_the_public_side(app: Flask, people: Cast) -> None:
    no = accepted(people, consent=True)
    shown = ok(Api(app, None).get(f"/feedback/{no}"))
    assert (shown["own"], shown["story"], shown["department"]) == (False, [], "logistics")


def test_a_report_hides_who_reads_it(app: Flask, people: Cast) -> None:
    people.auditor  # noqa: B018  # the cast's named reader comes when he is asked for
    lin = Api(app, people.lin)
    made = ok(
        lin.post("/feedback", body="后勤处有人虚报维修工时", kind="report", accused_department="logistics"),
        201,
    )
    shown = ok(lin.get(f"/feedback/{made['no']}"))
    assert "department" not in shown
    assert "纪老师" not in str(shown)


def test_the_public_list_pages_and_searches(app: Flask, people: Cast, work: Any) -> None:
    number, no = published(people), accepted(people, people.zhou, consent=True)
    work()
    api = Api(app, None)
    listed = ok(api.get("/feedback"))
    assert [row["url"].rpartition("/")[2] for row in listed["items"]] == [str(number)]
    assert listed["next"] == ""
    public = {row["no"] for row in ok(api.get("/feedback?show=cases"))["items"]}
    assert no in public
    found = ok(api.get("/feedback?show=cases&q=感应灯"))["items"]
    assert no in {row["no"] for row in found}
    assert ok(api.get("/feedback?q=独角兽的角"))["items"] == []


def test_unknown_fields_and_wrong_values_are_named(app: Flask, people: Cast) -> None:
    lin = Api(app, people.lin)
    assert set(ok(lin.post("/feedback", body="灯坏了", department="library"), 422)["errors"]) == {
        "department"
    }
    assert set(ok(lin.post("/feedback", body=""), 422)["errors"]) == {"body"}
    no = answered(people)
    assert "rating" in ok(lin.post(f"/feedback/{no}/verdict", solved=True, rating=9), 422)["errors"]


def test_what_is_over_is_a_conflict(app: Flask, people: Cast) -> None:
    no = asked(people)
    lin = Api(app, people.lin)
    assert lin.post(f"/feedback/{no}/verdict", solved=True).status_code == 409
    assert case(no).state is CaseState.WAITING


def test_the_calls_are_described(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json
    assert document is not None
    validate(document)
    assert {"/feedback", "/feedback/mine", "/feedback/track", "/feedback/{no}"} <= set(document["paths"])


@pytest.fixture
def limited(settings: Settings, people: Cast) -> Iterator[Flask]:
    """The same site with limits."""
    app = create_app(settings.model_copy(update={"rate_limits": True}))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    limiter._storage_dead = False


def test_programs_share_the_limits_of_the_page(limited: Flask) -> None:
    nobody = limited.test_client()
    for _n in range(5):
        assert nobody.post("/api/v1/feedback", json=LAMP | {"anonymous": True}).status_code == 201
    refused = nobody.post("/api/v1/feedback", json=LAMP | {"anonymous": True})
    assert refused.status_code == 429
    assert "这个网络今天" in ok(refused, 429)["detail"]
