"""Kept searches: CPU of one new document against very many of them, as the job does it, and without the telling.

`python -m bench.following [--searches 10000] [--queries 2000] [--json]`. Twenty searches a person, all for
everything, so that none is put aside by its kind; articles and reports; SQLite.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from typing import Any

from bench.alone import own_site
from bench.site import ROOT

REPORTS = 200
CHUNK = 2000
# Searches of one person: as many as he may keep.
EACH = 20


def measure(searches: int, queries: int) -> dict[str, Any]:
    """CPU in milliseconds for a new document: the first one of a worker, then median, 95th percentile and worst."""
    with own_site():
        from campus_service.jobs.queue import settle

        words = sorted(set(islice(phrases(), queries * 20)))[:queries]
        random.Random(3).shuffle(words)
        fill(searches, words)
        settle()  # as a worker does when it starts
        return {"searches": searches, "queries": len(words)} | _figures()


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
        kept: set[tuple[int, str]] = set()
        while len(kept) < searches:
            at = len(kept)
            query = words[at] if at < len(words) else words[int(len(words) * dice.random() ** 2)]
            kept.add((ids[at // EACH], query))
        rows = [
            {"user_id": id, "position": at % EACH, "query": query, "created_at": now()}
            for at, (id, query) in enumerate(sorted(kept))
        ]
        for start in range(0, len(rows), CHUNK):
            session.execute(insert(SavedSearch), rows[start : start + CHUNK])


def documents() -> Iterator[str]:
    """The demo's articles and made-up reports, as everybody may read them; their ids in the search."""
    from sqlalchemy import insert, select

    from bench.matching import row
    from campus_service.bulletin.importing import import_file
    from campus_service.core.clock import today
    from campus_service.core.db import db, transaction
    from campus_service.lostfound.matching import generated
    from campus_service.lostfound.models import FoundItem, LostReport
    from campus_service.lostfound.service import record
    from campus_service.lostfound.states import Kind
    from campus_service.search.models import SearchDocument
    from campus_service.search.service import put

    import_file(ROOT / "campus_service/bulletin/data/demo.jsonl")
    ids = list(db.session.scalars(select(SearchDocument.id)))
    for number, (kind, text) in enumerate(generated.texts(REPORTS, today(), today(), seed=99), 1):
        model = FoundItem if kind is Kind.FOUND else LostReport
        with transaction() as session:
            session.execute(insert(model), [row(kind, number, text)])
            report: Any = session.get_one(model, number)
            doc = record.search_doc(report)
            put(doc)
            ids.append(doc.id)
    db.session.remove()
    random.Random(7).shuffle(ids)
    yield from ids


def _figures() -> dict[str, Any]:
    from campus_service.core.db import transaction
    from campus_service.following import service

    ids = list(documents())
    with transaction():
        first, _met = _timed(service.meeting, ids[0])
    found, told, met = [], [], []
    for id in ids:
        with transaction():
            found.append(_timed(service.meeting, id)[0])
        with transaction():
            took, searches = _timed(service.match, id)
        told.append(took)
        met.append(len(searches))
    return (
        {"documents": len(ids), "met": statistics.median(met), "most_met": max(met)}
        | {"first_ms": first}
        | _spread("matching", found)
        | _spread("with_telling", told)
    )


def _timed(work: Callable[[str, int | None], list[int]], id: str) -> tuple[float, list[int]]:
    started = time.process_time()
    found = work(id, None)
    return round(1000 * (time.process_time() - started), 1), found


def _spread(name: str, times: list[float]) -> dict[str, float]:
    times = sorted(times)
    return {
        f"{name}_median_ms": round(statistics.median(times), 1),
        f"{name}_p95_ms": times[int(0.95 * len(times))],
        f"{name}_worst_ms": times[-1],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--searches", type=int, default=10_000, help="kept searches")
    parser.add_argument("--queries", type=int, default=2_000, help="different words among them")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = measure(options.searches, options.queries)
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        print(f"{name:24} {value}")


if __name__ == "__main__":
    main()
