"""`campus-service run --demo`, as `make run` calls it: the first start, the next one, and how it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.house.test_docs import ROOT


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def running(folder: Path, port: int, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The site in ``folder``, ready, with what it printed; ended at the latest when the block ends."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CAMPUS_")}
    environ["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, "-m", "campus_service.cli", "run", "--port", str(port), *options]
    with (folder / "log").open("a") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
        assert process.stdout is not None
        try:
            printed = ""
            for line in process.stdout:
                printed += line
                if "Ctrl+C ends it" in line:
                    break
            yield process, printed
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.stdout.close()
            process.wait()


def children_of(process: subprocess.Popen[str]) -> list[int]:
    """The processes that ``process`` started."""
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def get(port: int, path: str) -> str:
    """A page of the site."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        return str(answer.read().decode())


def count(folder: Path) -> int:
    """How many found items the demo holds."""
    with closing(sqlite3.connect(folder / "instance" / "campus.db")) as database:
        return int(database.execute("SELECT count(*) FROM found_items").fetchone()[0])


def test_the_demo_starts_from_nothing_and_again_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, port, "--demo") as (process, printed):
        assert f"The site is ready: http://127.0.0.1:{port}" in printed, (tmp_path / "log").read_text()
        assert re.search(r"password \S+ as", printed)
        assert "security@demo.example" in printed
        assert "失物招领" in get(port, "/")
        assert '"ready"' in get(port, "/readyz")
        assert (tmp_path / "instance" / "secret").stat().st_mode & 0o777 == 0o600
        # As the terminal does: to the whole group.
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(60) == 0
    loaded = count(tmp_path)
    assert loaded > 100
    with running(tmp_path, port, "--demo") as (process, printed):
        assert "The site is ready" in printed, (tmp_path / "log").read_text()
        assert count(tmp_path) == loaded
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_the_death_of_one_process_ends_the_rest(tmp_path: Path) -> None:
    with running(tmp_path, free_port()) as (process, printed):
        assert "The site is ready" in printed, (tmp_path / "log").read_text()
        web, worker = children_of(process)
        os.kill(worker, signal.SIGKILL)
        assert process.wait(60) == 1
        assert not Path(f"/proc/{web}").exists()
    assert "the worker ended with code -9; the rest is ended too" in (tmp_path / "log").read_text()
