"""`make perf-worst`: the slowest that somebody can ask of the search, through the service as a page asks.

`python -m bench.worst [--size 100000] [--write]`. Each engine has a process of its own. Every query is asked three times, first with
nothing warm; the page's hits and its counts by kind are asked for, CPU is that of the process and of PostgreSQL's backend.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from bench.alone import in_a_process, put
from bench.run import _machine
from bench.search import CHUNK, DOC, _cpu_of, documents

ENGINES = ("whoosh", "database, PostgreSQL")
TIMES = 3


def queries() -> dict[str, str]:
    """What is asked, by what it is."""
    from campus_service.search.synonyms import MAX_GROUPS, _groups

    told = "".join(f"{row.title}，{row.body}。" for row in documents(400))
    common = Counter(filter(str.isalpha, told)).most_common(3)
    widest = sorted(_groups(), key=lambda phrase: (-len(_groups()[phrase]), phrase))
    unlike: dict[tuple[str, ...], str] = {}
    for phrase in widest:
        unlike.setdefault(_groups()[phrase], phrase)
    wide = " ".join(islice(unlike.values(), MAX_GROUPS))
    return {
        "10,000 characters of reports": told[:10_000],
        "one word 5,000 times": "雨伞" * 5_000,
        "100 operators": "AND OR NOT -a +b ~c d* ^2 e:f [g TO h] " * 10,
        "100 quotes and brackets": "\"'(){}[]“”" * 10,
        **{f"the character {character}": character for character, _count in common},
        "the letter a": "a",
        "the figure 1": "1",
        "12 wide groups of synonyms": wide,
        "each wide group alone": "\n".join(islice(unlike.values(), MAX_GROUPS)),
        "12 Latin words, each one typo away": "iphnoe airpds huawi xiaomii kindel casoi lenvo appel samsng nikke adids sonny",
        "12 letters": "a b c d e f g h i j k l",
        "100 emoji": "☂️👨‍👩‍👧‍👦🔑📱" * 25,
        "control characters": "".join(map(chr, (*range(32), *range(127, 160)))) * 3,
        "colours, places and things": "黑色 白色 蓝色 红色 图书馆 食堂 操场 宿舍 钱包 雨伞 水杯 书包",
    }


def _site(folder: Path, engine: str) -> Callable[[], float]:
    """Settings of a site that asks ``engine``; returns what tells the CPU seconds of its database's backend."""
    os.environ |= {
        "CAMPUS_SECRET_KEY": "only for the measurement, thirty-two+",
        "CAMPUS_DATA_DIR": str(folder / "data"),
        "CAMPUS_SEARCH": "whoosh" if engine == "whoosh" else "database",
        "CAMPUS_LOG_LEVEL": "error",
    }
    if engine == "whoosh":
        return lambda: 0.0
    from sqlalchemy import text

    from campus_service.core.db import db
    from tests.databases import PostgresDatabase

    os.environ["CAMPUS_DATABASE_URL"] = PostgresDatabase(folder / "pg", "worst").template_url
    return lambda: _cpu_of(db.session.scalar(text("SELECT pg_backend_pid()")) or 0)


def measure(engine: str, size: int) -> dict[str, list[float]]:
    """The slowest wall and CPU time of each query, in milliseconds, in this process."""
    with tempfile.TemporaryDirectory(prefix="campus-worst-") as folder:
        elsewhere = _site(Path(folder), engine)
        from flask_migrate import upgrade

        from campus_service.app import create_app
        from campus_service.core.db import db
        from campus_service.search import service

        with create_app().app_context():
            upgrade()
            _fill(size)
            service.engine().rebuild(service.documents())
            found = {name: _slowest(text.split("\n"), elsewhere) for name, text in queries().items()}
            db.session.remove()
            db.engine.dispose()
    return found


def _fill(size: int) -> None:
    from sqlalchemy import text

    from campus_service.core.db import db, transaction
    from campus_service.search import service

    there = documents(size)
    while chunk := list(islice(there, CHUNK)):
        with transaction():
            service.put_rows(chunk)
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE search_documents"))


def _slowest(texts: list[str], elsewhere: Callable[[], float]) -> list[float]:
    from campus_service.core.db import db
    from campus_service.search import service
    from campus_service.search.engine import Filters
    from campus_service.search.sources import sources

    kinds = [source.kind for source in sources()]
    wall = cpu = 0.0
    for text in texts * TIMES:
        db.session.rollback()
        begun, used = time.perf_counter(), time.process_time() + elsewhere()
        service.find(text, Filters())
        service.counts(text, kinds)
        wall = max(wall, time.perf_counter() - begun)
        cpu = max(cpu, time.process_time() + elsewhere() - used)
    return [1000 * wall, 1000 * cpu]


def table(figures: dict[str, dict[str, list[float]]], size: int) -> str:
    """The figures as Markdown, the slowest first."""
    lines = [
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {_machine()}, {size:,} documents, by `make perf-worst`.",
        "",
        "| the slowest of each kind, ms | " + " | ".join(f"{name}: wall | CPU" for name in figures) + " |",
        "|---" * (1 + 2 * len(figures)) + "|",
    ]
    first = next(iter(figures.values()))
    worst = {name: max(found[name][0] for found in figures.values()) for name in first}
    lines += [
        f"| {name} | "
        + " | ".join(f"{wall:.0f} | {cpu:.0f}" for wall, cpu in (found[name] for found in figures.values()))
        + " |"
        for name in sorted(worst, key=lambda name: -worst[name])
    ]
    return "\n".join(lines)


def main() -> None:
    """Command line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", type=int, default=100_000, help="how many documents")
    options.add_argument("--write", action="store_true", help="put the table into docs/search.md")
    options.add_argument("--one", choices=ENGINES, help="this engine alone, in this process, as JSON")
    chosen = options.parse_args()
    if chosen.one:
        print(json.dumps(measure(chosen.one, chosen.size)))
        return
    figures = {name: in_a_process("bench.worst", name, "--size", str(chosen.size)) for name in ENGINES}
    text = table(figures, chosen.size)
    print(text)
    if chosen.write:
        put(DOC, "worst", text)


if __name__ == "__main__":
    main()
