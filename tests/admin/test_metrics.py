"""What a monitoring program reads: for administrators and their tokens, true at this moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from campus_service.accounts import sessions
from campus_service.accounts.commands import NewToken
from campus_service.app import create_app
from campus_service.config import Settings
from campus_service.core.db import db, transaction
from campus_service.jobs import Permanent, enqueue, job
from campus_service.jobs.registry import JOBS
from tests.conftest import Browser, Cast, Person
from tests.lostfound.stories import held

SignIn = Callable[[FlaskClient, Person], FlaskClient]


@pytest.fixture
def admin(client: FlaskClient, people: Cast, sign_in: SignIn) -> FlaskClient:
    return sign_in(client, people.admin)


def read(client: FlaskClient, **headers: str) -> dict[str, float]:
    """Every figure by its name and labels."""
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    assert answer.headers["Cache-Control"] == "no-store"
    return dict(_samples(answer.text))


def _samples(text: str) -> Iterator[tuple[str, float]]:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield " ".join([sample.name, *sample.labels.values()]), sample.value


def test_the_lag_of_the_index_is_seen_until_the_worker_has_been_there(
    admin: FlaskClient, people: Cast, work: Callable[[], int]
) -> None:
    held(people)
    work()
    held(people, title="蓝色水杯", category="cup_bottle")
    behind = read(admin)
    assert behind["campus_search_lag_changes"] == 1
    assert (behind["campus_search_documents table"], behind["campus_search_documents index"]) == (2, 1)
    assert "1 处改动还没进索引" in admin.get("/admin/jobs").text
    work()
    level = read(admin)
    assert (level["campus_search_lag_changes"], level["campus_search_lag_seconds"]) == (0, 0)
    assert level["campus_search_documents index"] == 2
    assert "没有等着的改动" in admin.get("/admin/jobs").text


def test_a_job_that_failed_for_good_is_counted(
    admin: FlaskClient, work: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(JOBS, "test.mail", JOBS["mail.send"])

    @job("test.mail")
    def _mail(_payload: dict[str, object]) -> None:
        raise Permanent("no such mailbox")

    work()
    before = read(admin)["campus_jobs_dead"]
    with transaction():
        enqueue("test.mail", {})
    assert read(admin)["campus_jobs_waiting"] == 1
    work()
    after = read(admin)
    assert (after["campus_jobs_waiting"], after["campus_jobs_dead"]) == (0, before + 1)


def test_a_program_sends_an_administrators_token(client: FlaskClient, people: Cast) -> None:
    with transaction():
        token = sessions.issue_token(people.admin.actor, NewToken(name="监控", days=30))
        others = sessions.issue_token(people.desk.actor, NewToken(name="别人", days=30))
    assert read(client, Authorization=f"Bearer {token}")["campus_jobs_dead"] == 0
    assert client.get("/metrics", headers={"Authorization": f"Bearer {others}"}).status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code in (302, 401)


TOKEN = "watching-the-site-1234"


@pytest.fixture
def watched(settings: Settings) -> Iterator[FlaskClient]:
    """A browser of a site that has a token for its monitoring program."""
    app = create_app(settings.model_copy(update={"metrics_token": TOKEN}))
    app.config["TESTING"] = True
    app.test_client_class = Browser
    with app.app_context():
        yield app.test_client()
        db.session.remove()
        db.engine.dispose()


def test_the_token_of_the_settings_opens_the_figures(watched: FlaskClient) -> None:
    assert read(watched, Authorization=f"Bearer {TOKEN}")["campus_jobs_dead"] == 0
    assert watched.get("/metrics").status_code == 302


@pytest.mark.parametrize("sent", ["", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "Bearer", "监控的令牌"])
def test_nothing_like_it_does(watched: FlaskClient, sent: str) -> None:
    headers = {"Authorization": f"Bearer {sent}".encode().decode("latin-1")}
    assert watched.get("/metrics", headers=headers).status_code in (302, 401)


@pytest.mark.parametrize(
    "path", ["/admin/jobs", "/admin/words", "/metrics/", "/api/v1/lost-found/claims", "/me/settings"]
)
def test_it_opens_nothing_else(watched: FlaskClient, path: str) -> None:
    answer = watched.get(path, headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code in (302, 401, 404)
    assert "/sign-in" in answer.headers.get("Location", "/sign-in")


def test_it_changes_nothing(watched: FlaskClient) -> None:
    assert watched.post("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 405


def test_without_the_setting_no_token_is_the_right_one(app: Flask, client: FlaskClient) -> None:
    for sent in ("", " ", TOKEN):
        headers = {"Authorization": f"Bearer {sent}"}
        assert client.get("/metrics", headers=headers).status_code in (302, 401)
