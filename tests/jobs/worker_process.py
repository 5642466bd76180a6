"""Run by test_worker.py as a process of its own: a worker with two jobs, on the database it is told.

Usage: python -m tests.jobs.worker_process SETTINGS.json FOLDER; the lease is short, so that the test need not wait.
"""

from __future__ import annotations

import logging
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from campus_service.app import create_app
from campus_service.config import Settings
from campus_service.core.numbers import take
from campus_service.jobs import job, outbox
from campus_service.jobs.queue import run_worker

FOLDER = Path(sys.argv[2])


@job("test.effect")
def _effect(payload: dict[str, Any]) -> None:
    """Count in the database; the first attempt says that it is half done, and hangs."""
    take(f"effect {payload['n']}")
    _hang(f"effect-{payload['n']}")


@job("test.outside", transactional=False)
def _outside(payload: dict[str, Any]) -> None:
    """Leave a file outside the database."""
    (FOLDER / f"sent-{payload['n']}").touch()
    _hang(f"outside-{payload['n']}")


def _hang(name: str) -> None:
    begun, go = FOLDER / f"begun-{name}", FOLDER / "go"
    begun.touch()
    while not go.exists():
        time.sleep(0.01)


class _Stopping(logging.Handler):
    """Leaves a file as soon as the worker says that it is stopping."""

    def emit(self, record: logging.LogRecord) -> None:
        if "gracefully" in record.getMessage():
            (FOLDER / "stopping").touch()


def main() -> None:
    """Work until a signal comes."""
    logging.getLogger("huey.consumer").addHandler(_Stopping())
    logging.getLogger("huey.consumer").setLevel(logging.INFO)
    outbox.LEASE = timedelta(seconds=1)
    settings = Settings.model_validate_json(Path(sys.argv[1]).read_text(encoding="utf-8"))
    run_worker(create_app(settings), threads=1)


if __name__ == "__main__":
    main()
