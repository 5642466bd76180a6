"""An issue mailed to thousands of readers, beside the same bytes pushed into the same server without a database.

`python -m bench.mailing [--json]`. The server is a process of its own on this machine that takes everything. Ours writes
a copy for each reader, notes it before the end of its mail and after the server's yes, so that a crash doubles nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from bench import pages
from bench.photo import _peak_mb
from bench.site import ROOT, Site

READERS = 5_000
PORT = 8740
DEMO = ROOT / "campus_service/bulletin/data/demo.jsonl"


def measure(readers: int = READERS) -> dict[str, float]:
    """Mails a second of ours and of the bare way (half of it before, half after), their ratio, CPU, size, memory."""
    with tempfile.TemporaryDirectory(prefix="campus-mails-") as name:
        folder = Path(name)
        site = Site(folder, 8739)
        site.env |= {"CAMPUS_MAIL_URL": f"smtp://127.0.0.1:{PORT}", "CAMPUS_MAIL_PACE": "100000"}
        site.command("db", "upgrade")
        site.command("import", "bulletin", str(DEMO))
        with pages.application(site).app_context(), _server(folder) as sample:
            return _figures(readers, sample)


def _figures(readers: int, sample: Path) -> dict[str, float]:
    before = _peak_mb()
    _send(fill(1))  # the sample, and everything is warm
    mail, half = sample.read_bytes(), readers // 2
    bare = _bare(mail, half)
    id, started, cpu = fill(readers), time.perf_counter(), time.process_time()
    _send(id)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    bare += _bare(mail, half)
    return {
        "readers": readers,
        "per_s": readers / seconds,
        "bare_per_s": 2 * half / bare,
        "ratio": bare / seconds * readers / (2 * half),
        "cpu_ms": 1000 * cpu / readers,
        "kb": len(mail) / 1000,
        "peak_mb": _peak_mb(),
        "before_mb": before,
    }


def fill(readers: int) -> int:
    """The newest issue waits to be mailed to so many readers, and to nobody else; returns the mailing's id."""
    from sqlalchemy import delete, insert, select

    from campus_service.bulletin.models import Delivery, Issue, Mailing, Subscriber
    from campus_service.bulletin.states import MailingKind
    from campus_service.core.clock import now
    from campus_service.core.db import transaction

    with transaction() as session:
        for table in (Delivery, Mailing, Subscriber):
            session.execute(delete(table))
        session.execute(insert(Subscriber), [_reader(n, now()) for n in range(readers)])
        newest = session.scalars(select(Issue.id).order_by(Issue.number.desc()).limit(1)).one()
        row = Mailing(kind=MailingKind.ISSUE, created_at=now(), total=0, issue_id=newest)
        session.add(row)
        session.flush()
        return row.id


def _reader(n: int, since: Any) -> dict[str, Any]:
    return {
        "email": f"r{n}@d{n % 7}.example",
        "locale": "zh_CN",
        "whole": True,
        "sections": [],
        "token": f"token-of-reader-{n:010d}",
        "created_at": since,
        "confirmed_at": since,
        "ended_why": "",
        "asked": 0,
    }


def _send(id: int) -> None:
    from campus_service.bulletin import mailing
    from campus_service.bulletin.models import Mailing
    from campus_service.core.db import db

    while db.session.get_one(Mailing, id, populate_existing=True).finished_at is None:
        mailing.send_mailing(id)


def _bare(mail: bytes, count: int) -> float:
    """Push ``mail`` so many times, as many over one connection as ours; returns seconds."""
    from campus_service.bulletin.service.sending import BATCH

    started = time.perf_counter()
    for first in range(0, count, BATCH):
        with smtplib.SMTP("127.0.0.1", PORT, timeout=30) as server:
            for n in range(first, min(first + BATCH, count)):
                server.sendmail("noreply@campus.example", [f"r{n}@d{n % 7}.example"], mail)
    return time.perf_counter() - started


# --- the server ---------------------------------------------------------------------------------------------------


class _Sink:
    """Takes every mail and keeps the first."""

    def __init__(self, sample: Path) -> None:
        self.sample = sample

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if not self.sample.exists() and isinstance(envelope.content, bytes):
            self.sample.write_bytes(envelope.content)
        return "250 2.0.0 taken"


async def _listen(sample: Path) -> None:
    sink = _Sink(sample)
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(sink), "127.0.0.1", PORT)
    print("ready", flush=True)
    await server.serve_forever()


@contextmanager
def _server(folder: Path) -> Iterator[Path]:
    """The server runs until the block ends; gives where it keeps the first mail."""
    sample = folder / "sample.eml"
    command = [sys.executable, "-m", "bench.mailing", "--sink", str(sample)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout is None or process.stdout.readline() != "ready\n":
            raise SystemExit(f"no mail server on port {PORT}")
        yield sample
    finally:
        process.terminate()
        process.wait(20)


def line(figures: dict[str, float]) -> str:
    """The figures as Markdown."""
    return (
        f"An issue to {figures['readers']:,.0f} readers over SMTP, {figures['kb']:.0f} kB each: "
        f"{figures['per_s']:.0f} mails/s; the same bytes by smtplib without a database {figures['bare_per_s']:.0f} mails/s, "
        f"ratio {figures['ratio']:.2f}. CPU {figures['cpu_ms']:.1f} ms a mail, "
        f"peak {figures['peak_mb']:.0f} MB ({figures['before_mb']:.0f} MB before the first)."
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--sink", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.sink:
        asyncio.run(_listen(arguments.sink))
        return
    figures = measure()
    print(json.dumps(figures) if arguments.json else line(figures))


if __name__ == "__main__":
    main()
