"""What a monitoring program reads: for administrators and their tokens, true at this moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from campus_service.accounts import sessions
from campus_service.accounts.commands import NewToken
from campus_service.core.db import transaction
from campus_service.jobs import Permanent, enqueue, job
from campus_service.jobs.registry import JOBS
from tests.conftest import Cast, Person
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
