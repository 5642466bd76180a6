"""Matching among very many open reports: CPU of one new report, as the job does it.

`python -m bench.matching [--open 100000] [--json]`. Half of the reports are lost, half found, of the last 60 days; SQLite.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from bench.alone import own_site

NEW = 300
CHUNK = 2000
DAYS = 60


def measure(count: int) -> dict[str, Any]:
    """CPU in milliseconds for a new report: median, 95th percentile, worst; and what the table of words takes."""
    with own_site():
        from campus_service.jobs.queue import settle

        started = time.process_time()
        fill(count)
        filled = time.process_time() - started
        settle()  # as a worker does when it starts
        return _figures(count) | {"index_ms_each": round(1000 * filled / count, 2)}


def fill(count: int) -> None:
    """Write ``count`` open reports with their words."""
    from sqlalchemy import insert

    from campus_service.core.clock import today
    from campus_service.core.db import transaction
    from campus_service.lostfound.matching import features, generated
    from campus_service.lostfound.models import FoundItem, LostReport
    from campus_service.lostfound.service.matching import _keep_terms
    from campus_service.lostfound.states import Kind

    made = enumerate(generated.texts(count, today() - timedelta(days=DAYS), today()), 1)
    while chunk := list(islice(made, CHUNK)):
        with transaction() as session:
            for kind, model in ((Kind.LOST, LostReport), (Kind.FOUND, FoundItem)):
                mine = {number: text for number, (side, text) in chunk if side is kind}
                session.execute(insert(model), [row(kind, number, text) for number, text in mine.items()])
                _keep_terms(kind, {number: features.read(text) for number, text in mine.items()})


def row(kind: Any, number: int, text: Any) -> dict[str, Any]:
    from campus_service.core.clock import now, today
    from campus_service.core.places import area_of
    from campus_service.lostfound.categories import Category
    from campus_service.lostfound.custody import class_of
    from campus_service.lostfound.states import Kind

    moment = now()
    row = {
        "id": number,
        "no": f"B-{number}",
        "title": text.title[:60],
        "description": text.description,
        "category": Category(text.category),
        "area": area_of(text.place),
        "place": text.place,
        "occurred_on": text.day,
        "created_at": moment,
        "updated_at": moment,
        "listed_at": moment,
        "listed": True,
    }
    if kind is Kind.LOST:
        return row | {"remind_on": today()}
    return row | {"custody": class_of(Category(text.category)), "contents": [], "question": ""}


def _new() -> Iterator[tuple[Any, Any]]:
    from campus_service.core.clock import today
    from campus_service.lostfound.matching import generated

    return generated.texts(NEW, today() - timedelta(days=3), today(), seed=99)


def _figures(count: int) -> dict[str, Any]:
    from sqlalchemy import func, insert, select

    from campus_service.core.db import db, transaction
    from campus_service.lostfound.models import FoundItem, LostReport, MatchTerm
    from campus_service.lostfound.service import matching
    from campus_service.lostfound.states import Kind

    with transaction():
        started = time.process_time()
        matching.corpus()
        common = time.process_time() - started
    times = []
    for number, (kind, text) in enumerate(_new(), count + 1):
        with transaction() as session:
            session.execute(
                insert(FoundItem if kind is Kind.FOUND else LostReport), [row(kind, number, text)]
            )
        started = time.process_time()
        with transaction():
            matching.match(kind, number)
        times.append(1000 * (time.process_time() - started))
    times.sort()
    return {
        "open": count,
        "new": NEW,
        "median_ms": round(statistics.median(times), 1),
        "p95_ms": round(times[int(0.95 * len(times))], 1),
        "worst_ms": round(times[-1], 1),
        "words_once_an_hour_ms": round(1000 * common, 1),
        "rows_of_words": db.session.scalar(select(func.count()).select_from(MatchTerm)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--open", type=int, default=100_000, help="open reports, half of them lost")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = measure(options.open)
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        print(f"{name:22} {value}")


if __name__ == "__main__":
    main()
