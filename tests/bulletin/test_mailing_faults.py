"""A sender that is killed in the middle of a mailing: nobody gets anything twice, nobody is forgotten."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import insert, select

from campus_service.bulletin.models import Delivery, Mailing, Subscriber
from campus_service.bulletin.states import DeliveryState
from campus_service.core.clock import now
from campus_service.core.db import db, transaction
from campus_service.core.settings import KEY
from tests.bulletin.mailroom import free_port
from tests.bulletin.stories import published
from tests.conftest import SECRET, Cast

Work = Callable[[], int]


# After so much of the mailing.
KILLED_AT = (0.1, 0.4, 0.7)


def _those_who(state: DeliveryState) -> set[str]:
    rows = select(Subscriber.email).join(Delivery, Delivery.subscriber_id == Subscriber.id)
    return set(db.session.scalars(rows.where(Delivery.state == state)))


def test_a_killed_sender_sends_nobody_anything_twice(
    app: Flask, people: Cast, tmp_path: Path, database: Any
) -> None:
    readers = 10_000 if "sqlite" in database.url else 600
    id = _many(app, people, readers)
    log, port = tmp_path / "sink.log", free_port()
    sink = subprocess.Popen(
        [sys.executable, "-m", "tests.bulletin.sink", str(log), str(port)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert sink.stdout
        assert sink.stdout.readline() == "ready\n"
        db.session.remove()
        db.engine.dispose()
        for share in KILLED_AT:
            _killed_at(app, id, port, log, int(readers * share))
        assert _sender(app, id, port).wait(300) == 0
    finally:
        sink.terminate()
        sink.communicate(timeout=20)
    got = Counter(line.split()[0] for line in log.read_text(encoding="utf-8").splitlines())
    assert set(got.values()) == {1}
    assert db.session.get_one(Mailing, id, populate_existing=True).finished_at is not None
    # Where a kill fell between the note and the last dot, nobody can know: such a copy is shown to the chief editor.
    doubtful = _those_who(DeliveryState.DOUBTFUL)
    assert len(doubtful) <= len(KILLED_AT)
    assert _those_who(DeliveryState.SENT) | doubtful == {f"r{n}@d{n % 7}.test" for n in range(readers)}
    assert _those_who(DeliveryState.SENT) <= set(got)


def _many(app: Flask, people: Cast, count: int) -> int:
    with transaction() as session:
        rows = [
            {
                "email": f"r{n}@d{n % 7}.test",
                "locale": "zh_CN",
                "whole": True,
                "sections": [],
                "token": f"token-{n}",
                "created_at": now(),
                "confirmed_at": now(),
                "ended_why": "",
                "asked": 0,
            }
            for n in range(count)
        ]
        session.execute(insert(Subscriber), rows)
    published(people)
    return db.session.scalars(select(Mailing.id)).one()


SENDER = """
import sys
from campus_service.app import create_app
from campus_service.bulletin import mailing
from campus_service.bulletin.models import Mailing
from campus_service.core.db import db
app = create_app()
with app.app_context():
    while db.session.get_one(Mailing, int(sys.argv[1]), populate_existing=True).finished_at is None:
        mailing.send_mailing(int(sys.argv[1]))
"""


def _sender(app: Flask, id: int, port: int) -> subprocess.Popen[bytes]:
    settings = app.extensions[KEY]
    environ = os.environ | {
        "CAMPUS_SECRET_KEY": SECRET.get_secret_value(),
        "CAMPUS_DATABASE_URL": settings.sqlalchemy_url,
        "CAMPUS_DATA_DIR": str(settings.data_dir),
        "CAMPUS_BASE_URL": settings.base_url,
        "CAMPUS_MAIL_URL": f"smtp://127.0.0.1:{port}",
        "CAMPUS_MAIL_PACE": "100000",
        "CAMPUS_LOG_LEVEL": "error",
    }
    return subprocess.Popen([sys.executable, "-c", SENDER, str(id)], env=environ)


def _killed_at(app: Flask, id: int, port: int, log: Path, count: int) -> None:
    """Let it send until the server has ``count`` mails, and kill it there."""
    process = _sender(app, id, port)
    give_up = time.monotonic() + 300
    try:
        while _lines(log) < count:
            assert process.poll() is None, "the sender ended by itself"
            assert time.monotonic() < give_up, "the sender is too slow"
            time.sleep(0.005)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(20)


def _lines(log: Path) -> int:
    return log.read_bytes().count(b"\n") if log.exists() else 0
