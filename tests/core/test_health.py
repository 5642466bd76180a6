"""/healthz and /readyz."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import downgrade
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from campus_service.core.db import db


def test_a_living_process_says_so_and_nothing_keeps_the_answer(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_whole_site_is_ready(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "ready"})


def test_an_old_database_is_not_ready_though_the_process_lives(client: FlaskClient) -> None:
    downgrade(revision="base")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "not ready", "problem": "migrations"})
    assert client.get("/healthz").status_code == 200


def test_a_database_out_of_reach_is_not_ready_and_its_address_stays_inside(
    app: Flask, client: FlaskClient
) -> None:
    def refuse(*_arguments: object) -> None:
        raise OperationalError("connect", {}, OSError("no route to 10.9.8.7"))

    db.session.remove()
    db.engine.dispose()
    event.listen(db.engine, "do_connect", refuse)
    try:
        answer = client.get("/readyz")
    finally:
        event.remove(db.engine, "do_connect", refuse)
    assert (answer.status_code, answer.json) == (503, {"status": "not ready", "problem": "database"})
