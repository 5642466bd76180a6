"""What an attacker tries in the inbox: other people's numbers, fields that are not his, floods, tables with formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from campus_service.accounts import sessions
from campus_service.accounts.commands import NewToken
from campus_service.app import create_app
from campus_service.config import Settings
from campus_service.core.cache import forget
from campus_service.core.clock import freeze, now
from campus_service.core.db import Base, db, transaction
from campus_service.feedback import queries, service
from campus_service.feedback.commands import GiveVerdict, SaveTemplate, Say
from campus_service.feedback.models import AnswerTemplate, Case
from campus_service.feedback.states import CaseState, Channel
from campus_service.media import service as media
from tests.conftest import Cast, Person
from tests.everything import photo
from tests.feedback.stories import accepted, anonymous, answered, case, sent

SignInAs = Callable[[FlaskClient, Person], FlaskClient]
STEPS = (
    "accept",
    "return",
    "offer",
    "handover",
    "assign",
    "extend",
    "change",
    "merge",
    "link",
    "split",
    "decide",
)
OWN_STEPS = ("messages", "verdict", "reopen", "withdraw")
# More than what a form asks for.
GREEDY = {
    "state": "closed", "is_open": "0", "sender_id": "1", "channel": "phone", "department_code": "library", "urgent": "1",
    "publicity": "public", "confidential": "1", "escalation": "4", "no": "2601-F0001", "created_at": "2020-01-01",
    "caller_name": "别人", "first_department": "library", "version": "9", "followers": "99", "rating": "5",
}  # fmt: skip


def rows() -> dict[str, list[str]]:
    """What every table holds, but for when a session was used last."""
    db.session.rollback()
    tables = [table for table in Base.metadata.sorted_tables if table.name != "sign_ins"]
    return {table.name: sorted(map(repr, db.session.execute(select(table)))) for table in tables}


# --- other people's numbers (ASVS 8.2.2) --------------------------------------------------------------------------


def test_a_student_reaches_nothing_of_anothers_case(app: Flask, people: Cast, sign_in: SignInAs) -> None:
    theirs = answered(people, people.zhou)
    client = sign_in(app.test_client(), people.lin)
    before = rows()
    answers = [client.get(f"/feedback/{theirs}"), client.get(f"/api/v1/feedback/{theirs}")]
    form = {"body": "我来说", "reason": "我不满意", "solved": "1", "rating": "1"}
    answers += [client.post(f"/feedback/{theirs}/{step}", data=form) for step in OWN_STEPS]
    assert {answer.status_code for answer in answers} == {404}
    assert rows() == before


def test_a_receipt_opens_its_own_case_alone(app: Flask, people: Cast) -> None:
    mine, theirs = anonymous(), anonymous(None, body="食堂二楼的洗手池堵了两天")
    client = app.test_client()
    assert client.post("/feedback/track", data={"receipt": mine.receipt}).status_code == 303
    assert client.get(f"/feedback/{mine.no}").status_code == 200
    before = rows()
    answers = [client.get(f"/feedback/{theirs.no}")]
    answers += [client.post(f"/feedback/{theirs.no}/{step}", data={"body": "我来说"}) for step in OWN_STEPS]
    api = {"body": "我来说", "receipt": mine.receipt}
    answers.append(client.post(f"/api/v1/feedback/{theirs.no}/messages", json=api))
    assert {answer.status_code for answer in answers} == {404}
    assert rows() == before
    client.post("/feedback/leave")
    assert client.get(f"/feedback/{mine.no}").status_code == 404


def test_a_department_reaches_nothing_of_anothers(app: Flask, people: Cast, sign_in: SignInAs) -> None:
    theirs = accepted(people)
    with transaction():
        command = SaveTemplate(name="已派工", body="已经派工。")
        template = service.add_template(people.officer.actor, "logistics", command).id
    client = sign_in(app.test_client(), people.librarian)
    before = rows()
    form = {
        "reason": "给我",
        "to": "library",
        "accept": "1",
        "approve": "1",
        "user_id": str(people.librarian.id),
    }
    answers = [client.get(f"/inbox/{theirs}"), client.get(f"/inbox/{theirs}/answering")]
    answers += [client.post(f"/inbox/{theirs}/{step}", data=form) for step in STEPS]
    answers += [
        client.post(f"/inbox/{theirs}/say", data={"as": how, "body": "我们来答", "outcome": "solved"})
        for how in ("answer", "progress", "acted", "ask", "note")
    ]
    bulk = {"numbers": [theirs], "user_id": str(people.librarian.id)}
    answers += [client.post("/inbox/assign", data=bulk), client.post(f"/inbox/{theirs}/answering")]
    answers += [client.post(f"/inbox/templates/{template}", data={"name": "x", "body": "改掉"})]
    answers += [client.post(f"/inbox/templates/{template}/delete")]
    assert {answer.status_code for answer in answers} == {404}
    assert (
        client.post(
            "/inbox/templates", data={"department": "logistics", "name": "x", "body": "塞进去"}
        ).status_code
        == 403
    )
    assert client.get("/inbox/export.csv?department=logistics").status_code == 403
    assert rows() == before
    assert theirs not in client.get("/inbox").text


def test_a_photo_is_seen_by_who_may_see_what_it_hangs_on(app: Flask, people: Cast, sign_in: SignInAs) -> None:
    keys = [photo(people.lin), photo(people.officer)]
    no = accepted(people, photos=keys[:1])
    with transaction():
        service.note(people.officer.actor, no, Say(body="师傅说要换整条线", photos=keys[1:]))
    seen = {
        who: [
            sign_in(app.test_client(), getattr(people, who)).get(f"/photos/{key}/320.jpg").status_code
            for key in keys
        ]
        for who in ("lin", "officer", "colleague", "coordinator", "librarian", "wu", "admin")
    }
    assert seen == {
        "lin": [200, 404], "officer": [200, 200], "colleague": [200, 200], "coordinator": [200, 200],
        "librarian": [404, 404], "wu": [404, 404], "admin": [404, 404],
    }  # fmt: skip


def test_a_photo_without_a_name_is_seen_with_its_receipt(app: Flask, people: Cast) -> None:
    made = anonymous(people.lin, photos=[(key := photo(people.lin))])
    assert media.find(key).uploaded_by is None
    stranger, holder = app.test_client(), app.test_client()
    holder.post("/feedback/track", data={"receipt": made.receipt})
    assert [client.get(f"/photos/{key}/320.jpg").status_code for client in (stranger, holder)] == [404, 200]


# --- fields that are not his (ASVS 8.2.3, 15.3.3) -----------------------------------------------------------------


def test_a_form_sets_only_what_it_asks_for(app: Flask, people: Cast, sign_in: SignInAs) -> None:
    client = sign_in(app.test_client(), people.lin)
    ask = {"body": "想问图书馆周末几点开门", "kind": "consultation"}
    assert client.post("/feedback/new", data=GREEDY | ask).status_code == 303
    row = db.session.scalars(select(Case)).one()
    assert (row.sender_id, row.channel, row.publicity) == (people.lin.id, Channel.WEB, "private")
    assert row.state in (CaseState.RECEIVED, CaseState.ROUTED)
    assert (row.is_open, row.urgent, row.confidential, row.escalation, row.followers) == (
        True,
        False,
        False,
        0,
        0,
    )
    assert (row.caller_name, row.first_department, row.rating) == ("", None, None)
    assert (row.no != GREEDY["no"], row.created_at.year > 2020) == (True, True)


@pytest.mark.parametrize("field", sorted(GREEDY))
def test_the_api_refuses_fields_it_does_not_know(app: Flask, people: Cast, field: str) -> None:
    with transaction():
        token = sessions.issue_token(people.lin.actor, NewToken(name="程序", days="30"))
    body: dict[str, Any] = {"body": "想问图书馆周末几点开门", field: GREEDY[field]}
    answer = app.test_client().post(
        "/api/v1/feedback", json=body, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 422
    assert field in answer.get_json()["errors"]
    assert queries.sent_today(people.lin.id, now().replace(hour=0)) == 0


def test_an_officers_step_sets_only_what_it_asks_for(app: Flask, people: Cast, sign_in: SignInAs) -> None:
    no = accepted(people)
    client = sign_in(app.test_client(), people.officer)
    form = GREEDY | {"as": "progress", "body": "师傅下午到", "version": "0"}
    assert client.post(f"/inbox/{no}/say", data=form).status_code == 303
    row = case(no)
    assert (row.state, row.department_code, row.sender_id) == (
        CaseState.IN_PROGRESS,
        "logistics",
        people.lin.id,
    )
    assert (row.confidential, row.escalation, row.rating, row.caller_name) == (False, 0, None, "")
    assert (
        client.post(
            "/inbox/templates", data={"name": "我的", "body": "内容", "department_code": "library"}
        ).status_code
        == 303
    )
    assert set(db.session.scalars(select(AnswerTemplate.department_code))) == {"logistics"}


# --- floods -------------------------------------------------------------------------------------------------------


@contextmanager
def worker(settings: Settings) -> Iterator[FlaskClient]:
    """One more worker of the same site, with limits."""
    app = create_app(settings.model_copy(update={"rate_limits": True}))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    try:
        yield app.test_client()
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def nameless(client: FlaskClient, n: int, address: str = "203.0.113.9") -> int:
    form = {"body": f"食堂二楼的洗手池堵了，这是第 {n} 次说", "anonymous": "1", "kind": "request"}
    return client.post("/feedback/new", data=form, environ_overrides={"REMOTE_ADDR": address}).status_code


def test_a_network_sends_five_a_day_without_a_name_over_all_workers(people: Cast, settings: Settings) -> None:
    with worker(settings) as one, worker(settings) as two:
        assert [nameless((one, two)[n % 2], n) for n in range(7)] == [200] * 5 + [429] * 2
        api = {"body": "食堂二楼的洗手池堵了", "anonymous": True}
        elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
        assert one.post("/api/v1/feedback", json=api, environ_overrides=elsewhere).status_code == 429
        assert nameless(two, 8, "198.51.100.4") == 200
    with worker(settings) as three, freeze(now() + timedelta(days=1, seconds=1)):
        assert nameless(three, 9) == 200


def test_receipts_cannot_be_tried_at_will(people: Cast, settings: Settings) -> None:
    made = anonymous()
    with worker(settings) as one, worker(settings) as two:
        wrong = [(one, two)[n % 2].post("/feedback/track", data={"receipt": f"{n:016d}"}) for n in range(11)]
        assert [answer.status_code for answer in wrong] == [404] * 10 + [429]
        api = {"receipt": made.receipt}
        assert one.post("/api/v1/feedback/track", json=api).status_code == 429
        assert (
            one.post(f"/api/v1/feedback/{made.no}/messages", json=api | {"body": "补充"}).status_code == 429
        )


def test_an_account_sends_five_a_day_under_its_name(app: Flask, people: Cast, sign_in: SignInAs) -> None:
    client = sign_in(app.test_client(), people.lin)
    statuses = [
        client.post("/feedback/new", data={"body": f"第 {n} 件事，想问一下"}).status_code for n in range(6)
    ]
    assert statuses == [303] * 5 + [429]


# --- tables with formulas (ASVS 1.2.10) ---------------------------------------------------------------------------


@pytest.mark.parametrize("formula", ["=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(A1)"])
def test_what_students_write_is_no_formula_in_a_table(
    app: Flask, people: Cast, sign_in: SignInAs, formula: str
) -> None:
    no = answered(people, title=formula, place=formula)
    with transaction():
        service.give_verdict(people.lin.actor, no, GiveVerdict(solved=True, rating=5))
    forget()
    client = sign_in(app.test_client(), people.officer)
    text = client.get("/inbox/export.csv").data.decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert f"'{formula}" in cells
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]


def test_searching_takes_whatever_is_typed(app: Flask, people: Cast, sign_in: SignInAs) -> None:
    sent(people.lin)
    client = sign_in(app.test_client(), people.officer)
    for words in ('"', "*", "' OR 1=1 --", "a AND (", "%", "_" * 300, "😀", "\x00", "title:灯", "灯" * 500):
        for path in ("/inbox", "/feedback", "/api/v1/feedback"):
            assert client.get(path, query_string={"q": words}).status_code in (200, 400, 422), (path, words)
