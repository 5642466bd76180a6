"""Run by test_publishing_faults.py as a process of its own: a worker that stops in the middle of publishing an issue.

Usage: python -m tests.bulletin.publishing_process SETTINGS.json FOLDER. When the first article is bound it leaves the file
"begun" and waits for the file "go".
"""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path

from campus_service.app import create_app
from campus_service.bulletin.models import Article, Issue
from campus_service.bulletin.service import publishing
from campus_service.config import Settings
from campus_service.jobs import outbox
from campus_service.jobs.queue import run_worker

FOLDER = Path(sys.argv[2])
_bind = publishing._bind


def _bind_and_hang(issue: Issue, position: int, article: Article, *, quietly: bool) -> None:
    _bind(issue, position, article, quietly=quietly)
    (FOLDER / "begun").touch()
    while not (FOLDER / "go").exists():
        time.sleep(0.01)


def main() -> None:
    """Work until a signal comes."""
    publishing._bind = _bind_and_hang
    outbox.LEASE = timedelta(seconds=1)
    settings = Settings.model_validate_json(Path(sys.argv[1]).read_text(encoding="utf-8"))
    run_worker(create_app(settings), threads=1)


if __name__ == "__main__":
    main()
