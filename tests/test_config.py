"""A wrong setting stops the start with one line that names it and says how to mend it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from campus_service.app import create_app
from campus_service.config import BadSetting, Settings

SECRET = "a secret that is only for the tests, 32+"


def settings(**others: str) -> Settings:
    return Settings.from_env({"CAMPUS_SECRET_KEY": SECRET, "PATH": "/bin", **others})


def complaint(**others: str) -> str:
    with pytest.raises(BadSetting) as caught:
        settings(**others)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_secret_is_all_that_is_needed() -> None:
    assert settings().sqlalchemy_url.endswith("/instance/campus.db")
    assert not settings().https
    assert not settings().demo


def test_without_a_secret_nothing_starts() -> None:
    with pytest.raises(
        BadSetting, match="CAMPUS_SECRET_KEY is missing: make one with `campus-service secret`"
    ):
        Settings.from_env({})


def test_a_short_secret_is_refused_and_not_repeated() -> None:
    message = complaint(CAMPUS_SECRET_KEY="hunter2")
    assert (
        message == "CAMPUS_SECRET_KEY: must have 32 characters or more; make one with: campus-service secret"
    )


def test_an_unknown_setting_is_refused() -> None:
    assert complaint(CAMPUS_DATABSE_URL="x").startswith(
        "CAMPUS_DATABSE_URL is not a setting of campus_service"
    )


def test_what_only_the_tests_read_is_no_unknown_setting() -> None:
    settings(CAMPUS_REQUIRE_ALL="1", CAMPUS_TEST_DATABASES="sqlite")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("CAMPUS_BASE_URL", "campus.example.edu.cn", "must look like https://"),
        ("CAMPUS_DEMO", "perhaps", "valid boolean"),
        ("CAMPUS_MAIL_URL", "mail.example.edu.cn", "must look like smtp://"),
        ("CAMPUS_MAIL_URL", "smtp://", "must look like smtp://"),
        ("CAMPUS_MAIL_URL", "page:somewhere", "must look like smtp://"),
        ("CAMPUS_MAIL_URL", "smtp://mail.example:port", "ort"),
        ("CAMPUS_MAIL_URL", "smtp://mail.example:0", "needs a port"),
        ("CAMPUS_SEARCH", "elastic", "whoosh"),
        ("CAMPUS_METRICS_TOKEN", "nineteen-characters", "must have 20 characters"),
        ("CAMPUS_METRICS_TOKEN", "twenty characters and more", "must have 20 characters"),
        ("CAMPUS_METRICS_TOKEN", "监控" * 10, "ASCII only"),
        ("CAMPUS_TRUSTED_PROXIES", "-1", "greater than or equal to 0"),
        ("CAMPUS_WORKER_THREADS", "many", "valid integer"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(name: str, value: str, words: str) -> None:
    message = complaint(**{name: value})
    assert message.startswith(f"{name}: ")
    assert words in message


def test_settings_cannot_be_changed_and_do_not_show_the_secret() -> None:
    chosen = settings(CAMPUS_METRICS_TOKEN="watching-the-site-1234")
    with pytest.raises(ValidationError):
        chosen.demo = True  # type: ignore[misc]
    assert SECRET not in repr(chosen)
    assert chosen.metrics_token not in repr(chosen)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("not a url", "is not a database address"),
        ("mysql://root@localhost/campus", "mysql is not served"),
        ("sqlite:////nowhere/at/all/campus.db", "no database at sqlite:////nowhere/at/all/campus.db"),
        ("postgresql+psycopg://campus:hidden@127.0.0.1:9/campus", "no database at postgresql"),
    ],
)
def test_a_database_out_of_reach_stops_the_start_in_one_line(tmp_path: Path, url: str, words: str) -> None:
    with pytest.raises(BadSetting) as caught:
        create_app(settings(CAMPUS_DATA_DIR=str(tmp_path), CAMPUS_DATABASE_URL=url))
    message = str(caught.value)
    assert message.startswith("CAMPUS_DATABASE_URL")
    assert words in message
    assert "hidden" not in message
    assert "\n" not in message


def test_a_data_folder_that_cannot_be_made_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadSetting, match="CAMPUS_DATA_DIR: cannot create"):
        create_app(settings(CAMPUS_DATA_DIR=str(tmp_path / "file" / "data")))
