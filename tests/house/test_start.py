"""A start that cannot work is refused in one clear line, on the command line and for gunicorn."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECRET = "a secret that is only for the tests, 32+"


def start(arguments: list[str], folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run Python with ``arguments`` and nothing but ``settings`` set."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CAMPUS_")}
    environ |= {"PYTHONPATH": str(ROOT), "CAMPUS_DATA_DIR": str(folder / "data")} | settings
    return subprocess.run(
        [sys.executable, *arguments],
        env=environ,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def cli(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    return start(["-m", "campus_service.cli", *arguments], folder, **settings)


REFUSALS: Mapping[str, tuple[dict[str, str], str]] = {
    "missing secret": ({}, "CAMPUS_SECRET_KEY is missing"),
    "short secret": ({"CAMPUS_SECRET_KEY": "short"}, "CAMPUS_SECRET_KEY: must have 32 characters"),
    "unknown setting": (
        {"CAMPUS_SECRET_KEY": SECRET, "CAMPUS_COLOUR": "red"},
        "CAMPUS_COLOUR is not a setting",
    ),
    "unusable value": ({"CAMPUS_SECRET_KEY": SECRET, "CAMPUS_SESSION_DAYS": "many"}, "CAMPUS_SESSION_DAYS"),
    "no address": (
        {"CAMPUS_SECRET_KEY": SECRET, "CAMPUS_DATABASE_URL": "nonsense"},
        "CAMPUS_DATABASE_URL is not",
    ),
    "other database": (
        {"CAMPUS_SECRET_KEY": SECRET, "CAMPUS_DATABASE_URL": "mysql://h/db"},
        "mysql is not served",
    ),
    "database out of reach": (
        {
            "CAMPUS_SECRET_KEY": SECRET,
            "CAMPUS_DATABASE_URL": "postgresql+psycopg://campus@127.0.0.1:1/campus",
        },
        "CAMPUS_DATABASE_URL: no database at postgresql+psycopg://campus@127.0.0.1:1/campus",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_start_is_refused_in_one_line_with_code_2(case: str, tmp_path: Path) -> None:
    settings, words = REFUSALS[case]
    done = cli(tmp_path, "db", "current", **settings)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("campus-service: ")
    assert words in line


def test_a_password_in_the_database_address_is_not_printed(tmp_path: Path) -> None:
    url = "postgresql+psycopg://campus:hush-hush@127.0.0.1:1/campus"
    done = cli(tmp_path, "db", "current", CAMPUS_SECRET_KEY=SECRET, CAMPUS_DATABASE_URL=url)
    assert done.returncode == 2
    assert "hush-hush" not in done.stderr + done.stdout


def test_the_web_server_is_refused_in_one_line(tmp_path: Path) -> None:
    done = cli(tmp_path, "web")
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert "CAMPUS_SECRET_KEY is missing" in line


def test_an_old_database_is_refused_with_the_way_to_mend_it(tmp_path: Path) -> None:
    done = cli(tmp_path, "user", "list", CAMPUS_SECRET_KEY=SECRET)
    assert done.returncode == 2
    assert "run campus-service db upgrade" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = cli(tmp_path, "run", "--port", str(port))
    assert done.returncode == 2
    assert done.stderr.strip() == (
        f"campus-service: cannot listen on 127.0.0.1:{port}: Address already in use; choose another with --port"
    )


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = cli(tmp_path, "run", CAMPUS_DATA_DIR=str(tmp_path / "file" / "data"))
    assert done.returncode == 2
    assert "CAMPUS_DATA_DIR: cannot write" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
