"""campus-service check: what an installation needs, one finding each, with how to mend what is wrong."""

from __future__ import annotations

import shutil
import smtplib
import ssl
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import PIL
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from campus_service.app import create_app
from campus_service.config import BadSetting, Settings
from campus_service.core import schema
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.settings import settings
from campus_service.jobs import dead
from campus_service.jobs.models import JobState, OutboxRow
from campus_service.search import service as search

# A due job that nobody took for so long means that no worker runs: it looks every minute.
WORKER_LATE = timedelta(minutes=5)
MAIL_TIMEOUT_S = 5
ROOM_BYTES = 500 * 1024 * 1024
# Older releases have known holes in their decoders.
PILLOW = (13, 0)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: ``mend`` says what to do when it is not ok."""

    name: str
    ok: bool
    detail: str
    mend: str = ""


def findings(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Look at everything; what depends on settings that cannot be used is left out."""
    yield _pillow()
    try:
        app = create_app(Settings.from_env(environ))
    except BadSetting as error:
        yield Finding("settings", ok=False, detail=str(error), mend="docs/settings.md explains every setting")
        return
    yield Finding("settings", ok=True, detail="all known and usable")
    with app.app_context():
        for look in _LOOKS:
            yield look()
        if schema.is_current():
            for look in _LOOKS_AT_TABLES:
                yield look()
    _close(app)


def _close(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def _pillow() -> Finding:
    version = tuple(int(part) for part in PIL.__version__.split(".")[:2])
    mend = "" if version >= PILLOW else "pip install --require-hashes -r requirements/base.txt"
    return Finding("Pillow", ok=version >= PILLOW, detail=f"version {PIL.__version__}", mend=mend)


def _database() -> Finding:
    where = db.engine.url.render_as_string(hide_password=True)
    try:
        with db.engine.connect() as connection:
            connection.execute(select(1))
    except SQLAlchemyError as error:
        return Finding("database", ok=False, detail=f"{where}: {type(error).__name__}", mend="start it")
    return Finding("database", ok=True, detail=where)


def _migrations() -> Finding:
    if schema.is_current():
        return Finding("migrations", ok=True, detail=f"at {', '.join(sorted(schema.standing()))}")
    at = ", ".join(sorted(schema.standing())) or "none"
    wanted = ", ".join(sorted(schema.shipped()))
    detail = f"the database is at {at}, this version needs {wanted}"
    return Finding("migrations", ok=False, detail=detail, mend="campus-service db upgrade")


def _data_dir() -> Finding:
    folder = settings().data_dir.absolute()
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"campus")
    except OSError as error:
        mend = "give this user the right to write there, or set CAMPUS_DATA_DIR"
        return Finding("data directory", ok=False, detail=f"{folder}: {error.strerror}", mend=mend)
    free = shutil.disk_usage(folder).free
    detail = f"{folder}, {free // 2**20} MiB free"
    mend = (
        "" if free >= ROOM_BYTES else f"keep {ROOM_BYTES // 2**20} MiB free: photos and the index need room"
    )
    return Finding("data directory", ok=free >= ROOM_BYTES, detail=detail, mend=mend)


def _demo() -> Finding:
    host = urlsplit(settings().base_url).hostname
    if settings().demo and host not in _LOOPBACK:
        detail = f"everybody knows the demo's password, and people reach the site at {settings().base_url}"
        return Finding(
            "demo", ok=False, detail=detail, mend="unset CAMPUS_DEMO and begin with an empty database"
        )
    return Finding("demo", ok=True, detail="on, on this machine only" if settings().demo else "off")


def _mail() -> Finding:
    url = urlsplit(settings().mail_url)
    if not url.hostname:
        shown = settings().demo
        mend = "" if shown else "set CAMPUS_MAIL_URL to the mail server: people must get their links"
        return Finding("mail", ok=shown, detail="kept on a page of the demo, nothing is sent", mend=mend)
    try:
        _greet(url.scheme, url.hostname, url.port)
    except (OSError, smtplib.SMTPException) as error:
        detail = f"{url.hostname} does not answer: {error}"
        return Finding(
            "mail", ok=False, detail=detail, mend="look at CAMPUS_MAIL_URL and the way to that server"
        )
    return Finding("mail", ok=True, detail=f"{url.hostname} answers")


def _answers() -> Finding:
    name, host, port = "inbound mail", settings().inbound_host, settings().inbound_port
    if not port:
        return Finding(name, ok=True, detail="off: mails say that nobody reads answers")
    try:
        _greet("smtp", host, port)
    except (OSError, smtplib.SMTPException) as error:
        mend = "start a worker, or campus-service inbound; look for another program on CAMPUS_INBOUND_PORT"
        return Finding(name, ok=False, detail=f"{host}:{port} does not answer: {error}", mend=mend)
    detail = f"{host}:{port} answers, for addresses at {settings().answers_domain}"
    return Finding(name, ok=True, detail=detail)


def _greet(scheme: str, host: str, port: int | None) -> None:
    if scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, port or 465, timeout=MAIL_TIMEOUT_S, context=ssl.create_default_context()
        )
    else:
        server = smtplib.SMTP(host, port or 25, timeout=MAIL_TIMEOUT_S)
    with server:
        server.noop()


def _index() -> Finding:
    if search.engine().health():
        return Finding("search index", ok=True, detail="whole")
    mend = "campus-service search rebuild (a running worker does it by itself; search answers from SQL meanwhile)"
    return Finding("search index", ok=False, detail="missing or damaged", mend=mend)


def _worker() -> Finding:
    count, oldest = dead.waiting(Actor.system())
    late = oldest is not None and now() - oldest > WORKER_LATE
    detail = f"{count} jobs due" + (f", the oldest since {oldest:%Y-%m-%d %H:%M} UTC" if oldest else "")
    mend = "start a worker: campus-service worker" if late else ""
    return Finding("worker", ok=not late, detail=detail, mend=mend)


def _dead_letters() -> Finding:
    buried = select(func.count()).select_from(OutboxRow).where(OutboxRow.state == JobState.DEAD)
    count = db.session.scalar(buried) or 0
    mend = "read and run them again at /admin/jobs" if count else ""
    return Finding("failed jobs", ok=not count, detail=f"{count} failed for good", mend=mend)


Look = Callable[[], Finding]
_LOOKS: tuple[Look, ...] = (_database, _migrations, _data_dir, _demo, _mail, _answers)
_LOOKS_AT_TABLES: tuple[Look, ...] = (_index, _worker, _dead_letters)
