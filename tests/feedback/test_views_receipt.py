"""Messages without a name in a browser: the receipt once, the page behind it, two-way messages, leaving."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campus_service.app import create_app
from campus_service.config import Settings
from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from campus_service.core.ratelimit import limiter
from campus_service.feedback import commands as c
from campus_service.feedback import queries, service
from campus_service.feedback.models import Case
from campus_service.feedback.states import CaseState, MessageKind
from campus_service.media import service as media
from tests.conftest import Cast
from tests.everything import photo
from tests.feedback.stories import anonymous, case
from tests.feedback.test_anonymous import everything_stored
from tests.lostfound.pages import counted, form
from tests.media.pictures import phone_photo

NEW, TRACK = "/feedback/new", "/feedback/track"
BODY = "食堂二楼的洗手池一直滴水，麻烦修一下水龙头"


def send(client: FlaskClient, **changes: object) -> TestResponse:
    return client.post(NEW, data=form(client.get(NEW), NEW, body=BODY, kind="request") | changes)


def digits_of(page: TestResponse) -> str:
    """The sixteen digits as the page shows them."""
    found = re.search(r'data-copy="(\d{4} \d{4} \d{4} \d{4})"', page.text)
    assert found
    return found.group(1)


def opened(client: FlaskClient, receipt: str) -> TestResponse:
    return client.post(TRACK, data={"receipt": receipt}, follow_redirects=True)


def only_case() -> Case:
    db.session.rollback()
    db.session.expire_all()
    return db.session.query(Case).one()


def test_the_sixteen_digits_are_shown_once_and_kept_by_nobody(client: FlaskClient, people: Cast) -> None:
    page = send(client)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert "只显示一次" in page.text
    assert 'name="draft-done" content="feedback"' in page.text
    receipt = digits_of(page).replace(" ", "")
    assert receipt not in everything_stored()
    assert "后勤处" in page.text
    with client.session_transaction() as session:
        assert "receipts" not in session


def test_the_same_form_sent_again_shows_the_same_digits(client: FlaskClient, people: Cast) -> None:
    data = form(client.get(NEW), NEW, body=BODY)
    assert digits_of(client.post(NEW, data=data)) == digits_of(client.post(NEW, data=data))
    only_case()


def test_the_digits_open_the_page_and_leaving_closes_it(client: FlaskClient, people: Cast) -> None:
    receipt = digits_of(send(client))
    no = only_case().no
    assert client.get(f"/feedback/{no}").status_code == 404
    page = opened(client, receipt)
    assert BODY in page.text
    assert page.headers["Cache-Control"] == "no-store"
    left = client.post("/feedback/leave", follow_redirects=True)
    assert "这台设备上已经看不到了" in left.text
    assert client.get(f"/feedback/{no}").status_code == 404


def test_a_browser_forgets_the_digits_by_itself(client: FlaskClient, people: Cast) -> None:
    made = anonymous()
    assert opened(client, made.receipt).status_code == 200
    with freeze(now() + timedelta(hours=3)):
        assert client.get(f"/feedback/{made.no}").status_code == 404


def test_other_digits_open_nothing_of_it(client: FlaskClient, people: Cast) -> None:
    mine, other = anonymous(), anonymous(body="另一件事：操场的灯不亮")
    opened(client, mine.receipt)
    assert client.get(f"/feedback/{other.no}").status_code == 404
    assert client.post(f"/feedback/{other.no}/messages", data={"body": "我来写"}).status_code == 404


@pytest.mark.parametrize(
    ("typed", "status", "words"), [("1234", 422, "现在有 4 位"), ("0" * 16, 404, "没有这个查询码")]
)
def test_wrong_digits_are_told_apart(
    client: FlaskClient, people: Cast, typed: str, status: int, words: str
) -> None:
    page = client.post(TRACK, data={"receipt": typed})
    assert page.status_code == status
    assert words in page.text


def test_both_sides_write_and_nobody_is_named(client: FlaskClient, people: Cast) -> None:
    receipt = digits_of(send(client))
    no = only_case().no
    with transaction():
        service.accept(people.officer.actor, no)
    with transaction():
        service.ask(people.officer.actor, no, c.Say(body="是左边还是右边的水池？"))
    page = opened(client, receipt)
    assert "是左边还是右边的水池？" in page.text
    action = f"/feedback/{no}/messages"
    data = form(page, action, body="右边的", photo_files=[(io.BytesIO(phone_photo(640, 480)), "池.jpg")])
    assert client.post(action, data=data).status_code == 303
    row = case(no)
    assert row.state is CaseState.IN_PROGRESS
    (message,) = [m for m in queries.messages(row.id) if m.kind is MessageKind.SENDER]
    (picture,) = media.photos_of("feedback_message", [message.id])[message.id]
    assert (message.author_id, picture.uploaded_by, message.at.minute) == (None, None, 0)
    assert client.get(f"/photos/{picture.key}/320.jpg").status_code == 200
    client.post("/feedback/leave")
    assert client.get(f"/photos/{picture.key}/320.jpg").status_code == 404


def test_photos_of_internal_notes_are_not_for_who_holds_the_digits(client: FlaskClient, people: Cast) -> None:
    made, internal = anonymous(), photo(people.officer)
    with transaction():
        service.accept(people.officer.actor, made.no)
    with transaction():
        service.note(people.officer.actor, made.no, c.Say(body="现场", photos=[internal]))
    opened(client, made.receipt)
    assert client.get(f"/photos/{internal}/320.jpg").status_code == 404


def test_times_are_told_to_the_hour(client: FlaskClient, people: Cast) -> None:
    made = anonymous()
    with transaction():
        service.accept(people.officer.actor, made.no)
    page = opened(client, made.receipt).text
    story = page[page.index('class="tl"') : page.index("答复你")]
    assert re.search(r"\d+ 时", story)
    assert not re.search(r'class="when num">[^<]*\d\d:\d\d<', story)


def test_verdict_reopening_and_withdrawal_go_by_the_digits(client: FlaskClient, people: Cast) -> None:
    made, other = anonymous(), anonymous(body="另一件事：操场的灯不亮")
    with transaction():
        service.accept(people.officer.actor, made.no)
    with transaction():
        service.answer(people.officer.actor, made.no, c.WriteAnswer(body="修好了。", outcome="solved"))
    opened(client, made.receipt)
    opened(client, other.receipt)
    assert client.post(f"/feedback/{made.no}/verdict", data={"solved": "0", "rating": "2"}).status_code == 303
    assert client.post(f"/feedback/{made.no}/reopen", data={"reason": "还在滴水"}).status_code == 303
    assert case(made.no).state is CaseState.REOPENED
    assert client.post(f"/feedback/{other.no}/withdraw").status_code == 303
    assert case(other.no).state is CaseState.WITHDRAWN


def test_the_page_behind_the_digits_keeps_no_draft(client: FlaskClient, people: Cast) -> None:
    made = anonymous()
    assert "data-draft" not in opened(client, made.receipt).text


def test_the_page_costs_few_queries(client: FlaskClient, people: Cast) -> None:
    made = anonymous()
    opened(client, made.receipt)
    with counted() as statements:
        assert client.get(f"/feedback/{made.no}").status_code == 200
    assert len(statements) <= 12, statements


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


def test_ten_receipts_an_hour_may_be_tried(limited: Flask) -> None:
    client = limited.test_client()
    for _n in range(10):
        assert client.post(TRACK, data={"receipt": "0" * 16}).status_code == 404
    refused = client.post(TRACK, data={"receipt": "0" * 16})
    assert refused.status_code == 429
    assert "请过一小时再试" in refused.text
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
