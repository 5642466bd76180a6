"""The listener as processes of its own: `campus-service inbound`, and beside the jobs of `campus-service worker`."""

from __future__ import annotations

import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECRET = "a secret that is only for the tests, 32+"
FORGED = "case+1.2.aaaaaaaaaaaaaaaaaaaaaaaa@campus.example"


def command(folder: Path, *arguments: str, port: int = 0) -> tuple[list[str], dict[str, str]]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CAMPUS_")}
    environ |= {"PYTHONPATH": str(ROOT), "CAMPUS_DATA_DIR": str(folder / "data"), "CAMPUS_SECRET_KEY": SECRET}
    environ["CAMPUS_INBOUND_PORT"] = str(port)
    return [sys.executable, "-m", "campus_service.cli", *arguments], environ


def done(folder: Path, *arguments: str, port: int = 0) -> subprocess.CompletedProcess[str]:
    line, environ = command(folder, *arguments, port=port)
    return subprocess.run(line, env=environ, capture_output=True, text=True, timeout=120, check=False)


def answer_to_a_forged_address(process: subprocess.Popen[bytes], port: int) -> int:
    """Ask as soon as it listens."""
    give_up = time.monotonic() + 60
    while True:
        try:
            with smtplib.SMTP("127.0.0.1", port, "mail.test", timeout=20) as smtp:
                smtp.ehlo()
                smtp.mail("lin@mail.test")
                return smtp.rcpt(FORGED)[0]
        except ConnectionRefusedError:
            assert process.poll() is None, "the process ended by itself"
            assert time.monotonic() < give_up
            time.sleep(0.05)


@pytest.fixture
def migrated(tmp_path: Path) -> Path:
    upgraded = done(tmp_path, "db", "upgrade")
    assert upgraded.returncode == 0, upgraded.stderr
    return tmp_path


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.parametrize("name", ["inbound", "worker"])
def test_it_listens_until_it_is_asked_to_end(migrated: Path, port: int, name: str) -> None:
    line, environ = command(migrated, name, port=port)
    with subprocess.Popen(line, env=environ, stderr=subprocess.DEVNULL) as process:
        try:
            assert answer_to_a_forged_address(process, port) == 550
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_it_does_not_start_while_it_is_off_or_its_port_is_taken(migrated: Path) -> None:
    off = done(migrated, "inbound")
    assert (off.returncode, off.stderr.strip()) == (
        2,
        "campus-service: inbound mail is off: set CAMPUS_INBOUND_PORT to the port to listen on",
    )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = done(migrated, "inbound", port=port)
        checked = done(migrated, "check", port=9)
    assert refused.returncode == 2
    assert f"CAMPUS_INBOUND_PORT: cannot listen on 127.0.0.1:{port}" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
    assert "PROBLEM  inbound mail: 127.0.0.1:9 does not answer" in checked.stdout
