"""A message without a name leaves no trace of its sender: everything that is kept is searched for what only he had."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from campus_service.config import Settings
from campus_service.core.clock import freeze, now
from campus_service.core.db import Base, db, transaction
from campus_service.feedback import service
from campus_service.feedback.commands import RouteCase, WriteAnswer
from campus_service.feedback.models import Case
from campus_service.feedback.states import CaseState
from campus_service.media.models import Photo
from tests.conftest import Cast, Person
from tests.feedback.stories import anonymous, case
from tests.feedback.test_anonymous import files_below, rows_that_link
from tests.media.pictures import phone_photo

ADDRESS, KEY = "203.0.113.77", "canary-request-key-4217"
BROWSER = {
    "REMOTE_ADDR": ADDRESS,
    "HTTP_USER_AGENT": "CanaryBrowser/42.17 (leave-no-trace)",
    "HTTP_ACCEPT_LANGUAGE": "zh-CN,zh;q=0.9,fy-CANARY;q=0.1",
    "HTTP_REFERER": "http://campus.test/feedback/new?from=canary-referrer",
    "HTTP_X_FORWARDED_FOR": "198.51.100.123",
    "HTTP_SEC_CH_UA": '"CanaryHint"',
}
CANARIES = (
    "203.0.113", "198.51.100", "CanaryBrowser", "fy-CANARY", "canary-referrer", "CanaryHint", "canary-cookie",
    "canary-file-name", KEY, "CANARY-CAMERA", "CANARY-MODEL", "CANARY-COMMENT", "CANARY-XMP", "2026:10:31 14:05",
)  # fmt: skip
HASHES = ("md5", "sha1", "sha256", "sha512", "blake2b", "blake2s")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """As on a real site: floods are limited; and as much is logged as can be."""
    return settings.model_copy(update={"rate_limits": True, "log_level": "debug"})


@pytest.fixture
def hidden(
    app: Flask,
    people: Cast,
    request: pytest.FixtureRequest,
    sign_in: Callable[[FlaskClient, Person], FlaskClient],
) -> FlaskClient:
    """The browser of a visitor, or of 林小满 who is signed in and hides her name."""
    client = app.test_client()
    client.set_cookie("canary", "canary-cookie-4217", domain="campus.test")
    return sign_in(client, people.lin) if request.param == "lin" else client


def post(client: FlaskClient, path: str, **form: Any) -> TestResponse:
    return client.post(path, data=form, environ_overrides=BROWSER, content_type="multipart/form-data")


def picture(name: str = "canary-file-name.jpg") -> tuple[io.BytesIO, str]:
    return io.BytesIO(phone_photo(640, 480)), name


def tell_everything(client: FlaskClient, people: Cast) -> tuple[str, str]:
    """The whole way of a message without a name, and some wrong turns; returns number and receipt."""
    get = {"environ_overrides": BROWSER}
    assert client.get("/feedback/new", **get).status_code == 200
    form = {"anonymous": "1", "kind": "request", "request_key": KEY, "place": "第三教学楼 二楼西侧"}
    said = "三教二楼西侧楼梯口的感应灯不亮，晚自习下楼要摸着扶手走"
    bad = io.BytesIO(b"not a picture"), "canary-file-name.txt"
    assert post(client, "/feedback/new", body="", **form).status_code == 422
    assert post(client, "/feedback/new", body=said, photo_files=bad, **form).status_code == 422
    page = post(client, "/feedback/new", body=said, photo_files=picture(), **form)
    assert page.status_code == 200, page.text
    again = post(client, "/feedback/new", body=said, **form)
    digits = re.findall(r"(?<!\d)(\d{4})(?!\d)", re.sub("<[^>]+>", " ", page.text))
    receipt = next(
        found for at in range(len(digits)) if (found := "".join(digits[at : at + 4])) and known(found)
    )
    assert receipt[:4] in again.text
    no = service.open_receipt(receipt).no
    db.session.rollback()
    assert post(client, "/feedback/track", receipt="1234 5678 1234 5678").status_code == 404
    spaced = " ".join(receipt[at : at + 4] for at in range(0, 16, 4))
    assert post(client, "/feedback/track", receipt=spaced).status_code == 303
    assert client.get(f"/feedback/{no}", **get).status_code == 200
    with transaction():
        if case(no).state is not CaseState.ROUTED or case(no).department_code != "logistics":
            service.route(people.coordinator.actor, no, RouteCase(department="logistics"))
    with transaction():
        service.accept(people.officer.actor, no)
    more = post(
        client,
        f"/feedback/{no}/messages",
        body="再补一句，是第二级台阶",
        photo_files=picture(),
        request_key=KEY,
    )
    assert more.status_code == 303, more.text
    with transaction():
        service.answer(people.officer.actor, no, WriteAnswer(body="修好了，谢谢。", outcome="solved"))
    assert post(client, f"/feedback/{no}/verdict", solved="1", rating="5", text="很快").status_code == 303
    return no, receipt


def known(receipt: str) -> bool:
    from campus_service.feedback import queries

    return len(receipt) == 16 and queries.case_by_receipt(receipt) is not None


def flood(client: FlaskClient) -> None:
    """More than a network may send in a day, and more receipts than it may try: refusals leave no trace either."""
    statuses = [
        post(client, "/feedback/new", body=f"食堂二楼的洗手池堵了 {n}", anonymous="1").status_code
        for n in range(6)
    ]
    assert statuses[-1] == 429
    tries = [post(client, "/feedback/track", receipt=f"{n:016d}").status_code for n in range(12)]
    assert tries[-1] == 429


def kept(settings: Settings) -> Iterator[bytes]:
    """Every row of every table, and every file: photos, index, queue, limits, and the database's own where it is one."""
    for table in Base.metadata.sorted_tables:
        for row in db.session.execute(sa.select(table)):
            yield repr(tuple(row)).encode()
            yield from (value for value in row if isinstance(value, bytes))
    db.session.rollback()
    yield files_below(settings.data_dir)
    if settings.sqlalchemy_url.startswith("sqlite"):
        yield from (
            path.read_bytes()
            for path in Path(sa.make_url(settings.sqlalchemy_url).database or "").parent.glob("campus.db*")
        )


def shapes(secret: str) -> Iterator[bytes]:
    """A secret itself, and every hash of it that anybody could compute without the site's key."""
    yield secret.encode()
    for name in HASHES:
        digest = hashlib.new(name, secret.encode()).digest()
        yield from (
            digest,
            digest[:16],
            digest.hex().encode(),
            base64.b64encode(digest),
            base64.urlsafe_b64encode(digest)[:22],
        )
    yield hashlib.blake2b(secret.encode(), digest_size=16).digest()
    yield hashlib.blake2b(secret.encode(), digest_size=32).hexdigest().encode()


@pytest.mark.parametrize("hidden", ["visitor", "lin"], indirect=True)
def test_nothing_that_is_kept_or_logged_leads_to_the_sender(
    hidden: FlaskClient, people: Cast, settings: Settings, work: Callable[[], int],
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    no, receipt = tell_everything(hidden, people)
    flood(hidden)
    work()
    logged = capsys.readouterr()
    everything = [*kept(settings), logged.out.encode(), logged.err.encode(), caplog.text.encode()]
    words = [*CANARIES, receipt, " ".join(receipt[at : at + 4] for at in range(0, 16, 4))]
    # The sign-in of a person keeps its device by design; it is nobody's message. Addresses are in no row at all.
    secrets = [*(word.encode() for word in words), *shapes(ADDRESS), *shapes(receipt), *shapes(KEY)]
    assert [secret for secret in secrets for text in everything if secret in text] == []
    # What is searched does hold the case, and the places where a trace could lie are there.
    assert no.encode() in b"".join(everything)
    names = {path.name for path in settings.data_dir.rglob("*") if path.is_file()}
    assert {"limits.db"} <= names
    assert sum(name.endswith(".jpg") for name in names) == 6


@pytest.mark.parametrize("hidden", ["lin"], indirect=True)
def test_no_row_joins_the_person_to_the_case(
    hidden: FlaskClient, people: Cast, work: Callable[[], int]
) -> None:
    no, _receipt = tell_everything(hidden, people)
    work()
    assert not rows_that_link(case(no).id, no, people.lin.id)
    assert set(db.session.scalars(sa.select(Photo.uploaded_by))) == {None}
    assert db.session.scalar(sa.select(sa.func.count()).where(Case.sender_id == people.lin.id)) == 0


@pytest.mark.parametrize("hidden", ["visitor"], indirect=True)
def test_of_the_senders_own_steps_only_the_hour_is_kept(hidden: FlaskClient, people: Cast) -> None:
    with freeze(now().replace(minute=46, second=7, microsecond=0)):
        no, _receipt = tell_everything(hidden, people)
    moments = {
        "cases": case(no).created_at,
        **{
            f"event {row.type}": row.at
            for row in _events(no)
            if row.type in ("received", "message", "supplied", "verdict")
        },
        **{f"photo {row.id}": row.created_at for row in db.session.scalars(sa.select(Photo))},
    }
    assert len(moments) >= 5
    assert {name for name, moment in moments.items() if (moment.minute, moment.second) != (0, 0)} == set()


def test_the_pages_of_staff_do_not_tell_the_minute_it_came(
    app: Flask, people: Cast, sign_in: Callable[[FlaskClient, Person], FlaskClient]
) -> None:
    with freeze(now().replace(minute=46, second=7, microsecond=0)):
        no = anonymous().no
    assert {(row.at.minute, row.at.second) for row in _events(no)} == {(0, 0)}
    page = sign_in(app.test_client(), people.coordinator).get(f"/inbox/{no}")
    assert page.status_code == 200
    assert ":46" not in re.sub(r"<header.*?</header>", "", page.text, flags=re.DOTALL)


def _events(no: str) -> Any:
    from campus_service.feedback import queries

    return queries.events(case(no).id)
