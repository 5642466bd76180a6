"""`python -m bench.suggesting`: what one keystroke in a search box costs.

`python -m bench.suggesting [--size 100000] [--write] [--json]`. Every one of the judged queries of tests/search is typed, as it is and by
the initials of its sounds, letter by letter; what /search/suggest asks of the search is asked after each letter: words and
titles, on every second query of one kind alone. CPU is that of the process, for PostgreSQL that of its backend as well; nothing was
asked before, so that nothing is remembered but what the letters before have left.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from pypinyin import Style, lazy_pinyin

from bench.alone import in_a_process, put
from bench.run import _machine
from bench.search import CHUNK, DOC, _cpu_of, documents, questions

ENGINES = ("whoosh", "database, PostgreSQL")
SIZE = 100_000
# Of a query no more letters are typed than somebody does before he chooses.
TYPED = 6


def keystrokes() -> Iterator[tuple[str, str]]:
    """What stands in the box after each key, and the kind that the box is for."""
    queries = questions()
    plain = dict.fromkeys(text for text, _kind, category in queries if not category)
    for number, text in enumerate(plain):
        kind = ("", "found")[number % 2]
        initials = "".join(lazy_pinyin(text, style=Style.FIRST_LETTER)).replace(" ", "")
        for typed in (text, initials):
            yield from ((typed[:length], kind) for length in range(1, min(TYPED, len(typed)) + 1))


@contextmanager
def running(engine: str, folder: Path, size: int) -> Iterator[Callable[[], float]]:
    """The site's search over ``size`` documents; gives CPU seconds spent elsewhere: by a database's backend."""
    database = engine != ENGINES[0]
    os.environ |= {
        "CAMPUS_SECRET_KEY": "only for the measurement, thirty-two+",
        "CAMPUS_DATA_DIR": str(folder / "data"),
        "CAMPUS_DATABASE_URL": f"sqlite:///{folder / 'campus.db'}",
        "CAMPUS_SEARCH": "database" if database else "whoosh",
        "CAMPUS_LOG_LEVEL": "error",
    }
    if database:
        from tests.databases import PostgresDatabase

        os.environ["CAMPUS_DATABASE_URL"] = PostgresDatabase(folder, "bench").template_url
    from flask_migrate import upgrade
    from sqlalchemy import text

    from campus_service.app import create_app
    from campus_service.core.db import db, transaction
    from campus_service.search import service

    with create_app().app_context():
        upgrade()
        there = documents(size)
        while chunk := list(islice(there, CHUNK)):
            with transaction():
                service.put_rows(chunk)
        if not database:
            service.engine().rebuild(service.documents())
            yield lambda: 0.0
        else:
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE search_documents"))
            backend = db.session.scalar(text("SELECT pg_backend_pid()"))
            yield lambda: _cpu_of(backend)
        db.session.remove()
        db.engine.dispose()


def measure(engine: str, size: int) -> dict[str, float]:
    """One engine with ``size`` documents, in this process."""
    from campus_service.search import suggesting, synonyms

    synonyms.warm()
    times = []
    with (
        tempfile.TemporaryDirectory(prefix="campus-search-") as folder,
        running(engine, Path(folder), size) as elsewhere,
    ):
        for typed, kind in keystrokes():
            at = time.process_time() + elsewhere()
            suggesting.words(typed, kind)
            suggesting.titles(typed, kind)
            times.append(1000 * (time.process_time() + elsewhere() - at))
    times.sort()
    return {
        "keys": len(times),
        "p50_ms": statistics.median(times),
        "p95_ms": times[int(0.95 * len(times))],
        "most_ms": times[-1],
    }


def table(size: int, figures: dict[str, dict[str, float]]) -> str:
    """The figures as Markdown."""
    lines = [
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {_machine()}, by `python -m bench.suggesting`.",
        "",
        f"| {size:,} documents | keys | p50, ms CPU | p95, ms CPU | most, ms CPU |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {row['keys']:.0f} | {row['p50_ms']:.2f} | {row['p95_ms']:.2f} | {row['most_ms']:.2f} |"
        for name, row in figures.items()
    ]
    return "\n".join(lines)


def main() -> None:
    """Command line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", type=int, default=SIZE, help="number of documents")
    options.add_argument("--write", action="store_true", help="put the table into docs/search.md")
    options.add_argument("--json", action="store_true")
    options.add_argument("--one", choices=ENGINES, help="this engine alone, in this process")
    chosen = options.parse_args()
    if chosen.one:
        print(json.dumps(measure(chosen.one, chosen.size)))
        return
    figures = {name: in_a_process("bench.suggesting", name, "--size", str(chosen.size)) for name in ENGINES}
    print(json.dumps(figures, indent=2) if chosen.json else table(chosen.size, figures))
    if chosen.write:
        put(DOC, "suggesting", table(chosen.size, figures))


if __name__ == "__main__":
    main()
