"""The copy of one's data holds all that one wrote, for nobody else, for seven days (PIPL 45)."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict
from campus_service.core.personal import PARTS
from campus_service.core.settings import settings
from campus_service.notifications.models import DemoMail, Notification
from campus_service.privacy import service
from campus_service.privacy.models import DataExport
from tests.conftest import Cast, Person
from tests.privacy.stories import OWN, STAYS, a_life, words

SignIn = Callable[[FlaskClient, Person], FlaskClient]
Work = Callable[[], int]


def asked(person: Person) -> None:
    with transaction():
        service.ask_export(person.actor)


def opened(client: FlaskClient) -> zipfile.ZipFile:
    answer = client.get("/me/data/export.zip", buffered=True)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return zipfile.ZipFile(BytesIO(answer.data))


def test_the_copy_holds_all_that_somebody_wrote_and_shows(
    client: FlaskClient, people: Cast, work: Work, sign_in: SignIn
) -> None:
    made = a_life(people)
    work()
    sign_in(client, people.lin)
    assert client.post("/me/data/export").status_code == 303
    work()
    copy = opened(client)
    parts = {name for name in copy.namelist() if name.endswith(".json")}
    assert parts == {f"{name}.json" for name in PARTS}
    text = "".join(copy.read(name).decode() for name in sorted(parts))
    for word in (*words(), *STAYS, people.lin.name, people.lin.email, "2026110001"):
        assert word in text, word
    for key in (*made["photos"], made["waiting"]):
        assert copy.read(f"photos/{key}.jpg").startswith(b"\xff\xd8")
    assert all(isinstance(json.loads(copy.read(name)), dict) for name in parts)


def test_the_copy_holds_nobody_else_s_words_and_no_secret(
    client: FlaskClient, people: Cast, work: Work, sign_in: SignIn
) -> None:
    a_life(people)
    work()
    asked(people.wu)
    work()
    copy = opened(sign_in(client, people.wu))
    text = "".join(copy.read(name).decode() for name in copy.namelist())
    # What everybody may read of a report may stand in a notice of his.
    private = {*words(), people.lin.name, "password_hash", "token_hash", "$argon2"} - {OWN["lost title"]}
    assert {word for word in private if word in text} == set()


def test_it_is_for_its_owner_alone(app: Flask, people: Cast, work: Work, sign_in: SignIn) -> None:
    asked(people.lin)
    work()
    assert app.test_client().get("/me/data/export.zip").status_code in (302, 401)
    assert sign_in(app.test_client(), people.wu).get("/me/data/export.zip").status_code == 404
    (notice,) = db.session.scalars(select(Notification).where(Notification.kind == "privacy.export_ready"))
    assert notice.user_id == people.lin.id
    (letter,) = db.session.scalars(select(DemoMail).where(DemoMail.to == people.lin.email))
    assert "export.zip" not in letter.body


def test_there_is_one_at_a_time_and_it_is_gone_after_seven_days(
    client: FlaskClient, people: Cast, work: Work, sign_in: SignIn
) -> None:
    asked(people.lin)
    work()
    with pytest.raises(Conflict):
        asked(people.lin)
    sign_in(client, people.lin)
    assert "下载副本" in client.get("/me/data").text
    assert client.post("/me/data/export").status_code == 409
    folder = settings().data_dir / "exports"
    assert len(list(folder.iterdir())) == 1
    with freeze(now() + timedelta(days=7.1)):
        assert client.get("/me/data/export.zip").status_code in (302, 404)
        with transaction():
            assert service.tidy() == 1
        assert list(folder.iterdir()) == []
        asked(people.lin)


def test_the_job_done_twice_tells_once(people: Cast, work: Work) -> None:
    asked(people.lin)
    work()
    key = db.session.scalars(select(DataExport.key)).one()
    service.make_export(people.lin.id, key)
    told = select(Notification).where(Notification.kind == "privacy.export_ready")
    assert len(db.session.scalars(told).all()) == 1
