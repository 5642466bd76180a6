"""campus-service run: prepares the database, then keeps web server and worker as one group that ends together."""

from __future__ import annotations

import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Any

import click

# Seconds until the web server must answer, and until processes that were asked to end must have ended.
READY_WITHIN = 60.0
END_WITHIN = 25.0
_SELF = (sys.executable, "-m", "campus_service.cli")


@dataclass(frozen=True, slots=True)
class Address:
    """Where the web server listens, and with how many processes and threads."""

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    threads: int = 4

    @property
    def url(self) -> str:
        """The address for a browser on this machine."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104  # compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


class CannotStart(click.ClickException):
    """A start that makes no sense; the message says why and what to do."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Print one line, on standard error unless ``file`` is given."""
        click.echo(f"campus-service: {self.message}", file, err=True)


class Ended(CannotStart):
    """A part of the running site ended by itself."""

    exit_code = 1


def gunicorn(address: Address) -> list[str]:
    """The command line of the web server."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    where = ["--bind", f"{host}:{address.port}"]
    size = ["--workers", str(address.workers), "--threads", str(address.threads)]
    config = ["--config", "python:campus_service.serving"]
    return [sys.executable, "-m", "gunicorn", *config, *where, *size, "campus_service.wsgi:app"]


def environment() -> dict[str, str]:
    """The variables of this process, with the secret that an earlier `run` left in the data directory."""
    environ = dict(os.environ)
    path = _secret_path(environ)
    if "CAMPUS_SECRET_KEY" not in environ and path.is_file():
        environ["CAMPUS_SECRET_KEY"] = path.read_text(encoding="ascii").strip()
    return environ


def run(address: Address, demo: bool) -> None:
    """Start everything, print the address, and stay until Ctrl+C, SIGTERM or the death of one process.

    Raises CannotStart when the port is taken, Ended when a process ends by itself or the site does not answer.
    """
    environ = _environment_for(address, demo)
    _check_port(address)
    greeting = _prepare(environ)
    with _ending_on_signals():
        processes = {
            "web server": subprocess.Popen(gunicorn(address), env=environ),
            "worker": subprocess.Popen([*_SELF, "worker"], env=environ),
        }
        try:
            _wait_until_ready(address, processes)
            click.echo(f"\nThe site is ready: {environ['CAMPUS_BASE_URL']}\n{greeting}\nCtrl+C ends it.")
            _wait_for_a_death(processes)
        except KeyboardInterrupt:
            pass
        finally:
            _end(processes)


def _environment_for(address: Address, demo: bool) -> dict[str, str]:
    environ = environment()
    if "CAMPUS_SECRET_KEY" not in environ:
        environ["CAMPUS_SECRET_KEY"] = _new_secret(_secret_path(environ))
    environ.setdefault("CAMPUS_BASE_URL", address.url)
    if demo:
        environ["CAMPUS_DEMO"] = "true"
    return environ


def _secret_path(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("CAMPUS_DATA_DIR") or "instance") / "secret"


def _new_secret(path: Path) -> str:
    """Make a secret that only this user can read, and keep it for the next start."""
    secret = secrets.token_urlsafe(48)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secret + "\n")
    except OSError as error:
        raise CannotStart(f"CAMPUS_DATA_DIR: cannot write {path}: {error.strerror}") from None
    return secret


def _check_port(address: Address) -> None:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError as error:
            where = f"{address.host}:{address.port}"
            raise CannotStart(
                f"cannot listen on {where}: {error.strerror}; choose another with --port"
            ) from None


def _prepare(environ: Mapping[str, str]) -> str:
    """Bring the database up to date in a process of its own, which gives its memory back; returns what it printed."""
    done = subprocess.run([*_SELF, "prepare"], env=environ, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout


Processes = Mapping[str, "subprocess.Popen[bytes]"]


def _wait_until_ready(address: Address, processes: Processes) -> None:
    give_up = time.monotonic() + READY_WITHIN
    while not _answers(address):
        _raise_if_dead(processes)
        if time.monotonic() > give_up:
            raise Ended(f"the web server does not answer after {READY_WITHIN:.0f} seconds")
        time.sleep(0.05)


def _answers(address: Address) -> bool:
    connection = http.client.HTTPConnection(address.url.removeprefix("http://"), timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _wait_for_a_death(processes: Processes) -> None:
    while True:
        _raise_if_dead(processes)
        time.sleep(0.5)


def _raise_if_dead(processes: Processes) -> None:
    for name, process in processes.items():
        if process.poll() is not None:
            raise Ended(f"the {name} ended with code {process.returncode}; the rest is ended too")


@contextmanager
def _ending_on_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end us like Ctrl+C, also where a shell without job control ignores Ctrl+C for us."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(processes: Processes) -> None:
    """Ask all to finish what they do; the terminal's Ctrl+C has reached them already."""
    for process in processes.values():
        process.terminate()
    give_up = time.monotonic() + END_WITHIN
    for process in processes.values():
        try:
            process.wait(max(0.1, give_up - time.monotonic()))
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            process.kill()
            process.wait()
