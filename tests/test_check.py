"""campus-service check finds what is wrong and says how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from flask import Flask
from flask.testing import FlaskCliRunner
from flask_migrate import downgrade

from campus_service.check import Finding, findings
from campus_service.cli import main
from campus_service.config import Settings
from campus_service.core.clock import freeze, now
from campus_service.core.db import transaction
from campus_service.jobs import enqueue
from campus_service.jobs.queue import KEY as QUEUE
from campus_service.search import service as search
from tests.house.test_run import free_port

Look = Callable[..., dict[str, Finding]]


@pytest.fixture
def environ(settings: Settings) -> dict[str, str]:
    """The variables of a whole installation."""
    return {
        "CAMPUS_SECRET_KEY": settings.secret_key.get_secret_value(),
        "CAMPUS_DATABASE_URL": settings.database_url,
        "CAMPUS_DATA_DIR": str(settings.data_dir),
        "CAMPUS_DEMO": "true",
    }


@pytest.fixture
def look(app: Flask, environ: dict[str, str]) -> Look:
    """What is found, by name, with some variables changed; the index is whole."""
    search.engine().ensure_schema()

    def found(**changed: str) -> dict[str, Finding]:
        return {finding.name: finding for finding in findings(environ | changed)}

    return found


def wrong(found: Mapping[str, Finding]) -> list[str]:
    """The names of what is not ok; each says how to mend it."""
    names = [name for name, finding in found.items() if not finding.ok]
    assert all(found[name].mend for name in names)
    return names


def test_nothing_is_wrong_with_a_whole_installation(look: Look) -> None:
    found = look()
    assert wrong(found) == []
    assert set(found) == {
        "Pillow",
        "settings",
        "database",
        "migrations",
        "data directory",
        "demo",
        "mail",
        "inbound mail",
        "search index",
        "worker",
        "failed jobs",
    }


def test_a_setting_that_cannot_be_used_is_named(look: Look) -> None:
    found = look(CAMPUS_PORT="80")
    assert wrong(found) == ["settings"]
    assert "CAMPUS_PORT is not a setting" in found["settings"].detail


def test_an_old_database_is_found(look: Look) -> None:
    downgrade(revision="base")
    found = look()
    assert wrong(found) == ["migrations"]
    assert found["migrations"].mend == "campus-service db upgrade"


def test_a_demo_that_others_can_reach_is_a_problem(look: Look) -> None:
    assert wrong(look(CAMPUS_BASE_URL="https://campus.example.edu.cn")) == ["demo"]


def test_a_real_site_needs_a_mail_server(look: Look) -> None:
    assert wrong(look(CAMPUS_DEMO="false")) == ["mail"]


def test_a_mail_server_that_answers_is_fine_and_one_that_is_gone_is_not(look: Look) -> None:
    port = free_port()
    server = Controller(Sink(), hostname="127.0.0.1", port=port)
    server.start()
    try:
        assert wrong(look(CAMPUS_MAIL_URL=f"smtp://127.0.0.1:{port}")) == []
    finally:
        server.stop()
    assert wrong(look(CAMPUS_MAIL_URL=f"smtp://127.0.0.1:{port}")) == ["mail"]


def test_a_damaged_index_is_found(look: Look, settings: Settings) -> None:
    (settings.data_dir / "index" / "current").unlink()
    assert wrong(look()) == ["search index"]


def test_a_damaged_queue_is_named_with_the_way_to_mend_it(look: Look, app: Flask, settings: Settings) -> None:
    app.extensions[QUEUE].huey.storage.close()
    for path in settings.data_dir.glob("queue.db*"):
        path.unlink()
    (settings.data_dir / "queue.db").write_bytes(b"not a database" * 100)
    found = look()
    assert wrong(found) == ["settings"]
    assert "queue.db: file is not a database; move the file away" in found["settings"].detail


def test_jobs_that_nobody_takes_mean_that_no_worker_runs(look: Look) -> None:
    with freeze(now() - timedelta(hours=1)), transaction():
        enqueue("search.rebuild", {})
    found = look()
    assert wrong(found) == ["worker"]
    assert found["worker"].detail.startswith("1 jobs due, the oldest since")


def test_the_command_prints_every_finding_and_ends_with_1(
    look: Look, runner: FlaskCliRunner, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert runner.invoke(main, ["check"]).exit_code == 0
    monkeypatch.setenv("CAMPUS_DEMO", "false")
    done = runner.invoke(main, ["check"])
    assert done.exit_code == 1
    assert "PROBLEM  mail" in done.output
    assert "→ set CAMPUS_MAIL_URL" in done.output


def test_the_secret_that_run_left_is_found(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from campus_service.start import environment

    monkeypatch.delenv("CAMPUS_SECRET_KEY", raising=False)
    monkeypatch.setenv("CAMPUS_DATA_DIR", str(tmp_path))
    assert "CAMPUS_SECRET_KEY" not in environment()
    (tmp_path / "secret").write_text("s" * 40 + "\n")
    assert environment()["CAMPUS_SECRET_KEY"] == "s" * 40
