"""Kept searches: CPU of one new document against very many of them, as the job does it, and without the telling.

`python -m bench.following [--searches 10000] [--queries 2000] [--json]`. Twenty searches a person, for one kind or for everything;
documents of all kinds; SQLite.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from typing import Any

NEW = 200
CHUNK = 2000
KINDS = ("", "found", "lost", "article", "guide", "answer", "case")
# Searches of one person: as many as he may keep.
EACH = 20


def measure(searches: int, queries: int) -> dict[str, Any]:
    """CPU in milliseconds for a new document: the first one of a worker, then median, 95th percentile and worst."""
    with tempfile.TemporaryDirectory(prefix="campus-following-") as folder:
        os.environ |= {
            "CAMPUS_SECRET_KEY": "only for the measurement, thirty-two+",
            "CAMPUS_DATA_DIR": folder,
            "CAMPUS_LOG_LEVEL": "error",
        }
        from flask_migrate import upgrade

        from campus_service.app import create_app
        from campus_service.jobs.queue import settle

        with create_app().app_context():
            upgrade()
            words = sorted(set(islice(phrases(), queries * 20)))[:queries]
            random.Random(3).shuffle(words)
            fill(searches, words)
            settle()  # as a worker does when it starts
            return {"searches": searches, "queries": len(words), "new": NEW} | _figures()


def phrases() -> Iterator[str]:
    """What people search for: beginnings of titles that nobody wrote, one word or several."""
    from campus_service.lostfound.matching import generated
    from campus_service.search.analyser import tokens

    dice = random.Random(11)
    for seed in range(1, 1000):
        for _kind, text in generated.texts(CHUNK, date(2026, 1, 1), date(2026, 1, 1), seed=seed):
            words = tokens(text.title)
            at = dice.randrange(len(words))
            yield " ".join(words[at : at + dice.choice((1, 1, 2, 3))])


def fill(searches: int, words: list[str]) -> None:
    """Write ``searches`` kept searches over ``words``: each word once, the first of them by many."""
    from sqlalchemy import insert, select

    from campus_service.accounts.models import User
    from campus_service.core.clock import now
    from campus_service.core.db import transaction
    from campus_service.following.models import SavedSearch

    dice = random.Random(5)
    people = [
        {"name": "同学", "email": f"p{n}@campus.test", "password_hash": "-", "created_at": now()}
        for n in range(-(-searches // EACH))
    ]
    with transaction() as session:
        session.execute(insert(User), people)
        ids = session.scalars(select(User.id).where(User.name == "同学")).all()
        kept: set[tuple[int, str, str]] = set()
        while len(kept) < searches:
            at = len(kept)
            query = words[at] if at < len(words) else words[int(len(words) * dice.random() ** 2)]
            kept.add((ids[at // EACH], query, dice.choice(KINDS)))
        rows = [
            {"user_id": id, "position": at % EACH, "query": query, "kind": kind, "created_at": now()}
            for at, (id, query, kind) in enumerate(sorted(kept))
        ]
        for start in range(0, len(rows), CHUNK):
            session.execute(insert(SavedSearch), rows[start : start + CHUNK])
